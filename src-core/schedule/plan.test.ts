import { describe, expect, it } from "vitest";
import { type When, When as WhenSchema } from "../model/when.ts";
import { fromIso, wallText } from "./instant.ts";
import { type Occurrence, planOf, type Timing } from "./plan.ts";
import { zoneOf } from "./zone.ts";

function timing(when: When, zone: string, ends: Partial<Timing> = {}): Timing {
  return { when: WhenSchema.parse(when), zone, startsOn: null, endsOn: null, ...ends };
}

/** The next `count` occurrences after an instant. */
function following(what: Timing, afterAt: string, count: number): Occurrence[] {
  const plan = planOf(what);
  const found: Occurrence[] = [];
  for (let after = fromIso(afterAt); found.length < count; ) {
    const next = plan.next(after);
    if (next === null) break;
    found.push(next);
    after = next.nominalAt;
  }
  return found;
}

/** What the wall shows at each, with the reason where it is not the time asked for. */
function shown(occurrences: readonly Occurrence[], zone: string): string[] {
  return occurrences.map(
    ({ nominalAt, shift }) => `${wallText(zoneOf(zone).wallAt(nominalAt))}${shift === null ? "" : ` ${shift}`}`,
  );
}

const cron = (expression: string): When => ({ kind: "cron", expression });

describe("cron", () => {
  it.each([
    ["at a time", "30 2 * * *", "2025-06-01T00:00Z", ["2025-06-01T02:30", "2025-06-02T02:30"]],
    ["not the instant itself", "30 2 * * *", "2025-06-01T02:30Z", ["2025-06-02T02:30"]],
    ["@daily", "@daily", "2025-06-01T00:00Z", ["2025-06-02T00:00"]],
    ["@weekly", "@weekly", "2025-06-02T00:00Z", ["2025-06-08T00:00"]],
    ["@monthly", "@monthly", "2025-06-02T00:00Z", ["2025-07-01T00:00"]],
    ["@yearly", "@yearly", "2025-06-02T00:00Z", ["2026-01-01T00:00"]],
    ["@hourly", "@hourly", "2025-06-02T00:10Z", ["2025-06-02T01:00"]],
    ["names", "0 4 * JUN mon-fri", "2025-06-06T05:00Z", ["2025-06-09T04:00"]],
    ["Sunday as 7", "0 4 * * 7", "2025-06-02T00:00Z", ["2025-06-08T04:00"]],
    ["L", "0 4 L * *", "2024-02-01T00:00Z", ["2024-02-29T04:00", "2024-03-31T04:00"]],
    ["LW", "0 4 LW * *", "2025-08-01T00:00Z", ["2025-08-29T04:00"]],
    ["15W on a Sunday", "0 4 15W * *", "2025-06-01T00:00Z", ["2025-06-16T04:00"]],
    ["1W on a Saturday stays in its month", "0 4 1W * *", "2025-02-01T00:00Z", ["2025-02-03T04:00"]],
    ["31W on a Sunday stays in its month", "0 4 31W * *", "2025-08-01T00:00Z", ["2025-08-29T04:00"]],
    ["#", "0 4 * * FRI#2", "2025-06-01T00:00Z", ["2025-06-13T04:00", "2025-07-11T04:00"]],
    ["a fifth weekday", "0 4 * * MON#5", "2025-07-01T00:00Z", ["2025-09-29T04:00"]],
    ["the last Friday", "0 4 * * 5L", "2025-06-01T00:00Z", ["2025-06-27T04:00", "2025-07-25T04:00"]],
    ["day or weekday", "0 4 13 * FRI", "2025-06-06T05:00Z", ["2025-06-13T04:00", "2025-06-20T04:00"]],
    ["day and weekday", "0 4 13 * +FRI", "2025-06-14T00:00Z", ["2026-02-13T04:00"]],
    ["the 31st", "0 4 31 * *", "2025-06-01T00:00Z", ["2025-07-31T04:00", "2025-08-31T04:00"]],
    ["the 29th of February", "0 4 29 2 *", "2096-03-01T00:00Z", ["2104-02-29T04:00"]],
    ["steps and lists", "*/20 9,17 * * *", "2025-06-01T09:30Z", ["2025-06-01T09:40", "2025-06-01T17:00"]],
  ])("%s", (_, expression, after, expected) => {
    expect(shown(following(timing(cron(expression), "UTC"), after, expected.length), "UTC")).toEqual(expected);
  });

  it.each([
    ["31 2", /has 2 fields, five are needed/],
    ["0 4 31 2 *", /a day that never comes/],
    ["0 4 30 2 +MON", /a day that never comes/],
    ["0 4 31 4,6,9,11 *", /a day that never comes/],
    ["* * * * * *", /has 6 fields/],
    ["60 * * * *", /no cron expression/],
    ["* 24 * * *", /no cron expression/],
    ["-1 * * * *", /no cron expression/],
    ["*/0 * * * *", /no cron expression/],
    ["0 4 * * FRI#6", /no cron expression/],
    ["0 4 * * noday", /no cron expression/],
    ["? 4 * * *", /question mark/],
    ["@reboot", /no cron expression/],
    ["99999999999999999999 * * * *", /no cron expression/],
  ])("refuses %j", (expression, message) => {
    expect(() => planOf(timing(cron(expression), "UTC"))).toThrowError(message);
  });
});

