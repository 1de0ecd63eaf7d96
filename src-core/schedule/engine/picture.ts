/** What the engine's round looks at: plain data, so that it crosses to the scheduling thread as it is. Instants are milliseconds. */
import type { Reading } from "../../model/condition.ts";
import type { AppErrorData } from "../../model/error.ts";
import type { Pause, Schedule, ScheduleDefinition } from "../../model/schedule.ts";
import type { ScheduledRunState, WaitsFor } from "../../model/scheduled-run.ts";
import type { Predicted } from "../window-end.ts";

export interface PlannedSchedule {
  readonly schedule: Schedule;
  /** Up to here its times have been decided. */
  readonly handledAt: number;
  /** How long its runs took lately. */
  readonly predicted: Predicted | null;
}

/** A job run of a scheduled run. `open`: it has not ended, `warned`: it succeeded, with something to say. */
export interface JobPicture {
  readonly id: string;
  /** The same for a job run and those that try it again. */
  readonly jobId: string;
  readonly state: "open" | "succeeded" | "warned" | "failed" | "clean-up-failed" | "canceled";
  readonly error: AppErrorData | null;
}

export interface RunPicture {
  readonly id: string;
  /** Order of arrival. */
  readonly seq: number;
  /** A decision about it holds only while it has this version. */
  readonly version: number;
  readonly scheduleId: string;
  readonly scheduleName: string;
  readonly firingId: string;
  readonly nominalAt: number;
  /** Since when it has waited for its parents: when it was made, or asked for again. */
  readonly sinceAt: number;
  readonly byHand: boolean;
  readonly anyway: boolean;
  readonly state: ScheduledRunState;
  readonly waitsFor: WaitsFor | null;
  readonly reason: string | null;
  readonly mayStartAt: number | null;
  readonly heldUntilAt: number | null;
  /** Somebody holds it back. */
  readonly paused: boolean;
  /** As it was when the run was made. */
  readonly definition: ScheduleDefinition;
  /** What went wrong when it started: some of its machines could not be planned. */
  readonly error: AppErrorData | null;
  /** Oldest first. */
  readonly jobs: readonly JobPicture[];
  /** What was measured for its conditions last. */
  readonly readings: { readonly at: number; readonly values: readonly Reading[] } | null;
  /** It is being measured or started: nothing is asked about it till that is over. */
  readonly busy: boolean;
}

/** What changed since the picture before. */
export interface PictureChange {
  readonly schedules?: readonly PlannedSchedule[];
  readonly removedSchedules?: readonly string[];
  /** The mark of schedules that did not change otherwise. */
  readonly handled?: readonly (readonly [scheduleId: string, handledAt: number])[];
  readonly predicted?: readonly (readonly [scheduleId: string, predicted: Predicted | null])[];
  /** Runs that are new or changed. Ended ones are kept as long as one that waits may look at them. */
  readonly runs?: readonly RunPicture[];
  /** The pause of all. */
  readonly pause?: Pause | null;
}

/** Whether somebody started this very run; those that come after it in its firing look at it as at any parent. */
export function startedByHand(run: Pick<RunPicture, "id" | "firingId">): boolean {
  return run.firingId === handFiring(run.id);
}

/** The firing that begins with a run started by hand. */
export function handFiring(runId: string): string {
  return `hand:${runId}`;
}
