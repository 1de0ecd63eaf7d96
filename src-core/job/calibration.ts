/** Were the predicted times right? The first settled range of a run against how long it took. */
import type { RunSummary } from "../model/run.ts";

/** How a run's duration lay to its prediction. Null where there is none, or no duration yet. */
export function predictionHit(
  run: Pick<RunSummary, "prediction" | "startedAt" | "endedAt">,
): "within" | "shorter" | "longer" | null {
  const { prediction, startedAt, endedAt } = run;
  if (prediction === null || startedAt === null || endedAt === null) return null;
  const tookMs = Date.parse(endedAt) - Date.parse(startedAt);
  if (tookMs < prediction.lowMs) return "shorter";
  return tookMs > prediction.highMs ? "longer" : "within";
}

/** Sums over runs that ended well and whose duration was predicted. */
export function calibrate(runs: readonly RunSummary[]): {
  runs: number;
  within: number;
  shorter: number;
  longer: number;
} {
  const sums = { runs: 0, within: 0, shorter: 0, longer: 0 };
  for (const run of runs) {
    const hit = predictionHit(run);
    if (hit === null) continue;
    sums.runs += 1;
    sums[hit] += 1;
  }
  return sums;
}
