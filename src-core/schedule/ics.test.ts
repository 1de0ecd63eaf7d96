import { describe, expect, it } from "vitest";
import { Blackout } from "../model/window.ts";
import { importIcs, MAX_ICS_LENGTH } from "./ics.ts";
import { fromIso } from "./instant.ts";

const now = fromIso("2025-06-01T00:00:00Z");

function calendar(...events: string[]): string {
  const lines = events.flatMap((event) => ["BEGIN:VEVENT", "UID:x", ...event.split("|"), "END:VEVENT"]);
  return ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", ...lines, "END:VCALENDAR", ""].join("\r\n");
}

function said(text: string): string[] {
  const { blackouts, leftOut } = importIcs(text, now);
  for (const blackout of blackouts) expect(Blackout.safeParse(blackout).success).toBe(true);
  return [
    ...blackouts.map(({ name, from, to, zone }) => `${name}: ${from} to ${to}${zone === undefined ? "" : ` ${zone}`}`),
    ...leftOut.map(({ name, why }) => `without ${name}: ${why}`),
  ];
}

const OUTLOOK = `BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r
TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r
DTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r
END:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:o\r\nSUMMARY:Freeze\r\nDTSTART;TZID=W. Europe Standard Time:20250710T180000\r
DTEND;TZID=W. Europe Standard Time:20250710T200000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`;

