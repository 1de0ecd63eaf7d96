/** Jobs: what somebody asked for. Each of its firings is a run (db/runs.ts). */
import type { JobRequest } from "../../src-core/model/run.ts";
import type { Db } from "./open.ts";

export function insertJob(db: Db, job: { id: string; name: string; request: JobRequest; createdAt: string }): void {
  const { id, name, request, createdAt } = job;
  db.run(
    db.sql
      .insertInto("jobs")
      .values({ id, kind: request.kind, name, request: JSON.stringify(request), created_at: createdAt }),
  );
}

export function jobExists(db: Db, id: string): boolean {
  return db.get(db.sql.selectFrom("jobs").select("id").where("id", "=", id)) !== undefined;
}

/** Deletes the job if it has no run any more. */
export function deleteJobWithoutRuns(db: Db, id: string): void {
  const hasRuns = db.get(db.sql.selectFrom("runs").select("id").where("job_id", "=", id).limit(1)) !== undefined;
  if (!hasRuns) db.run(db.sql.deleteFrom("jobs").where("id", "=", id));
}
