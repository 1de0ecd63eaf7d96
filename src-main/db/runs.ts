/** Runs: firings of a job. A run's state, progress and error are derived from its tasks and kept here for lists. */
import type { Selectable } from "kysely";
import { RetryPolicy } from "../../src-core/model/retry-policy.ts";
import { JobRequest, RunSummary, type WorkState } from "../../src-core/model/run.ts";
import type { Db } from "./open.ts";
import { releaseRunFiles } from "./run-files.ts";
import type { Tables } from "./tables.ts";

export interface RunRecord {
  /** Order of arrival; the cursor of lists. */
  readonly seq: number;
  readonly summary: RunSummary;
  readonly request: JobRequest;
  readonly cancelAsked: boolean;
  /** Whether how long it takes depends on the work alone: it was never paused, slowed down or interrupted. */
  readonly predictable: boolean;
  /** What was said when it was paused; null: nothing, or it is not paused. */
  readonly pauseReason: string | null;
  /** Whether and how often what fails is tried again; null: never by itself. */
  readonly retry: RetryPolicy | null;
}

export interface RunRow {
  readonly id: string;
  readonly jobId: string;
  readonly name: string;
  readonly request: JobRequest;
  readonly createdAt: string;
  readonly scheduledRunId?: string | undefined;
  /** Concurrency groups that its tasks take a place in. */
  readonly groups?: readonly string[] | undefined;
  readonly retry?: RetryPolicy | undefined;
}

export interface RunFilter {
  readonly state?: WorkState | undefined;
  /** true: not ended; false: ended. */
  readonly active?: boolean | undefined;
  /** Those made for this scheduled run. */
  readonly scheduledRunId?: string | undefined;
}

export function insertRun(db: Db, run: RunRow): void {
  const { id, jobId, name, request, createdAt, scheduledRunId = null, groups = [], retry } = run;
  db.run(
    db.sql.insertInto("runs").values({
      id,
      job_id: jobId,
      kind: request.kind,
      name,
      request: JSON.stringify(request),
      priority: request.priority,
      max_bytes_per_second: "maxBytesPerSecond" in request ? request.maxBytesPerSecond : null,
      state: "queued" satisfies WorkState,
      created_at: createdAt,
      scheduled_run_id: scheduledRunId,
      groups: JSON.stringify([...new Set(groups)]),
      retry: retry === undefined ? null : JSON.stringify(retry),
    }),
  );
}

export function runById(db: Db, id: string): RunRecord | null {
  const row = db.get(db.sql.selectFrom("runs").selectAll().where("id", "=", id));
  return row === undefined ? null : recordOf(row);
}

/** Runs not ended yet, in the order in which their tasks get their turn. */
export function openRuns(db: Db): RunRecord[] {
  const query = db.sql
    .selectFrom("runs")
    .selectAll()
    .where("ended_at", "is", null)
    .orderBy("priority", "desc")
    .orderBy("seq");
  return db.all(query).map(recordOf);
}

/** Runs that fit the filter, newest first, beginning after the one with `beforeSeq`. */
export function listRuns(db: Db, filter: RunFilter, beforeSeq: number | null, limit: number): RunRecord[] {
  let query = filtered(db, filter).selectAll().orderBy("seq", "desc").limit(limit);
  if (beforeSeq !== null) query = query.where("seq", "<", beforeSeq);
  return db.all(query).map(recordOf);
}

export function countRuns(db: Db, filter: RunFilter): number {
  const row = db.get(filtered(db, filter).select((e) => e.fn.countAll<number>().as("count")));
  return Number(row?.count ?? 0);
}

function filtered(db: Db, filter: RunFilter) {
  let query = db.sql.selectFrom("runs");
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  if (filter.active !== undefined) query = query.where("ended_at", filter.active ? "is" : "is not", null);
  if (filter.scheduledRunId !== undefined) query = query.where("scheduled_run_id", "=", filter.scheduledRunId);
  return query;
}

/** Job runs of a scheduled run, oldest first. */
export function runsOfScheduledRun(db: Db, scheduledRunId: string): RunRecord[] {
  const query = db.sql.selectFrom("runs").selectAll().where("scheduled_run_id", "=", scheduledRunId).orderBy("seq");
  return db.all(query).map(recordOf);
}

/** Writes what changes in a run's life. */
export function updateRun(db: Db, summary: RunSummary): void {
  const text = (value: unknown) => (value === null ? null : JSON.stringify(value));
  db.run(
    db.sql
      .updateTable("runs")
      .set({
        state: summary.state,
        reason: summary.reason,
        started_at: summary.startedAt,
        ended_at: summary.endedAt,
        progress: text(summary.progress),
        error: text(summary.error),
        paused: summary.paused ? 1 : 0,
        max_bytes_per_second: summary.maxBytesPerSecond,
        outcome: text(summary.outcome),
        prediction: text(summary.prediction),
      })
      .where("id", "=", summary.id),
  );
  if (summary.endedAt !== null) releaseRunFiles(db, summary.id);
}

/** From now on how long the run takes depends on more than the work. */
export function markUnpredictable(db: Db, id: string): void {
  db.run(db.sql.updateTable("runs").set({ predictable: 0 }).where("id", "=", id));
}

/** Newest runs that succeeded and whose duration had been predicted. */
export function predictedRuns(db: Db, limit: number): RunSummary[] {
  const query = db.sql
    .selectFrom("runs")
    .selectAll()
    .where("state", "=", "succeeded")
    .where("prediction", "is not", null)
    .orderBy("seq", "desc")
    .limit(limit);
  return db.all(query).map((row) => recordOf(row).summary);
}

/** Writes why the run is paused. */
export function setPauseReason(db: Db, id: string, reason: string | null): void {
  db.run(db.sql.updateTable("runs").set({ pause_reason: reason }).where("id", "=", id));
}

export function markCancelAsked(db: Db, id: string): void {
  db.run(db.sql.updateTable("runs").set({ cancel_asked: 1 }).where("id", "=", id));
}

/** Deletes the run and all that hangs on it. */
export function deleteRun(db: Db, id: string): void {
  db.run(db.sql.deleteFrom("runs").where("id", "=", id));
}

function recordOf(row: Selectable<Tables["runs"]>): RunRecord {
  const value = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
  return {
    seq: row.seq,
    summary: RunSummary.parse({
      id: row.id,
      jobId: row.job_id,
      kind: row.kind,
      name: row.name,
      state: row.state,
      reason: row.reason,
      priority: row.priority,
      createdAt: row.created_at,
      startedAt: row.started_at,
      endedAt: row.ended_at,
      progress: value(row.progress),
      error: value(row.error),
      paused: row.paused === 1,
      maxBytesPerSecond: row.max_bytes_per_second,
      outcome: value(row.outcome),
      prediction: value(row.prediction),
      scheduledRunId: row.scheduled_run_id,
    }),
    request: JobRequest.parse(JSON.parse(row.request)),
    cancelAsked: row.cancel_asked === 1,
    predictable: row.predictable === 1,
    pauseReason: row.pause_reason,
    retry: row.retry === null ? null : RetryPolicy.parse(JSON.parse(row.retry)),
  };
}
