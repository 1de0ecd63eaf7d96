/** Windows as a week of hours that one paints, and back. Pure. */
import type { Window } from "../../../../src-core/model/window.ts";
import { DAYS } from "./when-form.ts";

export const HOURS = 24;
const WEEK = 7 * HOURS;

/** 168 hours from Monday 00:00 on: true where painted. */
export type WeekHours = readonly boolean[];

/** Whether a window can be painted: whole hours, in the schedule's zone. Others keep their exact fields. */
export function isPaintable(window: Window): boolean {
  return window.zone === undefined && window.from.endsWith(":00") && window.to.endsWith(":00");
}

/** The hours of the week that any of the windows touches. */
export function hoursOf(windows: readonly Window[]): WeekHours {
  const hours = Array<boolean>(WEEK).fill(false);
  for (const { days, from, to } of windows) {
    const start = Math.floor(minutesOf(from) / 60);
    const end = Math.ceil(minutesOf(to) / 60);
    const length = minutesOf(to) > minutesOf(from) ? end - start : end + HOURS - start;
    for (const day of days) {
      const first = DAYS.findIndex(({ value }) => value === day) * HOURS + start;
      for (let hour = first; hour < first + length; hour += 1) hours[hour % WEEK] = true;
    }
  }
  return hours;
}

/** The windows that make these hours: hours that follow one another are one window, days of equal hours are one too. */
export function windowsOf(hours: WeekHours): Window[] {
  if (hours.every(Boolean)) return [named(0, HOURS, [0, 1, 2, 3, 4, 5, 6])];
  // Begun after an hour that is off, so that no stretch is cut where the week ends.
  const anchor = hours.findIndex((on) => !on);
  const found = new Map<string, { from: number; to: number; days: number[] }>();
  const add = (start: number, length: number) => {
    const day = Math.floor(start / HOURS) % 7;
    const from = start % HOURS;
    const to = from + length;
    const key = `${from} ${to}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { from, to, days: [day] });
    else known.days.push(day);
  };
  for (let step = 1; step <= WEEK; step += 1) {
    const start = anchor + step;
    if (hours[start % WEEK] !== true || hours[(start - 1 + WEEK) % WEEK] === true) continue;
    let length = 1;
    while (hours[(start + length) % WEEK] === true) length += 1;
    for (const part of splitStretch(start % WEEK, length)) add(part.start % WEEK, part.length);
  }
  return [...found.values()]
    .map(({ from, to, days }) =>
      named(
        from,
        to,
        days.toSorted((a, b) => a - b),
      ),
    )
    .toSorted((a, b) => a.from.localeCompare(b.from));
}

/** A stretch of less than a day is one window, over midnight or not; a longer one is cut at midnights. */
function splitStretch(start: number, length: number): { start: number; length: number }[] {
  if (length < HOURS) return [{ start, length }];
  const parts: { start: number; length: number }[] = [];
  for (let at = start; at < start + length; ) {
    const end = Math.min((Math.floor(at / HOURS) + 1) * HOURS, start + length);
    parts.push({ start: at, length: end - at });
    at = end;
  }
  return parts;
}

function named(from: number, to: number, days: readonly number[]): Window {
  const clock = (hour: number) => `${String(hour).padStart(2, "0")}:00`;
  const closes = to <= HOURS ? clock(to) : clock(to - HOURS);
  return {
    name: to > HOURS || from >= 18 || to <= 7 ? "nights" : "hours",
    days: days.flatMap((day) => DAYS[day]?.value ?? []),
    from: clock(from),
    to: closes === "24:00" ? "24:00" : closes,
  };
}

function minutesOf(clock: string): number {
  const [hours = "0", minutes = "0"] = clock.split(":");
  return Number(hours) * 60 + Number(minutes);
}
