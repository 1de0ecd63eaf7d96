/** What is to come: the runs of schedules with their reasons, before any of them happens. The same rules as at firing, and no clock. */
import type { Schedule } from "../model/schedule.ts";
import type { ScheduleFact } from "../model/schedule-fact.ts";
import { LAST_INSTANT, toIso, wallText } from "./instant.ts";
import { jitterBy } from "./jitter.ts";
import { overlapDecision } from "./overlap.ts";
import { type Occurrence, type Plan, planOf } from "./plan.ts";
import { fitFact, type Predicted } from "./window-end.ts";
import { type Permissions, permissionsOf } from "./windows.ts";

/** The part of a schedule that forecasts look at. */
export type Forecasted = Pick<
  Schedule,
  "id" | "when" | "zone" | "startsOn" | "endsOn" | "jitterMs" | "allowed" | "overlap" | "groups"
>;

/** A schedule read once, to be asked many times. Read it anew when it changes. */
export interface CompiledSchedule {
  readonly schedule: Forecasted;
  readonly plan: Plan;
  readonly permissions: Permissions;
  readonly jitterOf: (nominalAt: number) => number;
}

/** @throws AppError schedule.invalid */
export function compileSchedule(schedule: Forecasted): CompiledSchedule {
  return {
    schedule,
    plan: planOf(schedule),
    permissions: permissionsOf(schedule.allowed, schedule.zone),
    jitterOf: jitterBy(schedule.id, schedule.jitterMs),
  };
}

export interface ForecastRun {
  readonly scheduleId: string;
  readonly nominalAt: number;
  /** When it starts; of one that is skipped, when that is decided. */
  readonly startAt: number;
  /** When it is likely to have ended, by the upper end of its prediction; null for skipped ones. */
  readonly endAt: number | null;
  readonly skipped: boolean;
  /** Why it does not start at its nominal time, or not at all. */
  readonly facts: readonly ScheduleFact[];
}

/** When an occurrence may start, before any other run is looked at. */
export interface Start {
  /** The nominal time with its jitter: when the run is made and overlap is decided. */
  readonly dueAt: number;
  /** When it may begin to work. */
  readonly at: number;
  readonly skipped: boolean;
  readonly facts: readonly ScheduleFact[];
}

const NO_FACTS: readonly ScheduleFact[] = [];

/** Jitter, windows and blackouts applied to an occurrence. Used at firing as well as for previews. */
export function startOf(
  { schedule, permissions, jitterOf }: Pick<CompiledSchedule, "schedule" | "permissions" | "jitterOf">,
  occurrence: Occurrence,
): Start {
  const jitter = jitterOf(occurrence.nominalAt);
  const dueAt = occurrence.nominalAt + jitter;
  const facts: ScheduleFact[] = [];
  if (occurrence.shift !== null && occurrence.wall !== null) {
    const kind = occurrence.shift === "gap" ? "clock-gap" : "clock-repeats";
    facts.push({ kind, wall: wallText(occurrence.wall), at: toIso(occurrence.nominalAt) });
  }
  if (jitter > 0) facts.push({ kind: "jitter", ms: jitter });
  const permission = permissions.at(Math.min(dueAt, LAST_INSTANT - 1));
  if (permission.open) return { dueAt, at: dueAt, skipped: false, facts: facts.length === 0 ? NO_FACTS : facts };
  const { because, opensAt } = permission;
  if (because.kind === "blackout" && because.untilAt !== null) {
    facts.push({ kind: "blackout", name: because.name, untilAt: toIso(because.untilAt) });
  }
  if (schedule.allowed.outside === "skip") {
    return { dueAt, at: dueAt, skipped: true, facts: [...facts, { kind: "outside-skipped", because: because.name }] };
  }
  if (opensAt === null) return { dueAt, at: dueAt, skipped: true, facts: [...facts, { kind: "never-allowed" }] };
  if (because.kind === "window" || opensAt !== because.untilAt) {
    const opened = permissions.at(opensAt);
    const window = (opened.open ? opened.window : null) ?? because.name;
    facts.push({ kind: "waits-for-window", window, untilAt: toIso(opensAt), ms: opensAt - dueAt });
  }
  return { dueAt, at: opensAt, skipped: false, facts };
}

