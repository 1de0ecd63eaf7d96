/**
 * When a schedule is due: its nominal times, one after the other.
 *
 * What a change of the clock does, in every zone and for every kind of rule:
 * - A time of the day that does not exist is due once, at the end of the gap, however many times fall into that gap.
 * - A time of the day that comes twice is due once, the first time.
 * - An interval follows elapsed time. So does a rule that means every hour of the day: each of its minutes is due whenever the clock
 *   shows it, twice in an hour that comes twice, not at all in a gap; otherwise nothing would run for two hours on end in autumn.
 */
import type { ScheduleDefinition } from "../model/schedule.ts";
import { calendarRule } from "./calendar.ts";
import { cronRule } from "./cron.ts";
import { DAY_MS, FIRST_INSTANT, fromIso, LAST_INSTANT, wallOf } from "./instant.ts";
import { nextWall, type WallRule } from "./wall-rule.ts";
import { type Zone, zoneOf } from "./zone.ts";

/** A time at which a schedule is due, before jitter and windows. It is what a run is known by: nothing ever moves it. */
export interface Occurrence {
  readonly nominalAt: number;
  /** The wall time the schedule names; null for intervals, which name none. */
  readonly wall: number | null;
  /** Why `nominalAt` does not show `wall`, or not for the last time. */
  readonly shift: "gap" | "twice" | null;
}

export interface Plan {
  /** The first occurrence after an instant; null: there is none any more. */
  next(afterAt: number): Occurrence | null;
}

/** The parts of a schedule that say when it is due. */
export type Timing = Pick<ScheduleDefinition, "when" | "zone" | "startsOn" | "endsOn">;

/**
 * Reads a schedule once, to be asked many times.
 * @throws AppError schedule.invalid where the expression or the zone is wrong
 */
export function planOf({ when, zone: zoneId, startsOn, endsOn }: Timing): Plan {
  const zone = zoneOf(zoneId);
  const startAt = startsOn === null ? FIRST_INSTANT + 1 : zone.resolve(wallOf(startsOn)).at;
  const endAt = endsOn === null ? LAST_INSTANT - 2 * DAY_MS : zone.resolve(wallOf(endsOn) + DAY_MS).at;
  const inner = withoutEnds(when, zone);
  return {
    next(afterAt) {
      const from = Math.max(afterAt, startAt - 1);
      if (!(from < endAt)) return null;
      const occurrence = inner(from);
      return occurrence !== null && occurrence.nominalAt < endAt ? occurrence : null;
    },
  };
}

type Next = (afterAt: number) => Occurrence | null;

function withoutEnds(when: Timing["when"], zone: Zone): Next {
  switch (when.kind) {
    case "cron":
      return byWall(cronRule(when.expression), zone);
    case "calendar":
      return byWall(calendarRule(when), zone);
    case "interval":
      return byInterval(fromIso(when.fromAt), when.everyMs);
    case "once": {
      const wall = wallOf(when.at);
      const once = occurrenceAt(wall, zone);
      return (afterAt) => (once.nominalAt > afterAt ? once : null);
    }
    case "after":
      return () => null;
  }
}

function byInterval(anchorAt: number, everyMs: number): Next {
  return (afterAt) => {
    const steps = Math.max(0, Math.floor((afterAt - anchorAt) / everyMs) + 1);
    return { nominalAt: anchorAt + steps * everyMs, wall: null, shift: null };
  };
}

function byWall(rule: WallRule, zone: Zone): Next {
  return rule.everyHour ? (afterAt) => nextTick(rule, zone, afterAt) : (afterAt) => nextTime(rule, zone, afterAt);
}

/** Resolving never goes back as the wall goes on, so that no wall time up to the present one can still be to come. */
function nextTime(rule: WallRule, zone: Zone, afterAt: number): Occurrence | null {
  for (let wall = nextWall(rule, zone.wallAt(afterAt)); wall !== null; wall = nextWall(rule, wall)) {
    if (wall >= LAST_INSTANT - DAY_MS) return null;
    const occurrence = occurrenceAt(wall, zone);
    // In the second of two equal hours: it was due in the first.
    if (occurrence.nominalAt > afterAt) return occurrence;
  }
  return null;
}

/** The next minute of the rule that the clock really shows. */
function nextTick(rule: WallRule, zone: Zone, afterAt: number): Occurrence | null {
  for (let from = afterAt; from < LAST_INSTANT - DAY_MS; ) {
    const span = zone.spanAt(from + 1);
    const wall = nextWall(rule, Math.max(from, span.startAt - 1) + span.offsetMs);
    if (wall === null) return null;
    const nominalAt = wall - span.offsetMs;
    if (nominalAt < span.endAt) return { nominalAt, wall, shift: null };
    from = span.endAt - 1;
  }
  return null;
}

function occurrenceAt(wall: number, zone: Zone): Occurrence {
  const { at, kind } = zone.resolve(wall);
  return { nominalAt: at, wall, shift: kind === "once" ? null : kind };
}
