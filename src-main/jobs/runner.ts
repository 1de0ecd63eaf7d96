/**
 * What runs next: highest priority first, then first come, as many at a time as allowed, none while paused. Holds the live
 * attempts (live-attempt.ts) and moves a run on whenever one of its tasks ended. Rows are written through recorder.ts.
 */

import { blockedTasks, readyTasks } from "../../src-core/job/graph.ts";
import { REASON, waitsFor } from "../../src-core/job/reason.ts";
import { hasEnded } from "../../src-core/job/run-state.ts";
import type { Task } from "../../src-core/model/run.ts";
import { deleteCheckpoint } from "../db/checkpoints.ts";
import { readPaused, writePaused } from "../db/engine-state.ts";
import { filesOfRun } from "../db/run-files.ts";
import { runById } from "../db/runs.ts";
import {
  nextReadyTasks,
  runsWithReadyTasks,
  setReadyReason,
  type TaskRecord,
  taskById,
  tasksOfRun,
} from "../db/tasks.ts";
import { removeFile } from "../files/remove-file.ts";
import type { EventHub } from "./event-hub.ts";
import { type AttemptDeps, type LiveAttempt, startAttempt } from "./live-attempt.ts";
import { partialFiles } from "./partial-files.ts";
import { createSpeedLimits } from "./speed-limits.ts";

export interface Runner {
  readonly paused: boolean;
  /**
   * Brings the tasks of a run that have not begun up to date: canceled, skipped, ready or waiting, each with its reason.
   * To be called inside a transaction; `fill` then starts what may start.
   */
  advance(runId: string): void;
  /** Starts what is ready, as far as slots are free. */
  fill(): void;
  /** Asks the live tasks of a run to stop. */
  cancelLive(runId: string): void;
  /** Stops the live tasks of a run at their next gate, or lets them go on; its row says already which. */
  holdLive(runId: string, paused: boolean): void;
  /** Sets how fast the live tasks of a run may read; its row says already what was set. */
  limitLive(runId: string): void;
  pauseAll(): void;
  resumeAll(): void;
  setConcurrency(limit: number): void;
  /** Ends the threads; their tasks go on at the next start of the program. Nothing starts any more. */
  stop(): Promise<void>;
  /** Removes what an attempt that will not be continued left: its checkpoint and its partial file. */
  discard(record: TaskRecord): void;
}

export interface RunnerDeps extends AttemptDeps {
  readonly hub: EventHub;
}

/** How often live runs are looked at: one that says nothing stalls, and the hour may hold another limit. */
const LOOK_MS = 2_000;
/** When a task could not be started (the database's disk is full), the next try is made after this time. */
const START_AGAIN_MS = 5_000;
/** Up to so many waiting runs are told one by one that work is paused or goes on; of more, everything is to be read anew. */
const TOLD_ONE_BY_ONE = 100;

