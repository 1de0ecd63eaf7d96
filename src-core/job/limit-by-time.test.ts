import { describe, expect, it } from "vitest";
import type { TimedLimit } from "../model/export.ts";
import type { ReadLimit } from "../model/run.ts";
import { limitAt } from "./limit-by-time.ts";

const at = (from: string, to: string, maxBytesPerSecond: number): TimedLimit => ({ from, to, maxBytesPerSecond });
const day = at("08:00", "18:00", 10);
const night = at("22:00", "06:00", 50);
const lunch = at("12:00", "13:00", 5);
const always = at("07:00", "07:00", 20);

interface Row {
  name: string;
  limits: TimedLimit[];
  manual?: ReadLimit;
  time: string;
  is: [ReadLimit, boolean, string | null];
}

const table: Row[] = [
  { name: "no hours", limits: [], time: "09:00", is: [null, false, null] },
  { name: "no hours, one set by hand", limits: [], manual: 7, time: "09:00", is: [7, false, null] },
  { name: "before its hours", limits: [day], time: "07:59", is: [null, false, "08:00"] },
  { name: "from the first minute", limits: [day], time: "08:00", is: [10, true, "18:00"] },
  { name: "until the minute before the last", limits: [day], time: "17:59", is: [10, true, "18:00"] },
  { name: "not in the last minute", limits: [day], time: "18:00", is: [null, false, "08:00"] },
  { name: "over midnight, in the evening", limits: [night], time: "23:59", is: [50, true, "06:00"] },
  { name: "over midnight, in the morning", limits: [night], time: "00:00", is: [50, true, "06:00"] },
  { name: "over midnight, at its end", limits: [night], time: "06:00", is: [null, false, "22:00"] },
  { name: "to midnight", limits: [at("20:00", "00:00", 9)], time: "23:59", is: [9, true, "00:00"] },
  { name: "to midnight, after it", limits: [at("20:00", "00:00", 9)], time: "00:00", is: [null, false, "20:00"] },
  { name: "all day", limits: [always], time: "03:00", is: [20, true, null] },
  { name: "all day, at its edge", limits: [always], time: "07:00", is: [20, true, null] },
  { name: "the lowest of several", limits: [day, lunch], time: "12:30", is: [5, true, "13:00"] },
  { name: "whatever their order", limits: [lunch, day], time: "12:30", is: [5, true, "13:00"] },
  {
    name: "an edge that changes nothing is none",
    limits: [at("08:00", "18:00", 5), lunch],
    time: "09:00",
    is: [5, true, "18:00"],
  },
  {
    name: "one that begins where the other ends",
    limits: [day, at("18:00", "20:00", 10)],
    time: "09:00",
    is: [10, true, "20:00"],
  },
  { name: "a gap between two", limits: [day, night], time: "19:00", is: [null, false, "22:00"] },
  { name: "lower by hand", limits: [day], manual: 3, time: "09:00", is: [3, false, null] },
  { name: "the same by hand", limits: [day], manual: 10, time: "09:00", is: [10, false, null] },
  { name: "higher by hand, in the hours", limits: [day], manual: 100, time: "09:00", is: [10, true, "18:00"] },
  { name: "higher by hand, after the hours", limits: [day], manual: 100, time: "18:00", is: [100, false, "08:00"] },
  { name: "by hand between two", limits: [day, lunch], manual: 7, time: "12:00", is: [5, true, "13:00"] },
  // The clock goes from 01:59 to 03:00: the hours that are left out held for nobody, those that go on hold at once.
  {
    name: "the night the clock skips an hour, before",
    limits: [at("02:30", "04:00", 4)],
    time: "01:59",
    is: [null, false, "02:30"],
  },
  {
    name: "the night the clock skips an hour, after",
    limits: [at("02:30", "04:00", 4)],
    time: "03:00",
    is: [4, true, "04:00"],
  },
  // The clock goes from 02:59 to 02:00: hours that had ended begin again.
  {
    name: "the night an hour comes twice, after its end",
    limits: [at("01:00", "02:30", 4)],
    time: "02:59",
    is: [null, false, "01:00"],
  },
  {
    name: "the night an hour comes twice, again",
    limits: [at("01:00", "02:30", 4)],
    time: "02:00",
    is: [4, true, "02:30"],
  },
];

describe("the limit at a time of day", () => {
  it.each(table)("$name", ({ limits, manual = null, time, is: [maxBytesPerSecond, byTime, nextChangeAt] }) => {
    expect(limitAt(limits, manual, time)).toEqual({ maxBytesPerSecond, byTime, nextChangeAt });
  });

  it("agrees, minute by minute, with what it said would come next", () => {
    const limits = [day, night, lunch, at("17:30", "23:15", 30)];
    const minutes = Array.from({ length: 1440 }, (_, n) => {
      const two = (value: number) => String(value).padStart(2, "0");
      return `${two(Math.floor(n / 60))}:${two(n % 60)}`;
    });
    for (const [n, time] of minutes.entries()) {
      const now = limitAt(limits, 40, time);
      const ahead = Array.from({ length: 1440 }, (_, k) => minutes[(n + 1 + k) % 1440] ?? "");
      const change = ahead.find((t) => limitAt(limits, 40, t).maxBytesPerSecond !== now.maxBytesPerSecond) ?? null;
      expect([time, now.nextChangeAt]).toEqual([time, change]);
    }
  });
});
