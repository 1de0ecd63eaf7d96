/**
 * Days, weeks and hours of a calendar in a time zone. A day is named by its wall time (schedule/instant.ts): what the clock on the wall
 * shows at its beginning, as if it were UTC. How long it really is, 23, 24 or 25 hours or not at all, is the zone's to say. Pure.
 */
import { MONTHS } from "../../../src-core/model/schedule-limits.ts";
import { DAY_MS, dayOf, HOUR_MS, wallOf, wallText, weekdayOf } from "../../../src-core/schedule/instant.ts";
import { type Zone, zoneOf } from "../../../src-core/schedule/zone.ts";

export interface CalendarDay {
  /** Wall time of its beginning. */
  readonly wall: number;
  /** YYYY-MM-DD */
  readonly text: string;
  readonly beginsAt: number;
  /** Not included; the same as `beginsAt` where the zone left the day out. */
  readonly endsAt: number;
}

/** A part of a day that the wall calls by one hour. */
export interface Slot {
  /** 0 to 23 */
  readonly hour: number;
  /** The hour was there already: the clock was set back. */
  readonly again: boolean;
  readonly fromAt: number;
  readonly toAt: number;
}

/** The years that zones are known in whole. */
const FIRST_DAY = wallOf("1971-01-01");
const LAST_DAY = wallOf("2198-12-31");

/** True of a day that a calendar can show. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const wall = wallOf(text);
  return wall >= FIRST_DAY && wall <= LAST_DAY && wallText(wall).slice(0, 10) === text;
}

export function dayAt(at: number, zoneId: string): CalendarDay {
  return dayOn(dayOf(zoneOf(zoneId).wallAt(at)), zoneId);
}

/** @param wall of its beginning */
export function dayOn(wall: number, zoneId: string): CalendarDay {
  const zone = zoneOf(zoneId);
  const day = Math.min(LAST_DAY, Math.max(FIRST_DAY, wall));
  const [beginsAt, endsAt] = [zone.resolve(day).at, zone.resolve(day + DAY_MS).at];
  return { wall: day, text: wallText(day).slice(0, 10), beginsAt, endsAt };
}

/** Monday to Sunday around a day. */
export function weekAround(text: string, zoneId: string): CalendarDay[] {
  const wall = wallOf(text);
  const monday = wall - weekdayOf(wall) * DAY_MS;
  return Array.from({ length: 7 }, (_, i) => dayOn(monday + i * DAY_MS, zoneId));
}

/** The whole weeks, from Monday, that a day's month touches: four to six. */
export function monthAround(text: string, zoneId: string): CalendarDay[][] {
  const first = wallOf(`${text.slice(0, 7)}-01`);
  const next = wallOf(`${addMonths(text, 1).slice(0, 7)}-01`);
  const weeks: CalendarDay[][] = [];
  for (let day = first; day < next; day += 7 * DAY_MS) weeks.push(weekAround(wallText(day).slice(0, 10), zoneId));
  const reached = weeks.at(-1)?.at(-1)?.wall ?? next;
  if (reached < next - DAY_MS) weeks.push(weekAround(wallText(next - DAY_MS).slice(0, 10), zoneId));
  return weeks;
}

export function addDays(text: string, days: number): string {
  return wallText(Math.min(LAST_DAY, Math.max(FIRST_DAY, wallOf(text) + days * DAY_MS))).slice(0, 10);
}

/** The same day of another month, or its last. */
export function addMonths(text: string, months: number): string {
  const [year = 0, month = 1, day = 1] = text.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  const wall = Date.UTC(year, month - 1 + months, Math.min(day, last));
  return wallText(Math.min(LAST_DAY, Math.max(FIRST_DAY, wall))).slice(0, 10);
}

/** The hours of a day in their order. One that the clock left out is not among them, one that came twice is there twice. */
export function slotsOf({ beginsAt, endsAt }: CalendarDay, zoneId: string): Slot[] {
  const zone = zoneOf(zoneId);
  const slots: Slot[] = [];
  const seen = new Set<number>();
  for (let at = beginsAt; at < endsAt; ) {
    const span = zone.spanAt(at);
    const wall = at + span.offsetMs;
    const hourEndsAt = at + HOUR_MS - (wall % HOUR_MS);
    const toAt = Math.min(hourEndsAt, span.endAt, endsAt);
    const hour = Math.floor((wall % DAY_MS) / HOUR_MS);
    const before = slots.at(-1);
    // Two spans of one offset, or a clock that was put forward by less than an hour inside this one.
    if (before !== undefined && before.hour === hour && wall > wallBefore(zone, at)) {
      slots[slots.length - 1] = { ...before, toAt };
    } else {
      slots.push({ hour, again: seen.has(hour), fromAt: at, toAt });
      seen.add(hour);
    }
    at = toAt;
  }
  return slots;
}

/** What the wall showed the moment before. */
function wallBefore(zone: Zone, at: number): number {
  return zone.wallAt(at - 1);
}

/** A row of a week: an hour, or its repetition. */
export interface HourRow {
  readonly hour: number;
  readonly again: boolean;
  /** That hour of each day; null where the day has none. */
  readonly slots: readonly (Slot | null)[];
}

/** The rows that a week needs: 24, and one more for each hour that comes twice on one of its days. */
export function hourRows(days: readonly CalendarDay[], zoneId: string): HourRow[] {
  const byDay = days.map((day) => slotsOf(day, zoneId));
  const rows: HourRow[] = [];
  for (let hour = 0; hour < 24; hour++) {
    for (const again of [false, true]) {
      const slots = byDay.map((all) => all.find((slot) => slot.hour === hour && slot.again === again) ?? null);
      if (!again || slots.some((slot) => slot !== null)) rows.push({ hour, again, slots });
    }
  }
  return rows;
}

/** Hours and what is unusual about a day: "25 h, the clock is set back"; null for an ordinary one. */
export function dayNote({ beginsAt, endsAt }: CalendarDay): string | null {
  const ms = endsAt - beginsAt;
  if (ms === DAY_MS) return null;
  if (ms === 0) return "left out by the clock";
  return `${Number((ms / HOUR_MS).toFixed(2))} h`;
}

/** "HH:MM" on the wall of a zone. */
export function clockText(at: number, zoneId: string): string {
  return wallText(zoneOf(zoneId).wallAt(at)).slice(11, 16);
}

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

/** "Monday 30 November 2026", of its wall time. */
export function longDay(wall: number): string {
  const day = new Date(wall);
  return `${WEEKDAYS[weekdayOf(wall)]} ${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]} ${day.getUTCFullYear()}`;
}

/** "Mon 30 Nov" */
export function shortDay(wall: number): string {
  const day = new Date(wall);
  return `${WEEKDAYS[weekdayOf(wall)]?.slice(0, 3)} ${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]?.slice(0, 3)}`;
}

/** "November 2026" */
export function monthName(text: string): string {
  return `${MONTHS[Number(text.slice(5, 7)) - 1]} ${text.slice(0, 4)}`;
}
