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

/** Ids of tasks that wait for nothing but their turn: highest priority first, then first come. */
export function nextReadyTasks(db: Db, limit: number): string[] {
  const query = db.sql
    .selectFrom("tasks")
    .innerJoin("runs", "runs.id", "tasks.run_id")
    .select("tasks.id as id")
    .where("tasks.ready", "=", 1)
    .where("runs.paused", "=", 0)
    .orderBy("runs.priority", "desc")
    .orderBy("runs.seq")
    .orderBy("tasks.position")
    .limit(limit);
  return db.all(query).map((row) => row.id);
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
    db.run(
      db.sql
        .updateTable("runs")
        .set((run) => ({
          reason: run
            .selectFrom("tasks")
            .select("tasks.reason")
            .whereRef("tasks.run_id", "=", "runs.id")
            .where("tasks.state", "not in", WorkState.options.filter(isFinal))
            .orderBy("tasks.position")
            .limit(1),
        }))
        .where("id", "in", ready),
    );
  });
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
    return { task: taskOf(row, spec, attempts.get(row.id) ?? []), spec };
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
