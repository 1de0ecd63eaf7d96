/** Time in which nothing may start: dated ranges, holidays of every year, "mute until". */
import type { Blackout } from "../model/window.ts";
import { DAY_MS, fromIso, wallOf } from "./instant.ts";
import { daysOfMonth } from "./wall-rule.ts";
import type { Zone } from "./zone.ts";

/** A blackout with the zone its days are meant in. */
export interface ZonedBlackout {
  readonly blackout: Blackout;
  readonly zone: Zone;
}

export interface Darkness {
  readonly name: string;
  readonly untilAt: number;
}

/** The blackout that holds at an instant, of several the one that ends last. */
export function blackoutAt(blackouts: readonly ZonedBlackout[], at: number): Darkness | null {
  let darkest: Darkness | null = null;
  for (const each of blackouts) {
    for (const { from, to } of rangesAround(each, at)) {
      if (from <= at && at < to && to > (darkest?.untilAt ?? at)) darkest = { name: each.blackout.name, untilAt: to };
    }
  }
  return darkest;
}

/** When the next blackout begins after `at` and before `beforeAt`. */
export function nextBlackout(blackouts: readonly ZonedBlackout[], at: number, beforeAt: number): number | null {
  let first: number | null = null;
  for (const each of blackouts) {
    for (const { from, to } of rangesAround(each, at)) {
      if (from < to && from > at && from < beforeAt && from < (first ?? Number.POSITIVE_INFINITY)) first = from;
    }
  }
  return first;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Of a yearly one those of last year, this year and the next years till one has that day: a 29th of February waits for eight. */
function rangesAround({ blackout, zone }: ZonedBlackout, at: number): Range[] {
  switch (blackout.kind) {
    case "mute":
      return [{ from: Number.NEGATIVE_INFINITY, to: fromIso(blackout.untilAt) }];
    case "range":
      return [{ from: zone.resolve(wallOf(blackout.from)).at, to: zone.resolve(wallOf(blackout.to)).at }];
    case "yearly": {
      const year = new Date(zone.wallAt(at)).getUTCFullYear();
      const years = blackout.month === 2 && blackout.day === 29 ? [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8] : [-1, 0, 1];
      return years.flatMap((ahead) => yearlyRange(year + ahead, blackout, zone) ?? []);
    }
  }
}

/** The years that zones are known in whole. */
const FIRST_YEAR = 1971;
const LAST_YEAR = 2198;

/** Null in a year that has no such day: a 29th of February is no holiday then. */
function yearlyRange(
  year: number,
  { month, day, days }: Extract<Blackout, { kind: "yearly" }>,
  zone: Zone,
): Range | null {
  if (year < FIRST_YEAR || year > LAST_YEAR || day > daysOfMonth(year, month - 1)) return null;
  const wall = Date.UTC(year, month - 1, day);
  return { from: zone.resolve(wall).at, to: zone.resolve(wall + days * DAY_MS).at };
}
