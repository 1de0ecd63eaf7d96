/** When restore points are made and pruned under a grandfather-father-son retention. */
import type { Gfs } from "../model/workload.ts";
import { periodsOf } from "./calendar.ts";

export interface RestorePoint {
  /** The day on which it is made. */
  day: number;
  /** The day on which it is pruned, or Infinity within the horizon. */
  prunedDay: number;
}

/**
 * Points every `everyDays` days until `endDay`.
 *
 * Of each of the newest `weekly` weeks, `monthly` months and `yearly` years (the running one counts) the last point is kept, and the
 * newest `daily` points. The newest point is always kept. Prunes happen when a new point is made.
 */
export function restorePoints(
  start: string | null,
  endDay: number,
  everyDays: number,
  keep: Gfs | null,
): RestorePoint[] {
  const days: number[] = [];
  for (let day = 0; day < endDay; day += everyDays) days.push(day);
  if (keep === null) return days.map((day) => ({ day, prunedDay: Number.POSITIVE_INFINITY }));
  const ends = new Float64Array(days.length);
  // The newest point is kept until the next one is made, whatever the rules say.
  for (let at = 0; at < days.length; at++) ends[at] = days[at + Math.max(1, keep.daily)] ?? Number.POSITIVE_INFINITY;
  const periods = days.map((day) => periodsOf(start, day));
  keepLastOf(
    days,
    periods.map(({ week }) => week),
    keep.weekly,
    ends,
  );
  keepLastOf(
    days,
    periods.map(({ month }) => month),
    keep.monthly,
    ends,
  );
  keepLastOf(
    days,
    periods.map(({ year }) => year),
    keep.yearly,
    ends,
  );
  return days.map((day, at) => ({ day, prunedDay: ends[at] ?? Number.POSITIVE_INFINITY }));
}

/** The last point of a period lives until the first point of the period that pushes it out of the newest `count`. */
function keepLastOf(days: readonly number[], periods: readonly number[], count: number, ends: Float64Array): void {
  if (count === 0) return;
  const firsts: number[] = [];
  const lasts: number[] = [];
  for (let at = 0; at < days.length; at++) {
    if (at === 0 || periods[at] !== periods[at - 1]) firsts.push(at);
    if (at === days.length - 1 || periods[at] !== periods[at + 1]) lasts.push(at);
  }
  for (const [order, last] of lasts.entries()) {
    const pushedOutBy = firsts[order + count];
    const end = pushedOutBy === undefined ? Number.POSITIVE_INFINITY : (days[pushedOutBy] ?? Number.POSITIVE_INFINITY);
    ends[last] = Math.max(ends[last] ?? 0, end);
  }
}
