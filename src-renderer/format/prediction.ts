/** Words about how long something was said to take, and about how good such words have been. */
import type { Calibration } from "../../src-core/contract/system.ts";
import type { Prediction } from "../../src-core/model/run.ts";
import { formatSpan } from "./duration.ts";

/** "3–4 min in all" */
export function predictionWords({ lowMs, highMs }: Prediction): string {
  return `${formatSpan(lowMs, highMs)} in all`;
}

/** How far predictions can be trusted, by what became of earlier ones. */
export function calibrationWords(calibration: Calibration | undefined): string {
  if (calibration === undefined || calibration.runs === 0) return "No earlier job tells how good predictions are.";
  const { runs, within, shorter, longer } = calibration;
  if (runs === 1) {
    const what = within === 1 ? "took as long as was said" : shorter === 1 ? "was quicker" : "took longer";
    return `The last predicted job ${what}.`;
  }
  const others = [
    ...(shorter === 0 ? [] : [`${shorter} ${shorter === 1 ? "was" : "were"} quicker`]),
    ...(longer === 0 ? [] : [`${longer} took longer`]),
  ];
  const end = others.length === 0 ? "" : `; ${others.join(", ")}`;
  return `Of the last ${runs} predicted jobs, ${within} took as long as was said${end}.`;
}
