/**
 * One attempt while it lives: begins it in the rows, starts its thread, takes its events in, and records how it ended.
 * Progress is told at most four times a second and never written; checkpoints are written at most once a second.
 */
import { mebibytes, REASON } from "../../src-core/job/reason.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { Task } from "../../src-core/model/run.ts";
import type { TaskResult } from "../../src-core/model/task.ts";
import type { Checkpoint, TaskEvent } from "../../src-core/model/task-event.ts";
import type { TaskSource } from "../../workers/task.ts";
import { checkpointOf, deleteCheckpoint, saveCheckpoint } from "../db/checkpoints.ts";
import type { Db } from "../db/open.ts";
import { addWrittenFile, filesOfRun, taskWroteFile } from "../db/run-files.ts";
import { runById } from "../db/runs.ts";
import { insertFactOfRun } from "../db/schedule-facts.ts";
import { setRetryAt, type TaskRecord, taskById, type WorkSpec } from "../db/tasks.ts";
import { fileIdentity } from "../files/file-identity.ts";
import type { Log } from "../log/log.ts";
import { newId } from "./new-id.ts";
import { partialFiles } from "./partial-files.ts";
import type { AttemptRef, ProgressEvent, Recorder } from "./recorder.ts";
import { afterFailure, retriedClasses } from "./retries.ts";
import { Throttle } from "./throttle.ts";
import type { StartTaskOptions, startTask, TaskThread } from "./worker-thread.ts";

export interface AttemptDeps {
  readonly db: Db;
  readonly log: Log;
  readonly recorder: Recorder;
  now(): number;
  readonly startTask: typeof startTask;
  /** How an export connects to its source. @throws AppError request.not-found, vault.* */
  sourceAccess(sourceId: string): TaskSource;
  /** 0 to 1: takes something off the delays of retries whose policy wants that. */
  random(): number;
}

export interface LiveAttempt {
  readonly ref: AttemptRef;
  readonly thread: TaskThread;
  /** Asks it to stop; it then ends as canceled. */
  cancel(): void;
  /** Ends it so that it goes on from its last checkpoint when the program starts again. */
  abandon(): Promise<void>;
  /** Tells the run's rate as of now when the attempt has not said anything for a while. */
  lookForStall(): void;
}

interface Callbacks {
  /** Its end is being recorded, in the transaction in hand: the run moves on. */
  recorded(): void;
  /** The attempt is over and recorded. */
  ended(): void;
  /** It will not be continued: its checkpoint and its partial file go. */
  discard(): void;
  /** Its partial file goes, if there is one. */
  removePartial(): void;
}

const TELL_EVERY_MS = 250;
const CHECKPOINT_EVERY_MS = 1_000;
const QUIET_MS = 3_000;
/** When the database cannot take an outcome (its disk is full), it is offered again after this time. */
const RECORD_AGAIN_MS = 5_000;
/** Lines one attempt may write into its run's log. */
const MAX_LINES = 1_000;

