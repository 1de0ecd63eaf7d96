/** The simulator's lanes: a line for each schedule with a bar for each run, and what it all adds up to. Pure. */

import type { ScheduleFact } from "../../../src-core/model/schedule-fact.ts";
import type { Collision, ComingRun } from "../../../src-core/model/schedule-view.ts";

export interface Lane {
  readonly scheduleId: string;
  readonly runs: readonly ComingRun[];
  /** Predicted work in all. */
  readonly busyMs: number;
  readonly skipped: number;
}

/** Busiest first. */
export function lanesOf(runs: readonly ComingRun[]): Lane[] {
  const bySchedule = new Map<string, ComingRun[]>();
  for (const run of runs) {
    const list = bySchedule.get(run.scheduleId);
    if (list === undefined) bySchedule.set(run.scheduleId, [run]);
    else list.push(run);
  }
  const lanes = [...bySchedule].map(([scheduleId, its]) => ({
    scheduleId,
    runs: its,
    busyMs: its.reduce(
      (sum, { startAt, endAt }) => sum + (endAt === null ? 0 : Date.parse(endAt) - Date.parse(startAt)),
      0,
    ),
    skipped: its.filter(({ skipped }) => skipped).length,
  }));
  return lanes.sort((a, b) => b.busyMs - a.busyMs || b.runs.length - a.runs.length);
}

export interface Bars {
  readonly runs: string;
  readonly skipped: string;
}

/** Narrower bars could not be seen. */
const NARROWEST = 2;

/**
 * The bars of a lane as two SVG paths. Bars that fall onto the same pixels are drawn once: a lane of every minute has 130,000 in 90 days.
 * @param width of [fromAt, toAt) in pixels
 */
export function barPaths(
  runs: readonly ComingRun[],
  fromAt: number,
  toAt: number,
  width: number,
  height: number,
): Bars {
  const scale = width / (toAt - fromAt);
  const paths = { runs: "", skipped: "" };
  const drawnTo = { runs: -1, skipped: -1 };
  for (const run of runs) {
    const kind = run.skipped ? "skipped" : "runs";
    const start = Date.parse(run.startAt);
    const x = Math.floor((start - fromAt) * scale);
    const end = Math.max(x + NARROWEST, Math.ceil((Date.parse(run.endAt ?? run.startAt) - fromAt) * scale));
    const from = Math.max(x, drawnTo[kind]);
    if (end <= from || from >= width) continue;
    paths[kind] += `M${from} 0h${Math.min(end, width) - from}v${height}H${from}z`;
    drawnTo[kind] = end;
  }
  return paths;
}

export interface Totals {
  readonly runs: number;
  /** Skipped ones by their reason, most first. */
  readonly skipped: readonly { readonly why: string; readonly count: number }[];
  /** By group, null for all; most first. */
  readonly collisions: readonly { readonly group: string | null; readonly count: number; readonly limit: number }[];
}

const WHY: Partial<Record<ScheduleFact["kind"], string>> = {
  overlap: "an earlier run had not ended",
  "outside-skipped": "due outside of its window",
  "never-allowed": "never allowed by its windows",
  blackout: "in a blackout",
  "parent-refused": "whose parents end otherwise than asked",
  "parent-not-today": "without a run of their parent that day",
  "parent-timed-out": "whose parents take too long",
};

export function totalsOf(runs: readonly ComingRun[], collisions: readonly Collision[]): Totals {
  const why = new Map<string, number>();
  for (const { skipped, facts } of runs) {
    if (!skipped) continue;
    const words = WHY[facts.at(-1)?.kind ?? "by-hand"] ?? "for another reason";
    why.set(words, (why.get(words) ?? 0) + 1);
  }
  const groups = new Map<string | null, { count: number; limit: number }>();
  for (const { group, limit } of collisions) {
    groups.set(group, { count: (groups.get(group)?.count ?? 0) + 1, limit });
  }
  return {
    runs: runs.filter(({ skipped }) => !skipped).length,
    skipped: [...why].map(([reason, count]) => ({ why: reason, count })).sort((a, b) => b.count - a.count),
    collisions: [...groups].map(([group, each]) => ({ group, ...each })).sort((a, b) => b.count - a.count),
  };
}
