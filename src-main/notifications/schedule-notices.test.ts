import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChannelSettings } from "../../src-core/model/notification.ts";
import type { Schedule } from "../../src-core/model/schedule.ts";
import { DAY_MS, fromIso, HOUR_MS, toIso } from "../../src-core/schedule/instant.ts";
import { deleteChannel, putChannel } from "../db/notification-channels.ts";
import { deliveriesOf } from "../db/notification-deliveries.ts";
import { deleteSchedule, updateSchedule } from "../db/schedules.ts";
import { type Ground, newGround } from "../services/testing/ground.ts";
import { tellOfSchedules } from "./schedule-notices.ts";
import { type ManualClock, manualClock } from "./testing/manual-clock.ts";
import { endRun, makeRun, makeSchedule } from "./testing/schedule-history.ts";

const START = fromIso("2026-03-01T12:00:00.000Z");
/** Minutes after the start. */
const at = (minutes: number) => toIso(START + minutes * 60_000);

let ground: Ground;
let clock: ManualClock;
let woken: number;
let schedule: Schedule;
beforeEach(() => {
  ground = newGround();
  clock = manualClock(START);
  woken = 0;
  deleteChannel(ground.db, "desktop");
  channel("all", { success: true });
  schedule = makeSchedule(ground.db, "s", at(0));
});
afterEach(() => ground.remove());

function channel(id: string, rules: object = {}, enabled = true): void {
  const settings = ChannelSettings.parse({ name: id, enabled, rules, target: { kind: "desktop" } });
  putChannel(ground.db, { id, settings, sealed: null });
}
const listen = () =>
  tellOfSchedules({
    db: ground.db,
    hub: ground.hub,
    log: ground.log,
    clock,
    outbox: {
      wake: () => {
        woken += 1;
      },
      stop: async () => {},
    },
  });
const told = (id = "all") =>
  deliveriesOf(ground.db, id, 100)
    .reverse()
    .map(({ event, scheduledRunId }) => `${event} ${scheduledRunId ?? "-"}`);
const ends = (id: string, state: Parameters<typeof endRun>[2], minutes: number, heard = true) => {
  makeRun(ground.db, schedule, id, at(minutes));
  endRun(ground.db, id, state, at(minutes), heard ? ground.hub : undefined);
};

it("is there from the start: a quiet channel of the desktop", () => {
  const fresh = newGround();
  const found = fresh.db.all(fresh.db.sql.selectFrom("notification_channels").selectAll());
  expect(found.map(({ settings }) => ChannelSettings.parse(JSON.parse(settings)))).toEqual([
    ChannelSettings.parse({ name: "Desktop", target: { kind: "desktop" } }),
  ]);
  fresh.remove();
});

