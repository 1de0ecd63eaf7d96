/** The table machine_exports: the last export of each machine that succeeded. */
import type { Db } from "./open.ts";

export function putMachineExport(
  db: Db,
  done: { readonly sourceId: string; readonly machineId: string; readonly runId: string; readonly at: string },
): void {
  const row = { source_id: done.sourceId, machine_id: done.machineId, run_id: done.runId, at: done.at };
  db.run(
    db.sql
      .insertInto("machine_exports")
      .values(row)
      .onConflict((conflict) => conflict.columns(["source_id", "machine_id"]).doUpdateSet(row)),
  );
}
