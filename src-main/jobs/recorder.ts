/**
 * Writes down what happens: every fact becomes rows, a log line and an event in one transaction, and the run's own row follows
 * from its tasks. Rows are the truth about states; of live tasks the progress is kept here in memory and never written alone.
 */
import { isDeepStrictEqual } from "node:util";
import { beginAttempt, foldTaskEvent, refreshView, type TaskView, viewOf } from "../../src-core/job/fold.ts";
import { runReason } from "../../src-core/job/reason.ts";
import { hasEnded, predictionOf, runError, runOutcome, runProgress, runState } from "../../src-core/job/run-state.ts";
import { addSample } from "../../src-core/job/samples.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { Run, RunSummary, Sample, Task } from "../../src-core/model/run.ts";
import type { LogLevel, TaskEvent } from "../../src-core/model/task-event.ts";
import { saveAttempt } from "../db/attempts.ts";
import { insertLog } from "../db/logs.ts";
import type { Db } from "../db/open.ts";
import { markUnpredictable, type RunRecord, runById, updateRun } from "../db/runs.ts";
import { samplesOfRun, saveSamples } from "../db/samples.ts";
import { setRetryAt, taskById, tasksOfRun, updateTask } from "../db/tasks.ts";
import type { Log } from "../log/log.ts";
import type { EventHub } from "./event-hub.ts";

export type ProgressEvent = Extract<TaskEvent, { type: "progress" }>;

/** Whose fact it is. */
export interface AttemptRef {
  readonly runId: string;
  readonly taskId: string;
  readonly attemptId: string;
}

/** What of a run is somebody's choice, or said of it once. */
export type RunChange = Partial<Pick<RunSummary, "paused" | "maxBytesPerSecond" | "prediction">>;

export interface Recorder {
  /** Records a fact other than progress. @returns the task after it */
  apply(ref: AttemptRef, event: Exclude<TaskEvent, ProgressEvent>): Task;
  /** Writes a new running attempt. `resumedFromBytes`: where it is expected to go on, null for the start. */
  begin(ref: Omit<AttemptRef, "attemptId">, attemptId: string, resumedFromBytes: number | null): Task;
  /** Takes in progress, in memory only. */
  measure(ref: AttemptRef, event: ProgressEvent): void;
  /** Tells the stream how far a task and its run are, and adds a point to the run's chart. */
  tellProgress(ref: AttemptRef, event: ProgressEvent): void;
  /** Tells the stream how far a run is as of now: what stalls shows rate 0. */
  tellRun(runId: string): void;
  /** Writes a task's state or reason; the run follows with `refreshRun`. `ready`: it waits for nothing but its turn. */
  change(task: Task, ready: boolean): void;
  /** Derives the run's row from its tasks and publishes what changed, `change` included. */
  refreshRun(runId: string, change?: RunChange): void;
  /** How long the run takes depends on more than the work from now on; with what changed about it. */
  unsettle(runId: string, change?: RunChange): void;
  /** A line in the run's own log. */
  note(runId: string, taskId: string | null, level: LogLevel, message: string): void;
  /** @throws AppError request.not-found */
  run(runId: string): Run;
  /** A run's summary with the progress of now. */
  summary(record: RunRecord): RunSummary;
  samples(runId: string): Sample[];
  /** Writes the samples of a run that is live. */
  keepSamples(runId: string): void;
  /** Forgets what is kept in memory of a task that is no longer live. */
  release(ref: AttemptRef): void;
}

