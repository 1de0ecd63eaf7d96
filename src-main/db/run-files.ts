/** Files of runs: which ones a run makes, which of them some run is making now, and which an attempt has written. */
import { sql } from "kysely";
import type { Db } from "./open.ts";

/** A file that a run makes. */
export interface RunFile {
  readonly path: string;
  /** The target it belongs to: itself, or the main file that names it. */
  readonly target: string;
}

export function insertRunFiles(db: Db, runId: string, files: readonly RunFile[]): void {
  for (const { path, target } of files) {
    db.run(db.sql.insertInto("run_files").values({ run_id: runId, path, target }));
  }
}

/** All files of a run, in the order in which they were given. */
export function filesOfRun(db: Db, runId: string): RunFile[] {
  const files = db.sql.selectFrom("run_files").select(["path", "target"]).where("run_id", "=", runId);
  return db.all(files.orderBy(sql`rowid`));
}

/** The run not ended yet that makes this file, if there is one. */
export function runMaking(db: Db, path: string): string | null {
  const query = db.sql.selectFrom("run_files").select("run_id").where("path", "=", path).where("busy", "=", 1);
  return db.get(query)?.run_id ?? null;
}

/** The run has ended: others may make its files. */
export function releaseRunFiles(db: Db, runId: string): void {
  db.run(db.sql.updateTable("run_files").set({ busy: 0 }).where("run_id", "=", runId).where("busy", "=", 1));
}

/** Remembers that an attempt writes the file of this identity (files/file-identity.ts). */
export function addWrittenFile(db: Db, attemptId: string, identity: string): void {
  const row = { attempt_id: attemptId, identity };
  db.run(
    db.sql
      .insertInto("attempt_files")
      .values(row)
      .onConflict((conflict) => conflict.doNothing()),
  );
}

function written(db: Db, identity: string) {
  return db.sql
    .selectFrom("attempt_files")
    .innerJoin("attempts", "attempts.id", "attempt_files.attempt_id")
    .select("attempts.id")
    .where("attempt_files.identity", "=", identity);
}

/** Whether one of the run's attempts wrote the file with this identity. */
export function runWroteFile(db: Db, runId: string, identity: string): boolean {
  const query = written(db, identity)
    .innerJoin("tasks", "tasks.id", "attempts.task_id")
    .where("tasks.run_id", "=", runId);
  return db.get(query) !== undefined;
}

/** Whether one of the task's attempts wrote the file with this identity. */
export function taskWroteFile(db: Db, taskId: string, identity: string): boolean {
  return db.get(written(db, identity).where("attempts.task_id", "=", taskId)) !== undefined;
}
