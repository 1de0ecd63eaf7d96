import { defineConfig } from "vitest/config";

const include = (suffix: string) =>
  ["src-core", "src-main", "src-renderer", "workers", "scripts", "e2e/host", "bench"].map(
    (room) => `${room}/**/*.${suffix}.ts`,
  );

// V8's map of JIT pages can lose one when threads that still compile are terminated, which ends the process ("Check failed:
// jit_page.has_value()"). Tests terminate threads on purpose, hundreds of times; without protection keys the map is not needed.
const execArgv = ["--no-memory-protection-keys"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: include("test"),
          exclude: include("integ.test"),
          pool: "threads",
        },
      },
      {
        test: {
          name: "integ",
          include: include("integ.test"),
          pool: "forks",
          execArgv,
          testTimeout: 120_000,
          hookTimeout: 60_000,
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
