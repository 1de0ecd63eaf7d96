/** What is to come, of all schedules together: their runs, where they ask for too much at once, and when they may work. */
import type { Schedule } from "../model/schedule.ts";
import type { Collision, ComingRun, ScheduleChange, Shade } from "../model/schedule-view.ts";
import type { GroupLimits } from "../model/settings.ts";
import { applyChanges } from "./apply-changes.ts";
import { type Collision as Clash, collisions, schedulesIn } from "./collisions.ts";
import { comingRun } from "./coming-run.ts";
import type { ForecastRun } from "./forecast.ts";
import { type ForecastGround, runsOf } from "./forecast-graph.ts";
import { fromIso, toIso } from "./instant.ts";
import { type Permissions, permissionsOf } from "./windows.ts";

/** Runs, collisions and shades that are told. */
const MOST_TOLD = 20_000;
const MOST_COLLISIONS = 500;
const MOST_SHADES = 5_000;

export interface SimulationQuestion extends ForecastGround {
  /** On top of what is saved. */
  readonly changes: readonly ScheduleChange[];
  readonly fromAt: string | null;
  readonly days: number;
  /** Whose runs and shades are told; null: of all. Collisions are those of all in which one of them takes part. */
  readonly scheduleIds: readonly string[] | null;
  readonly limits: { readonly most: number; readonly groups: GroupLimits };
}

export interface Simulation {
  readonly fromAt: string;
  readonly toAt: string;
  /** By their start. */
  readonly runs: ComingRun[];
  readonly total: number;
  readonly collisions: Collision[];
  readonly shades: Shade[];
}

const DAY_MS = 86_400_000;

/** @throws AppError as applyChanges and runsOf */
export function simulation(question: SimulationQuestion, saved: readonly Schedule[], now: number): Simulation {
  const schedules = question.changes.length === 0 ? saved : applyChanges(saved, question.changes, now).schedules;
  const fromAt = question.fromAt === null ? now : fromIso(question.fromAt);
  const toAt = fromAt + question.days * DAY_MS;
  const asked = question.scheduleIds === null ? null : new Set(question.scheduleIds);
  const isAsked = (id: string) => asked === null || asked.has(id);
  const byId = new Map(schedules.map((schedule) => [schedule.id, schedule]));

  const all = runsOf(schedules, question, [fromAt, toAt], now).sort((a, b) => a.startAt - b.startAt);
  const told = asked === null ? all : all.filter(({ scheduleId }) => isAsked(scheduleId));
  const groupsOf = (id: string) => byId.get(id)?.groups ?? [];
  return {
    fromAt: toIso(fromAt),
    toAt: toIso(toAt),
    runs: told.slice(0, MOST_TOLD).map((run) => comingRun(run, byId.get(run.scheduleId)?.zone ?? "UTC")),
    total: told.length,
    collisions: collisionsIn(all, groupsOf, limitBy(question.limits), isAsked),
    shades: shadesOf(
      schedules.filter(({ id }) => isAsked(id)),
      fromAt,
      toAt,
    ),
  };
}

function limitBy({ most, groups }: SimulationQuestion["limits"]): (group: string | null) => number | null {
  const limits = new Map(groups.map(({ group, most: inIt }) => [group, inIt]));
  return (group) => {
    if (group === null) return most;
    return limits.get(group) ?? limits.get(group.slice(0, group.indexOf(":") + 1)) ?? null;
  };
}

function collisionsIn(
  byStart: readonly ForecastRun[],
  groupsOf: (id: string) => readonly string[],
  limitOf: (group: string | null) => number | null,
  isAsked: (id: string) => boolean,
): Collision[] {
  let longestMs = 0;
  for (const { startAt, endAt } of byStart) longestMs = Math.max(longestMs, (endAt ?? startAt) - startAt);
  const found: Collision[] = [];
  for (const clash of collisions(byStart, groupsOf, limitOf)) {
    if (found.length === MOST_COLLISIONS) break;
    const near = byStart.slice(firstFrom(byStart, clash.fromAt - longestMs), firstFrom(byStart, clash.toAt));
    const scheduleIds = schedulesIn(
      clash,
      near.filter(({ endAt }) => endAt !== null),
      groupsOf,
    );
    if (scheduleIds.some(isAsked)) found.push({ ...times(clash), scheduleIds });
  }
  return found;
}

function times({ group, fromAt, toAt, limit, peak }: Clash) {
  return { group, fromAt: toIso(fromAt), toAt: toIso(toAt), limit, peak };
}

/** Index of the first run that starts at `at` or later. */
function firstFrom(byStart: readonly ForecastRun[], at: number): number {
  let low = 0;
  let high = byStart.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((byStart[middle]?.startAt ?? at) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function shadesOf(schedules: readonly Schedule[], fromAt: number, toAt: number): Shade[] {
  const shades: Shade[] = [];
  for (const { id, zone, allowed } of schedules) {
    const { windows, blackouts } = allowed;
    if (windows.length === 0 && blackouts.length === 0) continue;
    const both = permissionsOf(allowed, zone);
    // Alone: one that lies where no window is open is in nobody's way, but is to be seen.
    const dark = permissionsOf({ windows: [], blackouts }, zone);
    for (const shade of [...openTimes(both, fromAt, toAt), ...darkTimes(dark, fromAt, toAt)]) {
      if (shades.length === MOST_SHADES) return shades;
      shades.push({ ...shade, scheduleId: id });
    }
  }
  return shades;
}

type Stretch = Omit<Shade, "scheduleId">;

function* openTimes(permissions: Permissions, fromAt: number, toAt: number): Generator<Stretch> {
  for (let at = fromAt; at < toAt; ) {
    const permission = permissions.at(at);
    const end = Math.min((permission.open ? permission.closesAt : permission.opensAt) ?? toAt, toAt);
    if (permission.open && permission.window !== null) yield stretch("window", permission.window, at, end);
    at = end;
  }
}

function* darkTimes(permissions: Permissions, fromAt: number, toAt: number): Generator<Stretch> {
  for (let at = fromAt; at < toAt; ) {
    const permission = permissions.at(at);
    const until = permission.open ? permission.closesAt : permission.because.untilAt;
    const end = Math.min(until ?? toAt, toAt);
    if (!permission.open) yield stretch("blackout", permission.because.name, at, end);
    at = end;
  }
}

function stretch(kind: Shade["kind"], name: string, fromAt: number, toAt: number): Stretch {
  return { kind, name, fromAt: toIso(fromAt), toAt: toIso(toAt) };
}
