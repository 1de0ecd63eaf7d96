/** The table scheduled_runs: what became of each time a schedule was due. */
import { type Selectable, sql } from "kysely";
import { Dependency } from "../../src-core/model/dependency.ts";
import { AppErrorData } from "../../src-core/model/error-data.ts";
import { ScheduleDefinition } from "../../src-core/model/schedule.ts";
import { type ScheduledRunState, ScheduledRunSummary } from "../../src-core/model/scheduled-run.ts";
import type { Db } from "./open.ts";
import type { Tables } from "./tables.ts";

export interface ScheduledRunRecord {
  /** Order of arrival; the cursor of lists. */
  readonly seq: number;
  readonly summary: ScheduledRunSummary;
  readonly definition: ScheduleDefinition;
  /** Started by hand, with windows and conditions left out. */
  readonly anyway: boolean;
  /** Somebody holds it back. */
  readonly paused: boolean;
  readonly cancelAsked: boolean;
  /** Counts its changes. */
  readonly version: number;
}

export interface ScheduledRunFilter {
  readonly scheduleId?: string | undefined;
  readonly firingId?: string | undefined;
  readonly state?: ScheduledRunState | undefined;
  readonly active?: boolean | undefined;
  /** Nominal time, included; instants as ISO 8601 with milliseconds. */
  readonly fromAt?: string | undefined;
  /** Not included. */
  readonly toAt?: string | undefined;
}

export type NewScheduledRun = Pick<
  ScheduledRunSummary,
  | "id"
  | "scheduleId"
  | "scheduleName"
  | "firingId"
  | "nominalAt"
  | "madeAt"
  | "byHand"
  | "catchesUp"
  | "waitsFor"
  | "reason"
  | "mayStartAt"
> & { readonly definition: ScheduleDefinition; readonly anyway: boolean };

/** What changes in a run's life. */
export type ScheduledRunChange = Partial<
  Pick<
    ScheduledRunSummary,
    "state" | "waitsFor" | "reason" | "mayStartAt" | "heldUntilAt" | "startedAt" | "endedAt" | "error"
  >
> & { readonly paused?: boolean; readonly cancelAsked?: boolean };

/** @returns false where the schedule has a run of that firing already, which is left as it is */
export function insertScheduledRun(db: Db, run: NewScheduledRun): boolean {
  const made = db.sql
    .insertInto("scheduled_runs")
    .values({
      id: run.id,
      schedule_id: run.scheduleId,
      schedule_name: run.scheduleName,
      firing_id: run.firingId,
      nominal_at: run.nominalAt,
      made_at: run.madeAt,
      by_hand: run.byHand ? 1 : 0,
      anyway: run.anyway ? 1 : 0,
      catches_up: run.catchesUp ? 1 : 0,
      state: "waiting" satisfies ScheduledRunState,
      waits_for: run.waitsFor,
      reason: run.reason,
      may_start_at: run.mayStartAt,
      definition: JSON.stringify(run.definition),
    })
    .onConflict((conflict) => conflict.columns(["schedule_id", "firing_id"]).doNothing());
  return db.run(made).changes > 0;
}

/**
 * Writes a change and counts it.
 * @param version the change holds only while the run has this one; left out: in any case
 * @returns false where it has another
 */
export function updateScheduledRun(db: Db, id: string, change: ScheduledRunChange, version?: number): boolean {
  const flag = (value: boolean) => (value ? 1 : 0);
  let query = db.sql
    .updateTable("scheduled_runs")
    .set((row) => ({
      version: row("version", "+", 1),
      ...(change.state === undefined ? {} : { state: change.state }),
      ...(change.waitsFor === undefined ? {} : { waits_for: change.waitsFor }),
      ...(change.reason === undefined ? {} : { reason: change.reason }),
      ...(change.mayStartAt === undefined ? {} : { may_start_at: change.mayStartAt }),
      ...(change.heldUntilAt === undefined ? {} : { held_until_at: change.heldUntilAt }),
      ...(change.startedAt === undefined ? {} : { started_at: change.startedAt }),
      ...(change.endedAt === undefined ? {} : { ended_at: change.endedAt }),
      ...(change.error === undefined ? {} : { error: change.error === null ? null : JSON.stringify(change.error) }),
      ...(change.paused === undefined ? {} : { paused: flag(change.paused) }),
      ...(change.cancelAsked === undefined ? {} : { cancel_asked: flag(change.cancelAsked) }),
    }))
    .where("id", "=", id);
  if (version !== undefined) query = query.where("version", "=", version);
  return db.run(query).changes > 0;
}

export function scheduledRunById(db: Db, id: string): ScheduledRunRecord | null {
  const row = db.get(db.sql.selectFrom("scheduled_runs").selectAll().where("id", "=", id));
  return row === undefined ? null : (recordsOf(db, [row])[0] ?? null);
}

export interface FiringRun {
  readonly id: string;
  readonly scheduleId: string;
  /** Schedules it comes after. */
  readonly parentIds: readonly string[];
}

