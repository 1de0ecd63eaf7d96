/**
 * The job engine: takes work in, answers about it, cancels and removes it. What runs when is the runner's, how facts become rows
 * the recorder's, what is left after a crash recover.ts's. A retry is a new run of the same job.
 */
import { isDeepStrictEqual } from "node:util";
import { graphProblem } from "../../src-core/job/graph.ts";
import { hasEnded } from "../../src-core/job/run-state.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { RetryPolicy } from "../../src-core/model/retry-policy.ts";
import type { JobRequest, LogLine, ReadLimit, Run, RunSummary, Sample } from "../../src-core/model/run.ts";
import type { TaskSource } from "../../workers/task.ts";
import { wakeAt } from "../clock.ts";
import { runOfIdempotencyKey, saveIdempotencyKey } from "../db/idempotency.ts";
import { deleteJobWithoutRuns, insertJob, jobExists } from "../db/jobs.ts";
import { logsOfRun } from "../db/logs.ts";
import type { Db } from "../db/open.ts";
import { filesOfRun, insertRunFiles, type RunFile, runMaking, runWroteFile } from "../db/run-files.ts";
import {
  countRuns,
  deleteRun,
  insertRun,
  listRuns,
  markCancelAsked,
  openRuns,
  predictedRuns,
  type RunFilter,
  runById,
  setPauseReason,
} from "../db/runs.ts";
import { insertTask, tasksOfRun, type WorkSpec } from "../db/tasks.ts";
import type { Log } from "../log/log.ts";
import type { EventHub } from "./event-hub.ts";
import { newId } from "./new-id.ts";
import { createRecorder } from "./recorder.ts";
import { recoverWork } from "./recover.ts";
import { createRunner } from "./runner.ts";
import type { WorkLimits } from "./turns.ts";
import type { startTask } from "./worker-thread.ts";

export interface NewRun {
  readonly request: JobRequest;
  readonly name: string;
  /** What it makes, companions included; a file is made by one open run at a time. */
  readonly files: readonly RunFile[];
  /** The graph: `key` names a task within it, `dependsOn` holds keys. */
  readonly tasks: readonly { key: string; spec: WorkSpec; dependsOn: readonly string[] }[];
  readonly idempotencyKey?: string;
  /** Where its tasks carry the run's id already (`newId`). */
  readonly runId?: string;
  /** Makes it another run of this job instead of a new job. */
  readonly jobId?: string;
  /** The scheduled run it is made for. */
  readonly scheduledRunId?: string;
  /** Concurrency groups that each of its tasks takes a place in while it runs, such as "machine:src1/vm-42" (services/run-groups.ts). */
  readonly groups?: readonly string[];
  /** Left out: what fails is not tried again by itself. */
  readonly retry?: RetryPolicy;
}

