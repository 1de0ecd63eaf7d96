/** The graph of schedules: whether it can be, what a firing takes with it, and which run of a parent counts as today's. */
import { findCycle, parentsFirst } from "../job/topology.ts";
import type { Dependency } from "../model/dependency.ts";
import type { Schedule } from "../model/schedule.ts";
import { MAX_GRAPH_NODES } from "../model/schedule-limits.ts";
import { DAY_MS, dayOf, wallText } from "./instant.ts";
import { zoneOf } from "./zone.ts";

/** The part of a schedule that the graph looks at. */
export type GraphSchedule = Pick<Schedule, "id" | "name" | "dependencies" | "when">;

export interface ScheduleGraphProblem {
  readonly code: "schedule.invalid" | "schedule.cycle";
  readonly message: string;
  /** The schedules it is about; of a circle all on it in order, the first again at the end, to be highlighted. */
  readonly ids: readonly string[];
}

/** Why a graph is refused, naming the schedules; null where it is good. */
export function scheduleGraphProblem(schedules: readonly GraphSchedule[]): ScheduleGraphProblem | null {
  if (schedules.length > MAX_GRAPH_NODES) {
    return invalid(`${schedules.length} schedules are too many: the limit is ${MAX_GRAPH_NODES}.`, []);
  }
  const names = new Map(schedules.map(({ id, name }) => [id, name]));
  if (names.size < schedules.length) return invalid("Two schedules have the same id.", []);
  for (const { id, name, dependencies, when } of schedules) {
    const parents = new Set<string>();
    for (const { parentId } of dependencies) {
      if (!names.has(parentId)) return invalid(`"${name}" comes after ${parentId}, which does not exist.`, [id]);
      if (parents.has(parentId))
        return invalid(`"${name}" comes after "${names.get(parentId)}" twice.`, [id, parentId]);
      parents.add(parentId);
    }
    if (when.kind === "after" && dependencies.length === 0) {
      return invalid(`"${name}" runs after others, but names none.`, [id]);
    }
  }
  const cycle = findCycle(schedules.map(nodeOf));
  if (cycle === null) return null;
  // Edges point from parent to child; the walk went up.
  const ids = cycle.toReversed();
  const shown = ids.map((id) => names.get(id) ?? id);
  const text = shown.length > 12 ? [...shown.slice(0, 6), `${shown.length - 11} more`, ...shown.slice(-5)] : shown;
  return {
    code: "schedule.cycle",
    message: `The schedules wait for each other in a circle: ${text.join(" → ")}.`,
    ids,
  };
}

function invalid(message: string, ids: readonly string[]): ScheduleGraphProblem {
  return { code: "schedule.invalid", message, ids };
}

function nodeOf({ id, dependencies }: GraphSchedule) {
  return { id, dependsOn: dependencies.map(({ parentId }) => parentId) };
}

/**
 * The schedules that a firing of `rootId` takes with it: those without a time of their own that come after it, or after one that does, by
 * edges of the same firing. Parents first, the root not among them. Their runs are made together with the root's, and wait.
 */
export function firingSet(rootId: string, schedules: readonly GraphSchedule[]): string[] {
  const taken = new Set([rootId]);
  for (const { id, when, dependencies } of parentsFirst(schedules.map((s) => ({ ...s, ...nodeOf(s) })))) {
    if (when.kind !== "after") continue;
    if (dependencies.some(({ parentId, run }) => run === "firing" && taken.has(parentId))) taken.add(id);
  }
  taken.delete(rootId);
  return [...taken];
}

/**
 * The edges that can hold a schedule's runs: one with a time of its own is alone at the root of its firing, so that of its edges only
 * those of today count.
 */
export function edgesThatCount({
  when,
  dependencies,
}: Pick<GraphSchedule, "when" | "dependencies">): readonly Dependency[] {
  if (dependencies.length === 0 || when.kind === "after") return dependencies;
  return dependencies.filter(({ run }) => run === "today");
}

export interface DatedRun {
  readonly id: string;
  /** Its nominal time; for one started by hand, when that was. */
  readonly nominalAt: number;
}

/** The day a run belongs to, in a zone. */
export interface LocalDay {
  readonly text: string;
  readonly beginsAt: number;
  readonly endsAt: number;
}

export function localDay(at: number, zoneId: string): LocalDay {
  const zone = zoneOf(zoneId);
  const wall = dayOf(zone.wallAt(at));
  const [beginsAt, endsAt] = [zone.resolve(wall).at, zone.resolve(wall + DAY_MS).at];
  return { text: wallText(wall).slice(0, 10), beginsAt, endsAt };
}

/** The latest of a parent's runs of the day that the child's nominal time falls on; null: it has none. */
export function runOfToday<T extends DatedRun>(runs: readonly T[], childNominalAt: number, zoneId: string): T | null {
  const { beginsAt, endsAt } = localDay(childNominalAt, zoneId);
  let latest: T | null = null;
  for (const run of runs) {
    if (run.nominalAt < beginsAt || run.nominalAt >= endsAt) continue;
    if (latest === null || run.nominalAt > latest.nominalAt) latest = run;
  }
  return latest;
}
