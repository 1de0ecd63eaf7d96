/**
 * One attempt on one worker thread: starts workers/entry.ts, hands the spec over, passes on every event that comes back, and sees
 * to it that the attempt ends: by its own word, by cancel with a grace time, or as a crash with a reason. Neighbours:
 * checked-thread.ts (the same with events checked), spare-threads.ts (threads that wait for the next task), lane-permits.ts.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../src-core/model/error.ts";
import type { ResultOf, TaskKind, TaskResult, TaskSpec } from "../../src-core/model/task.ts";
import type { Checkpoint, TaskEvent } from "../../src-core/model/task-event.ts";
import { CONTROL } from "../../workers/control.ts";
import type { TaskSource, WorkerStart } from "../../workers/task.ts";
import { giveBackHeld, laneAccess } from "./lane-permits.ts";
import { HEAP_MB, keepSpare, newThread, takeSpare } from "./spare-threads.ts";

export interface TaskThread {
  /** Settles once: with the task's result, or an AppError (the task's own, job.canceled, job.crashed). */
  readonly result: Promise<TaskResult>;
  /** Resolves when the thread is gone and holds no file any more; at the latest when a stuck system call returns. */
  readonly gone: Promise<void>;
  /** The task stops at its next gate. */
  pause(): void;
  resume(): void;
  /** How fast the task may read from now on, in bytes a second; null = as fast as it goes. */
  setLimit(maxBytesPerSecond: number | null): void;
  /** Asks the task to stop and clean up; after a grace time the thread is terminated. */
  cancel(): void;
  /**
   * Ends the thread without cleaning up, so that a later attempt can go on from the last checkpoint. It leaves by itself at its
   * next gate; one that does not is terminated. Resolves within a second.
   */
  abandon(): Promise<void>;
}

type ParseEvent = (message: unknown) => TaskEvent;

export interface StartTaskOptions {
  resumeFrom?: Checkpoint | null;
  onEvent?: (event: TaskEvent) => void;
  /** What it reads from, with the secret. */
  source?: TaskSource | null;
  /** As in WorkerStart. */
  again?: WorkerStart["again"];
  /** Checks what the thread says; throws where it is no event. Left out: it is taken for one. */
  parse?: ParseEvent;
  /** Another worker file than the engine's. */
  entry?: URL;
  /** May run on a thread that did such a task before, and leaves its own to the next: starting one takes longer than a short task. */
  shares?: boolean;
}

export interface RunTaskOptions {
  signal?: AbortSignal;
  onEvent?: (event: TaskEvent) => void;
  /** As in StartTaskOptions. */
  parse?: ParseEvent;
  /** How fast it may read; null or left out: as fast as it goes. */
  maxBytesPerSecond?: number | null;
}

/** Time a canceled task has to clean up itself; an export removes its snapshot from the source, which takes the source its time. */
const GRACE_MS = 800;
const EXPORT_GRACE_MS = 120_000;
/** How long the end of a terminated thread is waited for; a thread inside a hanging system call cannot end earlier. */
const TERMINATE_MS = 150;
/** The same for a program that wants to end, and the part of it in which the thread may leave by itself. */
const ABANDON_MS = 1_000;
const HALT_MS = 500;
/** How long a thread may go on living after its last word. */
const LINGER_MS = 1_000;

