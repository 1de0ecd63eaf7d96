import fc from "fast-check";
import { expect, test } from "vitest";
import { packageFileNames, packageStem } from "./package-names.ts";

test.each([
  ["web", "web"],
  ["Büro (alt)", "Buro-alt"],
  ["app.v1.2_x-y", "app.v1.2_x-y"],
  ["a/../b\\c", "a-..-b-c"],
  ["..", "machine"],
  ["", "machine"],
  ["日本語", "machine"],
  ["日本 1", "1"],
  ["-rf", "rf"],
  ["con", "vm-con"],
  ["NUL.x", "vm-NUL.x"],
  ["console", "console"],
  [`${"x".repeat(59)}-${"y".repeat(50)}`, "x".repeat(59)],
])("%j is called %j", (name, stem) => {
  expect(packageStem(name)).toBe(stem);
});

test("any name becomes one that a tar header, a URI and every file system hold", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
      const { descriptor, manifest, disks } = packageFileNames(name, 1000);
      const all = [descriptor, manifest, ...disks];
      expect(new Set(all).size).toBe(1002);
      for (const file of all) expect(file).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,98}$/);
    }),
    { numRuns: 50 },
  );
});