describe("ends of runs", () => {
  it("tell of failures, of the first success after them, and of nothing that was skipped or canceled", () => {
    channel("quiet");
    listen();
    ends("a", "succeeded", 1);
    ends("b", "failed", 2);
    ends("c", "skipped", 3);
    ends("d", "canceled", 4);
    ends("e", "clean-up-failed", 5);
    ends("f", "warned", 6);
    ends("g", "succeeded", 7);
    expect(told()).toEqual(["success a", "failure b", "failure e", "recovery f", "success g"]);
    expect(told("quiet")).toEqual(["failure b", "failure e", "recovery f"]);
  });

  it("tell each once, whatever is said again, also after a restart", () => {
    const stop = listen();
    ends("a", "failed", 1);
    endRun(ground.db, "a", "failed", at(1), ground.hub);
    stop();
    listen();
    endRun(ground.db, "a", "failed", at(1), ground.hub);
    expect(told()).toEqual(["failure a"]);
  });

  it("that nobody heard of are found at the next start, in their order", () => {
    const stop = listen();
    ends("a", "failed", 1);
    stop();
    ends("b", "failed", 2, false);
    ends("c", "succeeded", 3, false);
    listen();
    expect(told()).toEqual(["failure a", "failure b", "recovery c"]);
  });

  it("count again where a run is tried again", () => {
    listen();
    ends("a", "failed", 1);
    endRun(ground.db, "a", "failed", at(9), ground.hub);
    endRun(ground.db, "a", "succeeded", at(15), ground.hub);
    expect(told()).toEqual(["failure a", "failure a", "recovery a"]);
  });

  it("are told to channels that are on and mean the schedule, and not later to new ones", () => {
    channel("off", {}, false);
    channel("other", { scheduleIds: ["another"] });
    channel("this", { scheduleIds: ["s"] });
    const stop = listen();
    ends("a", "failed", 1);
    stop();
    channel("new");
    listen();
    endRun(ground.db, "a", "failed", at(1), ground.hub);
    expect([told("off"), told("other"), told("this"), told("new")]).toEqual([[], [], ["failure a"], []]);
  });

  it("are known in their order though the clock was set back", () => {
    listen();
    ends("a", "failed", 60 * 24 * 365);
    ends("b", "succeeded", 1);
    ends("c", "succeeded", 2);
    expect(told()).toEqual(["failure a", "recovery b", "success c"]);
  });

  it("wake the outbox only where something is to be sent", () => {
    listen();
    const before = woken;
    ends("a", "skipped", 1);
    expect(woken).toBe(before);
    ends("b", "failed", 2);
    expect(woken).toBe(before + 1);
  });

  it("of a schedule that is gone are told all the same", () => {
    listen();
    deleteSchedule(ground.db, "s");
    ends("a", "failed", 1);
    expect(told()).toEqual(["failure a"]);
  });
});

describe("a schedule that does not succeed", () => {
  const goDays = (days: number) => clock.goTo(START + days * DAY_MS + 2 * HOUR_MS);

  it("is told of once, again only after it has succeeded, and recovers", () => {
    let stop = listen();
    goDays(2);
    expect(told()).toEqual([]);
    goDays(3);
    expect(told()).toEqual(["overdue -"]);
    goDays(5);
    stop();
    stop = listen();
    goDays(6);
    expect(told()).toEqual(["overdue -"]);
    ends("a", "succeeded", 6 * 1440);
    expect(told()).toEqual(["overdue -", "recovery a"]);
    goDays(20);
    expect(told()).toEqual(["overdue -", "recovery a", "overdue -"]);
  });

  it("is told of by each channel after its own days", () => {
    channel("seven", { overdueDays: 7 });
    channel("never", { overdueDays: null });
    listen();
    goDays(5);
    expect([told("all"), told("seven"), told("never")]).toEqual([["overdue -"], [], []]);
    goDays(8);
    expect([told("all"), told("seven"), told("never")]).toEqual([["overdue -"], ["overdue -"], []]);
  });

  it.each<[string, Partial<Schedule>]>([
    ["switched off", { enabled: false }],
    ["paused", { pause: { reason: "", sinceAt: at(0), untilAt: null } }],
    ["not due yet", { when: { kind: "cron", expression: "0 0 1 1 *" } }],
    ["only after others, and those have not run", { when: { kind: "after" } }],
    ["over", { endsOn: "2026-03-01" }],
    ["changed a moment ago", { changedAt: toIso(START + 9 * DAY_MS) }],
  ])("is not told of while it is %s", (_what, more) => {
    listen();
    updateSchedule(ground.db, { ...schedule, ...more });
    goDays(9);
    expect(told()).toEqual([]);
  });

  it("is told of where it runs after others and is skipped every time", () => {
    const child = makeSchedule(ground.db, "child", at(0), { when: { kind: "after" } });
    listen();
    makeRun(ground.db, child, "a", at(30));
    endRun(ground.db, "a", "skipped", at(30), ground.hub);
    updateSchedule(ground.db, { ...schedule, enabled: false });
    goDays(4);
    expect(deliveriesOf(ground.db, "all", 9).map(({ scheduleId }) => scheduleId)).toEqual(["child"]);
  });
});
