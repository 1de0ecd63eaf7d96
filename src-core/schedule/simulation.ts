/** What is to come, of all schedules together: their runs, where they ask for too much at once, and when they may work. */
import { AppError } from "../model/error.ts";
import type { Pause, Schedule } from "../model/schedule.ts";
import type { Collision, ComingRun, ScheduleChange, Shade } from "../model/schedule-view.ts";
import type { GroupLimits } from "../model/settings.ts";
import { applyChanges } from "./apply-changes.ts";
import { type Collision as Clash, collisions, schedulesIn } from "./collisions.ts";
import { comingRun } from "./coming-run.ts";
import { type CompiledSchedule, compileSchedule, type ForecastRun, simulate } from "./forecast.ts";
import { fromIso, toIso } from "./instant.ts";
import { pauseNow } from "./pause.ts";
import type { Predicted } from "./window-end.ts";

/** What a forecast is made from beside the schedules. */
export interface ForecastGround {
  /** How long runs take, by the schedule; one that is not in it takes no time. */
  readonly predicted: Readonly<Record<string, Predicted>>;
  /** That of all schedules. */
  readonly pause: Pause | null;
}

/** Runs that are looked at. */
const MOST_RUNS = 500_000;
/** Runs, collisions and shades that are told. */
const MOST_TOLD = 20_000;
const MOST_COLLISIONS = 500;
const MOST_SHADES = 5_000;

/**
 * The runs of these schedules by their nominal times in [fromAt, toAt): none while they are switched off or paused.
 * @throws AppError request.invalid where they are more than anybody could look at
 */
export function runsOf(
  schedules: readonly Schedule[],
  { predicted, pause }: ForecastGround,
  [fromAt, toAt]: readonly [number, number],
  now: number,
): ForecastRun[] {
  const runs: ForecastRun[] = [];
  for (const schedule of schedules) {
    if (!schedule.enabled) continue;
    const pauses = [pauseNow(schedule.pause, now), pauseNow(pause, now)].filter((paused) => paused !== null);
    if (pauses.some(({ untilAt }) => untilAt === null)) continue;
    const begin = Math.max(fromAt, ...pauses.map(({ untilAt }) => untilAt ?? fromAt));
    if (begin >= toAt) continue;
    for (const run of simulate(compileSchedule(schedule), begin, toAt, predicted[schedule.id] ?? null)) runs.push(run);
    if (runs.length > MOST_RUNS) {
      throw new AppError(
        "request.invalid",
        `days: more than ${MOST_RUNS.toLocaleString("en")} runs fall into that time.`,
        {
          hint: "Ask for fewer days or fewer schedules.",
          details: { field: "days" },
        },
      );
    }
  }
  return runs;
}

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
  for (const schedule of schedules) {
    const { windows, blackouts } = schedule.allowed;
    if (windows.length === 0 && blackouts.length === 0) continue;
    for (const shade of shadesIn(compileSchedule(schedule), fromAt, toAt)) {
      if (shades.length === MOST_SHADES) return shades;
      shades.push(shade);
    }
  }
  return shades;
}

/** Goes from change to change: a window is told while it is open, a blackout while it holds; what is left is outside of windows. */
function* shadesIn({ schedule, permissions }: CompiledSchedule, fromAt: number, toAt: number): Generator<Shade> {
  for (let at = fromAt; at < toAt; ) {
    const permission = permissions.at(at);
    const until = permission.open ? permission.closesAt : (permission.because.untilAt ?? permission.opensAt);
    const end = Math.min(until ?? toAt, toAt);
    const shade = (kind: Shade["kind"], name: string) => ({
      scheduleId: schedule.id,
      kind,
      name,
      fromAt: toIso(at),
      toAt: toIso(end),
    });
    if (permission.open && permission.window !== null) yield shade("window", permission.window);
    if (!permission.open && permission.because.kind === "blackout") yield shade("blackout", permission.because.name);
    if (end <= at) return;
    at = end;
  }
}
