import { describe, expect, test } from "vitest";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import type { Schedule } from "../../../src-core/model/schedule.ts";
import type { When } from "../../../src-core/model/when.ts";
import { everyDaysOf, startOfSchedule } from "./schedule-start.ts";

const HOUR_MS = 3_600_000;
const calendar = (days: Extract<When, { kind: "calendar" }>["days"], months: number[] = []): When => ({
  kind: "calendar",
  months,
  days,
  times: ["01:00"],
});

test.each<[When, number | null]>([
  [{ kind: "interval", everyMs: 6 * HOUR_MS, fromAt: "2026-01-01T00:00:00Z" }, 1],
  [{ kind: "interval", everyMs: 48 * HOUR_MS, fromAt: "2026-01-01T00:00:00Z" }, 2],
  [calendar({ kind: "weekdays", weekdays: ["sun"] }), 7],
  [calendar({ kind: "weekdays", weekdays: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] }), 1],
  [calendar({ kind: "weekdays", weekdays: ["mon", "thu"] }), null],
  [calendar({ kind: "last-day", daysBefore: 0 }), 30],
  [calendar({ kind: "days", days: [1, 15] }), null],
  [calendar({ kind: "days", days: [1] }, [3, 6]), null],
  [{ kind: "cron", expression: "30 2 * * *" }, 1],
  [{ kind: "cron", expression: "30 2 * * sun" }, 7],
  [{ kind: "cron", expression: "30 2 1 * *" }, 30],
  [{ kind: "cron", expression: "30 2 * * 1-5" }, null],
  [{ kind: "once", at: "2026-01-01T00:00" }, null],
  [{ kind: "after" }, null],
])("%j runs every %s days", (when, days) => {
  expect(everyDaysOf(when)).toBe(days);
});

describe("what a schedule is about", () => {
  const GIB = 2 ** 30;
  const machine = (id: string, name: string, usedBytes: number) =>
    ({
      id,
      sourceId: "s1",
      name,
      usedBytes,
      provisionedBytes: null,
      tags: [],
      datastores: [],
      path: `/${name}`,
    }) as unknown as MachineRow;
  const machines = [machine("1", "db-1", 2 * GIB), machine("2", "db-2", 3 * GIB), machine("3", "web", 9 * GIB)];
  const when: When = { kind: "cron", expression: "0 1 * * 0" };

  test("the one machine of an export", () => {
    const work = { kind: "job", request: { kind: "export", sourceId: "s1", machineId: "3" } } as Schedule["work"];
    expect(startOfSchedule({ name: "weekly", work, when }, machines, [])).toMatchObject({
      name: "weekly",
      sizeBytes: 9 * GIB,
      everyDays: 7,
    });
  });

  test("the machines that a rule means today", () => {
    const rule = {
      sourceIds: ["s1"],
      tags: [],
      folders: [],
      datastores: [],
      power: [],
      families: [],
      nameContains: ["db"],
      onlyIds: [],
      exceptIds: [],
      exceptTags: [],
      atMost: 100,
    };
    const work = { kind: "export-selection", rule } as unknown as Schedule["work"];
    expect(startOfSchedule({ name: "databases", work, when }, machines, [])?.sizeBytes).toBe(5 * GIB);
  });

  test("a check stores nothing", () => {
    const work = { kind: "job", request: { kind: "check", path: "/a" } } as Schedule["work"];
    expect(startOfSchedule({ name: "check", work, when }, machines, [])).toBeNull();
  });
});
