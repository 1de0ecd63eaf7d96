/** The throughput chart of each run, one row a run. */
import { z } from "zod";
import { Sample } from "../../src-core/model/run.ts";
import type { Db } from "./open.ts";

export function saveSamples(db: Db, runId: string, samples: readonly Sample[]): void {
  const text = JSON.stringify(samples);
  db.run(
    db.sql
      .insertInto("samples")
      .values({ run_id: runId, samples: text })
      .onConflict((conflict) => conflict.column("run_id").doUpdateSet({ samples: text })),
  );
}

export function samplesOfRun(db: Db, runId: string): Sample[] {
  const row = db.get(db.sql.selectFrom("samples").select("samples").where("run_id", "=", runId));
  return row === undefined ? [] : z.array(Sample).parse(JSON.parse(row.samples));
}
