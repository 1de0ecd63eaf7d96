/** Runs: firings of a job. A run's state, progress and error are derived from its tasks and kept here for lists. */
import type { Selectable } from "kysely";
import { JobRequest, RunSummary, type WorkState } from "../../src-core/model/run.ts";
import type { Db } from "./open.ts";
import type { Tables } from "./tables.ts";

export interface RunRecord {
  /** Order of arrival; the cursor of lists. */
  readonly seq: number;
  readonly summary: RunSummary;
  readonly request: JobRequest;
  readonly targetPath: string;
  readonly cancelAsked: boolean;
}

export interface RunFilter {
  readonly state?: WorkState | undefined;
  /** true: not ended; false: ended. */
  readonly active?: boolean | undefined;
}

export function insertRun(
  db: Db,
  run: { id: string; jobId: string; name: string; request: JobRequest; targetPath: string; createdAt: string },
): void {
  const { id, jobId, name, request, targetPath, createdAt } = run;
  db.run(
    db.sql.insertInto("runs").values({
      id,
      job_id: jobId,
      kind: request.kind,
      name,
      request: JSON.stringify(request),
      target_path: targetPath,
      priority: request.priority,
      state: "queued" satisfies WorkState,
      created_at: createdAt,
    }),
  );
}

export function runById(db: Db, id: string): RunRecord | null {
  const row = db.get(db.sql.selectFrom("runs").selectAll().where("id", "=", id));
  return row === undefined ? null : recordOf(row);
}

/** The run not ended yet that writes to this file, if there is one. */
export function openRunWithTarget(db: Db, targetPath: string): string | null {
  const query = db.sql
    .selectFrom("runs")
    .select("id")
    .where("target_path", "=", targetPath)
    .where("ended_at", "is", null);
  return db.get(query)?.id ?? null;
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
  return query;
}

/** Writes what changes in a run's life. */
export function updateRun(db: Db, summary: RunSummary): void {
  db.run(
    db.sql
      .updateTable("runs")
      .set({
        state: summary.state,
        reason: summary.reason,
        started_at: summary.startedAt,
        ended_at: summary.endedAt,
        progress: summary.progress === null ? null : JSON.stringify(summary.progress),
        error: summary.error === null ? null : JSON.stringify(summary.error),
      })
      .where("id", "=", summary.id),
  );
}

export function markCancelAsked(db: Db, id: string): void {
  db.run(db.sql.updateTable("runs").set({ cancel_asked: 1 }).where("id", "=", id));
}

/** Deletes the run and all that hangs on it. */
export function deleteRun(db: Db, id: string): void {
  db.run(db.sql.deleteFrom("runs").where("id", "=", id));
}

function recordOf(row: Selectable<Tables["runs"]>): RunRecord {
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
      progress: row.progress === null ? null : JSON.parse(row.progress),
      error: row.error === null ? null : JSON.parse(row.error),
    }),
    request: JobRequest.parse(JSON.parse(row.request)),
    targetPath: row.target_path,
    cancelAsked: row.cancel_asked === 1,
  };
}