describe("importIcs", () => {
  it.each([
    [
      "a day",
      "SUMMARY:May Day|DTSTART;VALUE=DATE:20260501|DTEND;VALUE=DATE:20260502",
      ["May Day: 2026-05-01T00:00 to 2026-05-02T00:00"],
    ],
    ["a day without an end", "SUMMARY:Day|DTSTART;VALUE=DATE:20260501", ["Day: 2026-05-01T00:00 to 2026-05-02T00:00"]],
    [
      "several days",
      "SUMMARY:Days|DTSTART;VALUE=DATE:20251224|DTEND;VALUE=DATE:20251227",
      ["Days: 2025-12-24T00:00 to 2025-12-27T00:00"],
    ],
    [
      "UTC",
      "SUMMARY:U|DTSTART:20250710T180000Z|DTEND:20250710T200030Z",
      ["U: 2025-07-10T18:00 to 2025-07-10T20:01 UTC"],
    ],
    [
      "the wall of whoever reads it",
      "SUMMARY:F|DTSTART:20250710T180000|DTEND:20250710T200000",
      ["F: 2025-07-10T18:00 to 2025-07-10T20:00"],
    ],
    [
      "a zone of the database",
      "SUMMARY:Z|DTSTART;TZID=America/New_York:20250710T180000|DURATION:PT2H",
      ["Z: 2025-07-10T18:00 to 2025-07-10T20:00 America/New_York"],
    ],
    [
      "two zones",
      "SUMMARY:2|DTSTART;TZID=Europe/Berlin:20250710T180000|DTEND;TZID=Asia/Kathmandu:20250711T000000",
      ["2: 2025-07-10T16:00 to 2025-07-10T18:15 UTC"],
    ],
    [
      "a zone nobody knows",
      "SUMMARY:N|DTSTART;TZID=Mars:20250710T180000|DURATION:PT2H",
      ['without N: is in the time zone "Mars", which nobody describes'],
    ],
    ["over already", "SUMMARY:Old|DTSTART;VALUE=DATE:20240501", []],
    ["called off", "SUMMARY:Off|STATUS:CANCELLED|DTSTART;VALUE=DATE:20260501", []],
    ["no time at all", "SUMMARY:Nil|DTSTART:20250710T180000Z|DTEND:20250710T180000Z", ["without Nil: takes no time"]],
    [
      "ends before it begins",
      "SUMMARY:Neg|DTSTART:20250710T180000Z|DTEND:20250709T180000Z",
      ["without Neg: takes no time"],
    ],
    ["no name", "DTSTART;VALUE=DATE:20260501", ["calendar: 2026-05-01T00:00 to 2026-05-02T00:00"]],
    [
      "a year nobody knows",
      "SUMMARY:Far|DTSTART;VALUE=DATE:99990101",
      ["without Far: lies in a year that is not known"],
    ],
    [
      "a folded, escaped name",
      "SUMMARY:Long\\, \r\n name\\nhere|DTSTART;VALUE=DATE:20260501",
      ["Long, name here: 2026-05-01T00:00 to 2026-05-02T00:00"],
    ],
  ])("%s", (_, event, expected) => {
    expect(said(calendar(event))).toEqual(expected);
  });

  it.each([
    [
      "every year from long ago",
      "SUMMARY:Y|DTSTART;VALUE=DATE:19900101|RRULE:FREQ=YEARLY",
      ["2026-01-01", "2027-01-01", "2028-01-01", "2029-01-01", "2030-01-01"],
    ],
    [
      "every year from 1601",
      "SUMMARY:Y|DTSTART;VALUE=DATE:16011225|RRULE:FREQ=YEARLY",
      ["2025-12-25", "2026-12-25", "2027-12-25", "2028-12-25", "2029-12-25"],
    ],
    [
      "the last Friday of each month, but one",
      "SUMMARY:P|DTSTART;VALUE=DATE:20250627|RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=3|EXDATE;VALUE=DATE:20250725",
      ["2025-06-27", "2025-08-29"],
    ],
    [
      "each week over a change of the clock",
      "SUMMARY:W|DTSTART;TZID=Europe/Berlin:20251020T180000|DURATION:PT1H|RRULE:FREQ=WEEKLY;COUNT=2",
      ["2025-10-20", "2025-10-27"],
    ],
  ])("%s", (_, event, days) => {
    expect(importIcs(calendar(event), now).blackouts.map(({ from }) => from.slice(0, 10))).toEqual(days);
  });

  it("moves one that was moved, of those that repeat", () => {
    const weekly = "SUMMARY:W|DTSTART:20250602T180000Z|DURATION:PT1H|RRULE:FREQ=WEEKLY;COUNT=2";
    const moved = "SUMMARY:W moved|RECURRENCE-ID:20250609T180000Z|DTSTART:20250610T180000Z|DURATION:PT1H";
    expect(said(calendar(weekly, moved))).toEqual([
      "W: 2025-06-02T18:00 to 2025-06-02T19:00 UTC",
      "W: 2025-06-10T18:00 to 2025-06-10T19:00 UTC",
    ]);
  });

  it("takes a zone that only the file describes", () => {
    expect(said(OUTLOOK)).toEqual(["Freeze: 2025-07-10T16:00 to 2025-07-10T18:00 UTC"]);
  });

  it.each([
    ["50 MB", "X".repeat(50_000_000), /47\.7 MiB, the limit are 2/],
    ["no calendar", "hello", /no iCalendar file/],
    ["nothing", "", /no iCalendar file|no calendar/],
    ["another component", "BEGIN:VCARD\r\nFN:x\r\nEND:VCARD\r\n", /holds no calendar/],
    ["cut off", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x", /no iCalendar file/],
    [
      "too many events",
      calendar(...Array.from({ length: 5_001 }, () => "DTSTART;VALUE=DATE:20260501")),
      /more than 5000 events/,
    ],
    [
      "too many to come",
      calendar("SUMMARY:D|DTSTART:20250610T180000Z|DURATION:PT1H|RRULE:FREQ=HOURLY"),
      /more than 2000 entries/,
    ],
  ])("refuses %s", (_, text, message) => {
    expect(() => importIcs(text, now)).toThrowError(message);
  });

  it("does not get lost in a rule of every second since 1970, nor in one that never comes", () => {
    const often = "SUMMARY:S|DTSTART:19700101T000000Z|DURATION:PT1S|RRULE:FREQ=SECONDLY";
    expect(said(calendar(often))).toEqual(["without S: repeats too often"]);
    const began = performance.now();
    said(calendar("SUMMARY:N|DTSTART:20250101T000000Z|DURATION:PT1H|RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31"));
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it("stands a deep nest and a huge line", () => {
    const nest = `BEGIN:VCALENDAR\r\n${"BEGIN:X\r\n".repeat(100_000)}${"END:X\r\n".repeat(100_000)}END:VCALENDAR\r\n`;
    expect(nest.length).toBeLessThan(MAX_ICS_LENGTH);
    expect(said(nest)).toEqual([]);
    expect(said(calendar(`SUMMARY:${"x".repeat(1_000_000)}|DTSTART;VALUE=DATE:20260501`))[0]).toMatch(/^x{100}: /);
  });
});
