/** Which run a caller's idempotency key started. Forgotten together with the run. */
import type { Db } from "./open.ts";

export function saveIdempotencyKey(db: Db, key: string, runId: string, at: string): void {
  db.run(db.sql.insertInto("idempotency").values({ key, run_id: runId, created_at: at }));
}

export function runOfIdempotencyKey(db: Db, key: string): string | null {
  return db.get(db.sql.selectFrom("idempotency").select("run_id").where("key", "=", key))?.run_id ?? null;
}
