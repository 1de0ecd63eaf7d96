/**
 * Blackouts from a calendar file (.ics), such as public holidays or change freezes. ical.js reads it and unrolls what repeats; the file is
 * not trusted: its size, its events and how often they repeat are bounded, and what cannot be taken is named instead of left out silently.
 */
import ICAL from "ical.js";
import { AppError } from "../model/error.ts";
import { type Blackout, MAX_BLACKOUTS } from "../model/window.ts";
import { DAY_MS, MINUTE_MS, wallOf, wallText } from "./instant.ts";
import { zoneOf } from "./zone.ts";

/** Longest file, in characters. A year of public holidays has some ten thousand. */
export const MAX_ICS_LENGTH = 2 * 2 ** 20;
const MAX_EVENTS = 5_000;
/** How often all rules together may repeat. */
const MAX_REPEATS = 50_000;
/** How far ahead what repeats is unrolled. */
const YEARS_AHEAD = 5;
const MAX_NAME = 100;
const FIRST_WALL = wallOf("1971-01-01");
const LAST_WALL = wallOf("2198-12-31");

export interface ImportedCalendar {
  readonly blackouts: readonly Extract<Blackout, { kind: "range" }>[];
  /** What was not taken, and why. */
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
}

/**
 * @param fromAt what ended before it is not taken
 * @throws AppError calendar.invalid for what is no calendar, or a larger one than anybody's
 */
