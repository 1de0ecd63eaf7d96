/** A schedule in one sentence: what a form says under itself while it is filled in. */
import type { ErrorClass, RetryPolicy } from "../model/retry-policy.ts";
import type { ScheduleDefinition } from "../model/schedule.ts";
import { MONTHS, WEEKDAYS } from "../model/schedule-limits.ts";
import type { Weekday, When } from "../model/when.ts";
import type { Window } from "../model/window.ts";
import { durationText } from "./fact-text.ts";

/** The part of a schedule that is told. */
export type Described = Pick<
  ScheduleDefinition,
  "when" | "zone" | "allowed" | "retry" | "missed" | "startsOn" | "endsOn" | "jitterMs" | "dependencies" | "join"
>;

/** @param nameOf what a parent schedule is called */
export function describeSchedule(schedule: Described, nameOf: (id: string) => string = (id) => id): string {
  const { when, zone, allowed, missed, startsOn, endsOn, jitterMs, dependencies, join } = schedule;
  const city = (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
  const place = when.kind === "interval" || when.kind === "after" ? "" : ` in ${city}`;
  const parents = dependencies.map(({ parentId, on, run }) => {
    const how = {
      success: "has succeeded",
      warning: "ended with warnings",
      failure: "has failed",
      either: "has ended",
    }[on];
    return `"${nameOf(parentId)}" ${how}${run === "today" ? " that day" : ""}`;
  });
  const parts = [
    `${whenText(when)}${place}`,
    parents.length === 0 ? "" : `after ${parents.join(join === "all" ? " and " : " or ")}`,
    startsOn === null ? "" : `from ${startsOn}`,
    endsOn === null ? "" : `until ${endsOn}`,
    jitterMs === 0 ? "" : `up to ${durationText(jitterMs)} later by chance`,
    allowed.windows.length === 0 ? "" : `only ${allowed.windows.map(windowText).join(" or ")}`,
    allowed.blackouts.length === 0 ? "" : `not in ${count(allowed.blackouts.length, "blackout")}`,
    retryText(schedule.retry),
    when.kind === "after" ? "" : MISSED[missed.mode](missed.cap),
  ];
  const text = parts.filter((part) => part !== "").join(", ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const MISSED = {
  skip: () => "missed times are skipped",
  once: () => "missed times are made up for once",
  all: (cap: number) => `the last ${cap} missed times are made up for`,
};

function whenText(when: When): string {
  switch (when.kind) {
    case "cron":
      return cronText(when.expression);
    case "interval":
      return `every ${durationText(when.everyMs)}`;
    case "calendar": {
      const months = when.months.length === 0 ? "" : ` in ${when.months.map((month) => MONTHS[month - 1]).join(", ")}`;
      return `${daysText(when.days)}${months} at ${[...when.times].sort().join(", ")}`;
    }
    case "once":
      return `once, on ${when.at.replace("T", " at ")}`;
    case "after":
      return "whenever its turn comes";
  }
}

/** The common shapes of cron in words; what is not among them is shown as it is rather than explained wrongly. */
function cronText(expression: string): string {
  const known = { "@hourly": "every hour", "@daily": "every day at 00:00", "@midnight": "every day at 00:00" }[
    expression
  ];
  if (known !== undefined) return known;
  const [minute = "", hour = "", day, month, weekday = ""] = expression.trim().split(/\s+/);
  const step = /^\*\/(\d+)$/.exec(minute);
  const everyDay = day === "*" && month === "*" && weekday === "*";
  if (everyDay && hour === "*" && step !== null && 60 % Number(step[1]) === 0)
    return `every ${step[1]} min by the clock`;
  if (everyDay && hour === "*" && /^\d+$/.test(minute)) return `every hour at minute ${Number(minute)}`;
  if (!/^\d+$/.test(minute) || !/^\d+(,\d+)*$/.test(hour) || month !== "*") return `by cron "${expression}"`;
  const times = hour.split(",").map((each) => `${each.padStart(2, "0")}:${minute.padStart(2, "0")}`);
  const at = `at ${times.join(", ")}`;
  if (everyDay) return `every day ${at}`;
  if (day === "*" && /^(1-5|mon-fri)$/i.test(weekday)) return `every weekday ${at}`;
  if (day === "*" && /^[0-7](,[0-7])*$/.test(weekday)) {
    const days = weekday.split(",").map((each) => WEEKDAYS[(Number(each) + 6) % 7] ?? "mon");
    return `every ${days.map((each) => DAYS[each]).join(", ")} ${at}`;
  }
  if (weekday === "*" && day === "L") return `on the last day of the month ${at}`;
  if (weekday === "*" && day !== undefined && /^\d+$/.test(day)) return `on day ${day} of the month ${at}`;
  return `by cron "${expression}"`;
}

function daysText(days: Extract<When, { kind: "calendar" }>["days"]): string {
  switch (days.kind) {
    case "weekdays":
      return `every ${weekdaysText(days.weekdays)}`;
    case "days":
      return `on day ${[...days.days].sort((a, b) => a - b).join(", ")} of the month`;
    case "last-day":
      return days.daysBefore === 0
        ? "on the last day of the month"
        : `${count(days.daysBefore, "day")} before the last of the month`;
    case "nth-weekday":
      return `every ${NTH[days.nth]} ${DAYS[days.weekday]} of the month`;
  }
}

function weekdaysText(days: readonly Weekday[]): string {
  const sorted = WEEKDAYS.filter((day) => days.includes(day));
  if (sorted.length === 7) return "day";
  if (sorted.join() === "mon,tue,wed,thu,fri") return "weekday";
  return sorted.map((day) => DAYS[day]).join(", ");
}

function windowText({ days, from, to, zone }: Window): string {
  const on = days.length === 7 ? "" : ` on ${days.map((day) => DAYS[day]).join(", ")}`;
  return `${from}–${to}${on}${zone === undefined ? "" : ` (${zone})`}`;
}

function retryText({ attempts, backoff, initialMs, capMs, classes }: RetryPolicy): string {
  if (attempts === 1 || classes.length === 0) return "never tried again";
  const errors: Partial<Record<ErrorClass, string>> = { transient: "passing", capacity: "capacity" };
  const which = classes.length === 2 ? "" : ` on ${errors[classes[0] ?? "transient"]} errors`;
  return `retries ${attempts === 2 ? "once" : `${attempts - 1} times`}${which} (${backoff}, ${durationText(initialMs)} to ${durationText(capMs)})`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

const DAYS = {
  mon: "Monday",
  tue: "Tuesday",
  wed: "Wednesday",
  thu: "Thursday",
  fri: "Friday",
  sat: "Saturday",
  sun: "Sunday",
};
const NTH: Record<number | "last", string> = {
  1: "first",
  2: "second",
  3: "third",
  4: "fourth",
  5: "fifth",
  last: "last",
};
