import { expect, test } from "vitest";
import { predictedFrom } from "./predicted.ts";

test("nothing is predicted from nothing", () => {
  expect(predictedFrom([])).toBeNull();
});

test("one run is believed by half, in whole milliseconds", () => {
  expect(predictedFrom([1_037])).toEqual({ lowMs: 519, highMs: 1_556 });
});

test("eight of ten of many lie between the two", () => {
  const took = Array.from({ length: 101 }, (_, index) => 1_000 + index * 10);
  expect(predictedFrom(took)).toEqual({ lowMs: 1_045, highMs: 1_995 });
});
