/** Tasks: the nodes of a run's graph, read together with their attempts. */
import type { Selectable } from "kysely";
import { z } from "zod";
import { ExportSpec } from "../../src-core/model/export.ts";
import { type Attempt, isFinal, Task, WorkState } from "../../src-core/model/run.ts";
import { CheckSpec, CompareSpec, ConvertSpec, VerifySpec } from "../../src-core/model/task.ts";
import { attemptsOfTasks } from "./attempts.ts";
import type { Db } from "./open.ts";
import type { Tables } from "./tables.ts";

const WorkSpec = z.discriminatedUnion("kind", [ConvertSpec, ExportSpec, VerifySpec, CheckSpec, CompareSpec]);
/** What a task of a run asks its worker. */
export type WorkSpec = z.infer<typeof WorkSpec>;

export interface TaskRecord {
  readonly task: Task;
  readonly spec: WorkSpec;
  /** It failed, and is not tried again before then. */
  readonly retryAt: string | null;
}

export function insertTask(
  db: Db,
  task: { id: string; runId: string; position: number; spec: WorkSpec; dependsOn: readonly string[] },
): void {
  db.run(
    db.sql.insertInto("tasks").values({
      id: task.id,
      run_id: task.runId,
      position: task.position,
      kind: task.spec.kind,
      spec: JSON.stringify(task.spec),
      depends_on: JSON.stringify(task.dependsOn),
      state: "queued" satisfies WorkState,
    }),
  );
}

export function taskById(db: Db, id: string): TaskRecord | null {
  const row = db.get(db.sql.selectFrom("tasks").selectAll().where("id", "=", id));
  return row === undefined ? null : (recordsOf(db, [row])[0] ?? null);
}

/** All tasks of a run, in the order in which they were given. */
export function tasksOfRun(db: Db, runId: string): TaskRecord[] {
  return recordsOf(db, db.all(db.sql.selectFrom("tasks").selectAll().where("run_id", "=", runId).orderBy("position")));
}

/** A task that waits for nothing but its turn, with what decides about that. */
export interface ReadyTask {
  readonly id: string;
  readonly runId: string;
  /** Of its run. */
  readonly name: string;
  readonly priority: number;
  readonly createdAt: string;
  /** JSON list: the same text again and again, so that it need be read once. */
  readonly groups: string;
  readonly reason: string | null;
}

/** Tasks that wait for nothing but their turn, first come first; none of runs paused on their own. */
export function waitingTasks(db: Db): ReadyTask[] {
  const query = db.sql
    .selectFrom("tasks")
    .innerJoin("runs", "runs.id", "tasks.run_id")
    .select([
      "tasks.id as id",
      "tasks.run_id as runId",
      "runs.name as name",
      "runs.priority as priority",
      "runs.created_at as createdAt",
      "runs.groups as groups",
      "tasks.reason as reason",
    ])
    .where("tasks.ready", "=", 1)
    .where("runs.paused", "=", 0)
    .orderBy("runs.seq")
    .orderBy("tasks.position");
  return db.all(query);
}

/** Sets or clears when a failed task is tried again. */
export function setRetryAt(db: Db, taskId: string, at: string | null): void {
  db.run(db.sql.updateTable("tasks").set({ retry_at: at }).where("id", "=", taskId));
}

/** Tasks that wait to be tried again, the next one first; those whose time has come and was seen are not among them. */
export function tasksToRetry(db: Db): { runId: string; retryAt: string }[] {
  const query = db.sql
    .selectFrom("tasks")
    .select(["run_id as runId", "retry_at as retryAt"])
    .where("retry_at", "is not", null)
    .where("state", "=", "waiting" satisfies WorkState)
    .where("ready", "=", 0)
    .orderBy("retry_at");
  return db.all(query).map(({ runId, retryAt }) => ({ runId, retryAt: retryAt ?? "" }));
}

/** Runs that have a task which waits for nothing but its turn. */
export function runsWithReadyTasks(db: Db): string[] {
  return db.all(db.sql.selectFrom("tasks").select("run_id").distinct().where("ready", "=", 1)).map((row) => row.run_id);
}

/** Gives every task that waits for nothing but its turn this reason, except in runs paused on their own, and its run the reason of the task whose turn it is. */
export function setReadyReason(db: Db, reason: string): void {
  db.transaction(() => {
    const paused = db.sql.selectFrom("runs").select("id").where("paused", "=", 1);
    db.run(db.sql.updateTable("tasks").set({ reason }).where("ready", "=", 1).where("run_id", "not in", paused));
    const ready = db.sql.selectFrom("tasks").select("run_id").where("ready", "=", 1);
    db.run(turnReason(db).where("id", "in", ready));
  });
}

/** Writes why these tasks wait for their turn, and lets their runs say it: a run's turn is that of the first task not ended. */
export function setTurnReasons(db: Db, tasks: readonly Pick<ReadyTask, "id" | "runId" | "reason">[]): void {
  db.transaction(() => {
    for (const { id, reason } of tasks) db.run(db.sql.updateTable("tasks").set({ reason }).where("id", "=", id));
    for (const runId of new Set(tasks.map((task) => task.runId))) db.run(turnReason(db).where("id", "=", runId));
  });
}

/** Gives runs the reason of the task whose turn it is. */
function turnReason(db: Db) {
  return db.sql.updateTable("runs").set((run) => ({
    reason: run
      .selectFrom("tasks")
      .select("tasks.reason")
      .whereRef("tasks.run_id", "=", "runs.id")
      .where("tasks.state", "not in", WorkState.options.filter(isFinal))
      .orderBy("tasks.position")
      .limit(1),
  }));
}

/** Writes what changes in a task's life. `ready`: it waits for nothing but its turn. */
export function updateTask(db: Db, task: Task, ready: boolean): void {
  const text = (value: unknown) => (value === null ? null : JSON.stringify(value));
  db.run(
    db.sql
      .updateTable("tasks")
      .set({
        state: task.state,
        ready: ready ? 1 : 0,
        reason: task.reason,
        progress: text(task.progress),
        error: text(task.error),
        result: text(task.result),
        warnings: JSON.stringify(task.warnings),
      })
      .where("id", "=", task.id),
  );
}

function recordsOf(db: Db, rows: readonly Selectable<Tables["tasks"]>[]): TaskRecord[] {
  const attempts = attemptsOfTasks(
    db,
    rows.map((row) => row.id),
  );
  return rows.map((row) => {
    const spec = WorkSpec.parse(value(row.spec));
    return { task: taskOf(row, spec, attempts.get(row.id) ?? []), spec, retryAt: row.retry_at };
  });
}

const value = (text: string | null): unknown => (text === null ? null : JSON.parse(text));

function taskOf(row: Selectable<Tables["tasks"]>, spec: WorkSpec, attempts: readonly Attempt[]): Task {
  return Task.parse({
    id: row.id,
    runId: row.run_id,
    kind: row.kind,
    subject: subjectOf(spec),
    state: row.state,
    dependsOn: value(row.depends_on),
    reason: row.reason,
    progress: value(row.progress),
    attempts,
    error: value(row.error),
    result: value(row.result),
    warnings: value(row.warnings),
  });
}

/** The one file a task is about, where it is about one. */
function subjectOf(spec: WorkSpec): string | null {
  if (spec.kind === "verify") return spec.targetPath;
  return spec.kind === "check" ? spec.path : null;
}
