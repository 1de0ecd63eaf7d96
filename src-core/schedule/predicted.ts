/** How long a schedule's runs are likely to take, from how long they took lately. */
import type { Predicted } from "./window-end.ts";

/**
 * Eight of ten of them lay between the two; few of them are believed less and widen it. Null where there are none.
 * @param tookMs of runs that succeeded, in any order
 */
export function predictedFrom(tookMs: readonly number[]): Predicted | null {
  if (tookMs.length === 0) return null;
  const sorted = [...tookMs].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const margin = 0.5 / Math.sqrt(sorted.length);
  // Whole, for instants are made of them.
  return { lowMs: Math.round(at(0.1) * (1 - margin)), highMs: Math.round(at(0.9) * (1 + margin)) };
}
