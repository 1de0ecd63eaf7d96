/**
 * What of the waiting work starts next: by priority, which grows as it waits, then by who came first; within a global limit and the limits
 * of groups (one per machine, host, datastore, source and target, and named ones).
 */
import type { ScheduleFact } from "../model/schedule-fact.ts";

export interface WaitingWork {
  readonly id: string;
  /** What a fact calls it. */
  readonly name: string;
  /** 0 to 100. */
  readonly priority: number;
  readonly queuedAt: number;
  /** Such as "datastore:ds1"; each takes one place in each of its groups. */
  readonly groups: readonly string[];
}

export interface OrderLimits {
  /** Most at once in all. */
  readonly most: number;
  /** Most at once in a group; null: no limit for it. */
  readonly mostIn: (group: string) => number | null;
  /** Waiting this long is worth one step of priority. At five minutes the last overtakes the first after eight hours. */
  readonly ageEveryMs: number;
}

/** From here on waiting work lets none pass it that would take its place: whoever needs two groups would else wait for ever. */
const OVERDUE = 100;

export interface OrderAnswer {
  /** To be started now, in this order. */
  readonly start: readonly string[];
  /** Why each of the others waits. */
  readonly waits: ReadonlyMap<string, ScheduleFact>;
  /** What ageing did for those that start, where it did anything. */
  readonly aged: ReadonlyMap<string, ScheduleFact>;
}

/** Its priority with its age. It has no upper end: what waits long enough is before everything that comes later. */
export function effectivePriority(
  work: Pick<WaitingWork, "priority" | "queuedAt">,
  ageEveryMs: number,
  now: number,
): number {
  return work.priority + Math.floor(Math.max(0, now - work.queuedAt) / ageEveryMs);
}

/** @param running groups of each that runs now */
export function nextInOrder(
  waiting: readonly WaitingWork[],
  running: readonly (readonly string[])[],
  limits: OrderLimits,
  now: number,
): OrderAnswer {
  const ranked = waiting
    .map((work, index) => ({ work, index, rank: effectivePriority(work, limits.ageEveryMs, now) }))
    .sort((a, b) => b.rank - a.rank || a.work.queuedAt - b.work.queuedAt || a.index - b.index);
  const taken = new Map<string, number>();
  for (const groups of running) take(taken, groups);
  let free = limits.most - running.length;
  /** Groups that overdue work waits for, with its name. */
  const reserved = new Map<string, string>();
  const start: string[] = [];
  const waits = new Map<string, ScheduleFact>();
  const aged = new Map<string, ScheduleFact>();
  for (const { work, rank } of ranked) {
    const full = work.groups.find(
      (group) => (taken.get(group) ?? 0) >= (limits.mostIn(group) ?? Number.POSITIVE_INFINITY),
    );
    const held = work.groups.find((group) => reserved.has(group));
    // A full group first: it is what holds this back, slot or no slot.
    if (full !== undefined) {
      waits.set(work.id, { kind: "waits-for-group", group: full, limit: limits.mostIn(full) ?? 0 });
      if (rank > OVERDUE)
        for (const group of limited(work, limits)) if (!reserved.has(group)) reserved.set(group, work.name);
    } else if (free <= 0) {
      waits.set(work.id, { kind: "waits-for-slot", limit: limits.most });
    } else if (held !== undefined) {
      waits.set(work.id, { kind: "lets-older-pass", group: held, other: reserved.get(held) ?? "" });
    } else {
      start.push(work.id);
      free -= 1;
      take(taken, work.groups);
      if (rank > work.priority) aged.set(work.id, { kind: "aged", from: work.priority, to: rank });
    }
  }
  return { start, waits, aged };
}

function limited(work: WaitingWork, limits: OrderLimits): string[] {
  return work.groups.filter((group) => limits.mostIn(group) !== null);
}

function take(taken: Map<string, number>, groups: readonly string[]): void {
  for (const group of new Set(groups)) taken.set(group, (taken.get(group) ?? 0) + 1);
}
