/**
 * `npm start`: opens the window; where there is no Electron binary or no display it says which is missing and runs the service
 * instead, printing the address of the page with a one-time code.
 *
 * Usage: npm start -- [--data-dir DIR] [--service] [--port N] [--library DIR]…   (the last two are for the service)
 * Electron's package is never imported here: that would start a download.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { freshBuild, repository } from "./fresh-build.ts";

/** The binary named by ELECTRON_BINARY, else the one in the electron package; null where neither exists. */
function electronBinary(): string | null {
  const dist = join(repository, "node_modules/electron/dist");
  const candidates = [
    process.env.ELECTRON_BINARY,
    join(dist, "electron"),
    join(dist, "electron.exe"),
    join(dist, "Electron.app/Contents/MacOS/Electron"),
  ];
  return candidates.find((file) => file !== undefined && file !== "" && existsSync(file)) ?? null;
}

/** Windows and macOS always have a display; elsewhere the session says so. */
function hasDisplay(): boolean {
  if (process.platform === "win32" || process.platform === "darwin") return true;
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** Runs the window until it ends. @returns its exit code */
function openWindow(binary: string, dataDir: string | undefined): Promise<number> {
  const env = { ...process.env, ...(dataDir === undefined ? {} : { HYPERSDK_DATA_DIR: resolve(dataDir) }) };
  const child = spawn(binary, [repository], { stdio: "inherit", env });
  // Ctrl+C reaches the window as well; this process waits for it to end in good order.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("close", (code) => done(code ?? 1));
  });
}

const { values } = parseArgs({
  options: {
    "data-dir": { type: "string" },
    service: { type: "boolean", default: false },
    port: { type: "string" },
    library: { type: "string", multiple: true, default: [] },
  },
});

const say = (line: string) => console.error(line);
await freshBuild(say);
const binary = electronBinary();
if (binary !== null && hasDisplay() && !values.service) {
  process.exitCode = await openWindow(binary, values["data-dir"]);
} else {
  if (!values.service) {
    const noBinary = "there is no Electron binary (set ELECTRON_BINARY, or run: node node_modules/electron/install.js)";
    const noDisplay = "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)";
    const reasons = [...(binary === null ? [noBinary] : []), ...(hasDisplay() ? [] : [noDisplay])];
    say(`No window: ${reasons.join(", and ")}.`);
    say("Starting the service instead: the same pages, in a browser.");
  }
  const option = (name: string, value: string | undefined) => (value === undefined ? [] : [`--${name}`, value]);
  process.argv.splice(
    2,
    process.argv.length,
    "serve",
    ...option("data-dir", values["data-dir"]),
    ...option("port", values.port),
    ...values.library.flatMap((folder) => option("library", folder)),
  );
  await import(pathToFileURL(join(repository, "out/main/cli.js")).href);
}
