import { describe, expect, it } from "vitest";
import type { ScheduledRunState, ScheduledRunSummary } from "../model/scheduled-run.ts";
import { DAY_MS, fromIso, HOUR_MS } from "./instant.ts";
import { endMessage, overdueMessage } from "./notice-words.ts";
import { endKey, type Health, isAbout, isOverdue, noticeOfEnd, overdueKey, retryDelay } from "./notices.ts";

const RULES = {
  quiet: { failure: true, recovery: true, success: false },
  loud: { failure: true, recovery: true, success: true },
  "success only": { failure: false, recovery: false, success: true },
  "recovery only": { failure: false, recovery: true, success: false },
  none: { failure: false, recovery: false, success: false },
};

describe("noticeOfEnd", () => {
  it.each<[keyof typeof RULES, ScheduledRunState, Health, boolean, string | null]>([
    ["quiet", "failed", null, false, "failure"],
    ["quiet", "failed", "good", false, "failure"],
    ["quiet", "failed", "bad", false, "failure"],
    ["quiet", "clean-up-failed", "good", false, "failure"],
    ["quiet", "succeeded", null, false, null],
    ["quiet", "succeeded", "good", false, null],
    ["quiet", "succeeded", "bad", false, "recovery"],
    ["quiet", "warned", "bad", false, "recovery"],
    ["quiet", "succeeded", "good", true, "recovery"],
    ["quiet", "succeeded", null, true, "recovery"],
    ["quiet", "skipped", "bad", true, null],
    ["quiet", "canceled", "good", false, null],
    ["quiet", "running", "bad", false, null],
    ["loud", "succeeded", "good", false, "success"],
    ["loud", "warned", null, false, "success"],
    ["loud", "succeeded", "bad", false, "recovery"],
    ["success only", "succeeded", "bad", false, "success"],
    ["success only", "failed", "good", false, null],
    ["recovery only", "failed", "good", false, null],
    ["recovery only", "succeeded", "bad", false, "recovery"],
    ["none", "failed", "good", false, null],
    ["none", "succeeded", "bad", true, null],
  ])("%s rules, %s after %s, overdue told %s: %s", (rules, state, before, overdueTold, expected) => {
    expect(noticeOfEnd(RULES[rules], state, before, overdueTold)).toBe(expected);
  });
});

describe("isOverdue", () => {
  const made = fromIso("2026-03-01T02:00:00Z");
  it.each<[string, number, number | null, number, boolean]>([
    ["daily, on the third day", 3, made + DAY_MS, made + 3 * DAY_MS - 1, false],
    ["daily, after three days", 3, made + DAY_MS, made + 3 * DAY_MS, true],
    ["daily with one day: not when it is just due again", 1, made + DAY_MS, made + DAY_MS, false],
    ["daily with one day: a day after that", 1, made + DAY_MS, made + 2 * DAY_MS, true],
    ["weekly, on the fourth day", 3, made + 7 * DAY_MS, made + 4 * DAY_MS, false],
    ["weekly, a day after it was due", 3, made + 7 * DAY_MS, made + 8 * DAY_MS, true],
    ["hourly with one day", 1, made + HOUR_MS, made + DAY_MS + HOUR_MS, true],
    ["never due", 3, null, made + 400 * DAY_MS, false],
    ["the clock was set back", 3, made + DAY_MS, made - 365 * DAY_MS, false],
  ])("%s", (_name, days, dueAt, now, expected) => {
    expect(isOverdue(days, made, dueAt, now)).toBe(expected);
  });
});

it("means all schedules, or those named", () => {
  expect(isAbout({ scheduleIds: [] }, "a")).toBe(true);
  expect(isAbout({ scheduleIds: ["a"] }, "a")).toBe(true);
  expect(isAbout({ scheduleIds: ["b"] }, "a")).toBe(false);
});

it("has a key for each end and each stretch without success", () => {
  expect(endKey("r", "2026-03-01T02:00:00.000Z")).not.toBe(endKey("r", "2026-03-01T03:00:00.000Z"));
  expect(overdueKey("s", "2026-03-01T02:00:00.000Z")).not.toBe(overdueKey("s", "2026-03-02T02:00:00.000Z"));
});

it("tries ten times within a day or so, never more than six hours apart", () => {
  const delays = Array.from({ length: 10 }, (_, index) => retryDelay(index + 1));
  expect(delays.map((ms) => (ms === null ? null : ms / 60_000))).toEqual([1, 3, 9, 27, 81, 243, 360, 360, 360, null]);
});

describe("words", () => {
  const run: ScheduledRunSummary = {
    id: "r1",
    scheduleId: "s1",
    scheduleName: "Nights",
    firingId: "s1@x",
    nominalAt: "2026-03-01T01:30:00.000Z",
    madeAt: "2026-03-01T01:30:00.000Z",
    byHand: false,
    catchesUp: false,
    state: "failed",
    waitsFor: null,
    reason: "attempt 3 of 3",
    mayStartAt: null,
    heldUntilAt: null,
    startedAt: "2026-03-01T01:30:00.000Z",
    endedAt: "2026-03-01T01:42:00.000Z",
    runIds: [],
    error: { code: "target.no-space", message: "The disk is full", hint: "Free some space.", retryable: false },
  };
  it("say what failed, why, what to do, and when it was due on the schedule's wall", () => {
    const { title, body, path, data } = endMessage(run, "failure", "Europe/Berlin");
    expect(title).toBe("Nights failed");
    expect(body).toBe("The disk is full.\nFree some space.\nDue 2026-03-01 02:30 (Europe/Berlin), took 12 min.");
    expect(path).toBe("/schedules/runs/r1");
    expect(data.run).toMatchObject({ id: "r1", state: "failed", error: { code: "target.no-space" } });
  });
  it.each([
    ["clean-up-failed", "failure", "Nights: done, but the clean-up after it failed"],
    ["succeeded", "recovery", "Nights works again"],
    ["warned", "recovery", "Nights works again, with warnings"],
    ["succeeded", "success", "Nights succeeded"],
  ] as const)("of %s as %s", (state, event, expected) => {
    expect(endMessage({ ...run, state, error: null }, event, "UTC").title).toBe(expected);
  });
  it("give the reason of a failure without an error, and none of a success", () => {
    expect(endMessage({ ...run, error: null }, "failure", "UTC").body).toMatch(/^attempt 3 of 3\.\n/);
    expect(endMessage({ ...run, error: null, state: "succeeded" }, "success", "UTC").body).toMatch(/^Due /);
  });
  it("say since when nothing succeeded", () => {
    const schedule = { id: "s1", name: "Nights", zone: "Europe/Berlin" };
    const since = "2026-03-01T01:30:00.000Z";
    const now = fromIso(since) + 3 * DAY_MS + HOUR_MS;
    expect(overdueMessage(schedule, since, since, now)).toMatchObject({
      title: "Nights has not succeeded for 3 days",
      body: "It succeeded last at 2026-03-01 02:30 (Europe/Berlin).",
    });
    expect(overdueMessage(schedule, since, null, now).body).toMatch(/never/);
  });
});
