/** How long a schedule's next run is likely to take, from its last ones. */
import type { Predicted } from "../window-end.ts";

/** Runs that are looked at. */
export const PREDICT_FROM = 20;
/** No prediction is narrower than this share of the median to each side. */
const LEAST_SPREAD = 0.1;

/**
 * The median, with twice the median distance from it to each side: one run that hung for a night moves neither much.
 * @param durations in milliseconds, in any order
 * @returns null without any
 */
export function predictDuration(durations: readonly number[]): Predicted | null {
  if (durations.length === 0) return null;
  const middle = median(durations);
  const distance = median(durations.map((each) => Math.abs(each - middle)));
  const spread = Math.max(2 * distance, LEAST_SPREAD * middle);
  return { lowMs: Math.max(0, Math.round(middle - spread)), highMs: Math.round(middle + spread) };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? 0;
  return Number.isInteger(half) ? ((sorted[half - 1] ?? upper) + upper) / 2 : upper;
}
