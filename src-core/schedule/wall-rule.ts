/** Which minutes on the wall a rule means, whatever it was written as: cron and calendars both become one of these. */
import { MINUTE_MS } from "./instant.ts";

export interface WallRule {
  /** Bit 0: January. */
  readonly months: number;
  /** Bit 0: the 1st. Days the month has not are not in it. `month`: 0 for January. */
  readonly daysIn: (year: number, month: number) => number;
  /** Minutes of the day, ascending, each once. */
  readonly minutes: readonly number[];
  /** It means every hour of the day: a rhythm rather than times, so it follows the clock as it ticks. */
  readonly everyHour: boolean;
}

/** The longest there can be between two days of a rule that has any: a 29th of February on a given weekday, over the year 2100. */
const MONTHS_AHEAD = 41 * 12;

/** The first wall time after `afterWall` that the rule means; null: there is none in forty years. */
export function nextWall(rule: WallRule, afterWall: number): number | null {
  const start = new Date((Math.floor(afterWall / MINUTE_MS) + 1) * MINUTE_MS);
  let year = start.getUTCFullYear();
  let month = start.getUTCMonth();
  let day = start.getUTCDate();
  let minute = start.getUTCHours() * 60 + start.getUTCMinutes();
  for (let ahead = 0; ahead < MONTHS_AHEAD; ahead++) {
    if ((rule.months & (1 << month)) !== 0) {
      const days = rule.daysIn(year, month);
      for (; day <= 31; day++) {
        const found = (days & (1 << (day - 1))) === 0 ? undefined : firstFrom(rule.minutes, minute);
        if (found !== undefined) return Date.UTC(year, month, day) + found * MINUTE_MS;
        minute = 0;
      }
    }
    day = 1;
    minute = 0;
    month += 1;
    if (month === 12) {
      month = 0;
      year += 1;
    }
  }
  return null;
}

/** The first of ascending numbers that is not below `from`. */
function firstFrom(sorted: readonly number[], from: number): number | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return sorted[low];
}

/** How many days a month has. `month`: 0 for January. */
export function daysOfMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
}

/** 0 for Sunday to 6 for Saturday, as cron counts. */
export function cronWeekday(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month, day)).getUTCDay();
}

/** `daysIn` that remembers the month it was asked for last: a schedule is asked for the same one again and again. */
export function remembering(daysIn: WallRule["daysIn"]): WallRule["daysIn"] {
  let key = Number.NaN;
  let days = 0;
  return (year, month) => {
    if (year * 12 + month !== key) {
      days = daysIn(year, month);
      key = year * 12 + month;
    }
    return days;
  };
}
