/** When a schedule comes next, as it stands: what lists show. */
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
