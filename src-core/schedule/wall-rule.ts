/** Which minutes on the wall a rule means, whatever it was written as: cron and calendars both become one of these. */
import { DAY_MS, MINUTE_MS } from "./instant.ts";

const DAY_MINUTES = 1_440;

export interface WallRule {
  /** The month that a day since 1970 lies in. */
  readonly monthAt: (day: number) => RuleMonth;
  /** Minutes of the day, ascending, each once. */
  readonly minutes: readonly number[];
  /** It means every hour of the day: a rhythm rather than times, so it follows the clock as it ticks. */
  readonly everyHour: boolean;
}

/** A month as a rule sees it. */
export interface RuleMonth {
  /** Its first day, in days since 1970. */
  readonly firstDay: number;
  readonly length: number;
  /** Which of its days the rule means; bit 0: the 1st. */
  readonly days: number;
}

/**
 * The months of a rule. The last one asked for is kept: a schedule is asked for the same month again and again.
 * @param months bit 0: January
 * @param daysIn of a month, 0 for January, the days that are meant; bit 0: the 1st
 */
export function monthsOf(months: number, daysIn: (year: number, month: number) => number): WallRule["monthAt"] {
  let last: RuleMonth = { firstDay: 0, length: 0, days: 0 };
  return (day) => {
    if (day < last.firstDay || day >= last.firstDay + last.length) {
      const date = new Date(day * DAY_MS);
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
      last = {
        firstDay: day - (date.getUTCDate() - 1),
        length: daysOfMonth(year, month),
        days: (months & (1 << month)) === 0 ? 0 : daysIn(year, month),
      };
    }
    return last;
  };
}

/** The longest there can be between two days of a rule that has any: a 29th of February on a given weekday, over the year 2100. */
const MONTHS_AHEAD = 41 * 12;

/** The first wall time after `afterWall` that the rule means; null: there is none in forty years. */
export function nextWall(rule: WallRule, afterWall: number): number | null {
  const start = Math.floor(afterWall / MINUTE_MS) + 1;
  let day = Math.floor(start / DAY_MINUTES);
  let minute = start - day * DAY_MINUTES;
  for (let ahead = 0; ahead < MONTHS_AHEAD; ahead++) {
    const month = rule.monthAt(day);
    const end = month.firstDay + month.length;
    for (; day < end; day++) {
      const found = (month.days & (1 << (day - month.firstDay))) === 0 ? undefined : firstFrom(rule.minutes, minute);
      if (found !== undefined) return day * DAY_MS + found * MINUTE_MS;
      minute = 0;
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
