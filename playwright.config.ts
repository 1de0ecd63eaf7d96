import { defineConfig } from "@playwright/test";

// One worker: the machines this runs on have two cores, and each spec file starts a whole program of its own.
export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  reporter: [["list"]],
});
