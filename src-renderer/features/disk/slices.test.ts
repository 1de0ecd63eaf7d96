import { expect, it } from "vitest";
import { nextSlice, type Slice, sharesOf, sliceAt, sliceWords } from "./slices.ts";

const MIB = 1024 ** 2;
const slice = (dataBytes: number, zeroBytes: number, holeBytes: number, start = 0): Slice => ({
  start,
  lengthBytes: dataBytes + zeroBytes + holeBytes,
  dataBytes,
  zeroBytes,
  holeBytes,
});

it("gives shares that add up to one", () => {
  expect(sharesOf(slice(3 * MIB, MIB, 4 * MIB))).toEqual({ data: 0.375, zero: 0.125, hole: 0.5 });
  expect(sharesOf(slice(0, 0, 0))).toEqual({ data: 0, zero: 0, hole: 1 });
});

it("says where a slice is and what is in it", () => {
  expect(sliceWords(slice(8 * MIB, 0, 2 * MIB, 512 * MIB))).toBe("at 512 MiB, 10 MiB long: 80 % data, 20 % hole");
  expect(sliceWords(slice(1, 0, 10 * MIB))).toContain("<0.1 % data");
});

const grid = { columns: 10, cellWidth: 5, cellHeight: 8, count: 25 };
it.each([
  [0, 0, 0],
  [49.9, 0, 9],
  [50, 0, null],
  [0, 8, 10],
  [24.9, 16, 24],
  [25, 16, null],
  [-1, 0, null],
])("finds the slice under %d,%d", (x, y, index) => {
  expect(sliceAt(x, y, grid)).toBe(index);
});

it.each([
  ["ArrowRight", 3, 4],
  ["ArrowRight", 24, 24],
  ["ArrowDown", 3, 13],
  ["ArrowDown", 18, 18],
  ["ArrowUp", 3, 3],
  ["Home", 17, 0],
  ["End", 17, 24],
  ["x", 17, null],
])("%s from %d moves to %s", (key, from, to) => {
  expect(nextSlice(key, from, 10, 25)).toBe(to);
});
