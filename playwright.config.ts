import { defineConfig } from "@playwright/test";

// One worker: the machines this runs on have two cores, and each spec file starts a whole program of its own.
export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  workers: 1,
  // Outer limits, several times what a story takes on two cores: they end what hangs and judge nothing else.
  timeout: 300_000,
  expect: { timeout: 30_000 },
  forbidOnly: true,
  reporter: [["list"]],
});
