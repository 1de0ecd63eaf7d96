import { defineConfig } from "@playwright/test";
import "./scripts/compile-cache.mjs";

// Two at a time: each spec file starts a program of its own on a folder of its own, and mostly waits for it.
export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  workers: 2,
  // Outer limits, several times what a story takes on two cores: they end what hangs and judge nothing else.
  timeout: 300_000,
  expect: { timeout: 30_000 },
  forbidOnly: true,
  reporter: [["list"]],
});
