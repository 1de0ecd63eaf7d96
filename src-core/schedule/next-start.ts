/** When a schedule comes next, as it stands: what lists show. */
import { parentsFirst } from "../job/topology.ts";
import type { Schedule } from "../model/schedule.ts";
import { type CompiledSchedule, startOf } from "./forecast.ts";
import { pauseNow } from "./pause.ts";

export interface NextStart {
  readonly nominalAt: number;
  /** With jitter and windows; null: windows and blackouts leave it no time, or it is skipped. */
  readonly startAt: number | null;
}

/**
 * Null: never by the clock, switched off, or paused for good. A pause that ends is passed over: what it makes up for is not told.
 * @param pauses its own, and that of all schedules
 */
export function nextStart(
  compiled: CompiledSchedule,
  enabled: boolean,
  pauses: readonly Schedule["pause"][],
  now: number,
): NextStart | null {
  if (!enabled) return null;
  let from = now;
  for (const pause of pauses) {
    const paused = pauseNow(pause, now);
    if (paused === null) continue;
    if (paused.untilAt === null) return null;
    from = Math.max(from, paused.untilAt);
  }
  const next = compiled.plan.next(from);
  if (next === null) return null;
  const { at, skipped } = startOf(compiled, next);
  return { nominalAt: next.nominalAt, startAt: skipped ? null : at };
}

/**
 * When those that come after others are next part of a firing: the earliest coming time of those at its roots. When that lets them start
 * is a forecast's matter. Null: never by the clock, switched off, or paused for good.
 * @param ids whose is asked
 * @param nextOf of a schedule with a time of its own, that of its next run
 */
export function nextFirings(
  schedules: readonly Schedule[],
  ids: Iterable<string>,
  nextOf: (schedule: Schedule) => number | null,
  now: number,
): ReadonlyMap<string, number | null> {
  const byId = new Map(schedules.map((schedule) => [schedule.id, schedule]));
  const parentsOf = ({ when, dependencies }: Schedule) =>
    when.kind === "after" ? dependencies.flatMap(({ run, parentId }) => (run === "firing" ? [parentId] : [])) : [];
  const reached = new Set(ids);
  const nodes: { id: string; dependsOn: readonly string[]; schedule: Schedule }[] = [];
  for (const id of reached) {
    const schedule = byId.get(id);
    if (schedule === undefined) continue;
    const dependsOn = parentsOf(schedule);
    nodes.push({ id, dependsOn, schedule });
    for (const parent of dependsOn) reached.add(parent);
  }
  const next = new Map<string, number | null>();
  for (const { id, dependsOn, schedule } of parentsFirst(nodes)) {
    if (schedule.when.kind !== "after") {
      next.set(id, nextOf(schedule));
      continue;
    }
    const stands = schedule.enabled && pauseNow(schedule.pause, now)?.untilAt !== null;
    const times = stands ? dependsOn.flatMap((parent) => next.get(parent) ?? []) : [];
    next.set(id, times.length === 0 ? null : Math.min(...times));
  }
  return next;
}
