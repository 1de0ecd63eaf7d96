/**
 * Events to state: the same fold keeps the rows in main and the live picture in the pages. Pure, and free of the schemas.
 * Facts that can no longer be true (a late event of an attempt that ended, a move that is not legal) change nothing.
 */
import type { Attempt, AttemptState, Progress, Task, WorkState } from "../model/run.ts";
import type { TaskResult } from "../model/task.ts";
import type { TaskEvent } from "../model/task-event.ts";
import { addPoint, EMPTY_METER, isShort, type Meter, readMeter } from "./estimate.ts";
import { canMove, hasEnded } from "./run-state.ts";

/** A task with what the fold must remember beside it. */
export interface TaskView {
  readonly task: Task;
  readonly meter: Meter;
}

/** Warnings kept with a task; the log has them all. */
const MAX_WARNINGS = 100;

/** Where folding begins: a task as main told it. */
export function viewOf(task: Task): TaskView {
  return { task, meter: EMPTY_METER };
}

/** The task with a new attempt running. `resumedFromBytes`: where it is to go on, null for the start. */
export function beginAttempt(task: Task, attemptId: string, at: string, resumedFromBytes: number | null): Task {
  const attempt: Attempt = {
    id: attemptId,
    number: (task.attempts.at(-1)?.number ?? 0) + 1,
    state: "running",
    startedAt: at,
    endedAt: null,
    resumedFromBytes,
    error: null,
  };
  const begun = { ...task, attempts: [...task.attempts, attempt], error: null };
  return task.state === "canceling" ? begun : { ...begun, state: "running", reason: null };
}

/** The view after `event` of attempt `attemptId`. The same view (===) when it changed nothing. */
export function foldTaskEvent(view: TaskView, attemptId: string, event: TaskEvent): TaskView {
  const known = view.task.attempts.find((attempt) => attempt.id === attemptId);
  if (event.type === "started") return foldStarted(view, attemptId, known, event.at, event.resumedFromBytes);
  if (known === undefined || known.state !== "running" || view.task.attempts.at(-1) !== known) return view;
  switch (event.type) {
    case "progress":
      return foldProgress(view, event);
    case "warning":
      return foldWarning(view, event.message);
    case "finished": {
      const ended = end(view, attemptId, event.at, "succeeded", "succeeded");
      if (ended === view) return view;
      const { result } = event;
      const own = isWorkResult(result) ? result : null;
      return { ...ended, task: { ...ended.task, result: own, error: null } };
    }
    case "failed": {
      const { error, retry } = event;
      const ended = end(view, attemptId, event.at, "failed", retry === undefined ? "failed" : "waiting");
      if (ended === view) return view;
      const task = changeAttempt(ended.task, attemptId, { error });
      return { ...ended, task: retry === undefined ? { ...task, error } : { ...task, reason: retry.reason } };
    }
    case "canceled":
      return end(view, attemptId, event.at, "canceled", "canceled");
    case "lost":
      return end(view, attemptId, event.at, "lost", view.task.state === "canceling" ? "canceled" : "waiting");
    case "checkpoint":
    case "written":
    case "log":
    case "found":
    case "sampled":
      return view;
  }
}

/** Whether a result is one that runs keep; other tasks answer a call and belong to no run. */
function isWorkResult(result: TaskResult): result is NonNullable<Task["result"]> {
  const { kind } = result;
  return kind === "convert" || kind === "export" || kind === "verify" || kind === "check" || kind === "compare";
}

/** The view at a later moment: what moved no more since has rate 0 and no time left. */
export function refreshView(view: TaskView, nowMs: number): TaskView {
  const { progress, state } = view.task;
  if (progress === null || hasEnded(state) || view.meter.points.length < 2) return view;
  return withProgress(view, { ...progress, ...readMeter(view.meter, progress.totalBytes - progress.doneBytes, nowMs) });
}

function foldStarted(
  view: TaskView,
  attemptId: string,
  known: Attempt | undefined,
  at: string,
  resumedFromBytes: number | null,
): TaskView {
  if (hasEnded(view.task.state)) return view;
  if (known !== undefined && known.state !== "running") return view;
  const task = known === undefined ? beginAttempt(view.task, attemptId, at, resumedFromBytes) : view.task;
  return { task: changeAttempt(task, attemptId, { resumedFromBytes }), meter: EMPTY_METER };
}

function foldProgress(view: TaskView, event: Extract<TaskEvent, { type: "progress" }>): TaskView {
  const atMs = Date.parse(event.at);
  const meter = addPoint(view.meter, atMs, event.doneBytes);
  const { doneBytes, totalBytes, phase, detail } = event;
  const measured = readMeter(meter, totalBytes - doneBytes, atMs);
  const before = view.task.progress;
  // A page that joins in the middle shows what main measured until it has measured itself.
  const joining = isShort(meter) && before !== null && before.eta !== null && before.doneBytes <= doneBytes;
  const reading = joining ? { rateBytesPerSecond: before.rateBytesPerSecond, eta: before.eta } : measured;
  return withProgress(
    { ...view, meter },
    { doneBytes, totalBytes, phase, ...(detail === undefined ? {} : { detail }), ...reading },
  );
}

function foldWarning(view: TaskView, message: string): TaskView {
  const { warnings } = view.task;
  if (warnings.includes(message) || warnings.length >= MAX_WARNINGS) return view;
  return { ...view, task: { ...view.task, warnings: [...warnings, message] } };
}

function end(view: TaskView, attemptId: string, at: string, attemptState: AttemptState, to: WorkState): TaskView {
  const { task } = view;
  if (!canMove(task.state, to)) return view;
  const changed = changeAttempt(task, attemptId, { state: attemptState, endedAt: at });
  const { progress } = changed;
  const still =
    progress === null
      ? null
      : {
          ...progress,
          doneBytes: to === "succeeded" ? progress.totalBytes : progress.doneBytes,
          rateBytesPerSecond: 0,
          eta: null,
        };
  return { task: { ...changed, state: to, reason: null, progress: still }, meter: EMPTY_METER };
}

function changeAttempt(task: Task, attemptId: string, change: Partial<Attempt>): Task {
  return { ...task, attempts: task.attempts.map((a) => (a.id === attemptId ? { ...a, ...change } : a)) };
}

function withProgress(view: TaskView, progress: Progress): TaskView {
  return { ...view, task: { ...view.task, progress } };
}
