import { describe, expect, it } from "vitest";
import { ScheduleDefinition } from "../model/schedule.ts";
import { ScheduleFact } from "../model/schedule-fact.ts";
import { describeSchedule } from "./describe.ts";
import { durationText, factText } from "./fact-text.ts";
import { scheduleProblems } from "./validate.ts";

const work = { kind: "job", request: { kind: "check", path: "/srv/a.qcow2" } };
const daily = { kind: "cron", expression: "30 2 * * *" };
const nights = { name: "nights", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "22:00", to: "06:00" };

function definition(part: object): ScheduleDefinition {
  return ScheduleDefinition.parse({ name: "n", work, when: daily, zone: "Europe/Berlin", ...part });
}

describe("describeSchedule", () => {
  it.each([
    [
      { when: { kind: "cron", expression: "30 2 * * 1-5" }, allowed: { windows: [nights] }, retry: { attempts: 4 } },
      "Every weekday at 02:30 in Berlin, only 22:00–06:00, retries 3 times (exponential, 1 min to 1 h), missed times are made up for once.",
    ],
    [
      { when: { kind: "cron", expression: "*/15 * * * *" }, retry: { attempts: 1 }, missed: { mode: "skip" } },
      "Every 15 min by the clock in Berlin, never tried again, missed times are skipped.",
    ],
    [
      { when: { kind: "cron", expression: "*/7 * * * *" }, retry: { attempts: 1 }, missed: { mode: "skip" } },
      'By cron "*/7 * * * *" in Berlin, never tried again, missed times are skipped.',
    ],
    [
      {
        when: { kind: "cron", expression: "5 4 * * 0,6" },
        zone: "America/New_York",
        retry: { attempts: 2, classes: ["transient"] },
        missed: { mode: "all", cap: 5 },
      },
      "Every Sunday, Saturday at 04:05 in New York, retries once on passing errors (exponential, 1 min to 1 h), the last 5 missed times are made up for.",
    ],
    [
      {
        when: { kind: "interval", everyMs: 5_400_000, fromAt: "2025-01-01T00:00:00Z" },
        jitterMs: 600_000,
        retry: { attempts: 1 },
        missed: { mode: "skip" },
      },
      "Every 1 h 30 min, up to 10 min later by chance, never tried again, missed times are skipped.",
    ],
    [
      {
        when: { kind: "calendar", days: { kind: "nth-weekday", weekday: "tue", nth: 2 }, times: ["20:00"] },
        startsOn: "2025-06-01",
        endsOn: "2026-06-01",
        retry: { attempts: 1 },
        missed: { mode: "skip" },
      },
      "Every second Tuesday of the month at 20:00 in Berlin, from 2025-06-01, until 2026-06-01, never tried again, missed times are skipped.",
    ],
    [
      {
        when: { kind: "after" },
        dependencies: [{ parentId: "a" }, { parentId: "b", on: "failure", run: "today" }],
        join: "any",
        retry: { attempts: 1 },
      },
      'Whenever its turn comes, after "A" has succeeded or "B" has failed that day, never tried again.',
    ],
  ])("%j", (part, expected) => {
    expect(describeSchedule(definition(part), (id) => id.toUpperCase())).toBe(expected);
  });
});

