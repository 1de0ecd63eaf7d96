/**
 * The second opinion on when a schedule is due: goes through real time minute by minute, with the wall clock as Intl shows it, and
 * shares no line with the rules it checks.
 */

/** What the clock on the wall shows in each minute of some years. */
export interface WallClock {
  /** The instant of the first minute. */
  readonly startAt: number;
  /** Minutes since 1970 on the wall, one entry a real minute. */
  readonly shown: Int32Array;
}

const MINUTE = 60_000;

export function wallClock(zone: string, fromYear: number, toYear: number): WallClock {
  const format = new Intl.DateTimeFormat("sv", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
  const show = (at: number) => Date.parse(`${format.format(at).replace(" ", "T")}Z`) / MINUTE;
  const startAt = Date.UTC(fromYear, 0, 1);
  const shown = new Int32Array((Date.UTC(toYear, 0, 1) - startAt) / MINUTE);
  // Intl is slow: where the clock went on as usual between two looks a day apart it is not asked in between. No zone changes twice
  // and back within a day, and where it changed every minute is asked for.
  const DAY = 1440;
  for (let first = 0; first < shown.length; first += DAY) {
    const at = startAt + first * MINUTE;
    const steady = show(at + DAY * MINUTE) - show(at) === DAY;
    const base = show(at);
    for (let minute = 0; minute < DAY; minute++) {
      shown[first + minute] = steady ? base + minute : show(at + minute * MINUTE);
    }
  }
  return { startAt, shown };
}

/** A rule as five sets, as a person reads a cron line. Null: a star. Weekdays from 0 for Sunday. */
export interface CronSets {
  readonly minutes: ReadonlySet<number> | null;
  readonly hours: ReadonlySet<number> | null;
  readonly days: ReadonlySet<number> | null;
  readonly months: ReadonlySet<number> | null;
  readonly weekdays: ReadonlySet<number> | null;
}

/** Whether a wall minute is one of the rule's. */
export function means(sets: CronSets, wallMinute: number): boolean {
  if (sets.minutes !== null && !sets.minutes.has(((wallMinute % 60) + 60) % 60)) return false;
  const date = new Date(wallMinute * MINUTE);
  if (sets.hours !== null && !sets.hours.has(date.getUTCHours())) return false;
  if (sets.months !== null && !sets.months.has(date.getUTCMonth() + 1)) return false;
  const day = sets.days?.has(date.getUTCDate()) ?? true;
  const weekday = sets.weekdays?.has(date.getUTCDay()) ?? true;
  return sets.days !== null && sets.weekdays !== null ? day || weekday : day && weekday;
}

/**
 * The instants at which it is due in a stretch of the clock. Times the clock jumped over count in the first minute after the jump, once;
 * times it showed before are over, unless the rule means every hour.
 */
export function dueByMinutes(clock: WallClock, sets: CronSets, fromMinute: number, count: number): number[] {
  const everyHour = sets.hours === null || sets.hours.size === 24;
  const due: number[] = [];
  let highest = fromMinute === 0 ? Number.NEGATIVE_INFINITY : highestBefore(clock, fromMinute);
  for (let minute = fromMinute; minute < clock.shown.length && due.length < count; minute++) {
    const wall = clock.shown[minute] ?? 0;
    let hit = false;
    if (everyHour) hit = means(sets, wall);
    else if (highest === Number.NEGATIVE_INFINITY) hit = means(sets, wall);
    else for (let passed = highest + 1; passed <= wall && !hit; passed++) hit = means(sets, passed);
    highest = Math.max(highest, wall);
    if (hit) due.push(clock.startAt + minute * MINUTE);
  }
  return due;
}

/** The latest wall time shown up to the minute before; a day back is more than any clock is ever put back. */
function highestBefore(clock: WallClock, minute: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let before = Math.max(0, minute - 1_500); before < minute; before++) {
    highest = Math.max(highest, clock.shown[before] ?? 0);
  }
  return highest;
}
