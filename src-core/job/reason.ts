/** Why work waits, and how it came back after the program had ended, in words for people. */
import type { Run, Task, WorkState } from "../model/run.ts";
import type { LimitNow } from "./limit-by-time.ts";
import { hasEnded } from "./run-state.ts";

export const REASON = {
  paused: "Paused",
  runPaused: "This job is paused",
  slot: "Waits for a free slot",
  stopped: "The program was closed; this goes on when it starts again",
} as const;

/** What a task says that cannot start before its parents have ended. */
export function waitsFor(parents: readonly Pick<Task, "kind">[]): string {
  return `Waits for ${[...new Set(parents.map((parent) => parent.kind))].join(", ")}`;
}

const LOST = "The program ended while this ran";

/** Whether a reason is one of `lostReason`. */
export function isLostReason(reason: string | null): boolean {
  return reason?.startsWith(LOST) === true;
}

/** What a task says that failed and is tried again. @param when for people, such as "14:05". @param attempt the one to come */
export function againReason(when: string, attempt: number, attempts: number, error: string): string {
  return `Tried again at ${when} (attempt ${attempt} of ${attempts}): ${error}`;
}

/** What a task says that waits for a place in a group. @param group in words, such as "machine web01" */
export function groupReason(group: string, most: number): string {
  return `Waits for ${group} (${most} at a time)`;
}

/** What a task says that would take a place older work waits for. */
export function letsPassReason(group: string, other: string): string {
  return `Lets ${other} pass, which has waited longer for ${group}`;
}

/** What a task says whose process died. `resumeBytes`: where it goes on, null for the start. */
export function lostReason(resumeBytes: number | null): string {
  return `${LOST}; it ${resumeBytes === null ? "starts over" : `goes on from ${mebibytes(resumeBytes)}`}`;
}

/** The reason a run shows: that of the task whose turn it is, else how the run came back or why it ended as it did. */
export function runReason(tasks: Run["tasks"], state: WorkState): string | null {
  const turn = tasks.find((task) => !hasEnded(task.state));
  if (turn !== undefined && turn.reason !== null) return turn.reason;
  if (state === "canceled" && tasks.some((task) => task.kind === "convert" && task.state === "succeeded")) {
    const checks = tasks.filter((task) => task.kind === "verify");
    const some = checks.some((task) => task.state === "succeeded") ? "not all of it verified" : "not verified";
    return `Canceled after the conversion had finished: ${checks.length > 1 ? "the targets stay" : "the target stays"}, ${some}`;
  }
  return comeBack(tasks);
}

/** How the latest task that was lost went on. */
function comeBack(tasks: Run["tasks"]): string | null {
  for (const { attempts } of tasks.toReversed()) {
    const lostAt = attempts.findLastIndex((attempt) => attempt.state === "lost");
    const next = attempts[lostAt + 1];
    if (lostAt < 0 || next === undefined) continue;
    return next.resumedFromBytes === null
      ? "Started over after the program had ended"
      : `Resumed at ${mebibytes(next.resumedFromBytes)} after the program had ended`;
  }
  return null;
}

/** What a running task says that the hour of the day slows down; null where it does not. */
export function limitReason({ maxBytesPerSecond, byTime, nextChangeAt }: LimitNow): string | null {
  if (!byTime || maxBytesPerSecond === null) return null;
  const small = maxBytesPerSecond % 2 ** 20 !== 0 && maxBytesPerSecond < 10 * 2 ** 20;
  const rate = small
    ? `${Math.round(maxBytesPerSecond / 1024).toLocaleString("en")} KiB`
    : mebibytes(maxBytesPerSecond);
  return `Limit of ${rate}/s${nextChangeAt === null ? "" : ` until ${nextChangeAt}`}`;
}

/** A size in whole MiB, for a sentence. */
export function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20).toLocaleString("en")} MiB`;
}

/** The same of what is needed: rounded up, so that nothing is said to be needed of what is not nothing. */
export function wholeMebibytes(bytes: number): string {
  return mebibytes(Math.ceil(bytes / 2 ** 20) * 2 ** 20);
}
