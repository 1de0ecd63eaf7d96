import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { Lane, type LaneThread } from "./lane-thread.ts";
import type { LaneAnswer } from "./messages.ts";

class FakeThread extends EventEmitter implements LaneThread {
  postMessage(): void {}
  async terminate(): Promise<void> {}
  say(answer: LaneAnswer): void {
    this.emit("message", answer);
  }
}

const changed = new AppError("disk.in-use", "disk.vmdk changed while it was read").toData();
const ask = (lane: Lane) => lane.ask((id) => ({ type: "compare", id, start: 0, length: 1 }));

test("a lane that could not open its disks gives that as the answer to all it was and is asked", async () => {
  const thread = new FakeThread();
  const lane = new Lane(thread);
  const before = ask(lane);
  before.catch(() => {});
  thread.say({ type: "failed", id: -1, error: changed });
  thread.emit("exit");
  await expect(before).rejects.toMatchObject({ code: "disk.in-use" });
  await expect(ask(lane)).rejects.toMatchObject({ code: "disk.in-use" });
  await expect(lane.ready).rejects.toMatchObject({ code: "disk.in-use" });
  expect(lane.isDead).toBe(true);
});

test("one that dies at work leaves nobody waiting", async () => {
  const thread = new FakeThread();
  const lane = new Lane(thread);
  thread.say({ type: "ready", slots: [] });
  const asked = ask(lane);
  asked.catch(() => {});
  thread.emit("error", new Error("out of memory"));
  await expect(asked).rejects.toMatchObject({ code: "job.crashed", message: expect.stringContaining("out of memory") });
});

test("one that failed at one window goes on with the next", async () => {
  const thread = new FakeThread();
  const lane = new Lane(thread);
  thread.say({ type: "ready", slots: [] });
  const [first, second] = [ask(lane), ask(lane)];
  first.catch(() => {});
  thread.say({ type: "failed", id: 0, error: changed });
  thread.say({ type: "compared", id: 1, at: 7 });
  await expect(first).rejects.toMatchObject({ code: "disk.in-use" });
  await expect(second).resolves.toMatchObject({ at: 7 });
  expect(lane.isDead).toBe(false);
});
