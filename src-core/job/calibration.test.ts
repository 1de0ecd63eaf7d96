import { expect, it } from "vitest";
import type { RunSummary } from "../model/run.ts";
import { calibrate, predictionHit } from "./calibration.ts";

const at = (ms: number) => new Date(Date.UTC(2030, 0, 1) + ms).toISOString();
const took = (ms: number | null, prediction: RunSummary["prediction"] = { lowMs: 3000, highMs: 4000 }) =>
  ({ prediction, startedAt: at(0), endedAt: ms === null ? null : at(ms) }) as RunSummary;

it.each([
  [2999, "shorter"],
  [3000, "within"],
  [4000, "within"],
  [4001, "longer"],
] as const)("a run of 3 to 4 s that took %d ms was %s", (ms, hit) => {
  expect(predictionHit(took(ms))).toBe(hit);
});

it("counts only what has both a prediction and an end", () => {
  const runs = [took(1), took(3500), took(3600), took(9000), took(null), took(3500, null)];
  expect(calibrate(runs)).toEqual({ runs: 4, within: 2, shorter: 1, longer: 1 });
});