describe("factText", () => {
  const at = "2025-06-03T20:00:00.000Z";
  it.each([
    [
      { kind: "clock-gap", wall: "2025-03-30T02:30", at: "2025-03-30T01:00:00.000Z" },
      "02:30 does not exist that day: the clock is put forward; runs at 03:00",
    ],
    [
      { kind: "waits-for-window", window: "nights", untilAt: at, ms: 720_000 },
      'waits 12 min for window "nights", which opens at 2025-06-03 22:00',
    ],
    [
      { kind: "parent-refused", parent: "dump", outcome: "failed", on: "success" },
      'skipped: "dump" failed, and this runs on success',
    ],
    [
      { kind: "parent-refused", parent: "dump", outcome: "skipped", on: "either" },
      'skipped: "dump" was skipped, and this runs on either',
    ],
    [
      { kind: "retries", attempt: 2, attempts: 3, at, errorClass: "transient", what: "from-checkpoint" },
      "attempt 2 of 3 at 2025-06-03 22:00 from its checkpoint (transient error)",
    ],
    [{ kind: "catches-up", nominalAt: at, stoodFor: 3 }, "makes up for 2025-06-03 22:00 and 2 times before"],
    [{ kind: "paused", reason: "move", untilAt: null }, "paused: move"],
    [
      { kind: "window-closed", window: "nights", action: "pause", resumesAt: at },
      'window "nights" closed: paused, goes on at 2025-06-03 22:00',
    ],
    [
      { kind: "condition", name: "power", met: false, found: "on battery", needed: "on mains" },
      "power: on battery, needed: on mains",
    ],
  ])("%j", (fact, expected) => {
    expect(factText(ScheduleFact.parse(fact), "Europe/Berlin")).toBe(expected);
  });

  it("has a sentence for every kind of fact", () => {
    const filler: Record<string, unknown> = {
      wall: "2025-03-30T02:30",
      action: "pause",
      policy: "skip",
      outcome: "failed",
      on: "success",
      errorClass: "auth",
      what: "clean-up",
      met: true,
      goesOn: true,
    };
    for (const option of ScheduleFact.options) {
      const fact: Record<string, unknown> = {};
      for (const [key, schema] of Object.entries(option.shape)) {
        const candidates = [[...((schema as { values?: Set<unknown> }).values ?? [])][0], filler[key], at, 5, "text"];
        fact[key] = candidates.find((value) => value !== undefined && schema.safeParse(value).success);
      }
      const text = factText(ScheduleFact.parse(fact), "UTC");
      expect(text).not.toMatch(/undefined|NaN|null|\[object/);
      expect(text.length).toBeGreaterThan(3);
    }
  });

  it.each([
    [0, "0 s"],
    [59_400, "59 s"],
    [59_600, "1 min"],
    [3_600_000, "1 h"],
    [7_500_000, "2 h 5 min"],
    [86_400_000, "1 d"],
    [90_000_000, "1 d 1 h"],
  ])("%i ms are %s", (ms, expected) => {
    expect(durationText(ms)).toBe(expected);
  });
});

describe("scheduleProblems", () => {
  const now = Date.UTC(2025, 5, 1);
  const range = { kind: "range", name: "r", from: "2025-06-02T00:00", to: "2025-06-01T00:00" };
  it.each([
    [{}, []],
    [{ zone: "Mars/Olympus" }, ["zone!"]],
    [{ when: { kind: "cron", expression: "31 2" } }, ["when.expression!"]],
    [{ when: { kind: "cron", expression: "0 0 31 2 *" } }, ["when.expression!"]],
    [{ when: { kind: "calendar", months: [2], days: { kind: "days", days: [30] }, times: ["00:00"] } }, ["when.days!"]],
    [{ startsOn: "2025-06-02", endsOn: "2025-06-01" }, ["endsOn!"]],
    [{ allowed: { windows: [nights, { ...nights, zone: "X/Y" }] } }, ["allowed.windows.1.zone!"]],
    [{ allowed: { blackouts: [range] } }, ["allowed.blackouts.0.to!"]],
    [{ allowed: { blackouts: [{ kind: "yearly", name: "y", month: 2, day: 30 }] } }, ["allowed.blackouts.0.day!"]],
    [{ allowed: { blackouts: [{ kind: "yearly", name: "y", month: 2, day: 29 }] } }, []],
    [{ when: { kind: "after" } }, ["dependencies!"]],
    [{ dependencies: [{ parentId: "a" }, { parentId: "a" }] }, ["dependencies.1.parentId!"]],
    [
      { zone: "X/Y", when: { kind: "cron", expression: "x" }, startsOn: "2025-06-02", endsOn: "2025-06-01" },
      ["zone!", "when.expression!", "endsOn!"],
    ],
    [{ when: { kind: "once", at: "2025-05-01T00:00" } }, ["when"]],
    [{ endsOn: "2025-05-01" }, ["endsOn"]],
    [{ jitterMs: 86_400_000 }, ["jitterMs"]],
    [{ missed: { settleMs: 3_600_000, deadlineMs: 60_000 } }, ["missed.settleMs"]],
    [{ allowed: { blackouts: [{ ...range, from: "2025-01-01T00:00", to: "2198-01-01T00:00" }] } }, ["allowed"]],
  ])("of %j are %j", (part, expected) => {
    const found = scheduleProblems(definition(part), now).map(({ field, fatal }) => `${field}${fatal ? "!" : ""}`);
    expect(found).toEqual(expected);
  });

  it.each([
    { when: { kind: "interval", everyMs: -1, fromAt: "2025-01-01T00:00:00Z" } },
    { when: { kind: "interval", everyMs: 1e15, fromAt: "2025-01-01T00:00:00Z" } },
    { when: { kind: "once", at: "2025-02-30T00:00" } },
    { when: { kind: "calendar", days: { kind: "days", days: [32] }, times: ["00:00"] } },
    { when: { kind: "calendar", days: { kind: "days", days: [1] }, times: ["24:00"] } },
    { jitterMs: -5 },
    { priority: 101 },
    { startsOn: "2025-02-30" },
    { startsOn: "0000-01-01" },
    { endsOn: "9999-12-31" },
    { allowed: { windows: [{ ...nights, to: "22:00" }] } },
    { retry: { attempts: 11 } },
    { missed: { cap: 1e9 } },
    { name: " " },
  ])("the shape refuses %j", (part) => {
    expect(ScheduleDefinition.safeParse({ name: "n", work, when: daily, zone: "UTC", ...part }).success).toBe(false);
  });
});