/** The next `count` runs after an instant as if each took no time: what a form shows while it is filled in. */
export function preview(compiled: CompiledSchedule, afterAt: number, count: number): ForecastRun[] {
  const runs: ForecastRun[] = [];
  for (
    let next = compiled.plan.next(afterAt);
    next !== null && runs.length < count;
    next = compiled.plan.next(next.nominalAt)
  ) {
    const { at, skipped, facts } = startOf(compiled, next);
    runs.push({
      scheduleId: compiled.schedule.id,
      nominalAt: next.nominalAt,
      startAt: at,
      endAt: skipped ? null : at,
      skipped,
      facts,
    });
  }
  return runs;
}

/** Runs that nobody will look through: a schedule of every minute has so many in 90 days. */
export const MOST_RUNS = 200_000;

/**
 * All runs of one schedule whose nominal time is in [fromAt, toAt), each taking what it is predicted to, by its overlap policy.
 * What other schedules do to it is told by {@link collisions}.
 */
export function simulate(
  compiled: CompiledSchedule,
  fromAt: number,
  toAt: number,
  predicted: Predicted | null,
): ForecastRun[] {
  const { schedule, plan, permissions } = compiled;
  const takesMs = predicted?.highMs ?? 0;
  const runs: ForecastRun[] = [];
  /** Runs that have not ended, oldest first. */
  let active: { nominalAt: number; startAt: number; endAt: number }[] = [];
  for (let next = plan.next(fromAt - 1); next !== null && next.nominalAt < toAt; next = plan.next(next.nominalAt)) {
    if (runs.length >= MOST_RUNS) break;
    const { nominalAt } = next;
    const start = startOf(compiled, next);
    const push = (startAt: number, endAt: number | null, facts: readonly ScheduleFact[]) =>
      runs.push({ scheduleId: schedule.id, nominalAt, startAt, endAt, skipped: endAt === null, facts });
    if (start.skipped) {
      push(start.at, null, start.facts);
      continue;
    }
    // Overlap is decided when a run is due, not when a window lets it start: one that waits counts as not ended.
    const { dueAt } = start;
    if (active.length > 0) active = active.filter((run) => run.endAt > dueAt);
    const decision =
      active.length === 0
        ? ({ kind: "start" } as const)
        : overlapDecision(
            schedule.overlap,
            active.map((run) => ({ id: toIso(run.nominalAt), waits: run.startAt > dueAt })),
          );
    if (decision.kind === "skip") {
      push(dueAt, null, [decision.fact]);
      continue;
    }
    let startAt = start.at;
    let facts = start.facts;
    if (decision.kind === "buffer") {
      const freeAt = Math.max(...active.map((run) => run.endAt));
      // Its turn may come when the window has closed again.
      const permission = permissions.at(Math.max(freeAt, startAt));
      startAt = permission.open ? Math.max(freeAt, startAt) : (permission.opensAt ?? Math.max(freeAt, startAt));
    }
    if (decision.kind !== "start") facts = [...facts, decision.fact];
    if (decision.kind === "cancel") {
      cancel(runs, active, dueAt);
      active = [];
    }
    const fit = takesMs === 0 ? null : fitFact(permissions, predicted, startAt);
    if (fit !== null) facts = [...facts, fit];
    push(startAt, startAt + takesMs, facts);
    active.push({ nominalAt, startAt, endAt: startAt + takesMs });
  }
  return runs;
}

/** Those that have not ended end now, and those that have not begun never do. */
function cancel(runs: ForecastRun[], active: readonly { nominalAt: number }[], at: number): void {
  const ids = new Set(active.map((run) => run.nominalAt));
  for (let index = runs.length - 1; index >= 0 && ids.size > 0; index--) {
    const run = runs[index];
    if (run === undefined || !ids.delete(run.nominalAt)) continue;
    runs[index] = run.startAt >= at ? { ...run, endAt: null, skipped: true } : { ...run, endAt: at };
  }
}
