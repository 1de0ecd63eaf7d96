/** The table told_ends: which ends of scheduled runs were looked at for notices, in which order. */
import type { ScheduledRunState } from "../../src-core/model/scheduled-run.ts";
import type { Db } from "./open.ts";

/** @returns false where that end was looked at before */
export function claimEnd(
  db: Db,
  end: { scheduleId: string; scheduledRunId: string; endedAt: string; state: ScheduledRunState },
): boolean {
  const insert = db.sql.insertInto("told_ends").values({
    schedule_id: end.scheduleId,
    scheduled_run_id: end.scheduledRunId,
    ended_at: end.endedAt,
    state: end.state,
  });
  return db.run(insert.onConflict((conflict) => conflict.doNothing())).changes > 0;
}

/** The last end of the schedule's in one of these states; null: there is none. */
export function lastToldEnd(
  db: Db,
  scheduleId: string,
  states: readonly ScheduledRunState[],
): { state: string; endedAt: string } | null {
  const row = db.get(
    db.sql
      .selectFrom("told_ends")
      .select(["state", "ended_at"])
      .where("schedule_id", "=", scheduleId)
      .where("state", "in", [...states])
      .orderBy("seq", "desc")
      .limit(1),
  );
  return row === undefined ? null : { state: row.state, endedAt: row.ended_at };
}

/** Ids of runs whose end nobody has looked at: the program ended in between. In the order in which they were made. */
export function runsWithUntoldEnd(db: Db, limit: number): string[] {
  const query = db.sql
    .selectFrom("scheduled_runs")
    .leftJoin("told_ends", (join) =>
      join
        .onRef("told_ends.scheduled_run_id", "=", "scheduled_runs.id")
        .onRef("told_ends.ended_at", "=", "scheduled_runs.ended_at"),
    )
    .select("scheduled_runs.id")
    .where("scheduled_runs.ended_at", "is not", null)
    .where("told_ends.seq", "is", null)
    .orderBy("scheduled_runs.seq")
    .limit(limit);
  return db.all(query).map(({ id }) => id);
}

/** A schedule that is switched on, and since when it has not succeeded. */
export interface Unsuccessful {
  readonly scheduleId: string;
  /** Its last success; before the first, when it was made. */
  readonly sinceAt: string;
  readonly lastSuccessAt: string | null;
}

/** Schedules that were made, and have succeeded last, no later than `at`. */
export function unsuccessfulSince(db: Db, at: string, good: readonly ScheduledRunState[]): Unsuccessful[] {
  const query = db.sql
    .selectFrom("schedules")
    .select((row) => [
      "schedules.id",
      "schedules.created_at",
      row
        .selectFrom("told_ends")
        .select("told_ends.ended_at")
        .whereRef("told_ends.schedule_id", "=", "schedules.id")
        .where("told_ends.state", "in", [...good])
        .orderBy("told_ends.seq", "desc")
        .limit(1)
        .as("good_at"),
    ])
    .where("schedules.enabled", "=", 1)
    .where("schedules.created_at", "<=", at)
    .orderBy("schedules.name");
  return db
    .all(query)
    .map((row) => ({
      scheduleId: row.id,
      sinceAt: row.good_at ?? row.created_at,
      lastSuccessAt: row.good_at,
    }))
    .filter(({ sinceAt }) => sinceAt <= at);
}
