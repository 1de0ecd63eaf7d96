import { describe, expect, it } from "vitest";
import { wallOf } from "../../../src-core/schedule/instant.ts";
import {
  addDays,
  addMonths,
  dayAt,
  dayNote,
  dayOn,
  hourRows,
  isDay,
  monthAround,
  slotsOf,
  weekAround,
} from "./calendar-days.ts";

const HOUR = 3_600_000;
const day = (text: string, zone: string) => dayOn(wallOf(text), zone);

describe("days", () => {
  it.each([
    ["2026-11-30", "Europe/Berlin", 24, null],
    ["2026-03-29", "Europe/Berlin", 23, "23 h"],
    ["2026-10-25", "Europe/Berlin", 25, "25 h"],
    ["2026-11-01", "America/New_York", 25, "25 h"],
    ["2026-04-05", "Australia/Lord_Howe", 24.5, "24.5 h"],
    ["2026-10-04", "Australia/Lord_Howe", 23.5, "23.5 h"],
    ["2011-12-30", "Pacific/Apia", 0, "left out by the clock"],
    // Midnight itself is left out: the day begins at one.
    ["2018-11-04", "America/Sao_Paulo", 23, "23 h"],
  ])("%s in %s has %d hours", (text, zone, hours, note) => {
    const each = day(text, zone);
    expect((each.endsAt - each.beginsAt) / HOUR).toBe(hours);
    expect(dayNote(each)).toBe(note);
    const slots = slotsOf(each, zone);
    // Without a gap, from end to end.
    expect(slots.reduce((sum, { fromAt, toAt }) => sum + toAt - fromAt, 0)).toBe(hours * HOUR);
    expect(slots.every((slot, i) => i === 0 || slot.fromAt === slots[i - 1]?.toAt)).toBe(true);
  });

  it("an hour left out is no slot, one that comes twice is two", () => {
    const hours = (text: string, zone: string) =>
      slotsOf(day(text, zone), zone).map(({ hour, again }) => (again ? `${hour}'` : `${hour}`));
    expect(hours("2026-03-29", "Europe/Berlin").slice(0, 4)).toEqual(["0", "1", "3", "4"]);
    expect(hours("2026-10-25", "Europe/Berlin").slice(0, 5)).toEqual(["0", "1", "2", "2'", "3"]);
    expect(hours("2018-11-04", "America/Sao_Paulo")[0]).toBe("1");
  });

  it("an instant is in the day that the wall shows", () => {
    expect(dayAt(Date.parse("2026-11-29T23:30:00Z"), "Europe/Berlin").text).toBe("2026-11-30");
    expect(dayAt(Date.parse("2026-11-29T23:30:00Z"), "America/New_York").text).toBe("2026-11-29");
    expect(dayAt(Date.parse("2026-11-29T23:30:00Z"), "Asia/Kathmandu").text).toBe("2026-11-30");
  });
});

describe("weeks and months", () => {
  it("a week goes from Monday to Sunday, each day beginning where the one before ends", () => {
    for (const text of ["2026-10-19", "2026-10-25"]) {
      const week = weekAround(text, "Europe/Berlin");
      expect([week[0]?.text, week[6]?.text]).toEqual(["2026-10-19", "2026-10-25"]);
      expect(week.every((each, i) => i === 0 || each.beginsAt === week[i - 1]?.endsAt)).toBe(true);
    }
  });

  it("its rows are the hours of all days", () => {
    const rows = (text: string, zone: string) => hourRows(weekAround(text, zone), zone);
    expect(rows("2026-11-30", "Europe/Berlin")).toHaveLength(24);
    const back = rows("2026-10-25", "Europe/Berlin");
    expect(back).toHaveLength(25);
    expect(back[3]).toMatchObject({ hour: 2, again: true, slots: [null, null, null, null, null, null, { hour: 2 }] });
    const forth = rows("2026-03-29", "Europe/Berlin");
    expect(forth).toHaveLength(24);
    expect(forth[2]?.slots.map((slot) => slot === null)).toEqual([false, false, false, false, false, false, true]);
  });

  it.each([
    ["2026-11-15", 6, "2026-10-26", "2026-12-06"],
    ["2027-02-01", 4, "2027-02-01", "2027-02-28"],
    ["2026-08-31", 6, "2026-07-27", "2026-09-06"],
    ["2024-02-29", 5, "2024-01-29", "2024-03-03"],
  ])("the month of %s has %d weeks", (text, weeks, first, last) => {
    const month = monthAround(text, "UTC");
    expect([month.length, month[0]?.[0]?.text, month.at(-1)?.[6]?.text]).toEqual([weeks, first, last]);
  });

  it("goes from month to month, to the last day where there is no such day", () => {
    expect(addMonths("2026-01-31", 1)).toBe("2026-02-28");
    expect(addMonths("2026-12-15", 1)).toBe("2027-01-15");
    expect(addMonths("2026-01-31", -2)).toBe("2025-11-30");
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(addDays("2198-12-31", 7)).toBe("2198-12-31");
  });

  it("knows what is a day", () => {
    expect(["2026-02-28", "2024-02-29"].map(isDay)).toEqual([true, true]);
    expect(["2026-02-29", "2026-13-01", "1950-01-01", "9999-01-01", "", "today"].map(isDay)).toEqual(
      Array(6).fill(false),
    );
  });
});
