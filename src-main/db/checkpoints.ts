/** The newest resume point of each task that has one. */
import { Checkpoint } from "../../src-core/model/task-event.ts";
import type { Db } from "./open.ts";

export function saveCheckpoint(db: Db, taskId: string, at: string, checkpoint: Checkpoint): void {
  const values = { at, checkpoint: JSON.stringify(checkpoint) };
  db.run(
    db.sql
      .insertInto("checkpoints")
      .values({ task_id: taskId, ...values })
      .onConflict((conflict) => conflict.column("task_id").doUpdateSet(values)),
  );
}

export function checkpointOf(db: Db, taskId: string): Checkpoint | null {
  const row = db.get(db.sql.selectFrom("checkpoints").select("checkpoint").where("task_id", "=", taskId));
  return row === undefined ? null : Checkpoint.parse(JSON.parse(row.checkpoint));
}

export function deleteCheckpoint(db: Db, taskId: string): void {
  db.run(db.sql.deleteFrom("checkpoints").where("task_id", "=", taskId));
}
