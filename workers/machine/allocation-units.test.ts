import { expect, test } from "vitest";
import { bytesPerUnit, quantityInBytes } from "./allocation-units.ts";

test.each([
  ["byte", 1],
  ["bytes", 1],
  ["byte * 2^20", 2 ** 20],
  ["byte*2^30", 2 ** 30],
  ["byte * 10^6", 1_000_000],
  ["byte * 1024 * 1024", 2 ** 20],
  ["MegaBytes", 2 ** 20],
  ["GB", 2 ** 30],
  ["  KiloByte ", 2 ** 10],
  ["hertz * 10^6", null],
  ["byte * 2^99", null],
  ["byte * 2^-3", null],
  ["byte * 0", null],
  ["", null],
])("%s", (unit, bytes) => {
  expect(bytesPerUnit(unit)).toBe(bytes);
});

test("quantities stay exact or are refused", () => {
  expect(quantityInBytes("2048", "byte * 2^20")).toBe(2 ** 31);
  expect(quantityInBytes("9007199254740993", "byte")).toBeNull();
  expect(quantityInBytes("9007199254740991", "KB")).toBeNull();
  expect(quantityInBytes("-1", "byte")).toBeNull();
  expect(quantityInBytes("1e3", "byte")).toBeNull();
});
