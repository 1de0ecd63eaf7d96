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

// The compiled kernels lie beside the worker's bundle, as they lie beside its sources.
const kernels = {
  name: "kernels",
  writeBundle() {
    cpSync(at("workers/codec/kernels.wasm"), at("out/main/kernels.wasm"));
  },
};

// ssh2 tries two native addons and does without them: they are never built here (allowScripts), and never found at run time.
const sshWithoutAddons = {
  name: "ssh-without-addons",
  enforce: "pre" as const,
  resolveId: (id: string) => (/(^|\/)(cpu-features|sshcrypto\.node)$/.test(id) ? { id, external: true } : null),
};

// Three bundles: main (window, service, command line and both kinds of thread, each under a stable name), preload, pages.
export default defineConfig({
  main: {
    plugins: [apiDocs, kernels, sshWithoutAddons],
    build: {
      outDir: "out/main",
      // Optional packages are not found by themselves.
      externalizeDeps: { include: ["koffi"] },
      rolldownOptions: {
        input: {
          index: at("src-main/shell/electron/index.ts"),
          service: at("src-main/shell/service/index.ts"),
          cli: at("src-main/cli/index.ts"),
          worker: at("workers/entry.ts"),
          lane: at("workers/lane-entry.ts"),
          source: at("workers/source-entry.ts"),
        },
        // Every thread keeps the text of what it runs.
        output: { comments: { jsdoc: false } },
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
    plugins: [react(), tailwind()],
    // No asset becomes a data: address, which the pages' content security policy refuses.
    build: {
      minify: true,
      assetsInlineLimit: 0,
      outDir: at("out/renderer"),
      rolldownOptions: { input: at("src-renderer/index.html") },
    },
  },
});
