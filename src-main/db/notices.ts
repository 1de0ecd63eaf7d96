/** The notices table: runs whose end the user was told. */
import type { Db } from "./open.ts";

/** Notes that the user is told now; false where they were told before, or the run is gone. */
export function claimNotice(db: Db, runId: string, at: string): boolean {
  const exists = db.get(db.sql.selectFrom("runs").select("id").where("id", "=", runId));
  if (exists === undefined) return false;
  const insert = db.sql.insertInto("notices").values({ run_id: runId, at });
  return db.run(insert.onConflict((conflict) => conflict.doNothing())).changes > 0;
}
