/** Builds the program when what is in out/ is missing or older than a source. */
import { existsSync, globSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runStep, seconds } from "./step.ts";

export const repository = fileURLToPath(new URL("..", import.meta.url));

/** One file of each bundle: the oldest of them dates the build. */
const OUTPUTS = [
  "out/main/index.js",
  "out/main/cli.js",
  "out/main/worker.js",
  "out/main/kernels.wasm",
  "out/preload/index.cjs",
  "out/renderer/index.html",
];
const SOURCES = [
  "{src-core,src-main,src-preload,src-renderer,workers}/**/*",
  "electron.vite.config.ts",
  "package.json",
];

/** Whether out/ holds every bundle, all younger than every source. */
export function isFresh(): boolean {
  const changedAt = (file: string) => statSync(`${repository}/${file}`).mtimeMs;
  if (!OUTPUTS.every((file) => existsSync(`${repository}/${file}`))) return false;
  const builtAtMs = Math.min(...OUTPUTS.map(changedAt));
  const sources = globSync(SOURCES, { cwd: repository }).filter((file) => !/\.test\.tsx?$/.test(file));
  return sources.every((file) => changedAt(file) <= builtAtMs);
}

/** Builds if needed and says so. @throws Error with what the build said when it fails */
export async function freshBuild(say: (line: string) => void): Promise<void> {
  if (isFresh()) return;
  say("Building the program ...");
  const built = await runStep("build", ["npm", "run", "-s", "build"], { quiet: true });
  if (!built.ok) throw new Error(`The build failed:\n${built.output}`);
  say(`Built in ${seconds(built.durationMs).trim()}.`);
}