/** Starts one attempt. Events arrive in `onEvent` in order, the last of them before `result` settles. */
export function startTask(spec: TaskSpec, options: StartTaskOptions = {}): TaskThread {
  const control = new SharedArrayBuffer(Object.keys(CONTROL).length * Int32Array.BYTES_PER_ELEMENT);
  const cells = new Int32Array(control);
  const set = (cell: number, value: number) => {
    Atomics.store(cells, cell, value);
    Atomics.notify(cells, cell);
  };

  const stays = options.shares === true && options.entry === undefined;
  const worker = (stays ? takeSpare() : null) ?? newThread(options.entry);
  const { resumeFrom = null, source = null, again = null } = options;
  const start: WorkerStart = { spec, resumeFrom, source, again, lanes: laneAccess, control, stays };
  worker.postMessage(start);

  const outcome = Promise.withResolvers<TaskResult>();
  // Whoever does not await the result still learns the outcome from the events.
  outcome.promise.catch(() => {});
  const ended = Promise.withResolvers<void>();
  let settled = false;
  let canceled = false;
  let abandoned = false;
  let crash: unknown = null;
  let grace: NodeJS.Timeout | undefined;

  const settle = (how: () => void) => {
    if (settled) return;
    settled = true;
    clearTimeout(grace);
    // It has nothing more to do: it must neither keep the program alive nor stay for ever over a handle it forgot.
    worker.unref();
    setTimeout(() => void worker.terminate(), LINGER_MS).unref();
    how();
  };
  /** The thread waits for the next task; this one hears no more of it. */
  const leave = (result: TaskResult) => {
    if (settled) return;
    settled = true;
    clearTimeout(grace);
    for (const event of ["message", "messageerror", "error", "exit"]) worker.removeAllListeners(event);
    giveBackHeld(laneAccess.permits, cells);
    keepSpare(worker);
    outcome.resolve(result);
    ended.resolve();
  };
  const stopped = () =>
    settle(() => {
      if (canceled) outcome.reject(new AppError("job.canceled"));
      else if (abandoned) outcome.reject(new AppError("job.lost"));
      else outcome.reject(crashError(spec.kind, crash));
    });
  const terminate = () => {
    void worker.terminate();
    setTimeout(stopped, TERMINATE_MS).unref();
  };

  const take = (event: TaskEvent) => {
    options.onEvent?.(event);
    if (event.type === "written") {
      Atomics.add(cells, CONTROL.noted, 1);
      Atomics.notify(cells, CONTROL.noted);
    } else if (event.type === "finished") {
      if (stays) leave(event.result);
      else settle(() => outcome.resolve(event.result));
    } else if (event.type === "failed") settle(() => outcome.reject(AppError.fromData(event.error)));
    else if (event.type === "canceled") settle(() => outcome.reject(new AppError("job.canceled")));
  };
  worker.on("message", (message: TaskEvent) => {
    if (settled || abandoned) return;
    let event = message;
    try {
      if (options.parse !== undefined) event = options.parse(message);
    } catch (cause) {
      const error = new AppError("internal.bug", `The ${spec.kind} worker said something unknown.`, { cause });
      settle(() => outcome.reject(error));
      void worker.terminate();
      return;
    }
    take(event);
  });
  worker.on("messageerror", (error) => {
    crash = error;
    void worker.terminate();
  });
  worker.on("error", (error) => {
    crash = error;
  });
  worker.on("exit", (code) => {
    crash ??= code;
    giveBackHeld(laneAccess.permits, cells);
    stopped();
    ended.resolve();
  });

  return {
    result: outcome.promise,
    gone: ended.promise,
    pause: () => set(CONTROL.paused, 1),
    resume: () => set(CONTROL.paused, 0),
    setLimit: (limit) => set(CONTROL.limit, limit === null ? 0 : kibibytes(limit)),
    cancel() {
      if (canceled || settled) return;
      canceled = true;
      set(CONTROL.cancel, 1);
      // A paused task sleeps on the pause cell: wake it, so that it sees the cancel.
      Atomics.notify(cells, CONTROL.paused);
      grace = setTimeout(terminate, spec.kind === "export" ? EXPORT_GRACE_MS : GRACE_MS);
    },
    async abandon() {
      abandoned = true;
      clearTimeout(grace);
      set(CONTROL.halt, 1);
      // A paused task sleeps on the pause cell: wake it, so that it sees the halt.
      Atomics.notify(cells, CONTROL.paused);
      const insist = setTimeout(() => void worker.terminate(), HALT_MS);
      await Promise.race([ended.promise, sleep(ABANDON_MS, undefined, { ref: false })]);
      clearTimeout(insist);
      stopped();
    },
  };
}

/** The cell counts in KiB; 0 there means no limit. */
function kibibytes(bytes: number): number {
  return Math.min(2 ** 31 - 1, Math.max(1, Math.round(bytes / 1024)));
}

/** Runs one task to its end. @throws AppError: the task's own, job.canceled when `signal` aborts, job.crashed */
export async function runTask<K extends TaskKind>(
  spec: Extract<TaskSpec, { kind: K }>,
  options: RunTaskOptions = {},
): Promise<ResultOf<K>> {
  const { signal, onEvent, parse } = options;
  if (signal?.aborted) throw new AppError("job.canceled");
  const thread = startTask(spec, {
    shares: true,
    ...(onEvent === undefined ? {} : { onEvent }),
    ...(parse === undefined ? {} : { parse }),
  });
  thread.setLimit(options.maxBytesPerSecond ?? null);
  const abort = () => thread.cancel();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const result = await thread.result;
    if (result.kind !== spec.kind)
      throw new AppError("internal.bug", `A ${spec.kind} task answered a ${result.kind} result.`);
    return result as ResultOf<K>;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function crashError(kind: TaskKind, crash: unknown): AppError {
  if (crash instanceof Error) {
    const outOfMemory = "code" in crash && crash.code === "ERR_WORKER_OUT_OF_MEMORY";
    const why = outOfMemory ? `it ran out of memory (limit ${HEAP_MB} MB)` : crash.message;
    return new AppError("job.crashed", `The ${kind} worker ended unexpectedly: ${why}.`, { cause: crash });
  }
  return new AppError("job.crashed", `The ${kind} worker ended unexpectedly with exit code ${String(crash)}.`);
}
