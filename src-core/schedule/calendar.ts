/** A calendar's days and times as a {@link WallRule}. */
import { AppError } from "../model/error.ts";
import { WEEKDAYS } from "../model/schedule-limits.ts";
import type { CalendarDays, When } from "../model/when.ts";
import { minutesOf } from "./instant.ts";
import { cronWeekday, daysOfMonth, monthsOf, nextWall, type WallRule } from "./wall-rule.ts";

/** @throws AppError schedule.invalid where its days never come, such as the 30th of February */
export function calendarRule(calendar: Extract<When, { kind: "calendar" }>): WallRule {
  const { months, days, times } = calendar;
  const monthBits = months.length === 0 ? 0xfff : months.reduce((bits, month) => bits | (1 << (month - 1)), 0);
  const rule: WallRule = {
    monthAt: monthsOf(monthBits, (year, month) => daysIn(days, year, month)),
    minutes: [...new Set(times.map(minutesOf))].sort((a, b) => a - b),
    everyHour: new Set(times.map((time) => time.slice(0, 2))).size === 24,
  };
  if (nextWall(rule, Date.UTC(2000, 0, 1)) === null) {
    throw new AppError("schedule.invalid", "None of these days ever comes in these months.", {
      details: { field: "when.days" },
    });
  }
  return rule;
}

function daysIn(days: CalendarDays, year: number, month: number): number {
  const length = daysOfMonth(year, month);
  const bit = (day: number) => (day >= 1 && day <= length ? 1 << (day - 1) : 0);
  switch (days.kind) {
    case "days":
      return days.days.reduce((bits, day) => bits | bit(day), 0);
    case "last-day":
      return bit(length - days.daysBefore);
    case "weekdays": {
      let bits = 0;
      for (const weekday of days.weekdays) {
        for (let day = firstOf(weekday, year, month); day <= length; day += 7) bits |= bit(day);
      }
      return bits;
    }
    case "nth-weekday": {
      const first = firstOf(days.weekday, year, month);
      const nth = days.nth === "last" ? Math.floor((length - first) / 7) + 1 : days.nth;
      return bit(first + (nth - 1) * 7);
    }
  }
}

/** The first such weekday of a month. */
function firstOf(weekday: (typeof WEEKDAYS)[number], year: number, month: number): number {
  const wanted = (WEEKDAYS.indexOf(weekday) + 1) % 7;
  return 1 + ((wanted - cronWeekday(year, month, 1) + 7) % 7);
}
