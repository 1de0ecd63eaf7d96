/**
 * Changes of several schedules, as one: all of them or none. The set is looked at as it would be afterwards, so that the order of the
 * changes does not matter to the graph. Used when saving, and when somebody only asks what would be.
 */
import { AppError } from "../model/error.ts";
import type { Schedule, ScheduleDefinition } from "../model/schedule.ts";
import { MAX_SCHEDULES, type ScheduleChange } from "../model/schedule-view.ts";
import { fromIso, toIso } from "./instant.ts";
import { scheduleGraphProblem } from "./schedule-graph.ts";
import type { FieldProblem } from "./validate.ts";
import { definitionProblems } from "./work-problems.ts";

export interface AppliedChanges {
  /** All there are afterwards. */
  readonly schedules: readonly Schedule[];
  /** Of these the new ones and the changed ones, as they are afterwards, each once. */
  readonly touched: readonly Schedule[];
  readonly removedIds: readonly string[];
}

/**
 * @param now becomes their `changedAt`, which moves on with each change of the same millisecond
 * @throws AppError request.not-found, state.conflict, schedule.duplicate, schedule.invalid and schedule.cycle; `details` have the number of
 * the change (`change`), the `scheduleId`, the `field` of its definition, and for a circle its `ids`, commas between
 */
export function applyChanges(
  schedules: readonly Schedule[],
  changes: readonly ScheduleChange[],
  now: number,
): AppliedChanges {
  const read = new Map(schedules.map((schedule) => [schedule.id, schedule]));
  const set = new Map(read);
  const removed = new Set<string>();
  /** The last change of each. */
  const touchedBy = new Map<string, number>();
  changes.forEach((change, index) => {
    const at = { change: index, scheduleId: change.id };
    touchedBy.set(change.id, index);
    const before = set.get(change.id);
    if (change.kind === "create") {
      if (before !== undefined)
        throw new AppError("state.conflict", `There is a schedule ${change.id} already.`, {
          details: { ...at, field: "id" },
        });
      refuse(definitionProblems(change.definition, now), at);
      const [createdAt, changedAt] = [toIso(now), toIso(now)];
      set.set(change.id, {
        ...change.definition,
        id: change.id,
        enabled: change.enabled,
        pause: null,
        createdAt,
        changedAt,
      });
      removed.delete(change.id);
      return;
    }
    if (before === undefined) throw new AppError("request.not-found", "There is no such schedule.", { details: at });
    if (change.kind === "remove") {
      set.delete(change.id);
      removed.add(change.id);
      touchedBy.delete(change.id);
      return;
    }
    const readAt = "changedAt" in change ? change.changedAt : undefined;
    if (readAt !== undefined && fromIso(readAt) !== fromIso(read.get(change.id)?.changedAt ?? readAt)) {
      throw new AppError("state.conflict", `"${before.name}" was changed in the meantime.`, {
        hint: "Look at it again, then change it.",
        details: at,
      });
    }
    const after = changed(before, change);
    if (change.kind !== "enable") refuse(definitionProblems(after, now), at);
    set.set(change.id, { ...after, changedAt: laterThan(before.changedAt, now) });
  });
  const all = [...set.values()];
  checkSet(all, touchedBy, removed);
  const touched = all.filter(({ id }) => touchedBy.has(id));
  return { schedules: all, touched, removedIds: [...removed].filter((id) => read.has(id)) };
}

/** What must be there for a schedule to be taken out, when it is to be taken out of those that come after it as well. */
export function detaching(schedules: readonly Schedule[], id: string): ScheduleChange[] {
  const children = schedules.filter(({ dependencies }) => dependencies.some(({ parentId }) => parentId === id));
  return children.map((child) => {
    const dependencies = child.dependencies.filter(({ parentId }) => parentId !== id);
    if (child.when.kind === "after" && dependencies.length === 0) {
      throw new AppError("state.conflict", `"${child.name}" runs after this one alone, and would never run any more.`, {
        hint: "Give it a time or another schedule to come after, or remove it first.",
        details: { scheduleId: child.id, field: "dependencies" },
      });
    }
    return { kind: "connect", id: child.id, dependencies };
  });
}

