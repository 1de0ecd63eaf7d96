/**
 * Which limit on reading holds at a time of day: what somebody set for the run, and its limits by hours. The clock on the wall is the
 * input and the answer, so that a day of 23 or 25 hours needs no rule: whoever looks again at every change of the clock is right.
 */
import type { TimedLimit } from "../model/export.ts";
import type { ReadLimit } from "../model/run.ts";

export interface LimitNow {
  readonly maxBytesPerSecond: ReadLimit;
  /** It is one of the hours that holds, not what somebody set. */
  readonly byTime: boolean;
  /** When another limit will hold, "HH:MM", today or tomorrow; null: never. */
  readonly nextChangeAt: string | null;
}

/**
 * The lowest of all in force.
 * @param manual what somebody set for the run, whatever the time
 * @param localTime "HH:MM"
 */
export function limitAt(limits: readonly TimedLimit[], manual: ReadLimit, localTime: string): LimitNow {
  const timed = lowestAt(limits, localTime);
  const maxBytesPerSecond = lower(manual, timed);
  const edges = [...new Set(limits.flatMap(({ from, to }) => [from, to]))].sort();
  const later = edges.filter((edge) => edge > localTime);
  const tomorrow = edges.filter((edge) => edge <= localTime);
  const nextChangeAt =
    [...later, ...tomorrow].find((edge) => lower(manual, lowestAt(limits, edge)) !== maxBytesPerSecond) ?? null;
  return { maxBytesPerSecond, byTime: timed !== null && (manual === null || timed < manual), nextChangeAt };
}

function lowestAt(limits: readonly TimedLimit[], time: string): ReadLimit {
  return limits
    .filter((limit) => holds(limit, time))
    .reduce<ReadLimit>((low, l) => lower(low, l.maxBytesPerSecond), null);
}

/** Over midnight where `to` is not after `from`; all day where they are the same. */
function holds({ from, to }: TimedLimit, time: string): boolean {
  return from < to ? from <= time && time < to : from <= time || time < to;
}

function lower(a: ReadLimit, b: ReadLimit): ReadLimit {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
