/** Where a forecast asks for more at once than may run: in all, or in a group. */
import type { ForecastRun } from "./forecast.ts";

export interface Collision {
  /** null: the global limit. */
  readonly group: string | null;
  readonly fromAt: number;
  readonly toAt: number;
  readonly limit: number;
  /** Most at once in that time. */
  readonly peak: number;
}

/**
 * @param groupsOf a schedule's groups
 * @param limitOf how many may run at once in a group, of all for null; null: no limit
 */
export function collisions(
  runs: readonly ForecastRun[],
  groupsOf: (scheduleId: string) => readonly string[],
  limitOf: (group: string | null) => number | null,
): Collision[] {
  const byGroup = new Map<string | null, ForecastRun[]>();
  for (const run of runs) {
    if (run.endAt === null || run.endAt <= run.startAt) continue;
    for (const group of [null, ...groupsOf(run.scheduleId)]) {
      if (limitOf(group) === null) continue;
      const list = byGroup.get(group);
      if (list === undefined) byGroup.set(group, [run]);
      else list.push(run);
    }
  }
  const found = [...byGroup].flatMap(([group, inGroup]) => sweep(group, inGroup, limitOf(group) ?? 0));
  return found.sort((a, b) => a.fromAt - b.fromAt);
}

/** Goes through starts and ends in the order of time; at the same moment ends come first, so that runs which follow do not collide. */
function sweep(group: string | null, runs: readonly ForecastRun[], limit: number): Collision[] {
  // Numbers alone are sorted many times faster than runs; which runs they were is asked later, of one collision.
  const starts = Float64Array.from(runs, (run) => run.startAt).sort();
  const ends = Float64Array.from(runs, endOf).sort();
  const found: Collision[] = [];
  let over: { fromAt: number; peak: number } | null = null;
  for (let begun = 0, ended = 0; ended < ends.length; ) {
    const start = starts[begun] ?? Number.POSITIVE_INFINITY;
    const end = ends[ended] ?? 0;
    if (start < end) begun += 1;
    else ended += 1;
    const now = begun - ended;
    if (now > limit) {
      over ??= { fromAt: start, peak: 0 };
      over.peak = Math.max(over.peak, now);
    } else if (over !== null) {
      found.push({ group, fromAt: over.fromAt, toAt: end, limit, peak: over.peak });
      over = null;
    }
  }
  return found;
}

/** The schedules whose runs make a collision. Asked for the one that somebody looks at. */
export function schedulesIn(
  { group, fromAt, toAt }: Collision,
  runs: readonly ForecastRun[],
  groupsOf: (scheduleId: string) => readonly string[],
): string[] {
  const inIt = runs.filter((run) => run.startAt < toAt && endOf(run) > fromAt);
  const ids = [...new Set(inIt.map((run) => run.scheduleId))];
  return group === null ? ids : ids.filter((id) => groupsOf(id).includes(group));
}

function endOf({ startAt, endAt }: ForecastRun): number {
  return endAt ?? startAt;
}