/** Starts the task's next attempt, from its checkpoint when it has one. */
export function startAttempt(deps: AttemptDeps, record: TaskRecord, callbacks: Callbacks): LiveAttempt {
  const { db, log, recorder, now } = deps;
  const { runId, id: taskId, kind } = record.task;
  const attemptId = newId();
  const ref: AttemptRef = { runId, taskId, attemptId };
  const nowText = () => new Date(now()).toISOString();
  const { spec, resumeFrom } = prepare(deps, record);
  const run = runById(db, runId);
  if (run === null) throw new AppError("internal.bug", `Run ${runId} is not in the database.`);
  const policy = run.retry;

  const begun = db.transaction(() => {
    const task = recorder.begin(ref, attemptId, resumeFrom?.doneBytes ?? null);
    const number = task.attempts.length;
    const from = resumeFrom === null ? "" : `, to go on from the checkpoint at ${mebibytes(resumeFrom.doneBytes)}`;
    recorder.note(runId, taskId, "info", `Attempt ${number} of ${kind} started${from}`);
    return task;
  });

  let toldAtMs = now();
  let lines = 0;
  /** Files it writes whose identity is not noted yet. */
  const unknown = new Set(partialFiles(spec, filesOfRun(db, runId)));
  let leaving = false;

  /** One line, figure or checkpoint less does no harm to the work itself. */
  const guarded = (what: string, write: () => void) => {
    try {
      write();
    } catch (error) {
      log.error("An event of a task could not be recorded", { ...ref, what, error });
    }
  };
  const progress = new Throttle<ProgressEvent>(TELL_EVERY_MS, now, (event) =>
    guarded("progress", () => recorder.tellProgress(ref, event)),
  );
  const checkpoints = new Throttle<Checkpoint>(CHECKPOINT_EVERY_MS, now, (checkpoint) =>
    guarded("checkpoint", () =>
      db.transaction(() => {
        saveCheckpoint(db, taskId, nowText(), checkpoint);
        recorder.keepSamples(runId);
      }),
    ),
  );

  /** Remembers the files it writes: the partial ones, which become the targets by a rename (see `prepare`). */
  const rememberFiles = () => {
    for (const path of unknown) {
      const identity = fileIdentity(path);
      if (identity === null) continue;
      unknown.delete(path);
      addWrittenFile(db, attemptId, identity);
    }
  };
  /** Those that came and went between two events, under the names they have now. */
  const rememberMade = () => {
    if (unknown.size === 0) return;
    for (const { path } of filesOfRun(db, runId)) {
      const identity = fileIdentity(path);
      if (identity !== null) addWrittenFile(db, attemptId, identity);
    }
  };

  const take = (event: TaskEvent) => {
    switch (event.type) {
      case "progress":
        rememberFiles();
        recorder.measure(ref, event);
        progress.push(event);
        return;
      case "checkpoint":
        rememberFiles();
        checkpoints.push(event.checkpoint);
        return;
      case "written":
        rememberFiles();
        // What comes next cannot be done twice: the last point must be there however soon the program ends.
        checkpoints.flush();
        return;
      case "started":
        recorder.apply(ref, event);
        if (event.resumedFromBytes !== null) {
          recorder.note(
            runId,
            taskId,
            "info",
            `Resumed at ${mebibytes(event.resumedFromBytes)} (byte ${event.resumedFromBytes})`,
          );
        } else if (resumeFrom !== null) {
          recorder.note(runId, taskId, "warning", "The checkpoint could not be used: started over");
        }
        return;
      case "warning":
      case "log":
        lines += 1;
        if (lines <= MAX_LINES) recorder.apply(ref, event);
        else if (lines === MAX_LINES + 1)
          recorder.note(runId, taskId, "warning", "Further lines of this attempt are left out");
        return;
      default:
      // How it ended is told by the thread's result, which also knows of crashes; a task of a run finds nothing.
    }
  };

  const onEvent = (event: TaskEvent) => {
    if (leaving) return;
    toldAtMs = now();
    guarded(event.type, () => take(event));
  };

  const again = retriedClasses(policy, record.task);
  const thread = launch(deps, spec, { resumeFrom, again, onEvent });

  /** It failed: for good, or to be tried again from where it came to. */
  const fail = (task: Task, end: Extract<TaskEvent, { type: "failed" }>, error: AppError) => {
    const hasCheckpoint = checkpointOf(db, taskId) !== null;
    const { retry, keeps, facts } = afterFailure({ policy, task, error, hasCheckpoint }, now(), deps.random());
    const after = recorder.apply(ref, retry === null ? end : { ...end, retry });
    const said = `The ${kind} task failed: ${error.message}`;
    if (after.state === "waiting" && retry !== null) {
      setRetryAt(db, taskId, retry.at);
      recorder.note(runId, taskId, "warning", said);
      recorder.note(runId, taskId, "info", retry.reason);
      recorder.unsettle(runId);
    } else recorder.note(runId, taskId, "error", said);
    if (!keeps) callbacks.discard();
    const { scheduledRunId } = run.summary;
    if (scheduledRunId !== null) for (const fact of facts) insertFactOfRun(db, scheduledRunId, nowText(), fact);
  };

  const settle = (outcome: TaskResult | AppError) => {
    if (leaving) return;
    // Set before anybody hears of it: who then stops the engine must not find the attempt still at work.
    leaving = true;
    try {
      db.transaction(() => {
        const task = taskById(db, taskId)?.task ?? begun;
        recorder.keepSamples(runId);
        const end = endOf(task, outcome, nowText());
        if (end.type === "failed") fail(task, end, AppError.from(outcome));
        else {
          const after = recorder.apply(ref, end);
          recorder.note(runId, taskId, "info", sentence(after, outcome));
          if (after.state === "succeeded") {
            deleteCheckpoint(db, taskId);
            rememberMade();
          } else callbacks.discard();
        }
        callbacks.recorded();
      });
    } catch (error) {
      log.error("The end of a task could not be recorded; trying again", { ...ref, error });
      leaving = false;
      setTimeout(() => settle(outcome), RECORD_AGAIN_MS).unref();
      return;
    }
    recorder.release(ref);
    callbacks.ended();
  };

  thread.result
    .then(
      (result) => result,
      (error: unknown) => AppError.from(error),
    )
    .then((outcome) => {
      progress.flush();
      // What is tried again goes on from there; of all else the checkpoint goes at once.
      if (outcome instanceof AppError && policy !== null) checkpoints.flush();
      else checkpoints.drop();
      settle(outcome);
    })
    .catch((error: unknown) => log.error("A task could not be moved on", { ...ref, error }));

  return {
    ref,
    thread,
    cancel() {
      thread.cancel();
      // A thread inside a hanging system call may still make its file after it was given up: look again when it is gone.
      void thread.gone.then(() => callbacks.removePartial());
    },
    async abandon() {
      progress.drop();
      if (leaving) return;
      leaving = true;
      // Where this cannot be recorded the next start finds the attempt as one that a crash ended: the thread ends in any case.
      guarded("stop", () =>
        db.transaction(() => {
          checkpoints.flush();
          recorder.keepSamples(runId);
          const task = recorder.apply(ref, { type: "lost", at: nowText() });
          recorder.unsettle(runId);
          if (task.state === "waiting") recorder.change({ ...task, reason: REASON.stopped }, true);
          else callbacks.discard();
          recorder.note(runId, taskId, "info", "The program is closing: stopped, to go on when it starts again");
          recorder.refreshRun(runId);
        }),
      );
      recorder.release(ref);
      await thread.abandon();
    },
    lookForStall() {
      if (now() - toldAtMs > QUIET_MS) guarded("stall", () => recorder.tellRun(runId));
    },
  };
}

