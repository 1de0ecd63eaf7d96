/** What a run is, seen from its tasks: its state, its progress, its error. And which moves between states there are. */
import type { AppErrorData } from "../model/error.ts";
import type { Eta, JobRequest, Outcome, Prediction, Progress, Task, WorkState } from "../model/run.ts";

/** Every legal move. A task that was lost, or is tried again, goes from running back to waiting. */
const MOVES: Readonly<Record<WorkState, readonly WorkState[]>> = {
  queued: ["waiting", "running", "canceled", "skipped"],
  waiting: ["running", "canceling", "canceled", "skipped", "failed"],
  running: ["waiting", "canceling", "succeeded", "failed", "canceled"],
  canceling: ["succeeded", "failed", "canceled"],
  succeeded: [],
  failed: [],
  canceled: [],
  skipped: [],
};

/** Whether a task or run may go from one state to the other. Staying is no move. */
export function canMove(from: WorkState, to: WorkState): boolean {
  return MOVES[from].includes(to);
}

/** True once nothing more will happen. */
export function hasEnded(state: WorkState): boolean {
  return MOVES[state].length === 0;
}

/** The state of a run with these tasks. `cancelAsked`: somebody wants it canceled. */
export function runState(tasks: readonly Pick<Task, "state">[], cancelAsked: boolean): WorkState {
  const some = (state: WorkState) => tasks.some((task) => task.state === state);
  const all = (state: WorkState) => tasks.every((task) => task.state === state);
  if (tasks.every((task) => hasEnded(task.state))) {
    if (some("failed")) return "failed";
    if (some("canceled")) return "canceled";
    return tasks.length > 0 && all("skipped") ? "skipped" : "succeeded";
  }
  if (cancelAsked || some("canceling")) return "canceling";
  if (some("running")) return "running";
  return all("queued") ? "queued" : "waiting";
}

/** The error of the first task that failed. */
export function runError(tasks: readonly Pick<Task, "state" | "error">[]): AppErrorData | null {
  return tasks.find((task) => task.state === "failed")?.error ?? null;
}

/** What the tasks of a run that look rather than make found out; null while there is nothing, and for conversions. */
export function runOutcome(tasks: readonly Pick<Task, "result">[]): Outcome | null {
  for (const { result } of tasks) {
    if (result?.kind === "compare") {
      return { good: result.equal, text: result.equal ? `equal: ${result.statement}` : result.statement };
    }
    if (result?.kind === "check") {
      const { errors, leaks, warnings } = result.report;
      const counted = [count(errors, "error"), count(leaks, "leak"), count(warnings, "warning")];
      const found = counted.filter((text) => text !== null).join(", ");
      return {
        good: errors + leaks === 0,
        text: errors === 0 ? ["no errors", found].filter(Boolean).join(", ") : found,
      };
    }
  }
  return null;
}

function count(number: number, word: string): string | null {
  return number === 0 ? null : `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

/** From when on a time left counts as settled: before, too little of the run was seen. */
export const SETTLED_MS = 5_000;

/**
 * How long the run is said to take from start to end, by a time left that has settled; null before.
 * @param elapsedMs since the run started
 */
export function predictionOf(elapsedMs: number, progress: Progress | null): Prediction | null {
  if (elapsedMs < SETTLED_MS || progress === null || progress.eta === null) return null;
  return { lowMs: elapsedMs + progress.eta.lowMs, highMs: elapsedMs + progress.eta.highMs };
}

/**
 * The progress of a whole run: its tasks' bytes added up. A task not begun counts with the bytes it is expected to go through
 * (a conversion's verification reads as much again; a sample its share), one that was skipped with none. Null before the first.
 */
export function runProgress(tasks: readonly Task[], request?: JobRequest): Progress | null {
  const begun = tasks.filter((task) => task.progress !== null);
  const current = begun.findLast((task) => !hasEnded(task.state)) ?? begun.at(-1);
  if (current === undefined || current.progress === null) return null;
  const known = Math.max(...begun.map((task) => task.progress?.totalBytes ?? 0));
  let doneBytes = 0;
  let totalBytes = 0;
  let notBegunBytes = 0;
  for (const task of tasks) {
    if (task.progress !== null) {
      doneBytes += task.state === "succeeded" ? task.progress.totalBytes : task.progress.doneBytes;
      totalBytes += task.progress.totalBytes;
    } else if (!hasEnded(task.state)) {
      const expected = Math.round(known * expectedShare(task, request));
      notBegunBytes += expected;
      totalBytes += expected;
    }
  }
  const { rateBytesPerSecond, phase } = current.progress;
  return { doneBytes, totalBytes, rateBytesPerSecond, phase, eta: wholeEta(current.progress, notBegunBytes) };
}

function expectedShare(task: Task, request: JobRequest | undefined): number {
  const verify = request?.kind === "convert" && task.kind === "verify" ? request.verify : null;
  return verify?.mode === "sample" ? verify.fraction : 1;
}

/** Time left with what has not begun: nobody knows its speed yet, so between half and double of the present one is assumed. */
function wholeEta({ eta, doneBytes, totalBytes }: Progress, notBegunBytes: number): Eta {
  if (eta === null || notBegunBytes === 0) return eta;
  const remainingBytes = totalBytes - doneBytes;
  if (remainingBytes <= 0) return null;
  const share = notBegunBytes / remainingBytes;
  return { lowMs: eta.lowMs * (1 + share / 2), highMs: eta.highMs * (1 + share * 2) };
}
