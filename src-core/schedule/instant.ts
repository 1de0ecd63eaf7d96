/**
 * Instants inside the rules: milliseconds since 1970, UTC. A wall time is the same number for what the clock on the wall shows, as if
 * it were UTC: only a {@link Zone} turns one into the other. Rows and calls have them as ISO 8601.
 */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The instants that rules know: before and after them no zone is known well enough. */
export const FIRST_INSTANT = Date.UTC(1970, 0, 1);
export const LAST_INSTANT = Date.UTC(2200, 0, 1);

let lastDate = { day: Number.NaN, text: "" };

/** ISO 8601 of an instant. Forecasts ask for some hundred thousand, mostly of the same day: its date is kept. */
export function toIso(at: number): string {
  const day = Math.floor(at / DAY_MS);
  if (day !== lastDate.day) lastDate = { day, text: new Date(at).toISOString().slice(0, -13) };
  const ms = at - day * DAY_MS;
  const [hours, minutes] = [Math.floor(ms / HOUR_MS), Math.floor(ms / MINUTE_MS) % 60];
  return `${lastDate.text}${two(hours)}:${two(minutes)}:${two(Math.floor(ms / 1000) % 60)}.${`${ms % 1000}`.padStart(3, "0")}Z`;
}

function two(number: number): string {
  return number < 10 ? `0${number}` : `${number}`;
}

/** The instant of an ISO 8601 text with an offset. */
export function fromIso(text: string): number {
  return Date.parse(text);
}

/** The wall time of "YYYY-MM-DD" or "YYYY-MM-DDTHH:MM[:SS]". */
export function wallOf(text: string): number {
  return Date.parse(text.length === 10 ? `${text}T00:00Z` : `${text}Z`);
}

/** "YYYY-MM-DDTHH:MM" of a wall time. */
export function wallText(wall: number): string {
  return new Date(wall).toISOString().slice(0, 16);
}

/** The day of a wall time, as the wall time of its beginning. */
export function dayOf(wall: number): number {
  return Math.floor(wall / DAY_MS) * DAY_MS;
}

/** 0 for Monday to 6 for Sunday. 1970 began on a Thursday. */
export function weekdayOf(wall: number): number {
  return (((Math.floor(wall / DAY_MS) + 3) % 7) + 7) % 7;
}

/** Minutes since midnight of "HH:MM"; 1440 of "24:00". */
export function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}
