/** Which runs a schedule's times make now, each with those that come after it in its firing. */

import { type CompiledSchedule, startOf } from "../forecast.ts";
import { toIso } from "../instant.ts";
import { type DueRun, dueNow } from "../missed.ts";
import type { FireDecision, MadeRun } from "./decision.ts";
import type { PlannedSchedule } from "./picture.ts";

export interface Fired {
  /** Null: nothing is to be stored. */
  readonly decision: FireDecision | null;
  /** When to ask again; null: when something changes. */
  readonly nextAt: number | null;
}

/**
 * @param childrenOf the schedules that a firing takes with it, parents first
 * @param awakeSinceAt with the ends of pauses in it
 */
export function fire(
  { schedule, handledAt }: PlannedSchedule,
  compiled: CompiledSchedule,
  childrenOf: (scheduleId: string) => readonly string[],
  awakeSinceAt: number,
  now: number,
): Fired {
  const { plan, jitterOf } = compiled;
  const due = dueNow({ plan, missed: schedule.missed, jitterOf, handledAt, awakeSinceAt, now });
  // That it settles is asked again, and answered the same, till it has: nothing to keep.
  const facts = due.facts.filter(({ kind }) => kind !== "settles");
  if (due.runs.length === 0 && facts.length === 0 && due.handledAt === handledAt) {
    return { decision: null, nextAt: due.nextAt };
  }
  const runs = due.runs.flatMap((run) => firing(compiled, run, childrenOf(schedule.id)));
  return {
    decision: { kind: "fire", scheduleId: schedule.id, from: handledAt, to: due.handledAt, runs, facts },
    nextAt: due.nextAt,
  };
}

/** The firing of a schedule at one of its times. */
export function firingOf(scheduleId: string, nominalAt: number): string {
  return `${scheduleId}@${toIso(nominalAt)}`;
}

function firing(compiled: CompiledSchedule, due: DueRun, children: readonly string[]): MadeRun[] {
  const { id } = compiled.schedule;
  const { nominalAt } = due.occurrence;
  const same = { firingId: firingOf(id, nominalAt), nominalAt, catchesUp: due.catchesUp };
  // What the clock and chance did to its time; windows are asked when it would start.
  const clock = startOf(compiled, due.occurrence).facts.filter(({ kind }) => CLOCK.has(kind));
  return [
    { ...same, scheduleId: id, waitsFor: null, facts: [...clock, ...due.facts] },
    ...children.map((child) => ({ ...same, scheduleId: child, waitsFor: "parents" as const, facts: [] })),
  ];
}

const CLOCK: ReadonlySet<string> = new Set(["clock-gap", "clock-repeats", "jitter"]);
