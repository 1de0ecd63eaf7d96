import { beforeEach, describe, expect, it } from "vitest";
import type { AppEvent } from "../../src-core/model/event.ts";
import { ScheduleDefinition } from "../../src-core/model/schedule.ts";
import { toIso } from "../../src-core/schedule/instant.ts";
import { answer } from "../../src-core/schedule/questions.ts";
import { type Db, openDatabase } from "../db/open.ts";
import { insertFact } from "../db/schedule-facts.ts";
import { insertScheduledRun, updateScheduledRun } from "../db/scheduled-runs.ts";
import { allSchedules, scheduleById } from "../db/schedules.ts";
import { createEventHub, type EventHub } from "../jobs/event-hub.ts";
import { createScheduleRows } from "./schedule-rows.ts";
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

  it("keeps nothing of changes of which one is refused, and tells nobody", () => {
    const good = { kind: "create" as const, id: "g", definition: definition("good"), enabled: true };
    const bad = {
      kind: "create" as const,
      id: "b",
      definition: definition("bad", { zone: "Mars/Base" }),
      enabled: true,
    };
    expect(() => schedules.apply([good, bad])).toThrow(
      expect.objectContaining({
        code: "schedule.invalid",
        details: expect.objectContaining({ change: 1, field: "zone" }),
      }),
    );
    expect([schedules.list(), allSchedules(db), told, changes]).toEqual([[], [], [], 0]);
  });

  it("refuses a change of what was changed in between", () => {
    const { id, changedAt } = schedules.create(definition("a"), true);
    const first = schedules.update(id, definition("b"), changedAt);
    expect(first.changedAt > changedAt).toBe(true);
    expect(() => schedules.update(id, definition("c"), changedAt)).toThrow(
      expect.objectContaining({ code: "state.conflict" }),
    );
    expect(schedules.get(id).name).toBe("b");
  });

  it("lets two swap their names", () => {
    const [a, b] = [schedules.create(definition("a"), true), schedules.create(definition("b"), true)];
    schedules.apply([
      { kind: "update", id: a.id, definition: definition("b") },
      { kind: "update", id: b.id, definition: definition("a") },
    ]);
    expect(allSchedules(db).map(({ schedule }) => schedule.id)).toEqual([b.id, a.id]);
  });

  it("is there after a restart as it was", () => {
    const made = schedules.create(definition("a", { priority: 7 }), false);
    expect(createScheduleSet(db).all()).toEqual([made]);
  });
});

describe("the mark up to which times are decided", () => {
  const markAfter = (change: (id: string) => void): string | undefined => {
    const { id } = schedules.create(definition("a"), true);
    now += 3_600_000;
    change(id);
    return scheduleById(db, id)?.handledAt;
  };
  const made = "2026-06-01T12:00:00.000Z";
  const later = "2026-06-01T13:00:00.000Z";

  it("stays when times stay", () => {
    expect(markAfter((id) => void schedules.update(id, definition("b", { priority: 1 })))).toBe(made);
    schedules.remove(schedules.list()[0]?.id ?? "", false);
    now = NOW;
    expect(markAfter((id) => void schedules.pause(id, { reason: "", untilAt: null }))).toBe(made);
  });

  it("moves when its times are others, or are read in another zone", () => {
    const when = { kind: "cron", expression: "0 3 * * *" };
    expect(markAfter((id) => void schedules.update(id, definition("a", { when })))).toBe(later);
    schedules.remove(schedules.list()[0]?.id ?? "", false);
    now = NOW;
    expect(markAfter((id) => void schedules.update(id, definition("a", { zone: "UTC" })))).toBe(later);
  });

  it("moves when it is switched on again, so that nothing is made up for", () => {
    expect(
      markAfter((id) => {
        schedules.setEnabled(id, false);
        expect(scheduleById(db, id)?.handledAt).toBe(made);
        schedules.setEnabled(id, true);
      }),
    ).toBe(later);
  });
});

describe("removing", () => {
  it("is refused while others come after it, unless it is taken out of them", () => {
    const a = schedules.create(definition("a"), true);
    const b = schedules.create(definition("b", { dependencies: [{ parentId: a.id }] }), true);
    expect(() => schedules.remove(a.id, false)).toThrow(expect.objectContaining({ code: "state.conflict" }));
    expect(schedules.list()).toHaveLength(2);
    told = [];
    schedules.remove(a.id, true);
    expect(schedules.list()).toMatchObject([{ id: b.id, dependencies: [] }]);
    expect(told.map(({ type }) => type)).toEqual(["schedule-removed", "schedule"]);
  });
});

describe("times that became no run", () => {
  it("are told with their schedule in words, newest first, and not those of runs or of others", () => {
    const { id } = schedules.create(definition("nightly"), true);
    const other = schedules.create(definition("other"), true);
    const at = (hour: number) => toIso(NOW + hour * 3_600_000);
    const skipped = (scheduleId: string, hour: number) =>
      insertFact(db, {
        at: at(hour),
        scheduleId,
        scheduledRunId: null,
        fact: { kind: "missed-skipped", count: hour, firstAt: at(0), lastAt: at(hour) },
      });
    skipped(id, 1);
    skipped(other.id, 2);
    skipped(id, 3);
    expect(schedules.get(id).withoutRun).toMatchObject([
      { at: at(3), text: expect.stringMatching(/^3 times missed .*: skipped/) },
      { at: at(1), fact: { count: 1 } },
    ]);
  });
});