/** The part of a schedule that somebody fills in. */
export function definitionOf(schedule: Schedule): ScheduleDefinition {
  const { id: _id, enabled: _enabled, pause: _pause, createdAt: _made, changedAt: _changed, ...definition } = schedule;
  return definition;
}

/** What is wrong between a schedule and the others: its name, and what it comes after. */
export function neighbourProblems(
  { name, dependencies }: Pick<ScheduleDefinition, "name" | "dependencies">,
  nameTaken: (name: string) => boolean,
  exists: (id: string) => boolean,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (nameTaken(nameKey(name))) {
    problems.push({ field: "name", message: `There is a schedule called "${name}" already.`, fatal: true });
  }
  dependencies.forEach(({ parentId }, i) => {
    if (exists(parentId)) return;
    problems.push({
      field: `dependencies.${i}.parentId`,
      message: `There is no schedule ${parentId} to come after.`,
      fatal: true,
    });
  });
  return problems;
}

/** Names that differ in case alone are the same. */
export function nameKey(name: string): string {
  return name.toLowerCase();
}

function changed(before: Schedule, change: Exclude<ScheduleChange, { kind: "create" | "remove" }>): Schedule {
  switch (change.kind) {
    case "update":
      return { ...before, ...change.definition };
    case "connect":
      return { ...before, dependencies: change.dependencies, join: change.join ?? before.join };
    case "enable":
      return { ...before, enabled: change.enabled };
  }
}

/** A change has a time of its own, also within the same millisecond and after the clock was set back: conflicts are told by it. */
function laterThan(before: string, now: number): string {
  return toIso(Math.max(now, fromIso(before) + 1));
}

type Place = { change: number; scheduleId: string };

function refuse(problems: readonly FieldProblem[], at: Place): void {
  const first = problems.find(({ fatal }) => fatal);
  if (first === undefined) return;
  const code = first.field === "name" ? "schedule.duplicate" : "schedule.invalid";
  throw new AppError(code, first.field === "" ? first.message : `${first.field}: ${first.message}`, {
    details: { ...at, field: first.field },
  });
}

function checkSet(
  all: readonly Schedule[],
  touchedBy: ReadonlyMap<string, number>,
  removed: ReadonlySet<string>,
): void {
  if (all.length > MAX_SCHEDULES) {
    throw new AppError("schedule.invalid", `${all.length} schedules are too many: the limit is ${MAX_SCHEDULES}.`);
  }
  const ids = new Set(all.map(({ id }) => id));
  const names = new Map<string, number>();
  for (const { name } of all) names.set(nameKey(name), (names.get(nameKey(name)) ?? 0) + 1);
  for (const schedule of all) {
    const orphaned = schedule.dependencies.find(({ parentId }) => removed.has(parentId) && !ids.has(parentId));
    if (orphaned !== undefined) {
      throw new AppError("state.conflict", `"${schedule.name}" comes after the schedule that is to be removed.`, {
        hint: "Take it out of what comes after it first, or in the same step.",
        details: { scheduleId: schedule.id, parentId: orphaned.parentId },
      });
    }
    const change = touchedBy.get(schedule.id);
    if (change === undefined) continue;
    const taken = (name: string) => (names.get(name) ?? 0) > 1;
    refuse(
      neighbourProblems(schedule, taken, (id) => ids.has(id)),
      { change, scheduleId: schedule.id },
    );
  }
  const problem = scheduleGraphProblem(all);
  if (problem === null) return;
  const { code, message } = problem;
  throw new AppError(code, message, { details: { field: "dependencies", ids: problem.ids.join(",") } });
}
