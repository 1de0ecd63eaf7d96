import { cpSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "electron-vite";

const at = (path: string) => resolve(import.meta.dirname, path);

// The page at /api/docs serves Swagger UI's own files: they are copied beside the bundle, where no node_modules is.
const apiDocs = {
  name: "api-docs",
  writeBundle() {
    const from = dirname(fileURLToPath(import.meta.resolve("swagger-ui-dist/package.json")));
    mkdirSync(at("out/api-docs"), { recursive: true });
    for (const file of ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "LICENSE", "NOTICE"]) {
      cpSync(join(from, file), at(`out/api-docs/${file}`));
    }
  },
};

// The price book and its signature, byte for byte.
const prices = {
  name: "prices",
  writeBundle() {
    cpSync(at("resources/prices"), at("out/prices"), { recursive: true });
  },
};

// The compiled kernels lie beside the worker's bundle, as they lie beside its sources.
const kernels = {
  name: "kernels",
  writeBundle() {
    cpSync(at("workers/codec/kernels.wasm"), at("out/main/kernels.wasm"));
  },
};

/**
 * Modules of Node as globals of each file rather than by `import`: for an import Node reads every property of the module first, and
 * some of them (fs.promises, the flags of process) load more than all that is used.
 */
const builtins = {
  name: "builtins",
  // It starts programs for commands that are files of their own, which are none of ours.
  transform(code: string, id: string) {
    if (!/node_modules.commander.lib.command\.js$/.test(id)) return null;
    const spawn = 'spawn: (...asked) => process.getBuiltinModule("node:child_process").spawn(...asked)';
    return code.replace("import childProcess from 'node:child_process';", `const childProcess = { ${spawn} };`);
  },
  renderChunk(code: string) {
    const imports = /^import (?:([\w$]+)(?:, | ))?(?:\{([^}]*)\} )?from "(node:[\w/]+)";$/gm;
    return code.replace(imports, (_, whole: string | undefined, names: string | undefined, module: string) => {
      const value = module === "node:process" ? "process" : `process.getBuiltinModule("${module}")`;
      return [whole, names === undefined ? undefined : `{${names.replaceAll(" as ", ": ")}}`]
        .flatMap((wanted) => (wanted === undefined ? [] : `const ${wanted} = ${value};`))
        .join(" ");
    });
  },
};

/**
 * What the command line and its threads read to convert, in few files: each one more takes half a millisecond of their start. What
 * only some need (the code of each format, schemas, the XML parser) stays out of them, and is read when it is wanted.
 */
const CHUNKS = [
  { name: "core", test: /src-core.model.(error|words|ova-path|resolve-target)\.ts$|workers.control\.ts$/ },
  {
    name: "engine",
    test: (id: string) =>
      [
        /workers.(binary|codec|disk.(?!nbd)|lanes)\b/,
        /workers.io.(?!standard-input|nbd)/,
        /workers.formats.[a-z-]+\.ts$/,
        /workers.formats.([a-z0-9]+).(\1|structures|guid|recognize|variants)\.ts$/,
        /workers.tasks.lane-[a-z]+\.ts$/,
        /workers.image.(open-[a-z]+|source-file|find-parent)\.ts$/,
      ].some((path) => path.test(id)),
  },
  {
    name: "conversion",
    test: /workers.tasks.(survey|convert(-[a-z]+)?|manifest|target-plan|resume-point)\.ts$|workers.image.disk-summary\.ts$/,
  },
  {
    name: (id: string) =>
      /workers.formats.(?!.*(check|writ|new-|host-|packed|resume|stream-|refcounts))([a-z0-9]+).[a-z-]+\.ts$/.exec(
        id,
      )?.[2] ?? null,
    // Whatever several formats share is none's.
    test: /workers.formats.(qcow2|vhd|vhdx|vdi|vmdk)\b/,
  },
  // Schedule files as text: main hands them on, the scheduling thread and the command line read them.
  { name: "schedule-text", test: /src-core.schedule.(schedule-file|data-text)\.ts$|node_modules.yaml\b/ },
  {
    name: "command",
    test: (id: string) =>
      [
        /node_modules.(commander|env-paths|is-safe-filename)\b|src-main.version\.ts$/,
        /src-main.cli.(command-line|context|exit-code|local-conversion|options|piped-conversion|report|run-[a-z]+)\.ts$/,
        /src-main.cli.(progress-[a-z]+|source-disk|standard-input|target-argument|terminal|work-(here|place))\.ts$/,
        /src-main.cli.(commands.convert|text.(outcome|conversion|error)-text|text.(size|table))\.ts$/,
        /src-main.(jobs.(worker-thread|lane-permits)|services.conversion[a-z-]*)\.ts$/,
        /src-main.files.(real-file|path-error|folder-listing|free-space|data-folder|discovery-file)\.ts$/,
        /src-core.job.estimate\.ts$/,
      ].some((path) => path.test(id)),
  },
];

// ssh2 tries two native addons and does without them: they are never built here (allowScripts), and never found at run time.
const sshWithoutAddons = {
  name: "ssh-without-addons",
  enforce: "pre" as const,
  resolveId: (id: string) => (/(^|\/)(cpu-features|sshcrypto\.node)$/.test(id) ? { id, external: true } : null),
};

// jsPDF offers to draw HTML and SVG with packages that it loads when asked to: it is never asked.
const pdfWithoutHtml = {
  name: "pdf-without-html",
  enforce: "pre" as const,
  resolveId: (id: string) => (/^(html2canvas|dompurify|canvg)$/.test(id) ? { id, external: true } : null),
};

// Three bundles: main (window, service, command line and all kinds of thread, each under a stable name), preload, pages.
export default defineConfig({
  main: {
    plugins: [apiDocs, prices, kernels, builtins, sshWithoutAddons],
    build: {
      outDir: "out/main",
      rolldownOptions: {
        input: {
          index: at("src-main/shell/electron/index.ts"),
          service: at("src-main/shell/service/index.ts"),
          cli: at("src-main/cli/index.ts"),
          worker: at("workers/entry.ts"),
          lane: at("workers/lane-entry.ts"),
          source: at("workers/source-entry.ts"),
          receiver: at("workers/receiver-entry.ts"),
          schedule: at("workers/schedule-entry.ts"),
        },
        output: {
          // Every thread keeps the text of what it runs.
          comments: { jsdoc: false },
          codeSplitting: { groups: CHUNKS, includeDependenciesRecursively: false },
        },
      },
    },
  },
  preload: {
    build: {
      outDir: "out/preload",
      // A sandboxed preload cannot be an ES module and can require nothing but electron.
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: at("src-preload/index.ts") },
        output: { format: "cjs", entryFileNames: "[name].cjs" },
      },
    },
  },
  renderer: {
    root: "src-renderer",
    plugins: [react(), tailwind(), pdfWithoutHtml],
    // No asset becomes a data: address, which the pages' content security policy refuses.
    build: {
      minify: true,
      assetsInlineLimit: 0,
      outDir: at("out/renderer"),
      rolldownOptions: { input: at("src-renderer/index.html") },
    },
  },
});