describe("a change of the clock", () => {
  it.each([
    ["Berlin, gap", "30 2 * * *", "Europe/Berlin", "2025-03-29T12:00Z", ["2025-03-30T03:00 gap", "2025-03-31T02:30"]],
    [
      "several in one gap run once",
      "0,20,40 2 * * *",
      "Europe/Berlin",
      "2025-03-29T12:00Z",
      ["2025-03-30T03:00 gap", "2025-03-31T02:00"],
    ],
    [
      "the gap's end is itself a time",
      "0 2,3 * * *",
      "Europe/Berlin",
      "2025-03-29T12:00Z",
      ["2025-03-30T03:00 gap", "2025-03-31T02:00"],
    ],
    [
      "Berlin, twice",
      "30 2 * * *",
      "Europe/Berlin",
      "2025-10-25T12:00Z",
      ["2025-10-26T02:30 twice", "2025-10-27T02:30"],
    ],
    ["asked in the second hour", "30 2 * * *", "Europe/Berlin", "2025-10-26T01:10Z", ["2025-10-27T02:30"]],
    [
      "hourly goes on in both",
      "30 * * * *",
      "Europe/Berlin",
      "2025-10-25T23:00Z",
      ["2025-10-26T01:30", "2025-10-26T02:30", "2025-10-26T02:30", "2025-10-26T03:30"],
    ],
    [
      "hourly makes up nothing",
      "30 * * * *",
      "Europe/Berlin",
      "2025-03-30T00:00Z",
      ["2025-03-30T01:30", "2025-03-30T03:30"],
    ],
    [
      "New York before the law of 2007",
      "30 2 * * *",
      "America/New_York",
      "2006-04-01T12:00Z",
      ["2006-04-02T03:00 gap"],
    ],
    ["New York after it", "30 2 * * *", "America/New_York", "2007-03-10T12:00Z", ["2007-03-11T03:00 gap"]],
    [
      "New York, twice",
      "30 1 * * *",
      "America/New_York",
      "2025-11-01T12:00Z",
      ["2025-11-02T01:30 twice", "2025-11-03T01:30"],
    ],
    ["Lord Howe, half an hour", "15 2 * * *", "Australia/Lord_Howe", "2019-10-05T12:00Z", ["2019-10-06T02:30 gap"]],
    [
      "Lord Howe, twice",
      "45 1 * * *",
      "Australia/Lord_Howe",
      "2019-04-06T12:00Z",
      ["2019-04-07T01:45 twice", "2019-04-08T01:45"],
    ],
    ["Casablanca, Ramadan begins", "30 2 * * *", "Africa/Casablanca", "2019-05-04T12:00Z", ["2019-05-05T02:30 twice"]],
    ["Casablanca, Ramadan ends", "30 2 * * *", "Africa/Casablanca", "2019-06-08T12:00Z", ["2019-06-09T03:00 gap"]],
    [
      "Casablanca, four changes in 2012",
      "30 2 * * *",
      "Africa/Casablanca",
      "2012-07-19T12:00Z",
      ["2012-07-20T02:30 twice", "2012-07-21T02:30"],
    ],
    [
      "Kathmandu, the quarter of 1986",
      "5 0 * * *",
      "Asia/Kathmandu",
      "1985-12-30T20:00Z",
      ["1986-01-01T00:15 gap", "1986-01-02T00:05"],
    ],
    ["Kathmandu today", "5 0 * * *", "Asia/Kathmandu", "2025-03-29T12:00Z", ["2025-03-30T00:05"]],
    [
      "Apia, the day that was not",
      "0 2 * * *",
      "Pacific/Apia",
      "2011-12-29T13:00Z",
      ["2011-12-31T00:00 gap", "2011-12-31T02:00"],
    ],
    [
      "Apia, hourly over it",
      "0 * * * *",
      "Pacific/Apia",
      "2011-12-30T08:30Z",
      ["2011-12-29T23:00", "2011-12-31T00:00"],
    ],
    [
      "Sao Paulo, no midnight",
      "@daily",
      "America/Sao_Paulo",
      "2018-11-03T12:00Z",
      ["2018-11-04T01:00 gap", "2018-11-05T00:00"],
    ],
  ])("%s", (_, expression, zone, after, expected) => {
    expect(shown(following(timing(cron(expression), zone), after, expected.length), zone)).toEqual(expected);
  });

  it("does not move an interval", () => {
    const every6h: When = { kind: "interval", everyMs: 6 * 3_600_000, fromAt: "2025-03-29T00:00:00Z" };
    const found = following(timing(every6h, "Europe/Berlin"), "2025-03-29T18:00:00Z", 3);
    expect(found.map(({ nominalAt }) => new Date(nominalAt).toISOString().slice(5, 16))).toEqual([
      "03-30T00:00",
      "03-30T06:00",
      "03-30T12:00",
    ]);
  });
});

