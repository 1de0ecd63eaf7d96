/** When work is allowed: the windows of a schedule, without its blackouts. Every question is answered with instants. */

import { WEEKDAYS } from "../model/schedule-limits.ts";
import type { Allowed, Window } from "../model/window.ts";
import { type Blackouts, readBlackouts } from "./blackouts.ts";
import { DAY_MS, dayOf, LAST_INSTANT, MINUTE_MS, minutesOf, weekdayOf } from "./instant.ts";
import { type Zone, zoneOf } from "./zone.ts";

/** Whether work may start at an instant. */
export type Permission =
  | {
      readonly open: true /** Until when it stays so; null: for ever. */;
      readonly closesAt: number | null;
      readonly window: string | null;
    }
  | {
      readonly open: false;
      /** When it next may; null: never again. */
      readonly opensAt: number | null;
      /** The first thing in the way. */
      readonly because: {
        readonly kind: "window" | "blackout";
        readonly name: string;
        readonly untilAt: number | null;
      };
    };

export interface Permissions {
  at(at: number): Permission;
}

interface Opening {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

interface ReadWindow {
  readonly name: string;
  readonly zone: Zone;
  readonly days: ReadonlySet<number>;
  readonly fromMs: number;
  /** From the beginning of the day it opens on: over midnight more than a day. */
  readonly toMs: number;
  /** Its openings by the day, as far as they were asked for. */
  readonly known: Map<number, Opening | null>;
}

/** So many days' openings are remembered for each window. */
const KNOWN_DAYS = 128;

const ALWAYS: Permission = { open: true, closesAt: null, window: null };

/** A window may be swallowed by a gap of the clock, a week apart: two weeks hold an opening of every window. */
const DAYS_AHEAD = 15;
/** What opens only after so long opens never. */
const HORIZON = Date.UTC(2190, 0, 1);
/** So many blackouts one after the other are looked through before "never" is the answer. */
const STEPS = 10_000;

/**
 * Reads windows and blackouts once, to be asked many times.
 * @param zoneId for those that name none
 * @throws AppError schedule.invalid for a zone that does not exist
 */
export function permissionsOf(
  { windows, blackouts }: Pick<Allowed, "windows" | "blackouts">,
  zoneId: string,
): Permissions {
  if (windows.length === 0 && blackouts.length === 0) return { at: () => ALWAYS };
  const read = windows.map((window) => readWindow(window, zoneId));
  const closed = readBlackouts(blackouts, zoneId);
  const permissionAt = (at: number): Permission => {
    const dark = closed.at(at);
    const opening = openingAt(read, at);
    if (dark === null && opening !== null) {
      const next = closed.nextStart(at, opening.to);
      const closesAt = Math.min(opening.to, next ?? LAST_INSTANT);
      return { open: true, closesAt: closesAt >= LAST_INSTANT ? null : closesAt, window: opening.name || null };
    }
    const opensAt = firstAllowed(read, closed, at);
    const because =
      dark !== null
        ? { kind: "blackout" as const, name: dark.name, untilAt: dark.untilAt }
        : { kind: "window" as const, name: nextOpening(read, at)?.name ?? "", untilAt: opensAt };
    return { open: false, opensAt, because };
  };
  return { at: permissionAt };
}

function firstAllowed(windows: readonly ReadWindow[], closed: Blackouts, fromAt: number): number | null {
  let at = fromAt;
  for (let step = 0; step < STEPS && at < HORIZON; step++) {
    const dark = closed.at(at);
    if (dark !== null) {
      at = dark.untilAt;
      continue;
    }
    const opening = openingAt(windows, at);
    if (opening !== null) return at;
    const next = nextOpening(windows, at);
    if (next === null) return null;
    at = next.from;
  }
  return null;
}

/** The time in which some window is open around `at`, those that follow without a break taken together. */
function openingAt(windows: readonly ReadWindow[], at: number): Opening | null {
  if (windows.length === 0) return { from: 0, to: LAST_INSTANT, name: "" };
  const first = widest(windows, at);
  if (first === null) return null;
  // What leaves no minute of two weeks out, such as every day from 0 to 24, leaves none out at all.
  const limit = at + (DAYS_AHEAD - 1) * DAY_MS;
  let to = first.to;
  for (let next = widest(windows, to); next !== null; next = widest(windows, to)) {
    to = next.to;
    if (to >= limit) return { ...first, to: LAST_INSTANT };
  }
  return { ...first, to };
}

/** Of the openings that hold `at` the one that ends last. */
function widest(windows: readonly ReadWindow[], at: number): Opening | null {
  let widest: Opening | null = null;
  for (const window of windows) {
    const today = dayOf(window.zone.wallAt(at));
    // That of yesterday may go over midnight; none is longer than a day.
    for (let day = today - DAY_MS; day <= today; day += DAY_MS) {
      const opening = openingOn(window, day);
      if (opening !== null && opening.from <= at && at < opening.to && opening.to > (widest?.to ?? at))
        widest = opening;
    }
  }
  return widest;
}

/** The next time that a window opens after `at`. */
function nextOpening(windows: readonly ReadWindow[], at: number): Opening | null {
  let first: Opening | null = null;
  for (const window of windows) {
    const today = dayOf(window.zone.wallAt(at));
    for (let ahead = 0; ahead < DAYS_AHEAD; ahead++) {
      const opening = openingOn(window, today + ahead * DAY_MS);
      if (opening === null || opening.from <= at) continue;
      if (first === null || opening.from < first.from) first = opening;
      break;
    }
  }
  return first;
}

/** When it is open as the window of a day; null on other days, and when the clock left all of it out. */
function openingOn(window: ReadWindow, day: number): Opening | null {
  if (!window.days.has(weekdayOf(day))) return null;
  const known = window.known.get(day);
  if (known !== undefined) return known;
  const from = window.zone.resolve(day + window.fromMs).at;
  const to = window.zone.resolve(day + window.toMs).at;
  const opening = from < to ? { from, to, name: window.name } : null;
  if (window.known.size >= KNOWN_DAYS) window.known.clear();
  window.known.set(day, opening);
  return opening;
}

function readWindow(window: Window, zoneId: string): ReadWindow {
  const fromMs = minutesOf(window.from) * MINUTE_MS;
  const toMs = minutesOf(window.to) * MINUTE_MS;
  return {
    name: window.name,
    zone: zoneOf(window.zone ?? zoneId),
    days: new Set(window.days.map((day) => WEEKDAYS.indexOf(day))),
    fromMs,
    toMs: toMs > fromMs ? toMs : toMs + DAY_MS,
    known: new Map(),
  };
}
