import { expect, it } from "vitest";
import type { Sample } from "../../../src-core/model/run.ts";
import { meanRate, throughput } from "./throughput.ts";

const at = (ms: number, doneBytes: number, taskKind: Sample["taskKind"] = "convert"): Sample => ({
  at: new Date(1_700_000_000_000 + ms).toISOString(),
  doneBytes,
  taskKind,
});

it("gives the speed between samples", () => {
  expect(throughput([at(0, 0), at(1000, 500), at(1500, 1000)])).toEqual([
    { sinceMs: 1000, convert: 500, verify: null },
    { sinceMs: 1500, convert: 1000, verify: null },
  ]);
});

it("passes over samples too close together without losing their bytes", () => {
  expect(throughput([at(0, 0), at(100, 10), at(1000, 1000)])).toEqual([{ sinceMs: 1000, convert: 1000, verify: null }]);
});

it("breaks the line between kinds and where an attempt starts over", () => {
  const points = throughput([
    at(0, 0),
    at(1000, 900),
    at(2000, 950, "verify"),
    at(3000, 1950, "verify"),
    at(4000, 100, "verify"),
  ]);
  expect(points.map(({ convert, verify }) => [convert, verify])).toEqual([
    [900, null],
    [null, null],
    [null, 1000],
    [null, null],
  ]);
});

it("has nothing to say without samples", () => {
  expect(throughput([])).toEqual([]);
  expect(meanRate([at(0, 5)], "convert")).toBeNull();
  expect(meanRate([at(0, 0), at(2000, 5000)], "convert")).toBe(2500);
});
