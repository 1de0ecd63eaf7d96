/**
 * How fast live attempts may read: what is set for their run, and of exports the hours of the day (src-core/job/limit-by-time.ts).
 * The clock is looked at again and again rather than waited for: it may be set, skip an hour or stand still while the machine sleeps.
 */
import { limitAt } from "../../src-core/job/limit-by-time.ts";
import { limitReason } from "../../src-core/job/reason.ts";
import type { Db } from "../db/open.ts";
import { type RunRecord, runById } from "../db/runs.ts";
import type { Log } from "../log/log.ts";
import type { LiveAttempt } from "./live-attempt.ts";
import type { Recorder } from "./recorder.ts";
import { clockText } from "./wall-clock.ts";

export interface SpeedLimits {
  /** Sets the limit of an attempt that begins, or whose run was given another one. */
  apply(attempt: LiveAttempt): void;
  /** The same at any later moment, where the hour may have changed it. */
  look(attempt: LiveAttempt): void;
  /** What holds a running task of the run back, in words; null where no hour does. */
  reason(run: RunRecord): string | null;
  /** The attempt of this task is over. */
  forget(taskId: string): void;
}

/** Other than whatever might be said: it is tried again. */
const UNSAID = "";

interface SpeedLimitsDeps {
  readonly db: Db;
  readonly log: Log;
  readonly recorder: Recorder;
  now(): number;
  /** Brings the reasons of a run's tasks up to date. Called inside a transaction. */
  advance(runId: string): void;
}

export function createSpeedLimits({ db, log, recorder, now, advance }: SpeedLimitsDeps): SpeedLimits {
  /** What was said last of each live attempt that hours may hold back. */
  const said = new Map<string, string | null>();

  const limitNow = ({ request, summary }: RunRecord) =>
    limitAt(request.kind === "export" ? request.limitsByTime : [], summary.maxBytesPerSecond, clockText(now()));

  /** Lets the run say it where the hours hold it back in another way than was said. */
  const tell = (taskId: string, run: RunRecord) => {
    const words = limits.reason(run);
    if (words !== (said.get(taskId) ?? null)) {
      const { id } = run.summary;
      db.transaction(() => {
        recorder.note(id, taskId, "info", words ?? "No limit by the time of day holds any more");
        if (said.has(taskId)) recorder.unsettle(id);
        advance(id);
      });
    }
    said.set(taskId, words);
  };

  const limits: SpeedLimits = {
    apply({ ref: { runId, taskId }, thread }) {
      const run = runById(db, runId);
      if (run === null) return;
      thread.setLimit(limitNow(run).maxBytesPerSecond);
      if (run.request.kind !== "export" || run.request.limitsByTime.length === 0) return;
      try {
        tell(taskId, run);
      } catch (error) {
        // It holds in any case; what is said of it comes with the next look.
        log.error("A limit by time could not be recorded", { runId, taskId, error });
        said.set(taskId, UNSAID);
      }
    },
    look(attempt) {
      if (said.has(attempt.ref.taskId)) limits.apply(attempt);
    },
    reason: (run) => limitReason(limitNow(run)),
    forget: (taskId) => void said.delete(taskId),
  };
  return limits;
}
