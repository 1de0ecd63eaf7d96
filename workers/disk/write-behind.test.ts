import { expect, test } from "vitest";
import { memoryTarget } from "../io/memory.ts";
import { createSlot } from "./window.ts";
import { createWriteBehind } from "./write-behind.ts";

const slotOf = () => {
  const slot = createSlot({ data: 8192, parent: 0, encoded: 0 });
  slot.data.forEach((_, at) => {
    slot.data[at] = at % 251;
  });
  return slot;
};

test("what lies in the held slot is noted, all else is written at once", async () => {
  const behind = createWriteBehind();
  const file = memoryTarget("a");
  const [a, b] = [behind.wrap(file), behind.wrap(memoryTarget("b"))];
  const slot = slotOf();
  await a.write(0, slot.data.subarray(0, 16));
  behind.hold(slot, 10);
  await a.write(100, slot.data.subarray(4096, 8192));
  await b.write(7, slot.data.subarray(0, 10));
  await a.write(50, new Uint8Array(4).fill(9));
  expect(behind.take()).toEqual([
    { target: 0, offset: 100, from: 4096, length: 4096 },
    { target: 1, offset: 7, from: 0, length: 10 },
  ]);
  await a.write(60, slot.data.subarray(1, 3));
  expect(behind.take()).toEqual([]);
  const content = file.content();
  expect(content.subarray(0, 16)).toEqual(new Uint8Array(slot.data.subarray(0, 16)));
  expect([...content.subarray(50, 54)]).toEqual([9, 9, 9, 9]);
  expect([...content.subarray(60, 62)]).toEqual([1, 2]);
  expect(content.length).toBe(62);
});

test("beyond the most that may be held, writes are done at once", async () => {
  const behind = createWriteBehind();
  const file = memoryTarget("a");
  const target = behind.wrap(file);
  const slot = slotOf();
  behind.hold(slot, 1);
  await target.write(0, slot.data.subarray(0, 8));
  await target.write(8, slot.data.subarray(8, 16));
  expect(behind.take()).toHaveLength(1);
  expect([...file.content().subarray(8)]).toEqual([...slot.data.subarray(8, 16)]);
});

test.each(["sync", "resize", "read"] as const)("%s waits for what others write and does what is held", async (call) => {
  const behind = createWriteBehind();
  const file = memoryTarget("a");
  const target = behind.wrap(file);
  let waited = 0;
  behind.attach(async () => {
    waited++;
  });
  const slot = slotOf();
  behind.hold(slot, 10);
  await target.write(0, slot.data.subarray(0, 4096));
  if (call === "sync") await target.sync();
  else if (call === "resize") await target.resize(4096);
  else await target.read(0, new Uint8Array(4096));
  expect(waited).toBe(1);
  expect(behind.take()).toEqual([]);
  expect(file.content()).toEqual(new Uint8Array(slot.data.subarray(0, 4096)));
});