export function createRecorder(deps: { db: Db; hub: EventHub; log: Log; now(): number }): Recorder {
  const { db, hub, log, now } = deps;
  const views = new Map<string, TaskView>();
  const samples = new Map<string, Sample[]>();
  const nowText = () => new Date(now()).toISOString();

  const isLive = (runId: string) => [...views.values()].some((view) => view.task.runId === runId);

  /** The tasks of a run; running ones with the progress of now. */
  const tasksNow = (runId: string): Task[] =>
    tasksOfRun(db, runId).map(({ task }) => {
      const view = views.get(task.id);
      const live = view !== undefined && (task.state === "running" || task.state === "canceling");
      return live ? { ...task, progress: refreshView(view, now()).task.progress } : task;
    });

  const existing = (runId: string): RunRecord => {
    const record = runById(db, runId);
    if (record === null) throw new AppError("request.not-found", `There is no run ${runId}.`);
    return record;
  };

  const recorder: Recorder = {
    apply(ref, event) {
      return db.transaction(() => {
        const row = taskById(db, ref.taskId);
        if (row === null) throw new AppError("internal.bug", `Task ${ref.taskId} is not in the database.`);
        const live = views.get(ref.taskId);
        const before =
          live === undefined ? viewOf(row.task) : { ...live, task: { ...row.task, progress: live.task.progress } };
        const { task } = foldTaskEvent(before, ref.attemptId, event);
        if (task === before.task && isEnd(event)) return task;
        if (task !== before.task) {
          updateTask(db, task, false);
          const attempt = task.attempts.find((a) => a.id === ref.attemptId);
          if (attempt !== undefined) saveAttempt(db, task.id, attempt);
        }
        if (event.type === "log") recorder.note(ref.runId, ref.taskId, event.level, event.message);
        if (event.type === "warning") recorder.note(ref.runId, ref.taskId, "warning", event.message);
        // A checkpoint is between the task and its row: nobody else can read it.
        if (event.type !== "checkpoint") hub.publish({ type: "task", ...ref, event });
        recorder.refreshRun(ref.runId);
        return task;
      });
    },

    begin(ref, attemptId, resumedFromBytes) {
      return db.transaction(() => {
        const row = taskById(db, ref.taskId);
        if (row === null) throw new AppError("internal.bug", `Task ${ref.taskId} is not in the database.`);
        const task = beginAttempt(row.task, attemptId, nowText(), resumedFromBytes);
        updateTask(db, task, false);
        setRetryAt(db, task.id, null);
        for (const attempt of task.attempts.slice(-1)) saveAttempt(db, task.id, attempt);
        views.set(task.id, viewOf(task));
        recorder.refreshRun(ref.runId);
        return task;
      });
    },

    measure(ref, event) {
      const view = views.get(ref.taskId);
      if (view !== undefined) views.set(ref.taskId, foldTaskEvent(view, ref.attemptId, event));
    },

    tellProgress(ref, event) {
      const record = runById(db, ref.runId);
      const view = views.get(ref.taskId);
      if (record === null || view === undefined) return;
      let run = recorder.summary(record);
      const { startedAt } = run;
      if (run.prediction === null && record.predictable && startedAt !== null) {
        const prediction = predictionOf(Date.parse(event.at) - Date.parse(startedAt), run.progress);
        if (prediction !== null) {
          recorder.refreshRun(ref.runId, { prediction });
          run = { ...run, prediction };
        }
      }
      const sample = { at: event.at, doneBytes: run.progress?.doneBytes ?? 0, taskKind: view.task.kind };
      samples.set(ref.runId, addSample(recorder.samples(ref.runId), sample));
      hub.publish({ type: "task", ...ref, event });
      hub.tell({ type: "run", run });
    },

    tellRun(runId) {
      const record = runById(db, runId);
      if (record !== null) hub.tell({ type: "run", run: recorder.summary(record) });
    },

    change(task, ready) {
      updateTask(db, task, ready);
    },

    unsettle(runId, change = {}) {
      markUnpredictable(db, runId);
      recorder.refreshRun(runId, { ...change, prediction: null });
    },

    refreshRun(runId, change = {}) {
      const { summary, request, cancelAsked } = existing(runId);
      const tasks = tasksNow(runId);
      const state = runState(tasks, cancelAsked);
      const next: RunSummary = {
        ...summary,
        ...change,
        state,
        reason: runReason(tasks, state),
        startedAt: summary.startedAt ?? (state === "running" ? nowText() : null),
        endedAt: hasEnded(state) ? (summary.endedAt ?? nowText()) : null,
        progress: runProgress(tasks, request),
        error: runError(tasks),
        outcome: runOutcome(tasks),
      };
      if (isDeepStrictEqual(next, summary)) return;
      updateRun(db, next);
      if (isDeepStrictEqual({ ...next, progress: null }, { ...summary, progress: null })) {
        hub.tell({ type: "run", run: next });
        return;
      }
      if (next.state !== summary.state) log.info(`Run ${next.state}`, { runId, name: next.name, error: next.error });
      hub.publish({ type: "run", run: next });
    },

    note(runId, taskId, level, message) {
      insertLog(db, runId, { at: nowText(), taskId, level, message });
    },

    run(runId) {
      const { summary, request } = existing(runId);
      const tasks = tasksNow(runId);
      const progress = hasEnded(summary.state) ? summary.progress : runProgress(tasks, request);
      return { ...summary, progress, request, tasks };
    },

    summary(record) {
      // Where nothing is live the row says it all: no need to read the tasks of thousands of waiting runs.
      if (hasEnded(record.summary.state) || !isLive(record.summary.id)) return record.summary;
      return { ...record.summary, progress: runProgress(tasksNow(record.summary.id), record.request) };
    },

    samples(runId) {
      return samples.get(runId) ?? samplesOfRun(db, runId);
    },

    keepSamples(runId) {
      const kept = samples.get(runId);
      if (kept !== undefined && runById(db, runId) !== null) saveSamples(db, runId, kept);
    },

    release(ref) {
      views.delete(ref.taskId);
      if (!isLive(ref.runId)) samples.delete(ref.runId);
    },
  };
  return recorder;
}

/** An end that changes nothing comes too late to be a fact. */
function isEnd({ type }: TaskEvent): boolean {
  return type === "finished" || type === "failed" || type === "canceled" || type === "lost";
}
