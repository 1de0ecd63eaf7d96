/** Attempts: tries of a task, the last one of which may be running. */
import { Attempt } from "../../src-core/model/run.ts";
import type { Db } from "./open.ts";

/** Writes an attempt, new or changed. */
export function saveAttempt(db: Db, taskId: string, attempt: Attempt): void {
  const changing = {
    state: attempt.state,
    ended_at: attempt.endedAt,
    resumed_from_bytes: attempt.resumedFromBytes,
    error: attempt.error === null ? null : JSON.stringify(attempt.error),
  };
  db.run(
    db.sql
      .insertInto("attempts")
      .values({
        id: attempt.id,
        task_id: taskId,
        number: attempt.number,
        started_at: attempt.startedAt,
        ...changing,
      })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(changing)),
  );
}

/** The attempts of these tasks by task id, oldest first. */
export function attemptsOfTasks(db: Db, taskIds: readonly string[]): Map<string, Attempt[]> {
  const byTask = new Map<string, Attempt[]>();
  if (taskIds.length === 0) return byTask;
  const query = db.sql.selectFrom("attempts").selectAll().where("task_id", "in", taskIds).orderBy("number");
  for (const row of db.all(query)) {
    const attempt = Attempt.parse({
      id: row.id,
      number: row.number,
      state: row.state,
      startedAt: row.started_at,
      endedAt: row.ended_at,
      resumedFromBytes: row.resumed_from_bytes,
      error: row.error === null ? null : JSON.parse(row.error),
    });
    byTask.set(row.task_id, [...(byTask.get(row.task_id) ?? []), attempt]);
  }
  return byTask;
}

/** Attempts that are recorded as running: after a start of the program nobody runs them. */
export function runningAttempts(db: Db): { attemptId: string; taskId: string }[] {
  const query = db.sql
    .selectFrom("attempts")
    .select(["id as attemptId", "task_id as taskId"])
    .where("state", "=", "running")
    .orderBy("started_at");
  return db.all(query);
}
