import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { ChannelSettings } from "../../src-core/model/notification.ts";
import { fromIso, toIso } from "../../src-core/schedule/instant.ts";
import { endMessage } from "../../src-core/schedule/notice-words.ts";
import { deleteChannel, putChannel } from "../db/notification-channels.ts";
import { deliveriesOf, giveUpWaiting, insertDelivery } from "../db/notification-deliveries.ts";
import { type Ground, newGround } from "../services/testing/ground.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { type ManualClock, manualClock } from "./testing/manual-clock.ts";

const START = fromIso("2026-03-01T12:00:00.000Z");
const MINUTE = 60_000;

let ground: Ground;
let clock: ManualClock;
/** Ids in the order in which they were sent, with the minute. */
let sent: string[];
let fails: (id: string) => string | null;
let outbox: Outbox;
beforeEach(() => {
  ground = newGround();
  clock = manualClock(START);
  sent = [];
  fails = () => null;
  deleteChannel(ground.db, "desktop");
  channel("hook", { kind: "webhook", url: "https://example.com/a" });
});
afterEach(async () => {
  await outbox?.stop();
  ground.remove();
});

function channel(id: string, target: object, enabled = true): void {
  const settings = ChannelSettings.parse({ name: id, enabled, target });
  putChannel(ground.db, { id, settings, sealed: null });
}
function write(id: string, channelId = "hook"): boolean {
  return insertDelivery(ground.db, {
    id,
    channelId,
    key: `end:${id}`,
    event: "failure",
    at: toIso(clock.now()),
    message: endMessage(
      {
        id: "r",
        scheduleId: "s",
        scheduleName: "Nights",
        firingId: "f",
        nominalAt: toIso(START),
        madeAt: toIso(START),
        byHand: false,
        catchesUp: false,
        state: "failed",
        waitsFor: null,
        reason: null,
        mayStartAt: null,
        heldUntilAt: null,
        startedAt: null,
        endedAt: null,
        runIds: [],
        error: null,
      },
      "failure",
      "UTC",
    ),
    scheduleId: "s",
    scheduledRunId: null,
    state: "waiting",
    attempts: 0,
    nextAttemptAt: toIso(clock.now()),
    error: null,
  });
}
const open = () => {
  outbox = createOutbox({
    db: ground.db,
    hub: ground.hub,
    log: ground.log,
    clock,
    async send(_channel, { id }) {
      sent.push(`${id} ${Math.round((clock.now() - START) / MINUTE)}`);
      const why = fails(id);
      if (why !== null) throw new AppError("notice.failed", why);
      return null;
    },
  });
  return outbox;
};
/** Lets what was begun come to its end. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};
const row = (id: string, channelId = "hook") =>
  deliveriesOf(ground.db, channelId, 100).find((delivery) => delivery.id === id);

describe("the outbox", () => {
  it("sends what waits, once, and says so", async () => {
    open();
    write("a");
    expect(write("a")).toBe(false);
    outbox.wake();
    outbox.wake();
    await settle();
    outbox.wake();
    await settle();
    expect(sent).toEqual(["a 0"]);
    expect(row("a")).toMatchObject({ state: "sent", attempts: 1, nextAttemptAt: null, error: null });
    expect(ground.told).toContainEqual({ type: "channels" });
  });

  it("tries again with growing delays, and gives up after the tenth", async () => {
    fails = () => "no route";
    open();
    write("a");
    outbox.wake();
    await settle();
    expect(row("a")).toMatchObject({ state: "waiting", attempts: 1, error: "no route" });
    for (let hour = 1; hour <= 48; hour += 1) {
      for (let minute = 0; minute < 60; minute += 1) {
        clock.goTo(START + (hour * 60 + minute) * MINUTE - 60 * MINUTE);
        await settle();
      }
    }
    expect(sent).toEqual([0, 1, 4, 13, 40, 121, 364, 724, 1084, 1444].map((minute) => `a ${minute}`));
    expect(row("a")).toMatchObject({ state: "failed", attempts: 10, nextAttemptAt: null, error: "no route" });
  });

  it("goes on with the tries where a program before it left off, under the same id", async () => {
    fails = () => "no route";
    open();
    write("a");
    outbox.wake();
    await settle();
    clock.goTo(START + MINUTE);
    await settle();
    await outbox.stop();
    fails = () => null;
    clock.set(START + 2 * MINUTE);
    open().wake();
    await settle();
    expect(sent).toEqual(["a 0", "a 1"]);
    clock.goTo(START + 4 * MINUTE);
    await settle();
    expect(sent).toEqual(["a 0", "a 1", "a 4"]);
    expect(row("a")).toMatchObject({ state: "sent", attempts: 3 });
  });

  it("does not let one channel hold up another", async () => {
    channel("other", { kind: "webhook", url: "https://example.com/b" });
    fails = (id) => (id.startsWith("bad") ? "no route" : null);
    open();
    for (let n = 0; n < 30; n += 1) write(`bad${n}`);
    write("good", "other");
    outbox.wake();
    await settle();
    expect(row("good", "other")?.state).toBe("sent");
  });

  it("keeps what waits for a channel that is off, and knows what was given up", async () => {
    channel("hook", { kind: "webhook", url: "https://example.com/a" }, false);
    open();
    write("a");
    outbox.wake();
    await settle();
    expect(sent).toEqual([]);
    giveUpWaiting(ground.db, "hook", "switched off");
    channel("hook", { kind: "webhook", url: "https://example.com/a" });
    outbox.wake();
    await settle();
    expect(sent).toEqual([]);
    expect(row("a")).toMatchObject({ state: "failed", error: "switched off" });
  });

  it("does not wait for a year where the clock was set back by one", async () => {
    fails = () => "no route";
    open();
    write("a");
    outbox.wake();
    await settle();
    await outbox.stop();
    clock.set(START - 365 * 86_400_000);
    fails = () => null;
    open().wake();
    await settle();
    expect(row("a")?.state).toBe("sent");
  });

  it("leaves what it was sending for the next start when it is stopped", async () => {
    write("a");
    outbox = createOutbox({
      db: ground.db,
      hub: ground.hub,
      log: ground.log,
      clock,
      send: (_channel, _parcel, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("ended")));
        }),
    });
    outbox.wake();
    await settle();
    await outbox.stop();
    expect(row("a")).toMatchObject({ state: "waiting", attempts: 0 });
    open().wake();
    await settle();
    expect(sent).toEqual(["a 0"]);
  });

  it("records a desktop notice before it is shown, so that a crash cannot show it twice", async () => {
    channel("screen", { kind: "desktop" });
    write("a", "screen");
    let recorded: string | undefined;
    outbox = createOutbox({
      db: ground.db,
      hub: ground.hub,
      log: ground.log,
      clock,
      async send() {
        recorded = row("a", "screen")?.state;
        return null;
      },
    });
    outbox.wake();
    await settle();
    expect(recorded).toBe("sent");
  });
});
