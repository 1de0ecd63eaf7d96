/** What the job engine remembers between starts of the program. */
import type { Db } from "./open.ts";

/** Whether the user paused all work. */
export function readPaused(db: Db): boolean {
  return db.get(db.sql.selectFrom("engine_state").select("value").where("key", "=", "paused"))?.value === "1";
}

export function writePaused(db: Db, paused: boolean): void {
  const value = paused ? "1" : "0";
  db.run(
    db.sql
      .insertInto("engine_state")
      .values({ key: "paused", value })
      .onConflict((conflict) => conflict.column("key").doUpdateSet({ value })),
  );
}
