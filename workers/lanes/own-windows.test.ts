import { expect, test } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import type { Layer } from "../disk/chain.ts";
import { createWriteBehind } from "../disk/write-behind.ts";
import { memoryTarget } from "../io/memory.ts";
import type { Lane } from "./lane-thread.ts";
import { createBell, createMailboxMemory, Mailbox, SLOT_STATE } from "./mailbox.ts";
import { type Helper, OwnWindows } from "./own-windows.ts";

const KiB = 1024;
const profiles = [{ unitBytes: 64 * KiB, encoding: null, delta: false }];
const job = (start: number) => ({ start, length: 64 * KiB, segments: [start, 64 * KiB] });
const reader: Pick<Layer, "read"> = {
  async read(start, into) {
    into.fill(1 + start / (64 * KiB));
  },
};

/** Windows of this thread and a lane whose other side is the test. */
function pair(from: Pick<Layer, "read"> = reader) {
  const behind = createWriteBehind();
  const file = memoryTarget("out");
  const target = behind.wrap(file);
  const own = new OwnWindows({ reader: from, parent: null, profiles, behind });
  const memory = createMailboxMemory({ slots: 2, lent: own.memory.length }, profiles, createBell());
  const there = new Mailbox(memory);
  const helper: Helper = { lane: {} as Lane, mailbox: new Mailbox(memory) };

  /** Prepares a window and writes it to its place. */
  async function place(start: number, storer: Helper | null): Promise<void> {
    const begun = await own.begin(job(start), () => storer);
    const prepared = await begun?.take();
    if (prepared === undefined) throw new Error("no slot is free");
    expect(prepared.pieces.map((list) => [...list])).toEqual([[0, 0, 64 * KiB, 0, 0]]);
    await target.write(start, prepared.slot.data.subarray(0, 64 * KiB));
    prepared.release();
  }

  return { own, there, helper, file, place };
}

test("without a lane that stores, a window is in the file when it is given back", async () => {
  const { own, there, file, place } = pair();
  const count = own.memory.length + 2;
  for (let i = 0; i < count; i++) await place(i * 64 * KiB, null);
  expect(there.count(SLOT_STATE.writing)).toBe(0);
  expect(own.nextBack).toBe(null);
  const last = new Uint8Array(1);
  await file.read((count - 1) * 64 * KiB, last);
  expect([...last]).toEqual([count]);
});

test("a slot that a lane stores from is not used again before the lane has given it back", async () => {
  const { own, there, helper, file, place } = pair();
  const slots = own.memory.length;
  for (let i = 0; i < slots; i++) await place(i * 64 * KiB, helper);
  expect(own.isFree).toBe(false);
  expect(await own.begin(job(slots * 64 * KiB), () => helper)).toBe(null);
  expect(file.sizeBytes).toBe(0);
  const first = there.first(SLOT_STATE.writing);
  expect(own.nextBack).toMatchObject({ slot: first, start: 0 });
  const [write] = there.writes(first);
  expect(write).toEqual({ target: 0, offset: 0, from: 0, length: 64 * KiB });
  expect(own.memory[first - there.slots]?.[0]).toBe(1);
  there.done(first, SLOT_STATE.free);
  expect(own.nextBack?.start).toBe(64 * KiB);
  await place(slots * 64 * KiB, helper);
  expect(own.memory[first - there.slots]?.[0]).toBe(slots + 1);
});

test("no more than two windows wait for their turn", async () => {
  const { own } = pair();
  const begun = [await own.begin(job(0), () => null), await own.begin(job(64 * KiB), () => null)];
  expect(begun).not.toContain(null);
  expect(await own.begin(job(128 * KiB), () => null)).toBe(null);
  (await begun[0]?.take())?.release();
  expect(await own.begin(job(128 * KiB), () => null)).not.toBe(null);
});

test("what reading throws is thrown when the window's turn comes", async () => {
  const { own } = pair({
    read: () => Promise.reject(new AppError("disk.truncated", "it ends here")),
  });
  const begun = await own.begin(job(0), () => null);
  await expect(begun?.take()).rejects.toMatchObject({ code: "disk.truncated" });
});
