/** What is to come: the runs of schedules with their reasons, before any of them happens. The same rules as at firing, and no clock. */
import type { Schedule } from "../model/schedule.ts";
import type { ScheduleFact } from "../model/schedule-fact.ts";
import { LAST_INSTANT, toIso, wallText } from "./instant.ts";
import { jitterBy } from "./jitter.ts";
import { type Occurrence, type Plan, planOf } from "./plan.ts";
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
  /** The schedule whose time it is: its own, or the one at the root of its firing. */
  readonly rootId: string;
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
  compiled: Pick<CompiledSchedule, "schedule" | "permissions" | "jitterOf">,
  occurrence: Occurrence,
): Start {
  const { dueAt, facts } = clockOf(compiled, occurrence);
  return startFrom(compiled, dueAt, facts);
}

/** When an occurrence is due, and what the clock and chance did to it. */
export function clockOf(
  { jitterOf }: Pick<CompiledSchedule, "jitterOf">,
  { nominalAt, shift, wall }: Occurrence,
): Pick<Start, "dueAt" | "facts"> {
  const jitter = jitterOf(nominalAt);
  const facts: ScheduleFact[] = [];
  if (shift !== null && wall !== null) {
    facts.push({ kind: shift === "gap" ? "clock-gap" : "clock-repeats", wall: wallText(wall), at: toIso(nominalAt) });
  }
  if (jitter > 0) facts.push({ kind: "jitter", ms: jitter });
  return { dueAt: nominalAt + jitter, facts: facts.length === 0 ? NO_FACTS : facts };
}

/**
 * Windows and blackouts applied to a run that nothing else holds any more at `dueAt`.
 * @param facts found before
 */
export function startFrom(
  { schedule, permissions }: Pick<CompiledSchedule, "schedule" | "permissions">,
  dueAt: number,
  facts: readonly ScheduleFact[],
): Start {
  const permission = permissions.at(Math.min(dueAt, LAST_INSTANT - 1));
  if (permission.open) return { dueAt, at: dueAt, skipped: false, facts };
  const { because, opensAt } = permission;
  const found = [...facts];
  if (because.kind === "blackout" && because.untilAt !== null) {
    found.push({ kind: "blackout", name: because.name, untilAt: toIso(because.untilAt) });
  }
  if (schedule.allowed.outside === "skip") {
    return { dueAt, at: dueAt, skipped: true, facts: [...found, { kind: "outside-skipped", because: because.name }] };
  }
  if (opensAt === null) return { dueAt, at: dueAt, skipped: true, facts: [...found, { kind: "never-allowed" }] };
  if (because.kind === "window" || opensAt !== because.untilAt) {
    const opened = permissions.at(opensAt);
    const window = (opened.open ? opened.window : null) ?? because.name;
    found.push({ kind: "waits-for-window", window, untilAt: toIso(opensAt), ms: opensAt - dueAt });
  }
  return { dueAt, at: opensAt, skipped: false, facts: found };
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
      rootId: compiled.schedule.id,
      nominalAt: next.nominalAt,
      startAt: at,
      endAt: skipped ? null : at,
      skipped,
      facts,
    });
  }
  return runs;
}
