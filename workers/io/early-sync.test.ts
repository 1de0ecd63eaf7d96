import { expect, test } from "vitest";
import { createEarlySync } from "./early-sync.ts";

const MiB = 1024 * 1024;
const files = [
  { descriptor: 3, name: "a.qcow2" },
  { descriptor: 4, name: "b.raw" },
];

test("storing begins every so often, one after the other, never twice at once", async () => {
  const stored: number[] = [];
  let go = () => {};
  const early = createEarlySync(files, async (descriptor) => {
    stored.push(descriptor);
    await new Promise<void>((resolve) => {
      go = resolve;
    });
  });
  early.reached(127 * MiB);
  expect(stored).toEqual([]);
  early.reached(128 * MiB);
  early.reached(1000 * MiB);
  expect(stored).toEqual([3]);
  go();
  await new Promise((resolve) => setImmediate(resolve));
  expect(stored).toEqual([3, 4]);
  let settled = false;
  const settling = early.settle().then(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(settled).toBe(false);
  go();
  await settling;
  early.reached(1100 * MiB);
  expect(stored).toEqual([3, 4, 3]);
});

test("what could not be stored is told at the next chance, by the file's name, and again at the end", async () => {
  const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
  const early = createEarlySync(files, async (descriptor) => {
    if (descriptor === 4) throw full;
  });
  early.reached(200 * MiB);
  await new Promise((resolve) => setImmediate(resolve));
  expect(() => early.reached(201 * MiB)).toThrow(/b\.raw/);
  await expect(early.settle()).rejects.toMatchObject({ code: "target.no-space" });
});