describe("rows", () => {
  it("have no next run while switched off or paused for good, and the one after a pause that ends", () => {
    const { id } = schedules.create(definition("a"), true);
    schedules.pause(id, { reason: "", untilAt: "2026-06-05T12:00:00Z" });
    expect(schedules.get(id).row.nextAt).toBe("2026-06-06T00:00:00.000Z");
    schedules.pause(id, { reason: "", untilAt: null });
    expect(schedules.get(id).row.nextAt).toBeNull();
    schedules.resume(id);
    schedules.setEnabled(id, false);
    expect(schedules.get(id).row.nextAt).toBeNull();
  });

  it("of what comes after others tell the next firing of its roots, also when that becomes another one", () => {
    const early = schedules.create(definition("early"), true);
    const late = schedules.create(definition("late", { when: { kind: "cron", expression: "0 5 * * *" } }), true);
    const follows = (...ids: string[]) => ({
      when: { kind: "after" },
      dependencies: ids.map((parentId) => ({ parentId })),
    });
    const child = schedules.create(definition("child", follows(early.id, late.id)), true);
    const last = schedules.create(definition("last", follows(child.id)), true);
    const nextOf = (id: string) => schedules.get(id).row.nextAt;
    expect(schedules.get(last.id).row).toMatchObject({ nextAt: "2026-06-02T00:00:00.000Z", nextStartAt: null });
    told = [];
    schedules.setEnabled(early.id, false);
    expect(nextOf(last.id)).toBe("2026-06-02T03:00:00.000Z");
    const rows = told.flatMap((event) =>
      event.type === "schedule" ? [[event.schedule.name, event.schedule.nextAt]] : [],
    );
    expect(Object.fromEntries(rows)).toEqual({
      early: null,
      child: "2026-06-02T03:00:00.000Z",
      last: "2026-06-02T03:00:00.000Z",
    });
    told = [];
    schedules.pause(late.id, { reason: "", untilAt: "2026-06-05T12:00:00Z" });
    expect(told).toContainEqual(
      expect.objectContaining({
        schedule: expect.objectContaining({ name: "last", nextAt: "2026-06-06T03:00:00.000Z" }),
      }),
    );
    schedules.pause(child.id, { reason: "", untilAt: null });
    expect([nextOf(child.id), nextOf(last.id)]).toEqual([null, null]);
  });

  it("show the last 30 runs, oldest first, how long they took, and the last success also where it is older", () => {
    const { id } = schedules.create(definition("a"), true);
    for (let i = 0; i < 40; i++) {
      const at = toIso(NOW + i * 3_600_000);
      insertScheduledRun(db, {
        ...{ id: `r${i}`, scheduleId: id, scheduleName: "a", firingId: `f${i}`, nominalAt: at, madeAt: at },
        ...{ byHand: false, catchesUp: false, waitsFor: null, reason: null, mayStartAt: null, anyway: false },
        definition: definition("a"),
      });
      const state = i === 3 ? "succeeded" : "failed";
      updateScheduledRun(db, `r${i}`, { state, startedAt: at, endedAt: toIso(NOW + i * 3_600_000 + 60_000) });
    }
    const { row } = schedules.get(id);
    expect(row.recent.map((run) => run.id)).toEqual(Array.from({ length: 30 }, (_, i) => `r${i + 10}`));
    expect([row.lastSuccessAt, row.predicted]).toEqual(["2026-06-01T15:01:00.000Z", null]);
    updateScheduledRun(db, "r39", { state: "warned" });
    expect(schedules.list()).toMatchObject([{ predicted: { lowMs: 30_000, highMs: 90_000 } }]);
  });

  it("are read in a few statements, however many there are", () => {
    schedules.apply(
      Array.from({ length: 300 }, (_, i) => ({
        ...{ kind: "create" as const, id: `s${i}`, enabled: true },
        definition: definition(`s${i}`),
      })),
    );
    expect(told).toEqual([{ type: "schedules" }]);
    let statements = 0;
    const counted: Db = {
      ...db,
      all(query) {
        statements += 1;
        return db.all(query);
      },
      get(query) {
        statements += 1;
        return db.get(query);
      },
    };
    const rows = createScheduleRows({ db: counted, now: () => now, pause: () => null, sourceNames: () => ({}) });
    const all = createScheduleSet(db).all();
    expect(rows.rowsOf(all, all)).toHaveLength(300);
    expect(statements).toBeLessThan(5);
  });
});

describe("files", () => {
  it("are taken whole or not at all", async () => {
    schedules.create(definition("a"), true);
    schedules.create(definition("b"), true);
    const text = await schedules.exportFile("yaml", null);
    const wrong = text
      .replace("enabled: true", "enabled: false")
      .replace(/zone: Europe\/Berlin(?![\s\S]*zone:)/, "zone: Mars/Base");
    expect((await schedules.importFile(wrong, true)).problems).toMatchObject([{ field: "schedules.1.zone" }]);
    await expect(schedules.importFile(wrong, false)).rejects.toMatchObject({ code: "schedule.invalid" });
    expect(schedules.list().map(({ enabled }) => enabled)).toEqual([true, true]);
    expect((await schedules.importFile(text.replace("enabled: true", "enabled: false"), false)).changed).toHaveLength(
      1,
    );
    expect(schedules.list().map(({ enabled }) => enabled)).toEqual([false, true]);
  });

  it("refuse to write one that is not there", () => {
    expect(() => schedules.exportFile("yaml", ["x"])).toThrow(expect.objectContaining({ code: "request.not-found" }));
  });
});