describe("calendars, one-shots and ends", () => {
  const calendar = (
    when: Omit<Extract<When, { kind: "calendar" }>, "kind" | "months">,
    months: number[] = [],
  ): When => ({
    kind: "calendar",
    months,
    ...when,
  });
  it.each([
    [
      "second Tuesday",
      calendar({ days: { kind: "nth-weekday", weekday: "tue", nth: 2 }, times: ["20:00"] }),
      ["2025-06-10T20:00", "2025-07-08T20:00"],
    ],
    [
      "last Sunday",
      calendar({ days: { kind: "nth-weekday", weekday: "sun", nth: "last" }, times: ["03:00"] }),
      ["2025-06-29T03:00", "2025-07-27T03:00"],
    ],
    [
      "last day",
      calendar({ days: { kind: "last-day", daysBefore: 0 }, times: ["23:00"] }),
      ["2025-06-30T23:00", "2025-07-31T23:00"],
    ],
    [
      "two before the last day",
      calendar({ days: { kind: "last-day", daysBefore: 2 }, times: ["23:00"] }),
      ["2025-06-28T23:00"],
    ],
    [
      "months",
      calendar({ days: { kind: "days", days: [1] }, times: ["00:00"] }, [1, 7]),
      ["2025-07-01T00:00", "2026-01-01T00:00"],
    ],
    [
      "weekdays, times in any order",
      calendar({ days: { kind: "weekdays", weekdays: ["mon", "sun"] }, times: ["18:00", "06:00"] }),
      ["2025-06-01T06:00", "2025-06-01T18:00", "2025-06-02T06:00"],
    ],
    ["once", { kind: "once", at: "2025-06-05T02:30" } as When, ["2025-06-05T02:30"]],
    ["after others", { kind: "after" } as When, []],
  ])("%s", (_, when, expected) => {
    const found = following(timing(when, "Europe/Berlin"), "2025-05-31T22:30:00Z", Math.max(1, expected.length));
    expect(shown(found, "Europe/Berlin")).toEqual(expected);
  });

  it("refuses days that never come", () => {
    const when = calendar({ days: { kind: "days", days: [30, 31] }, times: ["00:00"] }, [2]);
    expect(() => planOf(timing(when, "UTC"))).toThrowError(/ever comes/);
  });

  it("begins on the first day and ends with the last, in its zone", () => {
    const ends = { startsOn: "2025-06-03", endsOn: "2025-06-05" };
    const found = following(timing(cron("0 0,23 * * *"), "Europe/Berlin", ends), "2025-01-01T00:00:00Z", 99);
    expect(shown(found, "Europe/Berlin")).toEqual([
      "2025-06-03T00:00",
      "2025-06-03T23:00",
      "2025-06-04T00:00",
      "2025-06-04T23:00",
      "2025-06-05T00:00",
      "2025-06-05T23:00",
    ]);
  });

  it("stands any instant it is asked with", () => {
    for (const after of [Number.MIN_SAFE_INTEGER, 0, Date.UTC(2199, 11, 31), Number.MAX_SAFE_INTEGER]) {
      for (const when of [cron("0 4 * * *"), cron("@hourly"), { kind: "once", at: "2198-12-31T23:59" } as When]) {
        expect(() => planOf(timing(when, "Pacific/Apia", { endsOn: "2198-12-31" })).next(after)).not.toThrow();
        expect(() => planOf(timing(when, "America/New_York", { startsOn: "1971-01-01" })).next(after)).not.toThrow();
      }
    }
  });
});
