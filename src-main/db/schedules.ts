/** The table schedules: what somebody plans, and up to when its times have been decided. */
import type { Selectable } from "kysely";
import { Pause, Schedule } from "../../src-core/model/schedule.ts";
import type { Db } from "./open.ts";
import type { Tables } from "./tables.ts";

export interface ScheduleRecord {
  readonly schedule: Schedule;
  /** Up to here its times have been decided. */
  readonly handledAt: string;
}

/** By name. */
export function allSchedules(db: Db): ScheduleRecord[] {
  return db.all(db.sql.selectFrom("schedules").selectAll().orderBy("name")).map(recordOf);
}

export function scheduleById(db: Db, id: string): ScheduleRecord | null {
  const row = db.get(db.sql.selectFrom("schedules").selectAll().where("id", "=", id));
  return row === undefined ? null : recordOf(row);
}

/** What tells whether a schedule changed, without reading it whole. */
export function scheduleMarks(db: Db): { id: string; handledAt: string; mark: string }[] {
  const query = db.sql.selectFrom("schedules").select(["id", "handled_at", "enabled", "pause", "changed_at"]);
  return db.all(query).map((row) => ({
    id: row.id,
    handledAt: row.handled_at,
    mark: `${row.changed_at} ${row.enabled} ${row.pause ?? ""}`,
  }));
}

/** Enabled ones that have no time of their own. */
export function schedulesWithoutTime(db: Db): Schedule[] {
  const query = db.sql
    .selectFrom("schedules")
    .selectAll()
    .where("enabled", "=", 1)
    .where((e) => e(e.fn<string>("json_extract", ["definition", e.val("$.when.kind")]), "=", "after"));
  return db.all(query).map((row) => recordOf(row).schedule);
}

export function hasSchedules(db: Db): boolean {
  return db.get(db.sql.selectFrom("schedules").select("id").limit(1)) !== undefined;
}

export function insertSchedule(db: Db, schedule: Schedule, handledAt: string): void {
  const { id, createdAt } = schedule;
  db.run(
    db.sql.insertInto("schedules").values({ id, created_at: createdAt, handled_at: handledAt, ...changing(schedule) }),
  );
}

/** Writes all that can change but `handledAt`. */
export function updateSchedule(db: Db, schedule: Schedule): void {
  db.run(db.sql.updateTable("schedules").set(changing(schedule)).where("id", "=", schedule.id));
}

/** Times up to then are not asked about any more: the schedule was given other times, or was switched off till then. */
export function setHandledAt(db: Db, id: string, at: string): void {
  db.run(db.sql.updateTable("schedules").set({ handled_at: at }).where("id", "=", id));
}

/**
 * Moves the mark up to which times have been decided.
 * @param from where the decision began; another mark there means that it was taken already
 * @returns false where it was
 */
export function moveHandledAt(db: Db, id: string, from: string, to: string): boolean {
  const moved = db.sql
    .updateTable("schedules")
    .set({ handled_at: to })
    .where("id", "=", id)
    .where("handled_at", "=", from);
  return db.run(moved).changes > 0;
}

export function deleteSchedule(db: Db, id: string): boolean {
  return db.run(db.sql.deleteFrom("schedules").where("id", "=", id)).changes > 0;
}

function changing(schedule: Schedule) {
  const { id: _id, enabled, pause, createdAt: _made, changedAt, ...definition } = schedule;
  return {
    name: schedule.name,
    definition: JSON.stringify(definition),
    enabled: enabled ? 1 : 0,
    pause: pause === null ? null : JSON.stringify(pause),
    changed_at: changedAt,
  };
}

function recordOf(row: Selectable<Tables["schedules"]>): ScheduleRecord {
  const schedule = Schedule.parse({
    ...JSON.parse(row.definition),
    id: row.id,
    enabled: row.enabled === 1,
    pause: row.pause === null ? null : Pause.parse(JSON.parse(row.pause)),
    createdAt: row.created_at,
    changedAt: row.changed_at,
  });
  return { schedule, handledAt: row.handled_at };
}
