/** A cron expression of five fields as a {@link WallRule}. Croner reads it; which day and minute that means is decided here. */
import { CronPattern } from "croner";
import { AppError } from "../model/error.ts";
import { cronWeekday, daysOfMonth, monthsOf, nextWall, type WallRule } from "./wall-rule.ts";

const LAST_OF_MONTH = 1 << 5;
const FIELDS =
  "Five fields: minute, hour, day of the month, month, weekday; or @hourly, @daily, @weekly, @monthly, @yearly.";

/** @throws AppError schedule.invalid where it is no cron expression, or none whose time ever comes */
export function cronRule(expression: string): WallRule {
  const rule = ruleOf(readPattern(expression));
  if (nextWall(rule, Date.UTC(2000, 0, 1)) === null) {
    throw invalid(`"${expression}" names a day that never comes.`, "Look at the day of the month and the months.");
  }
  return rule;
}

/**
 * What a pattern says, without the ten thousand cells croner holds it in. The rule lives as long as its schedule: no function of it may be
 * made where the pattern is in sight, or it would keep that alive, 80 kB a schedule.
 */
interface PatternFields {
  readonly months: number;
  readonly minutes: readonly number[];
  readonly everyHour: boolean;
  readonly days: DayFields;
}

function readPattern(expression: string): PatternFields {
  const pattern = parse(expression);
  const minutes: number[] = [];
  pattern.hour.forEach((hourSet, hour) => {
    if (hourSet === 0) return;
    pattern.minute.forEach((set, minute) => {
      if (set !== 0) minutes.push(hour * 60 + minute);
    });
  });
  const everyHour = pattern.hour.every((set) => set !== 0);
  return { months: bitsOf(pattern.month), minutes, everyHour, days: dayFields(pattern) };
}

function ruleOf({ months, minutes, everyHour, days }: PatternFields): WallRule {
  return { monthAt: monthsOf(months, (year, month) => daysIn(days, year, month)), minutes, everyHour };
}

function parse(expression: string): CronPattern {
  // A question mark means "now" to croner: a schedule that depended on when it was read.
  if (expression.includes("?")) throw invalid(`"${expression}": a question mark is no cron value.`, "Write * instead.");
  const fields = expression.trim().split(/\s+/).length;
  if (!expression.trim().startsWith("@") && fields !== 5) {
    throw invalid(`"${expression}" has ${fields} field${fields === 1 ? "" : "s"}, five are needed.`, FIELDS);
  }
  try {
    return new CronPattern(expression.trim(), "UTC", { mode: "5-part" });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^CronPattern: /, "") : "";
    throw invalid(`"${expression}" is no cron expression: ${why}`, FIELDS, cause);
  }
}

/** What a pattern says of days. */
interface DayFields {
  /** Bit 0: the 1st. */
  readonly days: number;
  /** The same for those with a W. */
  readonly nearest: number;
  /** For each weekday from Sunday which of the month: bit 0 the first, bit 5 the last. */
  readonly weekdays: readonly number[];
  readonly lastDay: boolean;
  readonly lastWorkday: boolean;
  readonly anyDay: boolean;
  readonly anyWeekday: boolean;
  readonly both: boolean;
}

function dayFields(pattern: CronPattern): DayFields {
  return {
    days: bitsOf(pattern.day),
    nearest: bitsOf(pattern.nearestWeekdays),
    weekdays: Array.from({ length: 7 }, (_, weekday) => pattern.dayOfWeek[weekday] ?? 0),
    lastDay: pattern.lastDayOfMonth,
    lastWorkday: pattern.lastWeekday,
    anyDay: pattern.starDOM,
    anyWeekday: pattern.starDOW,
    both: pattern.useAndLogic,
  };
}

function bitsOf(cells: readonly number[]): number {
  return cells.reduce((bits, set, index) => (set === 0 ? bits : bits | (1 << index)), 0);
}

/** As cron has it: where both the day of the month and the weekday are given, one of them is enough ("+" before the weekday: both). */
function daysIn(fields: DayFields, year: number, month: number): number {
  const length = daysOfMonth(year, month);
  const first = cronWeekday(year, month, 1);
  let byDay = 0;
  let byWeekday = 0;
  for (let day = 1; day <= length; day++) {
    const bit = 1 << (day - 1);
    byDay |= fields.days & bit;
    if ((fields.nearest & bit) !== 0) byDay |= 1 << (nearestWorkday(year, month, day, length) - 1);
    const nths = fields.weekdays[(first + day - 1) % 7] ?? 0;
    const nth = 1 << Math.floor((day - 1) / 7);
    if ((nths & nth) !== 0 || ((nths & LAST_OF_MONTH) !== 0 && day + 7 > length)) byWeekday |= bit;
  }
  if (fields.lastDay) byDay |= 1 << (length - 1);
  if (fields.lastWorkday) byDay |= 1 << (lastWorkday(year, month, length) - 1);
  if (fields.anyDay) return byWeekday;
  if (fields.anyWeekday) return byDay;
  return fields.both ? byDay & byWeekday : byDay | byWeekday;
}

/** Monday to Friday nearest to the day, in the same month. */
function nearestWorkday(year: number, month: number, day: number, length: number): number {
  const weekday = cronWeekday(year, month, day);
  if (weekday === 6) return day === 1 ? 3 : day - 1;
  if (weekday === 0) return day === length ? day - 2 : day + 1;
  return day;
}

function lastWorkday(year: number, month: number, length: number): number {
  const weekday = cronWeekday(year, month, length);
  return length - (weekday === 6 ? 1 : weekday === 0 ? 2 : 0);
}

function invalid(message: string, hint: string, cause?: unknown): AppError {
  return new AppError("schedule.invalid", message, { hint, cause, details: { field: "when.expression" } });
}
