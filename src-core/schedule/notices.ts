/**
 * Who is told what. A failure is told each time, a success only where somebody asks for it, and the first one after trouble as a
 * recovery. What was skipped or canceled tells nothing by itself: a schedule of which nothing else comes any more becomes overdue.
 *
 * Exactly once: each thing has a key, and a channel is told no key twice, whatever is replayed or asked again.
 */
import type { NoticeRules } from "../model/notification.ts";
import type { ScheduledRunState } from "../model/scheduled-run.ts";
import { DAY_MS } from "./instant.ts";

/** What the end of a run says about its schedule; null: nothing. */
export type Health = "good" | "bad" | null;

/** A clean-up that failed is trouble, though what was asked for is there: it is left on the source till somebody looks. */
export function healthOf(state: ScheduledRunState): Health {
  if (state === "succeeded" || state === "warned") return "good";
  return state === "failed" || state === "clean-up-failed" ? "bad" : null;
}

/** True where the rules mean this schedule. */
export function isAbout(rules: Pick<NoticeRules, "scheduleIds">, scheduleId: string): boolean {
  return rules.scheduleIds.length === 0 || rules.scheduleIds.includes(scheduleId);
}

/**
 * What a channel is told when a run of a schedule it is about has ended; null: nothing.
 * @param before what the last end said that said something; null: there was none
 * @param overdueTold the channel was told that the schedule is overdue, and it has not succeeded since
 */
export function noticeOfEnd(
  rules: Pick<NoticeRules, "failure" | "recovery" | "success">,
  state: ScheduledRunState,
  before: Health,
  overdueTold: boolean,
): "failure" | "recovery" | "success" | null {
  const health = healthOf(state);
  if (health === null) return null;
  if (health === "bad") return rules.failure ? "failure" : null;
  if (rules.recovery && (before === "bad" || overdueTold)) return "recovery";
  return rules.success ? "success" : null;
}

/**
 * Whether a schedule has not succeeded for so many days although it should have: a weekly one is not overdue on the fourth day, nor
 * is any in the first day after a time at which it was due.
 * @param sinceAt its last success; before the first, when it was made
 * @param dueAt the first time after that at which it was due; null: there was none
 */
export function isOverdue(days: number, sinceAt: number, dueAt: number | null, now: number): boolean {
  return dueAt !== null && now >= sinceAt + days * DAY_MS && now >= dueAt + DAY_MS;
}

/** One end of a run: it ends again where it is tried again. */
export function endKey(scheduledRunId: string, endedAt: string): string {
  return `end:${scheduledRunId}@${endedAt}`;
}

/** Not succeeding since then. */
export function overdueKey(scheduleId: string, sinceAt: string): string {
  return `overdue:${scheduleId}@${sinceAt}`;
}

/** Tries to send one notice, the first included. */
export const MAX_TRIES = 10;
const FIRST_DELAY_MS = 60_000;
export const LONGEST_DELAY_MS = 6 * 3_600_000;

/** How long to wait after so many tries that failed: 1, 3, 9 … minutes, at most 6 hours. Null: it is given up. */
export function retryDelay(tries: number): number | null {
  return tries >= MAX_TRIES ? null : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 3 ** (tries - 1));
}
