/** The table schedule_facts: why something was decided. */
import { ScheduleFact } from "../../src-core/model/schedule-fact.ts";
import type { Db } from "./open.ts";

export interface StoredFact {
  readonly at: string;
  readonly fact: ScheduleFact;
}

/** @param scheduledRunId null: about times for which no run was made */
export function insertFact(
  db: Db,
  fact: { at: string; scheduleId: string; scheduledRunId: string | null; fact: ScheduleFact },
): void {
  db.run(
    db.sql.insertInto("schedule_facts").values({
      at: fact.at,
      schedule_id: fact.scheduleId,
      scheduled_run_id: fact.scheduledRunId,
      fact: JSON.stringify(fact.fact),
    }),
  );
}

/** Oldest first. */
export function factsOfRun(db: Db, scheduledRunId: string): StoredFact[] {
  const query = db.sql
    .selectFrom("schedule_facts")
    .select(["at", "fact"])
    .where("scheduled_run_id", "=", scheduledRunId)
    .orderBy("id");
  return db.all(query).map(({ at, fact }) => ({ at, fact: ScheduleFact.parse(JSON.parse(fact)) }));
}

/** Of a schedule and no run, newest first. */
export function factsWithoutRun(db: Db, scheduleId: string, limit: number): StoredFact[] {
  const query = db.sql
    .selectFrom("schedule_facts")
    .select(["at", "fact"])
    .where("schedule_id", "=", scheduleId)
    .where("scheduled_run_id", "is", null)
    .orderBy("id", "desc")
    .limit(limit);
  return db.all(query).map(({ at, fact }) => ({ at, fact: ScheduleFact.parse(JSON.parse(fact)) }));
}

/** Since when a run has been what it is now: when it was asked for again the last time; null: never. */
export function askedAgainAt(db: Db, scheduledRunId: string): string | null {
  const query = db.sql
    .selectFrom("schedule_facts")
    .select("at")
    .where("scheduled_run_id", "=", scheduledRunId)
    .where((e) => e(e.fn<string>("json_extract", ["fact", e.val("$.kind")]), "=", "asked-again"))
    .orderBy("id", "desc")
    .limit(1);
  return db.get(query)?.at ?? null;
}
