/** States of scheduled runs, without schemas: for the scheduling thread, which parses nothing. What they mean: scheduled-run.ts. */

export const SCHEDULED_STATES = [
  "waiting",
  "running",
  "held",
  "canceling",
  "succeeded",
  "warned",
  "failed",
  "clean-up-failed",
  "canceled",
  "skipped",
] as const;
export type ScheduledRunState = (typeof SCHEDULED_STATES)[number];

const ACTIVE: readonly ScheduledRunState[] = ["waiting", "running", "held", "canceling"];

/** True once nothing more will happen to it by itself. */
export function scheduledRunEnded(state: ScheduledRunState): boolean {
  return !ACTIVE.includes(state);
}