export function importIcs(text: string, fromAt: number): ImportedCalendar {
  const untilAt = fromAt + YEARS_AHEAD * 366 * DAY_MS;
  const blackouts: Extract<Blackout, { kind: "range" }>[] = [];
  const leftOut: { name: string; why: string }[] = [];
  let repeats = 0;
  for (const event of eventsIn(text)) {
    const name = nameOf(event);
    try {
      for (const occurrence of occurrencesOf(event, untilAt, () => ++repeats <= MAX_REPEATS)) {
        // Long over, and perhaps in a year that no zone is known for: holidays are often written as of 1601.
        if (wallAsUtc(occurrence[1].time) + DAY_MS < fromAt) continue;
        const range = rangeOf(name, occurrence);
        if (range === null) leftOut.push({ name, why: "takes no time" });
        else blackouts.push(range);
        if (blackouts.length > MAX_BLACKOUTS)
          throw invalid(`It has more than ${MAX_BLACKOUTS} entries that are to come.`);
      }
    } catch (thrown) {
      if (thrown instanceof AppError) throw thrown;
      leftOut.push({ name, why: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  }
  return { blackouts, leftOut };
}

/** The events with their exceptions tied to them, without those that were called off. */
function eventsIn(text: string): ICAL.Event[] {
  if (text.length > MAX_ICS_LENGTH) {
    throw invalid(`The file has ${(text.length / 2 ** 20).toFixed(1)} MiB, the limit are ${MAX_ICS_LENGTH / 2 ** 20}.`);
  }
  const events: ICAL.Event[] = [];
  const exceptions: ICAL.Event[] = [];
  for (const component of calendarsIn(text).flatMap((calendar) => calendar.getAllSubcomponents("vevent"))) {
    if (events.length + exceptions.length >= MAX_EVENTS) throw invalid(`It has more than ${MAX_EVENTS} events.`);
    if (component.getFirstPropertyValue("status") === "CANCELLED") continue;
    const event = new ICAL.Event(component, { strictExceptions: true, exceptions: [] });
    (event.isRecurrenceException() ? exceptions : events).push(event);
  }
  const byUid = new Map(events.map((event) => [event.uid, event]));
  for (const exception of exceptions) {
    const of = byUid.get(exception.uid);
    if (of === undefined) events.push(exception);
    else of.relateException(exception);
  }
  return events;
}

function calendarsIn(text: string): ICAL.Component[] {
  let parsed: unknown;
  try {
    parsed = ICAL.parse(text);
  } catch (cause) {
    throw invalid(`It is no iCalendar file: ${cause instanceof Error ? cause.message.slice(0, 200) : cause}`, cause);
  }
  // One calendar, or a list of them.
  const list = Array.isArray(parsed) && typeof parsed[0] === "string" ? [parsed] : Array.isArray(parsed) ? parsed : [];
  const calendars = list.map((each) => new ICAL.Component(each)).filter(({ name }) => name === "vcalendar");
  if (calendars.length === 0) throw invalid("It holds no calendar.");
  return calendars;
}

interface Moment {
  readonly time: ICAL.Time;
  /** The zone it names; null: none. */
  readonly tzid: string | null;
}

function* occurrencesOf(event: ICAL.Event, untilAt: number, mayRepeat: () => boolean): Generator<[Moment, Moment]> {
  if (!event.isRecurring()) {
    yield [momentOf(event, "dtstart", event.startDate), momentOf(event, "dtend", event.endDate)];
    return;
  }
  const iterator = event.iterator();
  for (let next = iterator.next(); next; next = iterator.next()) {
    if (!mayRepeat()) throw new Error("repeats too often");
    const { item, startDate, endDate } = event.getOccurrenceDetails(next);
    if (wallAsUtc(startDate) > untilAt) return;
    yield [momentOf(item, "dtstart", startDate), momentOf(item, "dtend", endDate)];
  }
}

/** An end given as a duration is in the zone of the start. */
function momentOf(event: ICAL.Event, property: "dtstart" | "dtend", time: ICAL.Time): Moment {
  const { component } = event;
  const own = component.getFirstProperty(property) ?? component.getFirstProperty("dtstart");
  const tzid = own?.getParameter("tzid");
  return { time, tzid: typeof tzid === "string" ? tzid : null };
}

/** Null when it takes no time. @throws Error for a zone that nobody knows, and for times beyond all years that are known */
function rangeOf(name: string, [start, end]: [Moment, Moment]): Extract<Blackout, { kind: "range" }> | null {
  const zone = zoneNameOf(start);
  const endZone = zoneNameOf(end);
  // Start and end of one zone: its wall. Of two, or of one that only this file describes: UTC.
  const same = zone === endZone && zone !== "described";
  const from = Math.floor((same ? wallAsUtc(start.time) : instantOf(start)) / MINUTE_MS) * MINUTE_MS;
  const to = Math.ceil((same ? wallAsUtc(end.time) : instantOf(end)) / MINUTE_MS) * MINUTE_MS;
  if (!(from >= FIRST_WALL && to <= LAST_WALL)) throw new Error("lies in a year that is not known");
  if (from >= to) return null;
  const own = same ? (zone === null ? {} : { zone }) : { zone: "UTC" };
  return { kind: "range", name, from: wallText(from), to: wallText(to), ...own };
}

/** null: none, it means the wall of whoever reads it (days do, too); "described": only the file says what it is. */
function zoneNameOf({ time, tzid }: Moment): string | null {
  if (time.isDate) return null;
  if (time.zone?.tzid === "UTC") return "UTC";
  if (tzid === null) return null;
  try {
    return zoneOf(tzid).id;
  } catch {
    if (time.zone?.tzid === tzid) return "described";
    throw new Error(`is in the time zone "${tzid.slice(0, 64)}", which nobody describes`);
  }
}

function instantOf(moment: Moment): number {
  const name = zoneNameOf(moment);
  if (name === null || name === "described") return moment.time.toUnixTime() * 1000;
  return zoneOf(name).resolve(wallAsUtc(moment.time)).at;
}

/** What its wall shows, as a wall time of our own. */
function wallAsUtc({ year, month, day, hour, minute, second, isDate }: ICAL.Time): number {
  return isDate ? Date.UTC(year, month - 1, day) : Date.UTC(year, month - 1, day, hour, minute, second);
}

function nameOf(event: ICAL.Event): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a name goes into lists and logs
  const text = (event.summary ?? "").replace(/[\u0000-\u001f\u007f]+/g, " ").trim();
  return text === "" ? "calendar" : [...text].slice(0, MAX_NAME).join("");
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError("calendar.invalid", message, { cause });
}
