/**
 * What is due now, with what was missed while nothing could fire: the machine slept or was off, or the schedule was paused.
 *
 * Exactly once: everything up to `handledAt` has been decided before and is not looked at again. The answer says how far the decision
 * goes; whoever stores it does so in the transaction that makes the runs. Nominal times are never moved by it.
 */
import type { MissedPolicy } from "../model/schedule.ts";
import type { ScheduleFact } from "../model/schedule-fact.ts";
import { DAY_MS, HOUR_MS, toIso } from "./instant.ts";
import type { Occurrence, Plan } from "./plan.ts";

/** A time that came this long before it could fire counts as in time: timers are late, and a sleep of seconds is none. */
export const GRACE_MS = 30_000;
/** More than any zone or hour set by mistake makes. */
const LARGE_SET_BACK_MS = 26 * HOUR_MS;
/** Times missed longer ago than any deadline are neither counted nor looked at, so that the work has a bound. */
const LONGEST_LOOK_MS = 367 * DAY_MS;

export interface DueInput {
  readonly plan: Plan;
  readonly missed: MissedPolicy;
  /** Jitter of an occurrence: due that much after its nominal time. */
  readonly jitterOf: (nominalAt: number) => number;
  /** The last instant decided for; for a new schedule that of its making. */
  readonly handledAt: number;
  /** Since when firing has been possible without a break: the start of the program, the end of a sleep or of the schedule's pause. */
  readonly awakeSinceAt: number;
  readonly now: number;
}

export interface DueRun {
  readonly occurrence: Occurrence;
  /** True where it makes up for missed times. */
  readonly catchesUp: boolean;
  readonly facts: readonly ScheduleFact[];
}

export interface Due {
  /** To be made now, in this order. */
  readonly runs: readonly DueRun[];
  /** What was decided without a run. */
  readonly facts: readonly ScheduleFact[];
  /** The new `handledAt`. It goes back only where the clock went back far. */
  readonly handledAt: number;
  /** When to ask again; null: when something changes. */
  readonly nextAt: number | null;
}

export function dueNow(input: DueInput): Due {
  const { plan, missed, jitterOf, handledAt, awakeSinceAt, now } = input;
  const firesAt = (occurrence: Occurrence) => occurrence.nominalAt + jitterOf(occurrence.nominalAt);
  if (now < handledAt) return setBack(input);
  const settledAt = awakeSinceAt + missed.settleMs;
  const first = plan.next(Math.max(handledAt, now - LONGEST_LOOK_MS));
  if (first === null) return { runs: [], facts: [], handledAt, nextAt: null };
  const isMissed = (occurrence: Occurrence) => firesAt(occurrence) < awakeSinceAt - GRACE_MS;
  if (firesAt(first) > now) return { runs: [], facts: [], handledAt, nextAt: firesAt(first) };
  if (now < settledAt && isMissed(first)) {
    return { runs: [], facts: [{ kind: "settles", untilAt: toIso(settledAt) }], handledAt, nextAt: settledAt };
  }

  const late: Occurrence[] = [];
  const inTime: Occurrence[] = [];
  let decidedTo = handledAt;
  let next: Occurrence | null = first;
  // Jitter may put a time behind the next one. The plan is gone through in nominal order, so that one mark says what was decided.
  while (next !== null && firesAt(next) <= now) {
    (isMissed(next) ? late : inTime).push(next);
    decidedTo = next.nominalAt;
    next = plan.next(next.nominalAt);
  }
  const { runs, facts } = catchUp(late, inTime, missed, now);
  return { runs, facts, handledAt: decidedTo, nextAt: next && firesAt(next) };
}

/**
 * The clock was set back. By a little (an hour, a wrong zone, a day): what was decided stays so, and nothing is due till it is as late as
 * it was. By more, it had been wrong before: waiting would leave the schedule dead for months, so it goes on from now. What has run under
 * the wrong clock does not run again, since there is one run at most for each nominal time.
 */
function setBack({ plan, handledAt, now, jitterOf }: DueInput): Due {
  const byMs = handledAt - now;
  const goesOn = byMs > LARGE_SET_BACK_MS;
  const mark = goesOn ? now : handledAt;
  const next = plan.next(mark);
  const nextAt = next === null ? null : next.nominalAt + jitterOf(next.nominalAt);
  return { runs: [], facts: [{ kind: "clock-set-back", byMs, goesOn }], handledAt: mark, nextAt };
}

function catchUp(late: readonly Occurrence[], inTime: readonly Occurrence[], missed: MissedPolicy, now: number) {
  const facts: ScheduleFact[] = [];
  const runs: DueRun[] = inTime.map((occurrence) => ({ occurrence, catchesUp: false, facts: [] }));
  const firstLate = late[0];
  const lastLate = late.at(-1);
  if (firstLate === undefined || lastLate === undefined) return { runs, facts };
  const [firstAt, lastAt] = [toIso(firstLate.nominalAt), toIso(lastLate.nominalAt)];
  if (missed.mode === "skip") {
    facts.push({ kind: "missed-skipped", count: late.length, firstAt, lastAt });
    return { runs, facts };
  }
  const fresh = late.filter((occurrence) => occurrence.nominalAt + missed.deadlineMs >= now);
  const old = late.length - fresh.length;
  const lastOld = late[old - 1];
  if (lastOld !== undefined) {
    facts.push({
      kind: "missed-too-old",
      count: old,
      lastAt: toIso(lastOld.nominalAt),
      deadlineMs: missed.deadlineMs,
    });
  }
  if (missed.mode === "once") {
    const latest = fresh.at(-1);
    if (latest === undefined) return { runs, facts };
    const own = runs[0];
    // A run that is due anyway makes up for them: two at once would be one too many.
    if (own !== undefined) runs[0] = { ...own, facts: [caughtUp(latest, fresh.length)] };
    else runs.push({ occurrence: latest, catchesUp: true, facts: [caughtUp(latest, fresh.length)] });
    return { runs, facts };
  }
  const kept = fresh.slice(-missed.cap);
  if (kept.length < fresh.length) {
    facts.push({ kind: "missed-over-cap", count: fresh.length - kept.length, cap: missed.cap });
  }
  const made = kept.map((occurrence) => ({ occurrence, catchesUp: true, facts: [caughtUp(occurrence, 1)] }));
  return { runs: [...made, ...runs], facts };
}

function caughtUp({ nominalAt }: Occurrence, stoodFor: number): ScheduleFact {
  return { kind: "catches-up", nominalAt: toIso(nominalAt), stoodFor };
}