/** All runs of a firing of the graph, oldest first. */
export function firingOf(db: Db, firingId: string): FiringRun[] {
  const query = db.sql
    .selectFrom("scheduled_runs")
    .select(["id", "schedule_id", sql<string>`json_extract(definition, '$.dependencies')`.as("dependencies")])
    .where("firing_id", "=", firingId)
    .orderBy("seq");
  return db.all(query).map(({ id, schedule_id: scheduleId, dependencies }) => ({
    id,
    scheduleId,
    parentIds: Dependency.array()
      .parse(JSON.parse(dependencies))
      .map(({ parentId }) => parentId),
  }));
}

/** Not ended yet, oldest first. */
export function openScheduledRuns(db: Db): ScheduledRunRecord[] {
  return recordsOf(
    db,
    db.all(db.sql.selectFrom("scheduled_runs").selectAll().where("ended_at", "is", null).orderBy("seq")),
  );
}

/** The nominal time of the first run of a schedule after `at` that nobody started by hand; null: there is none. */
export function firstNominalAfter(db: Db, scheduleId: string, at: string): string | null {
  const query = db.sql
    .selectFrom("scheduled_runs")
    .select((row) => row.fn.min("nominal_at").as("first"))
    .where("schedule_id", "=", scheduleId)
    .where("by_hand", "=", 0)
    .where("nominal_at", ">", at);
  return db.get(query)?.first ?? null;
}

export function hasOpenScheduledRuns(db: Db): boolean {
  return db.get(db.sql.selectFrom("scheduled_runs").select("id").where("ended_at", "is", null).limit(1)) !== undefined;
}

/** Newest first, beginning after the one with `beforeSeq`. */
export function listScheduledRuns(
  db: Db,
  filter: ScheduledRunFilter,
  beforeSeq: number | null,
  limit: number,
): ScheduledRunRecord[] {
  let query = filtered(db, filter).selectAll().orderBy("seq", "desc").limit(limit);
  if (beforeSeq !== null) query = query.where("seq", "<", beforeSeq);
  return recordsOf(db, db.all(query));
}

export function countScheduledRuns(db: Db, filter: ScheduledRunFilter): number {
  const row = db.get(filtered(db, filter).select((e) => e.fn.countAll<number>().as("count")));
  return Number(row?.count ?? 0);
}

function filtered(db: Db, filter: ScheduledRunFilter) {
  let query = db.sql.selectFrom("scheduled_runs");
  if (filter.scheduleId !== undefined) query = query.where("schedule_id", "=", filter.scheduleId);
  if (filter.firingId !== undefined) query = query.where("firing_id", "=", filter.firingId);
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  if (filter.active !== undefined) query = query.where("ended_at", filter.active ? "is" : "is not", null);
  if (filter.fromAt !== undefined) query = query.where("nominal_at", ">=", filter.fromAt);
  if (filter.toAt !== undefined) query = query.where("nominal_at", "<", filter.toAt);
  return query;
}

/** Ids a statement may have: SQLite's limit is far higher, but statements are kept by their text. */
const IDS_AT_ONCE = 500;

function recordsOf(db: Db, rows: readonly Selectable<Tables["scheduled_runs"]>[]): ScheduledRunRecord[] {
  const runIds = new Map<string, string[]>();
  for (let at = 0; at < rows.length; at += IDS_AT_ONCE) {
    const ids = rows.slice(at, at + IDS_AT_ONCE).map((row) => row.id);
    const query = db.sql
      .selectFrom("runs")
      .select(["id", "scheduled_run_id"])
      .where("scheduled_run_id", "in", ids)
      .orderBy("seq");
    for (const { id, scheduled_run_id: of } of db.all(query)) {
      if (of !== null) runIds.set(of, [...(runIds.get(of) ?? []), id]);
    }
  }
  return rows.map((row) => recordOf(row, runIds.get(row.id) ?? []));
}

function recordOf(row: Selectable<Tables["scheduled_runs"]>, runIds: readonly string[]): ScheduledRunRecord {
  return {
    seq: row.seq,
    summary: ScheduledRunSummary.parse({
      id: row.id,
      scheduleId: row.schedule_id,
      scheduleName: row.schedule_name,
      firingId: row.firing_id,
      nominalAt: row.nominal_at,
      madeAt: row.made_at,
      byHand: row.by_hand === 1,
      catchesUp: row.catches_up === 1,
      state: row.state,
      waitsFor: row.waits_for,
      reason: row.reason,
      mayStartAt: row.may_start_at,
      heldUntilAt: row.held_until_at,
      startedAt: row.started_at,
      endedAt: row.ended_at,
      runIds,
      error: row.error === null ? null : AppErrorData.parse(JSON.parse(row.error)),
    }),
    definition: ScheduleDefinition.parse(JSON.parse(row.definition)),
    anyway: row.anyway === 1,
    paused: row.paused === 1,
    cancelAsked: row.cancel_asked === 1,
    version: row.version,
  };
}
