import { describe, expect, it } from "vitest";
import type { ScheduledRunState } from "../../../src-core/model/scheduled-run.ts";
import { fromIso, toIso } from "../../../src-core/schedule/instant.ts";
import { type ScheduleState, scheduleView, tomorrowAtSix } from "./tray-schedules.ts";

/** A Thursday, 13:00 in Berlin. */
const NOW = fromIso("2026-03-26T12:00:00.000Z");
const state = (more: Partial<ScheduleState> = {}): ScheduleState => ({
  now: NOW,
  zone: "Europe/Berlin",
  pause: null,
  next: [],
  active: [],
  ...more,
});
const run = (id: string, runState: ScheduledRunState) => ({ id, scheduleName: `Job ${id}`, state: runState });

describe("what the tray says about schedules", () => {
  it.each([
    ["2026-03-26T20:30:00.000Z", "Next: Nights at 21:30"],
    ["2026-03-27T01:30:00.000Z", "Next: Nights tomorrow 02:30"],
    // Over the change to summer time: the wall counts.
    ["2026-03-29T22:30:00.000Z", "Next: Nights Mon 00:30"],
    ["2026-04-01T01:30:00.000Z", "Next: Nights Wed 03:30"],
    ["2026-04-02T01:30:00.000Z", "Next: Nights 2026-04-02 03:30"],
    ["2026-03-25T11:00:00.000Z", "Next: Nights 2026-03-25 12:00"],
  ])("of %s: %s", (at, expected) => {
    const next = [{ id: "s", name: "Nights", at }];
    expect(scheduleView(state({ next })).next).toBe(expected);
  });

  it("says that nothing is due, and nothing more", () => {
    expect(scheduleView(state())).toEqual({
      shown: false,
      next: "No schedule is due",
      paused: null,
      running: [],
      more: null,
      runNow: [],
    });
  });

  it("is there where something comes, runs, waits or is paused", () => {
    expect(scheduleView(state({ active: [run("a", "waiting")] })).shown).toBe(true);
    expect(scheduleView(state({ next: [{ id: "s", name: "N", at: toIso(NOW) }] })).shown).toBe(true);
    expect(scheduleView(state({ pause: { reason: "", sinceAt: toIso(NOW), untilAt: null } })).shown).toBe(true);
  });

  it.each([
    [null, "Schedules are paused until they are resumed"],
    [toIso(NOW + 3_600_000), "Schedules are paused until 14:00"],
    [toIso(tomorrowAtSix(NOW, "Europe/Berlin")), "Schedules are paused until tomorrow 06:00"],
    [toIso(NOW), null],
  ])("says till when they are paused: %s", (untilAt, expected) => {
    const pause = { reason: "", sinceAt: toIso(NOW - 60_000), untilAt };
    expect(scheduleView(state({ pause })).paused).toBe(expected);
  });

  it("shows what moves or is held, not what waits, and keeps the menu short", () => {
    const active = [run("a", "waiting"), run("b", "running"), run("c", "held"), run("d", "canceling")];
    const view = scheduleView(state({ active }));
    expect(view.running).toEqual([
      { id: "b", label: "Job b: running", route: "/schedules/runs/b" },
      { id: "c", label: "Job c: held till its window opens", route: "/schedules/runs/c" },
      { id: "d", label: "Job d: canceling", route: "/schedules/runs/d" },
    ]);
    const many = Array.from({ length: 9 }, (_, n) => run(`${n}`, "running"));
    expect(scheduleView(state({ active: many }))).toMatchObject({ more: "4 more of schedules" });
  });

  it("offers the next few to be run now, with names of any length", () => {
    const next = Array.from({ length: 8 }, (_, n) => ({ id: `s${n}`, name: "x".repeat(300), at: toIso(NOW + 60_000) }));
    const { runNow } = scheduleView(state({ next }));
    expect(runNow.map(({ id }) => id)).toEqual(["s0", "s1", "s2", "s3", "s4"]);
    for (const { label } of runNow) expect(label.length).toBeLessThan(60);
  });
});

it.each([
  ["2026-03-26T12:00:00.000Z", "Europe/Berlin", "2026-03-27T05:00:00.000Z"],
  // Past midnight it is the next day all the same.
  ["2026-03-26T00:30:00.000Z", "Europe/Berlin", "2026-03-27T05:00:00.000Z"],
  ["2026-03-28T12:00:00.000Z", "Europe/Berlin", "2026-03-29T04:00:00.000Z"],
  ["2026-03-26T23:00:00.000Z", "Asia/Kathmandu", "2026-03-28T00:15:00.000Z"],
])("tomorrow at six of %s in %s", (now, zone, expected) => {
  expect(toIso(tomorrowAtSix(fromIso(now), zone))).toBe(expected);
});