/**
 * What the attempt is to do and from where. A conversion whose last attempt died between renaming its file onto the target and
 * being recorded finds its own target there: that one it may replace, whatever else lies there it may not.
 */
function prepare(
  { db, recorder }: AttemptDeps,
  { task, spec }: TaskRecord,
): { spec: WorkSpec; resumeFrom: Checkpoint | null } {
  const resumeFrom = checkpointOf(db, task.id);
  if (spec.kind !== "convert" || task.attempts.length === 0) return { spec, resumeFrom };
  const isOwn = (path: string) => {
    const identity = fileIdentity(path);
    return identity !== null && taskWroteFile(db, task.id, identity);
  };
  const files = filesOfRun(db, task.runId);
  const own = new Set(files.filter(({ path }) => isOwn(path)).map(({ target }) => target));
  if (own.size === 0) return { spec, resumeFrom };
  deleteCheckpoint(db, task.id);
  const message = "The attempt before had completed the target without being able to report it: it is made again";
  recorder.note(task.runId, task.id, "info", message);
  const targets = spec.targets.map((target) => (own.has(target.path) ? { ...target, overwrite: true } : target));
  return { spec: { ...spec, targets }, resumeFrom: null };
}

/** Starts the thread; where not even that is possible, the thread "ended" with the reason. */
function launch(
  deps: AttemptDeps,
  spec: WorkSpec,
  options: Pick<StartTaskOptions, "resumeFrom" | "again" | "onEvent">,
): TaskThread {
  try {
    const source = spec.kind === "export" ? deps.sourceAccess(spec.sourceId) : null;
    return deps.startTask(spec, { ...options, source });
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    const result = Promise.reject(
      thrown instanceof AppError
        ? thrown
        : new AppError("job.crashed", `The worker could not be started: ${why}`, { cause: thrown }),
    );
    result.catch(() => {});
    const nothing = () => {};
    return {
      result,
      gone: Promise.resolve(),
      pause: nothing,
      resume: nothing,
      setLimit: nothing,
      cancel: nothing,
      abandon: async () => {},
    };
  }
}

/** How an attempt ended, as an event. Whatever goes wrong in a task that was asked to stop, it was canceled. */
function endOf(task: Task, outcome: TaskResult | AppError, at: string): Exclude<TaskEvent, ProgressEvent> {
  if (!(outcome instanceof AppError)) return { type: "finished", at, result: outcome };
  if (outcome.code === "job.canceled" || task.state === "canceling") return { type: "canceled", at };
  return { type: "failed", at, error: outcome.toData() };
}

/** The line in the run's log about how a task ended that did not fail. */
function sentence(task: Task, outcome: TaskResult | AppError): string {
  if (!(outcome instanceof AppError)) return `The ${task.kind} task succeeded`;
  return outcome.code === "job.canceled"
    ? `The ${task.kind} task was canceled`
    : `The ${task.kind} task was canceled; it ended with: ${outcome.message}`;
}
