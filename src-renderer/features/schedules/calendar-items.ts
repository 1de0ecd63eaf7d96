/** Runs that were and runs to come as one kind of thing, and in which cell of the calendar each belongs. Pure. */
import type { Collision, ComingRun, Shade } from "../../../src-core/model/schedule-view.ts";
import type { ScheduledRunState, ScheduledRunSummary } from "../../../src-core/model/scheduled-run.ts";

export interface CalendarItem {
  readonly key: string;
  readonly scheduleId: string;
  readonly name: string;
  /** When it began or is to begin. */
  readonly at: number;
  /** When it ended or is likely to; null: not known, or it does not take place. */
  readonly endAt: number | null;
  /** Of a run that was made; null: it is to come. */
  readonly run: { readonly id: string; readonly state: ScheduledRunState } | null;
  readonly skipped: boolean;
  readonly reasons: readonly string[];
  readonly collisions: readonly Collision[];
}

export function madeItem(run: ScheduledRunSummary): CalendarItem {
  return {
    key: run.id,
    scheduleId: run.scheduleId,
    name: run.scheduleName,
    at: Date.parse(run.startedAt ?? run.mayStartAt ?? run.nominalAt),
    endAt: run.endedAt === null ? null : Date.parse(run.endedAt),
    run: { id: run.id, state: run.state },
    skipped: run.state === "skipped",
    reasons: run.reason === null ? [] : [run.reason],
    collisions: [],
  };
}

/** Runs to come, with the collisions that each takes part in. */
export function comingItems(
  runs: readonly ComingRun[],
  collisions: readonly Collision[],
  nameOf: (scheduleId: string) => string,
): CalendarItem[] {
  const bySchedule = new Map<string, Collision[]>();
  for (const collision of collisions) {
    for (const id of collision.scheduleIds) {
      const list = bySchedule.get(id);
      if (list === undefined) bySchedule.set(id, [collision]);
      else list.push(collision);
    }
  }
  return runs.map((run) => {
    const at = Date.parse(run.startAt);
    const endAt = run.endAt === null ? null : Date.parse(run.endAt);
    const its = run.skipped ? [] : (bySchedule.get(run.scheduleId) ?? []);
    return {
      key: `${run.scheduleId} ${run.firingId}`,
      scheduleId: run.scheduleId,
      name: nameOf(run.scheduleId),
      at,
      endAt,
      run: null,
      skipped: run.skipped,
      reasons: run.reasons,
      collisions: its.filter((each) => Date.parse(each.fromAt) < (endAt ?? at) && Date.parse(each.toAt) > at),
    };
  });
}

/** A stretch of time that a cell stands for. */
export interface Stretch {
  readonly fromAt: number;
  readonly toAt: number;
}

/** For each stretch, which must follow each other, the items that begin in it, by time. */
export function itemsByStretch(items: readonly CalendarItem[], stretches: readonly Stretch[]): CalendarItem[][] {
  const cells: CalendarItem[][] = stretches.map(() => []);
  for (const item of items) {
    let low = 0;
    let high = stretches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((stretches[middle]?.fromAt ?? 0) <= item.at) low = middle + 1;
      else high = middle;
    }
    const stretch = stretches[low - 1];
    if (stretch !== undefined && item.at < stretch.toAt) cells[low - 1]?.push(item);
  }
  for (const cell of cells) cell.sort((a, b) => a.at - b.at || a.name.localeCompare(b.name));
  return cells;
}

/** A shaded part of a cell, as fractions of its length. */
export interface Band {
  readonly kind: Shade["kind"];
  readonly from: number;
  readonly to: number;
}

/** The parts of a stretch in which some window is open, and those in which some blackout holds; overlapping ones taken together. */
export function bandsIn({ fromAt, toAt }: Stretch, shades: readonly Shade[]): Band[] {
  return (["window", "blackout"] as const).flatMap((kind) => {
    const bands: { from: number; to: number }[] = [];
    for (const shade of shades) {
      if (shade.kind !== kind) continue;
      const from = Math.max(Date.parse(shade.fromAt), fromAt);
      const to = Math.min(Date.parse(shade.toAt), toAt);
      if (from < to) bands.push({ from, to });
    }
    bands.sort((a, b) => a.from - b.from);
    const merged: { from: number; to: number }[] = [];
    for (const band of bands) {
      const last = merged.at(-1);
      if (last !== undefined && band.from <= last.to) last.to = Math.max(last.to, band.to);
      else merged.push(band);
    }
    const part = (at: number) => (at - fromAt) / (toAt - fromAt);
    return merged.map(({ from, to }) => ({ kind, from: part(from), to: part(to) }));
  });
}

/** "3 at once in group disks, at most 2" */
export function collisionWords({ group, peak, limit }: Collision): string {
  return `${peak} at once${group === null ? "" : ` in group ${group}`}, at most ${limit}`;
}
