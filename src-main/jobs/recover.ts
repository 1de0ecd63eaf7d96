/**
 * After the start of the program: whatever is recorded as running is not, because nobody runs it. Its attempt is marked lost and
 * the task waits to go on from its checkpoint (or to start over), so that nothing stays "running" for ever. What kills the
 * program again and again without getting anywhere is given up.
 */
import { lostReason } from "../../src-core/job/reason.ts";
import { hasEnded } from "../../src-core/job/run-state.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { Attempt, Task } from "../../src-core/model/run.ts";
import type { Checkpoint } from "../../src-core/model/task-event.ts";
import { runningAttempts, saveAttempt } from "../db/attempts.ts";
import { checkpointOf } from "../db/checkpoints.ts";
import type { Db } from "../db/open.ts";
import { openRuns } from "../db/runs.ts";
import { type TaskRecord, taskById, tasksOfRun } from "../db/tasks.ts";
import type { Log } from "../log/log.ts";
import type { Recorder } from "./recorder.ts";
import type { Runner } from "./runner.ts";

/** So many attempts in a row may be lost without getting further before the task fails. */
export const MAX_LOST = 5;

/** Puts the rows right. To be called once, before anything runs. */
export function recoverWork(deps: { db: Db; log: Log; recorder: Recorder; runner: Runner; now(): number }): void {
  const { db, log, recorder, runner, now } = deps;
  const at = new Date(now()).toISOString();

  const markLost = (record: TaskRecord, attemptId: string) => {
    const { runId, id: taskId, kind } = record.task;
    const task = recorder.apply({ runId, taskId, attemptId }, { type: "lost", at });
    recorder.unsettle(runId);
    const attempt = task.attempts.find((a) => a.id === attemptId);
    if (attempt !== undefined) saveAttempt(db, taskId, { ...attempt, error: new AppError("job.lost").toData() });
    log.warn("An attempt was lost", { runId, taskId, attemptId });
    recorder.note(
      runId,
      taskId,
      "warning",
      `The program ended while ${kind} ran (attempt ${attempt?.number ?? 0} is lost)`,
    );
    goOnOrGiveUp(record);
  };

  const goOnOrGiveUp = ({ task: { id: taskId, runId } }: TaskRecord) => {
    const record = taskById(db, taskId);
    if (record === null) return;
    const { task } = record;
    if (task.state === "canceled") {
      recorder.note(runId, taskId, "info", "It was being canceled: canceled");
      runner.discard(record);
      return;
    }
    const checkpoint = checkpointOf(db, taskId);
    const lost = lostInARow(task, checkpoint);
    if (lost < MAX_LOST) {
      const reason = lostReason(checkpoint?.doneBytes ?? null);
      recorder.change({ ...task, reason }, false);
      recorder.note(runId, taskId, "info", reason);
      return;
    }
    const error = new AppError(
      "job.lost",
      `The program ended ${lost} times while this ran, without getting any further. It is not tried again by itself.`,
      { hint: "Look into the program's log for the cause, then retry." },
    ).toData();
    recorder.change({ ...task, state: "failed", reason: null, error }, false);
    recorder.note(runId, taskId, "error", error.message);
    runner.discard(record);
  };

  db.transaction(() => {
    for (const { attemptId, taskId } of runningAttempts(db)) {
      const record = taskById(db, taskId);
      if (record !== null) markLost(record, attemptId);
    }
    for (const { summary } of openRuns(db)) {
      for (const { task } of tasksOfRun(db, summary.id)) {
        // Attempt and task are written together, so this finds nothing unless the rows were damaged.
        if (task.state === "running" || task.state === "canceling") {
          recorder.change({ ...task, state: task.state === "running" ? "waiting" : "canceled", reason: null }, false);
        }
      }
      runner.advance(summary.id);
      if (!hasEnded(summary.state)) recorder.refreshRun(summary.id);
    }
  });
}

/** Attempts lost one after the other up to now by a crash, each beginning no earlier than the task could begin today. */
function lostInARow(task: Task, checkpoint: Checkpoint | null): number {
  const reached = checkpoint?.doneBytes ?? 0;
  const gotNowhere = (attempt: Attempt) =>
    attempt.state === "lost" && attempt.error?.code === "job.lost" && (attempt.resumedFromBytes ?? 0) >= reached;
  const lastOther = task.attempts.findLastIndex((attempt) => !gotNowhere(attempt));
  return task.attempts.length - 1 - lastOther;
}
