import { expect, it } from "vitest";
import { nextRowIndex } from "./row-keys.ts";

it.each([
  ["ArrowDown", -1, 0],
  ["ArrowDown", 3, 4],
  ["ArrowDown", 9, 9],
  ["ArrowUp", -1, 0],
  ["ArrowUp", 3, 2],
  ["ArrowUp", 0, 0],
  ["PageDown", -1, 4],
  ["PageDown", 7, 9],
  ["PageUp", 7, 3],
  ["PageUp", 2, 0],
  ["Home", 5, 0],
  ["End", 5, 9],
  ["a", 5, null],
])("%s from %d goes to %s", (key, from, to) => {
  expect(nextRowIndex(key, from, 10, 4)).toBe(to);
});

it("moves nowhere without rows", () => {
  expect(nextRowIndex("ArrowDown", -1, 0, 4)).toBeNull();
});
