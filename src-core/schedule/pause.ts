/** Whether a schedule is paused: by somebody, with a reason and perhaps an end. */
import type { Pause } from "../model/schedule.ts";
import type { ScheduleFact } from "../model/schedule-fact.ts";
import { fromIso } from "./instant.ts";

export interface PauseNow {
  readonly fact: ScheduleFact;
  /** When it ends by itself; null: it does not. */
  readonly untilAt: number | null;
}

/** Null where it is not, or no more. A pause is over at its end, whether anybody was awake to see that or not. */
export function pauseNow(pause: Pause | null, now: number): PauseNow | null {
  if (pause === null) return null;
  const untilAt = pause.untilAt === null ? null : fromIso(pause.untilAt);
  if (untilAt !== null && untilAt <= now) return null;
  return { untilAt, fact: { kind: "paused", reason: pause.reason, untilAt: pause.untilAt } };
}

/** Since when the schedule could fire without a break, for `dueNow`: a pause that ended is a break as a sleep is. */
export function awakeSince(awakeSinceAt: number, pause: Pause | null, now: number): number {
  if (pause === null || pause.untilAt === null || fromIso(pause.untilAt) > now) return awakeSinceAt;
  return Math.max(awakeSinceAt, fromIso(pause.untilAt));
}
