/**
 * The one implementation of TaskContext: turns a task's calls into TaskEvents and main's control cells into pauses and cancels.
 * Knows no port and no thread: events go to a function, time comes from one, so that tests and the command line can drive it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { errorClass } from "../src-core/job/error-class.ts";
import { AppError } from "../src-core/model/error.ts";
import type { ProgressDetail, TaskEvent } from "../src-core/model/task-event.ts";
import { CONTROL } from "./control.ts";
import type { LaneAccess } from "./lanes/lane-thread.ts";
import type { TaskContext, WorkerStart } from "./task.ts";

/** The event loop gets its turn at least this often (timers, cancel listeners). */
const YIELD_EVERY_MS = 50;
/** Progress is told at most every so often: four a second. */
const PROGRESS_EVERY_MS = 250;
/** How soon a paused task notices that it may go on or is canceled. */
const PAUSE_LOOK_MS = 50;
/** Under a limit on speed, so much time may be owed. */
const BURST_MS = 50;
/** How long main may take to note which file was written, and how often that is looked at. */
const NOTE_MS = 5_000;
const NOTE_LOOK_MS = 2;
/** How soon a task that waits for something other than its gate sees its signal aborted. */
const SIGNAL_LOOK_MS = 100;

export interface OwnedTaskContext extends TaskContext {
  /** Tells the last progress if it was held back. Call once the task has ended. */
  end(): void;
}

export interface ContextDeps {
  readonly start: Pick<WorkerStart, "resumeFrom" | "control"> & Partial<Pick<WorkerStart, "source" | "again">>;
  /** Threads that help; left out: none. */
  readonly lanes?: LaneAccess | null;
  post(event: TaskEvent): void;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Builds the context of one attempt. */
export function createTaskContext({ start, lanes = null, post, now }: ContextDeps): OwnedTaskContext {
  const cells = new Int32Array(start.control);
  const canceled = new AbortController();
  const at = () => new Date(now()).toISOString();
  let yieldedAt = now();
  let toldAt = Number.NEGATIVE_INFINITY;
  let held: { doneBytes: number; totalBytes: number; phase: string } | null = null;
  let heldDetail: (() => ProgressDetail) | undefined;
  let phase: string | null = null;
  /** How many times it said that files are written. */
  let told = 0;

  // Who drives a task without a main hands over fewer cells: what has none is not asked.
  const isSet = (cell: number) => cell < cells.length && Atomics.load(cells, cell) !== 0;
  const askedToCancel = () => isSet(CONTROL.cancel);
  const askedToHalt = () => isSet(CONTROL.halt);
  const watch = setInterval(() => {
    if (askedToCancel()) canceled.abort();
  }, SIGNAL_LOOK_MS);
  watch.unref();

  function tellHeld(): void {
    if (held === null) return;
    const detail = heldDetail?.();
    post({ type: "progress", at: at(), ...held, ...(detail === undefined ? {} : { detail }) });
    toldAt = now();
    held = null;
  }

  async function gate(): Promise<void> {
    if (now() - yieldedAt >= YIELD_EVERY_MS) {
      await new Promise<void>((resume) => setImmediate(resume));
      yieldedAt = now();
    }
    if (Atomics.load(cells, CONTROL.paused) !== 0) {
      tellHeld();
      while (Atomics.load(cells, CONTROL.paused) !== 0 && !askedToCancel() && !askedToHalt())
        await sleep(PAUSE_LOOK_MS);
      yieldedAt = now();
    }
    if (askedToHalt()) throw new AppError("job.lost");
    if (askedToCancel()) {
      canceled.abort();
      throw new AppError("job.canceled");
    }
  }

  /** When the bytes granted so far have taken their time, at the limit in force. */
  let paidAt = 0;
  async function spend(bytes: number): Promise<void> {
    if (cells.length <= CONTROL.limit) return;
    const limitNow = () => Atomics.load(cells, CONTROL.limit) * 1024;
    let limit = limitNow();
    if (limit <= 0) {
      paidAt = 0;
      return;
    }
    // Each waits for its own turn: who asks again and again does not keep others from theirs.
    paidAt = Math.max(paidAt, now()) + (bytes / limit) * 1000;
    for (let dueAt = paidAt; ; ) {
      const changed = limitNow();
      if (changed <= 0) {
        paidAt = 0;
        return;
      }
      if (changed !== limit) {
        dueAt = now() + ((dueAt - now()) * limit) / changed;
        paidAt = Math.max(dueAt, now());
        limit = changed;
      }
      // A short debt is left to the next call: sleeping costs more than it is worth.
      const waitMs = dueAt - now();
      if (waitMs <= BURST_MS) return;
      await sleep(Math.min(waitMs, PAUSE_LOOK_MS));
      await gate();
    }
  }

  return {
    signal: canceled.signal,
    gate,
    lanes,
    spend,
    source: start.source ?? null,
    again: start.again ?? null,
    keeps: (error) => error.code === "job.lost" || start.again?.includes(errorClass(error)) === true,
    progress(doneBytes, totalBytes, newPhase, detail) {
      const phaseChanged = newPhase !== phase;
      // The last figure of a phase is always told, whatever the pace.
      if (phaseChanged) tellHeld();
      held = { doneBytes, totalBytes, phase: newPhase };
      heldDetail = detail;
      phase = newPhase;
      if (phaseChanged || now() - toldAt >= PROGRESS_EVERY_MS) tellHeld();
    },
    resumeFrom: start.resumeFrom,
    checkpoint: (checkpoint) => post({ type: "checkpoint", at: at(), checkpoint }),
    started: (resumedFromBytes) => post({ type: "started", at: at(), resumedFromBytes }),
    async written() {
      told += 1;
      post({ type: "written", at: at() });
      // Who starts a task without that cell notes nothing.
      if (cells.length <= CONTROL.noted) return;
      const until = now() + NOTE_MS;
      while (Atomics.load(cells, CONTROL.noted) < told && now() < until) await sleep(NOTE_LOOK_MS);
    },
    log: (level, message) => post({ type: "log", at: at(), level, message }),
    warn: (message) => post({ type: "warning", at: at(), message }),
    found: (items, filesSeen) => post({ type: "found", at: at(), items, filesSeen }),
    sampled(size) {
      post({ type: "sampled", at: at(), size });
      return size;
    },
    now,
    end() {
      clearInterval(watch);
      tellHeld();
    },
  };
}
