import { defineConfig } from "vitest/config";
import "./scripts/compile-cache.mjs";

const include = (suffix: string) =>
  ["src-core", "src-main", "src-renderer", "workers", "scripts", "e2e/host", "e2e/servers", "e2e/stories", "bench"].map(
    (room) => `${room}/**/*.${suffix}.ts`,
  );

// A flag of V8 for the tests' processes, and by NODE_OPTIONS for those that they start (docs/adr/0009-work-on-threads.md).
const preload = new URL("scripts/keep-wasm-wrappers.mjs", import.meta.url).href;
const env = { NODE_OPTIONS: [process.env.NODE_OPTIONS, `--import=${preload}`].filter(Boolean).join(" ") };
// Threads share the flags of Vitest's own process.
await import(preload);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: include("test"),
          exclude: include("integ.test"),
          pool: "threads",
          env,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "integ",
          include: include("integ.test"),
          pool: "forks",
          execArgv: [`--import=${preload}`],
          env,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["src-core/**/*.ts", "src-main/**/*.ts", "workers/**/*.ts", "src-renderer/**/*.{ts,tsx}"],
      exclude: ["workers/codec/kernels/**"],
      reporter: ["text-summary", "html", "json-summary"],
    },
  },
});
