import { expect, it } from "vitest";
import type { Sample } from "../../../src-core/model/run.ts";
import { meanRate, rateTicks, throughput } from "./throughput.ts";

const at = (ms: number, doneBytes: number, taskKind: Sample["taskKind"] = "convert"): Sample => ({
  at: new Date(1_700_000_000_000 + ms).toISOString(),
  doneBytes,
  taskKind,
});

it("gives the speed between samples", () => {
  expect(throughput([at(0, 0), at(1000, 500), at(1500, 1000)])).toEqual([
    { sinceMs: 0, convert: 500, export: null, verify: null },
    { sinceMs: 1000, convert: 500, export: null, verify: null },
    { sinceMs: 1500, convert: 1000, export: null, verify: null },
  ]);
});

it("draws an export as its own line, and nothing for what has no speed", () => {
  const points = throughput([
    at(0, 0, "export"),
    at(1000, 500, "export"),
    at(2000, 500, "check"),
    at(3000, 900, "check"),
  ]);
  expect(points.map(({ convert, export: speed }) => [convert, speed])).toEqual([
    [null, 500],
    [null, 500],
    [null, null],
    [null, null],
    [null, null],
  ]);
});

it("passes over samples too close together without losing their bytes", () => {
  const points = throughput([at(0, 0), at(100, 10), at(1000, 1000)]);
  expect(points.map(({ sinceMs, convert }) => [sinceMs, convert])).toEqual([
    [0, 1000],
    [1000, 1000],
  ]);
});

it("breaks the line between kinds and where an attempt starts over", () => {
  const points = throughput([
    at(0, 0),
    at(1000, 900),
    at(2000, 950, "verify"),
    at(3000, 1950, "verify"),
    at(4000, 100, "verify"),
  ]);
  expect(points.map(({ sinceMs, convert, verify }) => [sinceMs, convert, verify])).toEqual([
    [0, 900, null],
    [1000, 900, null],
    [2000, null, null],
    [2000, null, 1000],
    [3000, null, 1000],
    [4000, null, null],
  ]);
});

it.each([
  [0, 3],
  [1, 3],
  [80 * 1024 ** 2, 5],
  [572 * 1024 ** 2, 4],
  [3.1 * 1024 ** 3, 5],
  [510 * 1024, 4],
])("draws round ticks up to %d", (highest, count) => {
  const ticks = rateTicks(highest);
  expect(ticks).toHaveLength(count);
  expect(ticks[0]).toBe(0);
  expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest);
  const unit = [1024 ** 3, 1024 ** 2].find((size) => highest >= size) ?? 1024;
  const step = (ticks[1] ?? 0) / unit;
  expect(["1", "2", "5"]).toContain(step.toExponential().charAt(0));
});

it("has nothing to say without samples", () => {
  expect(throughput([])).toEqual([]);
  expect(meanRate([at(0, 5)], "convert")).toBeNull();
  expect(meanRate([at(0, 0), at(2000, 5000)], "convert")).toBe(2500);
});
