import { beforeEach, expect, it } from "vitest";
import type { ToScheduling } from "../../src-core/schedule/engine/messages.ts";
import { clockOf } from "../clock.ts";
import { type Db, openDatabase } from "../db/open.ts";
import { insertSchedule } from "../db/schedules.ts";
import { testEngine } from "../jobs/testing/test-engine.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";
import { schedule } from "./testing/schedules.ts";

let db: Db;
let now: number;
let posted: ToScheduling["type"][];
let threads: number;
let scheduler: Scheduler;

const ANY_QUESTION = { kind: "validate", definition: {}, id: null, sourceNames: {} } as const;

const nobody = (): never => {
  throw new Error("not in this test");
};

beforeEach(() => {
  db = openDatabase(":memory:");
  now = Date.UTC(2026, 5, 1);
  posted = [];
  threads = 0;
  const { engine, hub } = testEngine({ db });
  scheduler = createScheduler({
    db,
    hub,
    engine,
    log: { info: () => undefined, error: nobody } as never,
    clock: { ...clockOf(null), now: () => now },
    jobs: { prepare: nobody, prepareAgain: nobody, prepareExports: nobody },
    measuring: { readPower: nobody, isMetered: nobody, sources: nobody },
    startThread() {
      threads += 1;
      return { post: ({ type }) => void posted.push(type), stop: async () => undefined };
    },
    random: () => 0,
  });
});

const add = () => insertSchedule(db, schedule("nightly"), new Date(now).toISOString());

it("has a thread from the start where there are schedules, and tells it all of them", () => {
  add();
  scheduler.start();
  expect([threads, posted]).toEqual([1, ["picture"]]);
});

it("has none while there are none; saving one brings it", () => {
  scheduler.start();
  expect(threads).toBe(0);
  add();
  scheduler.changed();
  scheduler.changed();
  expect([threads, posted]).toEqual([1, ["picture"]]);
});

it("has none while there are none; a question brings it", () => {
  scheduler.start();
  void scheduler.ask(ANY_QUESTION).catch(() => undefined);
  expect([threads, posted]).toEqual([1, ["picture", "ask"]]);
});

it("counts a sleep as one with the thread and without", () => {
  scheduler.start();
  now += 3_600_000;
  scheduler.suspended();
  scheduler.resumed();
  expect(scheduler.status().awakeSinceAt).toBe("2026-06-01T01:00:00.000Z");
  add();
  scheduler.changed();
  scheduler.suspended();
  scheduler.resumed();
  expect(posted).toEqual(["picture", "suspended", "resumed"]);
});

it("starts none once it has stopped", async () => {
  scheduler.start();
  await scheduler.stop();
  scheduler.changed();
  await expect(scheduler.ask(ANY_QUESTION)).rejects.toThrow("ending");
  expect(threads).toBe(0);
});
