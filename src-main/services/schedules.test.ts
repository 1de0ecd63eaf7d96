import { beforeEach, describe, expect, it } from "vitest";
import type { AppEvent } from "../../src-core/model/event.ts";
import { ScheduleDefinition } from "../../src-core/model/schedule.ts";
import { answer } from "../../src-core/schedule/questions.ts";
import { type Db, openDatabase } from "../db/open.ts";
import { scheduleById } from "../db/schedules.ts";
import { createEventHub, type EventHub } from "../jobs/event-hub.ts";
import { createScheduleSet } from "./schedule-set.ts";
import { createSchedules, type SchedulesService } from "./schedules.ts";

const NOW = Date.parse("2026-06-01T12:00:00Z");
let now = NOW;
let db: Db;
let hub: EventHub;
let schedules: SchedulesService;
let told: AppEvent[];
/** How often the scheduler was told. */
let changes = 0;

beforeEach(() => {
  now = NOW;
  db = openDatabase(":memory:");
  const log = { error: () => undefined } as never;
  hub = createEventHub({ db, log });
  told = [];
  changes = 0;
  hub.listen(({ event }) => told.push(event));
  const set = createScheduleSet(db);
  schedules = createSchedules({
    db,
    set,
    hub,
    now: () => now,
    scheduler: {
      ask: async (question) => answer(question, set.all(), now),
      changed() {
        changes += 1;
      },
      status: () => ({ now: "", awakeSinceAt: "", pause: null, next: null }),
      pauseAll: () => undefined,
      runNow: () => {
        throw new Error("not in this test");
      },
    },
    limits: () => ({ most: 2, groups: [] }),
    sourceNames: () => ({ s1: "vcenter1" }),
  });
});

function definition(name: string, more: Partial<Record<keyof ScheduleDefinition, unknown>> = {}): ScheduleDefinition {
  return ScheduleDefinition.parse({
    name,
    work: { kind: "job", request: { kind: "check", path: "/srv/a.qcow2" } },
    when: { kind: "cron", expression: "0 2 * * *" },
    zone: "Europe/Berlin",
    ...more,
  });
}

describe("saving", () => {
  it("keeps a new schedule, with nothing to make up for, and tells its row", () => {
    const { id } = schedules.create(definition("nightly"), true);
    expect(scheduleById(db, id)?.handledAt).toBe("2026-06-01T12:00:00.000Z");
    expect(schedules.list()).toMatchObject([
      { id, name: "nightly", nextAt: "2026-06-02T00:00:00.000Z", nextStartAt: "2026-06-02T00:00:00.000Z", recent: [] },
    ]);
    expect(told).toMatchObject([{ type: "schedule", schedule: { id } }]);
    expect(changes).toBe(1);
  });

  it("refuses the same name in other letters, and leaves nothing of it", () => {
    schedules.create(definition("nightly"), true);
    expect(() => schedules.create(definition("Nightly"), true)).toThrow(
      expect.objectContaining({ code: "schedule.duplicate", details: expect.objectContaining({ field: "name" }) }),
    );
    expect(schedules.list()).toHaveLength(1);
  });
});
