/** Time in which nothing may start: dated ranges, holidays of every year, "mute until". Read once, asked often. */
import type { Blackout } from "../model/window.ts";
import { DAY_MS, fromIso, wallOf } from "./instant.ts";
import { daysOfMonth } from "./wall-rule.ts";
import { type Zone, zoneOf } from "./zone.ts";

export interface Darkness {
  readonly name: string;
  readonly untilAt: number;
}

export interface Blackouts {
  /** The blackout that holds at an instant, of several the one that ends last. */
  at(at: number): Darkness | null;
  /** When the next one begins after `at` and before `beforeAt`. */
  nextStart(at: number, beforeAt: number): number | null;
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

/**
 * @param zoneId for those that name none
 * @throws AppError schedule.invalid for a zone that does not exist
 */
export function readBlackouts(blackouts: readonly Blackout[], zoneId: string): Blackouts {
  const dated = new SortedRanges(blackouts.flatMap((blackout) => datedRange(blackout, zoneId) ?? []));
  const yearly = blackouts
    .filter((blackout) => blackout.kind === "yearly")
    .map((blackout) => new YearlyRanges(blackout, zoneOf(blackout.zone ?? zoneId)));
  return {
    at(at) {
      let darkest = dated.at(at);
      for (const each of yearly) {
        for (const range of each.around(at)) {
          if (range.from <= at && at < range.to && range.to > (darkest?.to ?? at)) darkest = range;
        }
      }
      return darkest === null ? null : { name: darkest.name, untilAt: darkest.to };
    },
    nextStart(at, beforeAt) {
      let first = dated.nextStart(at) ?? Number.POSITIVE_INFINITY;
      for (const each of yearly) {
        for (const { from } of each.around(at)) if (from > at && from < first) first = from;
      }
      return first < beforeAt ? first : null;
    },
  };
}

/** Null for what is not dated, and for what ends before it begins. */
function datedRange(blackout: Blackout, zoneId: string): Range | null {
  if (blackout.kind === "yearly") return null;
  const { name } = blackout;
  if (blackout.kind === "mute") return { name, from: Number.NEGATIVE_INFINITY, to: fromIso(blackout.untilAt) };
  const zone = zoneOf(blackout.zone ?? zoneId);
  const range = { name, from: zone.resolve(wallOf(blackout.from)).at, to: zone.resolve(wallOf(blackout.to)).at };
  return range.from < range.to ? range : null;
}

/** Ranges that may overlap, found by halving: an imported calendar has thousands. */
class SortedRanges {
  readonly #ranges: readonly Range[];
  /** The latest end of a range and all before it. */
  readonly #reach: readonly number[];

  constructor(ranges: readonly Range[]) {
    this.#ranges = ranges.toSorted((a, b) => a.from - b.from);
    let reach = Number.NEGATIVE_INFINITY;
    this.#reach = this.#ranges.map(({ to }) => {
      reach = Math.max(reach, to);
      return reach;
    });
  }

  at(at: number): Range | null {
    let found: Range | null = null;
    for (let index = this.#firstAfter(at) - 1; index >= 0 && (this.#reach[index] ?? at) > at; index--) {
      const range = this.#ranges[index];
      if (range !== undefined && range.to > (found?.to ?? at)) found = range;
    }
    return found;
  }

  nextStart(at: number): number | null {
    return this.#ranges[this.#firstAfter(at)]?.from ?? null;
  }

  /** Index of the first range that begins after `at`. */
  #firstAfter(at: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.from ?? at) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The years that zones are known in whole. */
const FIRST_YEAR = 1971;
const LAST_YEAR = 2198;

class YearlyRanges {
  readonly #blackout: Extract<Blackout, { kind: "yearly" }>;
  readonly #zone: Zone;
  /** The wall times of the year that was asked for last: its beginning, and that of the next. */
  #year = { from: 0, to: 0 };
  #ranges: readonly Range[] = [];

  constructor(blackout: Extract<Blackout, { kind: "yearly" }>, zone: Zone) {
    this.#blackout = blackout;
    this.#zone = zone;
  }

  /** Those of last year, this one, and the next till one has that day: a 29th of February may be eight years away. */
  around(at: number): readonly Range[] {
    const wall = this.#zone.wallAt(at);
    if (wall < this.#year.from || wall >= this.#year.to) {
      const year = new Date(wall).getUTCFullYear();
      const { month, day } = this.#blackout;
      const ahead = month === 2 && day === 29 ? [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8] : [-1, 0, 1];
      this.#ranges = ahead.flatMap((each) => this.#rangeIn(year + each) ?? []);
      this.#year = { from: Date.UTC(year, 0, 1), to: Date.UTC(year + 1, 0, 1) };
    }
    return this.#ranges;
  }

  /** Null in a year that has no such day: a 29th of February is no holiday then. */
  #rangeIn(year: number): Range | null {
    const { name, month, day, days } = this.#blackout;
    if (year < FIRST_YEAR || year > LAST_YEAR || day > daysOfMonth(year, month - 1)) return null;
    const wall = Date.UTC(year, month - 1, day);
    return { name, from: this.#zone.resolve(wall).at, to: this.#zone.resolve(wall + days * DAY_MS).at };
  }
}
