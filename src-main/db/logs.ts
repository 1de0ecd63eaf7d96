/** The log of a run: what the engine decided and what its tasks said. */
import { LogLine } from "../../src-core/model/run.ts";
import type { Db } from "./open.ts";

export function insertLog(db: Db, runId: string, line: Omit<LogLine, "id">): void {
  const { at, taskId, level, message } = line;
  db.run(db.sql.insertInto("logs").values({ run_id: runId, task_id: taskId, at, level, message }));
}

/** Up to `limit` lines after the one with id `after`, oldest first. */
export function logsOfRun(db: Db, runId: string, after: number, limit: number): LogLine[] {
  const query = db.sql
    .selectFrom("logs")
    .select(["id", "at", "task_id as taskId", "level", "message"])
    .where("run_id", "=", runId)
    .where("id", ">", after)
    .orderBy("id")
    .limit(limit);
  return db.all(query).map((row) => LogLine.parse(row));
}
