import { expect, test } from "vitest";
import { targetSize } from "./target-plan.ts";

const MIB = 1024 * 1024;

test.each([
  ["raw", {}, 100_001, 100_001],
  ["vhd", {}, 100_001, 100_352],
  ["vhd", { subformat: "fixed" }, 100_001, MIB],
  ["vhd", { subformat: "fixed" }, 3 * MIB, 3 * MIB],
  ["vhd", { subformat: "fixed", virtualSizeBytes: 3 * MIB + 1 }, MIB, 4 * MIB],
  ["vhdx", {}, 100_001, 100_352],
  ["vhdx", { sectorBytes: 4096 }, 100_001, 102_400],
  ["vdi", { subformat: "static" }, 512, 512],
] as const)("a target of %s %o for %i bytes has %i", (format, options, sourceBytes, expected) => {
  expect(targetSize(format, options, sourceBytes)).toBe(expected);
});
