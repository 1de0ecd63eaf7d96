import { expect, it } from "vitest";
import { formatDuration, formatEta } from "./duration.ts";

const MIN = 60_000;
const HOUR = 60 * MIN;

it.each([
  [0, "0.0 s"],
  [420, "0.4 s"],
  [45_000, "45 s"],
  [80_000, "1 min 20 s"],
  [2 * MIN, "2 min"],
  [2 * HOUR + 5 * MIN, "2 h 5 min"],
  [HOUR - 400, "60 min"],
  [3 * 24 * HOUR + 4 * HOUR, "3 d 4 h"],
])("%d ms is %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

it.each([
  [1000, 3000, "a few seconds left"],
  [12_000, 28_000, "10–30 s left"],
  [1000, 9_000, "under 10 s left"],
  [4.2 * MIN, 5.5 * MIN, "4–6 min left"],
  [20_000, 70_000, "under 2 min left"],
  [5 * MIN, 5 * MIN, "about 5 min left"],
  [1.6 * HOUR, 2.4 * HOUR, "1.5–2.5 h left"],
  [60 * HOUR, 80 * HOUR, "2.5–3.5 d left"],
])("%d to %d ms is '%s'", (lowMs, highMs, text) => {
  expect(formatEta({ lowMs, highMs })).toBe(text);
});