export function createRunner(deps: RunnerDeps, concurrency: number): Runner {
  const { db, hub, log, recorder } = deps;
  const live = new Map<string, LiveAttempt>();
  let limit = concurrency;
  let paused = readPaused(db);
  let stopping = false;
  let startAgain: NodeJS.Timeout | undefined;

  const speeds = createSpeedLimits({ ...deps, advance: (runId) => runner.advance(runId) });
  const look = setInterval(() => {
    for (const attempt of live.values()) {
      speeds.look(attempt);
      if (!paused) attempt.lookForStall();
    }
  }, LOOK_MS);
  look.unref();

  const isHeld = (runId: string) => runById(db, runId)?.summary.paused === true;
  const liveOf = (runId: string) => [...live.values()].filter((attempt) => attempt.ref.runId === runId);

  const change = (task: Task, to: Partial<Task>, ready = false) => recorder.change({ ...task, ...to }, ready);

  /** Tasks whose parent ended badly never begin; ending them may block others, hence the loop. */
  const endBlocked = (runId: string) => {
    for (;;) {
      const blocked = blockedTasks(tasksOfRun(db, runId).map((record) => record.task));
      if (blocked.length === 0) return;
      for (const { task, parent } of blocked) {
        if (parent.state === "canceled") change(task, { state: "canceled", reason: null });
        else
          change(task, {
            state: "skipped",
            reason: `Not begun, because ${parent.kind} ${parent.state === "failed" ? "failed" : "was skipped"}`,
          });
      }
    }
  };

  const runner: Runner = {
    get paused() {
      return paused;
    },

    advance(runId) {
      const run = runById(db, runId);
      if (run === null || hasEnded(run.summary.state)) return;
      if (run.cancelAsked) {
        for (const record of tasksOfRun(db, runId)) {
          if (!isPending(record.task)) continue;
          change(record.task, { state: "canceled", reason: null });
          runner.discard(record);
        }
      }
      endBlocked(runId);
      const tasks = tasksOfRun(db, runId).map((record) => record.task);
      const ready = new Set(readyTasks(tasks));
      for (const task of tasks) {
        const held = run.summary.paused ? (run.pauseReason ?? REASON.runPaused) : paused ? REASON.paused : null;
        if (task.state === "running") change(task, { reason: held ?? speeds.reason(run) });
        if (!isPending(task)) continue;
        const reason = ready.has(task.id)
          ? (held ?? heldBackReason(task))
          : waitsFor(tasks.filter((parent) => task.dependsOn.includes(parent.id)));
        change(task, { state: "waiting", reason }, ready.has(task.id));
      }
      recorder.refreshRun(runId);
    },

    fill() {
      if (stopping || paused) return;
      // A run that is paused on its own leaves its slot to others, and takes one more than there are when it goes on.
      const free = limit - [...live.values()].filter(({ ref }) => !isHeld(ref.runId)).length;
      if (free <= 0) return;
      for (const taskId of nextReadyTasks(db, free)) {
        try {
          start(taskId);
        } catch (error) {
          log.error("A task could not be started; trying again", { taskId, error });
          clearTimeout(startAgain);
          startAgain = setTimeout(() => runner.fill(), START_AGAIN_MS).unref();
        }
      }
    },

    cancelLive(runId) {
      for (const attempt of liveOf(runId)) attempt.cancel();
    },

    holdLive(runId, held) {
      for (const { thread } of liveOf(runId)) {
        if (held || paused) thread.pause();
        else thread.resume();
      }
      runner.fill();
    },

    limitLive(runId) {
      for (const attempt of liveOf(runId)) speeds.apply(attempt);
    },

    pauseAll() {
      if (setPaused(true)) for (const attempt of live.values()) attempt.thread.pause();
    },

    resumeAll() {
      if (setPaused(false)) {
        for (const { ref, thread } of live.values()) if (!isHeld(ref.runId)) thread.resume();
      }
      runner.fill();
    },

    setConcurrency(next) {
      limit = next;
      runner.fill();
    },

    async stop() {
      stopping = true;
      clearInterval(look);
      clearTimeout(startAgain);
      await Promise.all([...live.values()].map((attempt) => attempt.abandon()));
    },

    discard(record) {
      deleteCheckpoint(db, record.task.id);
      const partial = partialFiles(record.spec, filesOfRun(db, record.task.runId));
      if (record.task.attempts.length > 0) db.afterCommit(() => removePartial(record.task.runId, partial));
    },
  };

  function removePartial(runId: string, files: readonly string[]): void {
    for (const path of files) {
      try {
        removeFile(path);
      } catch (error) {
        log.warn("An unfinished file could not be removed", { runId, path, error });
      }
    }
  }

  /** @returns whether that was a change */
  function setPaused(to: boolean): boolean {
    if (paused === to) return false;
    const before = paused;
    paused = to;
    try {
      db.transaction(() => {
        writePaused(db, to);
        const waiting = runsWithReadyTasks(db);
        const oneByOne = waiting.length <= TOLD_ONE_BY_ONE;
        if (!oneByOne) setReadyReason(db, to ? REASON.paused : REASON.slot);
        const running = [...live.values()].map((attempt) => attempt.ref.runId);
        for (const runId of new Set(running)) recorder.unsettle(runId);
        for (const runId of new Set([...running, ...(oneByOne ? waiting : [])])) runner.advance(runId);
        if (!oneByOne) hub.publish({ type: "reset" });
        hub.publish({ type: "work", paused: to });
      });
    } catch (thrown) {
      paused = before;
      throw thrown;
    }
    log.info(to ? "All work paused" : "All work goes on");
    return true;
  }

  function start(taskId: string): void {
    const record = taskById(db, taskId);
    if (record === null || live.has(taskId)) return;
    const { runId } = record.task;
    const partial = partialFiles(record.spec, filesOfRun(db, runId));
    const attempt = startAttempt(deps, record, {
      recorded: () => runner.advance(runId),
      ended: () => {
        live.delete(taskId);
        speeds.forget(taskId);
        runner.fill();
      },
      discard: () => runner.discard(taskById(db, taskId) ?? record),
      removePartial: () => removePartial(runId, partial),
    });
    live.set(taskId, attempt);
    speeds.apply(attempt);
  }

  return runner;
}

function isPending(task: Task): boolean {
  return task.state === "queued" || task.state === "waiting";
}

/** A task that came back from a crash says so until it begins; any other that it waits for its turn. */
function heldBackReason({ attempts, reason }: Task): string {
  if (attempts.at(-1)?.state !== "lost" || reason === null) return REASON.slot;
  return reason === REASON.paused || reason === REASON.runPaused || reason === REASON.stopped ? REASON.slot : reason;
}