export interface RunQuery extends RunFilter {
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

export interface JobEngine {
  /**
   * Takes a run in and starts it when its turn comes; within a transaction of the caller's once that is committed.
   * A repeated idempotency key answers the run it made.
   * @throws AppError target.busy, request.conflict, request.not-found (job), request.invalid (graph)
   */
  accept(run: NewRun): { jobId: string; runId: string };
  /** The run this key made, null if none. @throws AppError request.conflict when it was used for another request */
  findByIdempotencyKey(key: string, request: JobRequest): { jobId: string; runId: string } | null;
  /** Why nobody else may write to this path now: an open run does. Null when none does. */
  busyTarget(path: string): AppError | null;
  /** What the run makes or made, companions included. */
  files(runId: string): RunFile[];
  /** Whether the run wrote the file of this identity (files/file-identity.ts). */
  wroteFile(runId: string, identity: string): boolean;
  /** Takes effect within a second. @throws AppError request.not-found, state.conflict when it has ended */
  cancel(runId: string): Run;
  /**
   * Holds back one run: what runs stops at its next gate, its slot is free for others. Of one that is paused already the reason changes.
   * @param reason shown while it is held, such as "Waits for window nights"; left out: that it is paused
   * @throws AppError request.not-found, state.conflict when it has ended
   */
  pause(runId: string, reason?: string): Run;
  /** @throws AppError as `pause` */
  resume(runId: string): Run;
  /** How fast the run may read from now on. @throws AppError as `pause` */
  setLimit(runId: string, maxBytesPerSecond: ReadLimit): Run;
  /** Forgets an ended run. @throws AppError request.not-found, state.conflict */
  remove(runId: string): void;
  /** @throws AppError request.not-found */
  get(runId: string): Run;
  /** Newest first. @throws AppError request.invalid for a cursor this did not make */
  list(query: RunQuery): { items: RunSummary[]; nextCursor: string | null; total: number };
  /** @throws AppError request.not-found */
  log(runId: string, after: number, limit: number): LogLine[];
  /** @throws AppError request.not-found */
  samples(runId: string): Sample[];
  /** The newest runs that succeeded and whose duration had been predicted. */
  predicted(limit: number): RunSummary[];
  /** Holds back what has not begun and stops running tasks at their next gate; remembered until `resumeAll`. */
  pauseAll(): void;
  resumeAll(): void;
  readonly paused: boolean;
  /** How much may run at the same time and who comes first, from now on; what runs beyond a lowered limit runs to its end. */
  setLimits(change: Partial<WorkLimits>): void;
  /** Runs that have not ended, in the order of their turns. */
  active(): RunSummary[];
  /** On boot, before anything is accepted: puts right what a crash left, then starts what may run. */
  recover(): void;
  /** Clean end: running attempts end, to go on from their last checkpoint at the next start. Then the database may be closed. */
  stop(): Promise<void>;
}

export interface EngineDeps {
  readonly db: Db;
  readonly hub: EventHub;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `then` once `now` shows `atMs`, never at once. @returns what calls it off. Left out: by the system's timers */
  at?(atMs: number, then: () => void): () => void;
  /** 0 to 1, for delays that are shortened by chance. Left out: Math.random */
  random?(): number;
  readonly limits: WorkLimits;
  readonly startTask: typeof startTask;
  /** How an export connects to its source: asked when an attempt begins. @throws AppError request.not-found, vault.* */
  sourceAccess(sourceId: string): TaskSource;
}

export function createJobEngine(deps: EngineDeps): JobEngine {
  const { db, hub, log } = deps;
  const now = () => deps.now();
  const recorder = createRecorder({ db, hub, log, now });
  const runner = createRunner(
    {
      ...{ db, hub, log, recorder, now, startTask: deps.startTask, sourceAccess: deps.sourceAccess },
      at: deps.at ?? wakeAt(now),
      random: deps.random ?? Math.random,
    },
    deps.limits,
  );
  const nowText = () => new Date(now()).toISOString();

  const existing = (runId: string) => {
    const record = runById(db, runId);
    if (record === null) throw new AppError("request.not-found", `There is no run ${runId}.`);
    return record;
  };

  /** @throws AppError request.not-found, state.conflict */
  const open = (runId: string) => {
    const record = existing(runId);
    const { state } = record.summary;
    if (hasEnded(state)) throw new AppError("state.conflict", `The run has ended already (${state}).`);
    return record;
  };

  const hold = (runId: string, paused: boolean, reason: string | null): Run => {
    const { summary, pauseReason } = open(runId);
    if (summary.paused !== paused || pauseReason !== reason) {
      db.transaction(() => {
        recorder.note(runId, null, "info", paused ? `Paused${reason === null ? "" : `: ${reason}`}` : "Goes on");
        setPauseReason(db, runId, reason);
        recorder.unsettle(runId, { paused });
        runner.advance(runId);
        db.afterCommit(() => runner.holdLive(runId, paused));
      });
    }
    return engine.get(runId);
  };

  const insert = (run: NewRun): { jobId: string; runId: string } => {
    const problem = graphProblem(run.tasks.map((task) => ({ id: task.key, dependsOn: task.dependsOn })));
    if (problem !== null || run.tasks.length === 0)
      throw new AppError("request.invalid", problem ?? "A run needs a task.");
    for (const { path } of run.files) {
      const busy = engine.busyTarget(path);
      if (busy !== null) throw busy;
    }
    const { request, name, scheduledRunId, groups, retry } = run;
    const createdAt = nowText();
    const jobId = run.jobId ?? newId();
    if (run.jobId === undefined) insertJob(db, { id: jobId, name, request, createdAt });
    else if (!jobExists(db, jobId)) throw new AppError("request.not-found", `There is no job ${jobId}.`);
    const runId = run.runId ?? newId();
    insertRun(db, { id: runId, jobId, name, request, createdAt, scheduledRunId, groups, retry });
    insertRunFiles(db, runId, run.files);
    const ids = new Map(run.tasks.map((task) => [task.key, newId()]));
    const idOf = (key: string) => ids.get(key) ?? key;
    for (const [position, { key, spec, dependsOn }] of run.tasks.entries()) {
      insertTask(db, { id: idOf(key), runId, position, spec, dependsOn: dependsOn.map(idOf) });
    }
    if (run.idempotencyKey !== undefined) saveIdempotencyKey(db, run.idempotencyKey, runId, createdAt);
    const again = run.jobId === undefined ? "" : " as another run of its job";
    recorder.note(runId, null, "info", `Accepted${again} with priority ${request.priority}`);
    runner.advance(runId);
    return { jobId, runId };
  };

  const engine: JobEngine = {
    accept(run) {
      return db.transaction(() => {
        const key = run.idempotencyKey;
        const earlier = key === undefined ? null : engine.findByIdempotencyKey(key, run.request);
        if (earlier !== null) return earlier;
        runner.fillAfterCommit();
        return insert(run);
      });
    },

    findByIdempotencyKey(key, request) {
      const runId = runOfIdempotencyKey(db, key);
      if (runId === null) return null;
      const { summary, request: earlier } = existing(runId);
      // Both as JSON sees them: a member left out and one that is undefined are the same.
      if (!isDeepStrictEqual(JSON.parse(JSON.stringify(earlier)), JSON.parse(JSON.stringify(request)))) {
        throw new AppError("request.conflict", undefined, { details: { runId } });
      }
      return { jobId: summary.jobId, runId };
    },

    busyTarget(path) {
      const runId = runMaking(db, path);
      if (runId === null) return null;
      const message = `Another job that has not ended writes to ${path}.`;
      return new AppError("target.busy", message, { details: { runId, path } });
    },

    files: (runId) => filesOfRun(db, runId),
    wroteFile: (runId, identity) => runWroteFile(db, runId, identity),

    cancel(runId) {
      db.transaction(() => {
        if (open(runId).cancelAsked) return;
        markCancelAsked(db, runId);
        recorder.note(runId, null, "info", "Asked to cancel");
        for (const { task } of tasksOfRun(db, runId)) {
          if (task.state === "running") recorder.change({ ...task, state: "canceling", reason: null }, false);
        }
        runner.advance(runId);
        db.afterCommit(() => runner.cancelLive(runId));
      });
      return engine.get(runId);
    },

    pause: (runId, reason) => hold(runId, true, reason ?? null),
    resume: (runId) => hold(runId, false, null),

    setLimit(runId, maxBytesPerSecond) {
      const { summary } = open(runId);
      if (summary.maxBytesPerSecond !== maxBytesPerSecond) {
        db.transaction(() => {
          const said = maxBytesPerSecond === null ? "lifted" : `set to ${maxBytesPerSecond} bytes a second`;
          recorder.note(runId, null, "info", `The limit on reading was ${said}`);
          recorder.unsettle(runId, { maxBytesPerSecond });
        });
        runner.limitLive(runId);
      }
      return engine.get(runId);
    },

    remove(runId) {
      db.transaction(() => {
        const { summary } = existing(runId);
        if (!hasEnded(summary.state)) throw new AppError("state.conflict", "The run has not ended: cancel it first.");
        deleteRun(db, runId);
        deleteJobWithoutRuns(db, summary.jobId);
        hub.publish({ type: "run-removed", runId });
      });
    },

    get: (runId) => recorder.run(runId),

    list({ limit, cursor, ...filter }) {
      const before = cursor === undefined ? null : Number(cursor);
      if (before !== null && !Number.isSafeInteger(before))
        throw new AppError("request.invalid", "The cursor is not one of ours.");
      const records = listRuns(db, filter, before, limit + 1);
      const page = records.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map((record) => recorder.summary(record)),
        nextCursor: records.length > limit && last !== undefined ? String(last.seq) : null,
        total: countRuns(db, filter),
      };
    },

    log(runId, after, limit) {
      existing(runId);
      return logsOfRun(db, runId, after, limit);
    },

    samples(runId) {
      existing(runId);
      return recorder.samples(runId);
    },

    predicted: (limit) => predictedRuns(db, limit),
    pauseAll: () => runner.pauseAll(),
    resumeAll: () => runner.resumeAll(),
    get paused() {
      return runner.paused;
    },
    setLimits: (change) => runner.setLimits(change),
    active: () => openRuns(db).map((record) => recorder.summary(record)),

    recover() {
      recoverWork({ db, log, recorder, runner, now });
      runner.fill();
    },

    stop: () => runner.stop(),
  };
  return engine;
}
