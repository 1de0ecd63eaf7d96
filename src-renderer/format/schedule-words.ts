/** Words about schedules and their runs. Pure. */
import type { Pause } from "../../src-core/model/schedule.ts";
import type { ScheduleRow } from "../../src-core/model/schedule-view.ts";
import type { ScheduledRunState, ScheduledRunSummary } from "../../src-core/model/scheduled-run.ts";
import { formatRelative } from "./date.ts";
import { formatDuration } from "./duration.ts";

export const SCHEDULED_STATE_WORDS: Record<ScheduledRunState, string> = {
  waiting: "Waiting",
  running: "Running",
  held: "Held",
  canceling: "Canceling",
  succeeded: "Done",
  warned: "Done with warnings",
  failed: "Failed",
  "clean-up-failed": "Clean-up failed",
  canceled: "Canceled",
  skipped: "Skipped",
};

const ACTIVE: readonly ScheduledRunState[] = ["waiting", "running", "held", "canceling"];

/** True while something more will happen to it by itself. */
export function isActive(state: ScheduledRunState): boolean {
  return ACTIVE.includes(state);
}

/** True while a pause is in force. */
export function pausedAt(pause: Pause | null, nowMs: number): pause is Pause {
  return pause !== null && (pause.untilAt === null || Date.parse(pause.untilAt) > nowMs);
}

/** "until tomorrow 06:00", "until somebody ends it". */
export function pauseEndWords({ untilAt }: Pick<Pause, "untilAt">, nowMs: number): string {
  return untilAt === null ? "until somebody ends it" : `until ${formatRelative(untilAt, nowMs)}`;
}

/** The state of the last run that ended; null before the first. */
export function lastResult({ recent }: Pick<ScheduleRow, "recent">): ScheduleRow["recent"][number] | null {
  return recent.findLast(({ state }) => !isActive(state)) ?? null;
}

/** How long a run has worked, or worked; null before it began. */
export function scheduledDuration(
  { startedAt, endedAt }: Pick<ScheduledRunSummary, "startedAt" | "endedAt">,
  nowMs: number,
): string | null {
  if (startedAt === null) return null;
  const endMs = endedAt === null ? nowMs : Date.parse(endedAt);
  return formatDuration(Math.max(0, endMs - Date.parse(startedAt)));
}

/** The end of today + 1 at 06:00, local time. */
export function tomorrowMorning(nowMs: number): Date {
  const day = new Date(nowMs);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1, 6);
}
