import { describe, expect, it } from "vitest";
import type { AppEvent } from "../../src-core/model/event.ts";
import { eventIdRange } from "../db/events.ts";
import { openDatabase } from "../db/open.ts";
import { silentLog } from "../log/log.ts";
import { createEventHub, type HubEvent } from "./event-hub.ts";

const removed = (n: number): AppEvent => ({ type: "run-removed", runId: `r${n}` });
const progress: AppEvent = {
  type: "task",
  runId: "r",
  taskId: "t",
  attemptId: "a",
  event: { type: "progress", at: new Date(0).toISOString(), doneBytes: 1, totalBytes: 2, phase: "copying" },
};

function hubWith(options: { keep?: number; queueLimit?: number } = {}) {
  const db = openDatabase(":memory:");
  return { db, hub: createEventHub({ db, log: silentLog(), ...options }) };
}

/** Reads `count` events of a stream, calling `during` half-way, then ends it. */
async function read(
  stream: AsyncIterable<HubEvent>,
  count: number,
  during: () => void = () => {},
): Promise<(string | number | null)[][]> {
  const seen: (string | number | null)[][] = [];
  for await (const { id, event } of stream) {
    seen.push([id, event.type === "run-removed" ? event.runId : event.type]);
    if (seen.length === Math.floor(count / 2)) during();
    if (seen.length === count) break;
  }
  return seen;
}

describe("publish", () => {
  it("stores state changes under growing ids and lets progress pass by", () => {
    const { db, hub } = hubWith();
    const told: (number | null)[] = [];
    hub.listen(({ id }) => told.push(id));
    hub.publish(removed(1));
    hub.publish(progress);
    hub.tell(removed(2));
    hub.publish(removed(3));
    expect(told).toEqual([1, null, null, 2]);
    expect(eventIdRange(db)).toEqual({ first: 1, last: 2 });
  });

  it("tells nobody what was rolled back, and all others after the commit only", () => {
    const { db, hub } = hubWith();
    const told: string[] = [];
    hub.listen(({ event }) => told.push(event.type === "run-removed" ? event.runId : event.type));
    const failing = () =>
      db.transaction(() => {
        hub.publish(removed(1));
        throw new Error("no");
      });
    expect(failing).toThrow("no");
    db.transaction(() => {
      hub.publish(removed(2));
      expect(() => db.transaction(failing)).toThrow("no");
      expect(told).toEqual([]);
    });
    expect(told).toEqual(["r2"]);
    expect(eventIdRange(db)).toMatchObject({ first: 1, last: 1 });
  });

  it("goes on when a listener fails, and stops telling one that left", () => {
    const { hub } = hubWith();
    let heard = 0;
    hub.listen(() => {
      throw new Error("broken page");
    });
    const leave = hub.listen(() => {
      heard += 1;
    });
    hub.publish(removed(1));
    leave();
    hub.publish(removed(2));
    expect(heard).toBe(1);
  });

  it("keeps only the newest, and never gives an id twice", () => {
    const { db, hub } = hubWith({ keep: 10 });
    for (let n = 1; n <= 100; n += 1) hub.publish(removed(n));
    const range = eventIdRange(db);
    expect(range?.last).toBe(100);
    expect(range?.first).toBeGreaterThan(80);
    expect(range?.first).toBeLessThanOrEqual(91);
  });
});

describe("stream", () => {
  it("replays what was missed and goes on live, without gap or double", async () => {
    const { hub } = hubWith();
    for (let n = 1; n <= 1200; n += 1) hub.publish(removed(n));
    // Published while the replay is being read: they are in the queue and in the database.
    const reading = read(hub.stream(3, new AbortController().signal), 1201, () => {
      for (let n = 1201; n <= 1203; n += 1) hub.publish(removed(n));
      setImmediate(() => hub.publish(removed(1204)));
    });
    expect(await reading).toEqual(Array.from({ length: 1201 }, (_, n) => [n + 4, `r${n + 4}`]));
  });

  it("without an id is live only", async () => {
    const { hub } = hubWith();
    hub.publish(removed(1));
    const reading = read(hub.stream(null, new AbortController().signal), 2);
    hub.publish(removed(2));
    hub.publish(progress);
    expect(await reading).toEqual([
      [2, "r2"],
      [null, "task"],
    ]);
  });

  it.each([
    ["pruned long ago", 2, 100],
    ["of another database", 5000, 100],
  ])("answers an id %s with one reset, then goes on", async (_, afterId, last) => {
    const { hub } = hubWith({ keep: 10 });
    for (let n = 1; n <= last; n += 1) hub.publish(removed(n));
    const reading = read(hub.stream(afterId, new AbortController().signal), 2);
    await new Promise((resolve) => setImmediate(resolve));
    hub.publish(removed(last + 1));
    expect(await reading).toEqual([
      [last, "reset"],
      [last + 1, `r${last + 1}`],
    ]);
  });

  it("of an empty database begins at 0 without a reset", async () => {
    const { hub } = hubWith();
    const reading = read(hub.stream(0, new AbortController().signal), 1);
    await new Promise((resolve) => setImmediate(resolve));
    hub.publish(removed(1));
    expect(await reading).toEqual([[1, "r1"]]);
  });

  it("tells a slow reader once to start over instead of growing", async () => {
    const { hub } = hubWith({ queueLimit: 50 });
    const stream = hub.stream(null, new AbortController().signal)[Symbol.asyncIterator]();
    const first = stream.next();
    hub.publish(removed(1));
    expect((await first).value).toMatchObject({ id: 1 });
    for (let n = 2; n <= 500; n += 1) hub.publish(removed(n));
    expect((await stream.next()).value).toEqual({ id: 500, event: { type: "reset" } });
    hub.publish(removed(501));
    expect((await stream.next()).value).toMatchObject({ id: 501 });
  });

  it("ends when its reader goes away, before, during and after waiting", async () => {
    const { hub } = hubWith();
    const gone = new AbortController();
    gone.abort();
    expect(await read(hub.stream(null, gone.signal), 1)).toEqual([]);
    const going = new AbortController();
    const waiting = read(hub.stream(null, going.signal), 1);
    setImmediate(() => going.abort());
    expect(await waiting).toEqual([]);
  });
});
