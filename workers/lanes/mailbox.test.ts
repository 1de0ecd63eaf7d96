import { expect, test } from "vitest";
import type { Profile } from "../disk/window.ts";
import { createBell, createMailboxMemory, Mailbox, SLOT_STATE } from "./mailbox.ts";

const profiles: Profile[] = [
  { unitBytes: 4096, encoding: null, delta: false },
  { unitBytes: 65536, encoding: null, delta: false },
];

/** Both sides of one mailbox. */
function pair() {
  const memory = createMailboxMemory({ slots: 3, lent: 1 }, profiles, createBell());
  return { here: new Mailbox(memory), there: new Mailbox(memory) };
}

test("a window goes there, its pieces come back, its writes go there", () => {
  const { here, there } = pair();
  const job = { start: 2 ** 40, length: 1024, segments: [2 ** 40, 512, 2 ** 40 + 600, 100] };
  here.ask(1, job);
  expect(there.first(SLOT_STATE.asked)).toBe(1);
  expect(there.job(1)).toEqual(job);
  there.answer(1, [[0, 0, 512, 0, 0], []]);
  expect(here.state(1)).toBe(SLOT_STATE.prepared);
  expect(here.prepared(1).map((list) => [...list])).toEqual([[0, 0, 512, 0, 0], []]);
  const writes = [{ target: 1, offset: 2 ** 41 + 1, from: 0, length: 512 }];
  here.write(1, writes);
  expect(there.first(SLOT_STATE.writing)).toBe(1);
  expect(there.writes(1)).toEqual(writes);
  there.done(1, SLOT_STATE.free);
  expect(here.count(SLOT_STATE.free)).toBe(4);
});

test("a lent slot is stored in its turn, and is never what a lane is asked to prepare in", () => {
  const { here, there } = pair();
  const writes = [{ target: 0, offset: 4096, from: 0, length: 512 }];
  here.ask(0, { start: 20, length: 1, segments: [] });
  here.write(0, writes);
  here.lend(3, 10, writes);
  expect(there.first(SLOT_STATE.writing)).toBe(3);
  expect(there.count(SLOT_STATE.writing)).toBe(2);
  expect(there.writes(3)).toEqual(writes);
  for (const slot of [0, 3]) there.done(slot, SLOT_STATE.free);
  for (const slot of [0, 1, 2]) here.ask(slot, { start: slot, length: 1, segments: [] });
  expect(here.lastFree()).toBe(-1);
});

test("the pace of storing follows what was stored last, and little says nothing", () => {
  const { here, there } = pair();
  there.stored(1024, 50);
  expect(here.storingPace).toBe(0);
  there.stored(1024 * 1024, 1);
  expect(here.storingPace).toBe(977);
  there.stored(1024 * 1024, 9);
  expect(here.storingPace).toBe(1954);
});

test("first and last go by the place in the disk, not by the slot", () => {
  const { here, there } = pair();
  for (const [slot, start] of [30, 10, 20].entries()) here.ask(slot, { start, length: 1, segments: [] });
  expect(there.first(SLOT_STATE.asked)).toBe(1);
  for (const slot of [0, 1, 2]) there.done(slot, SLOT_STATE.free);
  expect(here.lastFree()).toBe(0);
  expect(there.first(SLOT_STATE.writing)).toBe(-1);
});

test("what was told is not slept through, and waiting ends", () => {
  const { here, there } = pair();
  const heard = there.heard;
  here.ask(0, { start: 0, length: 1, segments: [] });
  there.sleep(heard);
  expect(here.awaitChange(0, SLOT_STATE.asked, 1)).toBe(false);
  there.answer(0, [[], []]);
  expect(here.awaitChange(0, SLOT_STATE.asked, 1)).toBe(true);
  expect(there.closed).toBe(false);
  here.close();
  expect(there.closed).toBe(true);
});
