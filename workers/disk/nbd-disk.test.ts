/** Reading ahead never shows in what is read: any walk, any order, any failure. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import type { Extent } from "../formats/format.ts";
import type { NbdConnection } from "../io/nbd/connection.ts";
import { nbdDisk } from "./nbd-disk.ts";

const KiB = 1024;
const SIZE = 6 * 1024 * KiB + 512;
const content = Buffer.alloc(SIZE);
for (let at = 0; at + 8 <= SIZE; at += 8) content.writeDoubleLE(at + 1, at);

interface Fake {
  readonly runs: readonly { length: number; flags: number }[];
  readonly block?: number;
  readonly contexts?: readonly string[];
  /** The n-th read fails. */
  failAt?: number;
}

function fakeConnection({ runs, block = 1, contexts = ["base:allocation"], failAt = -1 }: Fake) {
  const seen = { reads: [] as number[], waiting: 0, most: 0, statuses: 0, closed: 0 };
  const connection: NbdConnection = {
    name: "fake",
    sizeBytes: SIZE,
    readOnly: true,
    multiConn: true,
    minimumBlockBytes: block,
    contexts: new Set(contexts),
    async read(offset, into) {
      expect([offset % block, (offset + into.length === SIZE ? 0 : into.length) % block]).toEqual([0, 0]);
      const number = seen.reads.push(offset) - 1;
      seen.most = Math.max(seen.most, ++seen.waiting);
      await new Promise((resolve) => setImmediate(resolve));
      seen.waiting--;
      if (number === failAt) throw new AppError("io.read", "the fake failed");
      content.copy(into, 0, offset);
    },
    async blockStatus(offset, length) {
      expect(offset % block).toBe(0);
      seen.statuses++;
      const told: { length: number; flags: number }[] = [];
      let at = 0;
      for (const run of runs) {
        const from = Math.max(at, offset);
        at += run.length;
        if (at > from && told.length < 3 && from < offset + length) told.push({ length: at - from, flags: run.flags });
      }
      return new Map([["base:allocation", told]]);
    },
    async close() {
      seen.closed++;
    },
  };
  return { connection, seen };
}

const allData = [{ length: SIZE, flags: 0 }];

test("reads in order run ahead, and nothing is asked for twice", async () => {
  const { connection, seen } = fakeConnection({ runs: allData });
  const disk = nbdDisk(connection);
  for await (const extent of disk.extents(0, SIZE)) {
    for (let at = extent.start; at < extent.start + extent.length; at += 100 * KiB) {
      const got = Buffer.alloc(Math.min(100 * KiB, extent.start + extent.length - at));
      await disk.read(at, got);
      expect(got.equals(content.subarray(at, at + got.length))).toBe(true);
    }
  }
  expect(seen.most).toBeGreaterThan(8);
  // The first two reads are asked for as they are, the rest in whole pieces.
  expect(seen.reads.length).toBeLessThan(SIZE / (256 * KiB) + 4);
  await disk.close();
  expect(seen.closed).toBe(1);
});

test("what is empty is neither read nor read ahead", async () => {
  const runs = [
    { length: 1024 * KiB, flags: 0 },
    { length: 2048 * KiB, flags: 3 },
    { length: 1024 * KiB, flags: 2 },
    { length: 512 * KiB, flags: 1 },
    { length: SIZE - 4608 * KiB, flags: 0 },
  ];
  const { connection, seen } = fakeConnection({ runs });
  const disk = nbdDisk(connection);
  const states: [number, string][] = [];
  for await (const extent of disk.extents(0, SIZE)) {
    states.push([extent.length, extent.state]);
    if (extent.state !== "data") continue;
    for (let at = extent.start; at < extent.start + extent.length; at += 128 * KiB) {
      await disk.read(at, Buffer.alloc(Math.min(128 * KiB, extent.start + extent.length - at)));
    }
  }
  expect(states.map(([, state]) => state)).toEqual(["data", "hole", "zero", "data", "data"]);
  expect(states.reduce((sum, [length]) => sum + length, 0)).toBe(SIZE);
  const empty = seen.reads.filter((offset) => offset >= 1024 * KiB && offset < 4096 * KiB);
  expect(empty).toEqual([]);
});

test("a server without statuses: all is data", async () => {
  const { connection } = fakeConnection({ runs: allData, contexts: [] });
  const extents: Extent[] = [];
  for await (const extent of nbdDisk(connection).extents(512, 1024)) extents.push(extent);
  expect(extents).toEqual([{ start: 512, length: 1024, state: "data" }]);
});

test("any reads in any order, over any blocks, give the disk's bytes", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("on" as const), length: fc.integer({ min: 1, max: 700 * KiB }) }),
    fc.record({
      kind: fc.constant("jump" as const),
      offset: fc.integer({ min: 0, max: SIZE - 1 }),
      length: fc.integer({ min: 1, max: 300 * KiB }),
    }),
    fc.record({ kind: fc.constant("walk" as const), offset: fc.integer({ min: 0, max: SIZE - 1 }) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.constantFrom(1, 512, 4096),
      fc.integer({ min: -1, max: 40 }),
      async (steps, block, failAt) => {
        const { connection } = fakeConnection({ runs: allData, block, failAt });
        const disk = nbdDisk(connection);
        let next = 0;
        for (const one of steps) {
          if (one.kind === "walk") {
            for await (const _ of disk.extents(one.offset, SIZE - one.offset)) break;
            continue;
          }
          const offset = one.kind === "on" ? next % SIZE : one.offset;
          const got = Buffer.alloc(Math.min(one.length, SIZE - offset), 0xaa);
          try {
            await disk.read(offset, got);
          } catch (error) {
            expect(error).toMatchObject({ code: "io.read" });
            continue;
          }
          expect(got.equals(content.subarray(offset, offset + got.length))).toBe(true);
          next = offset + got.length;
        }
      },
    ),
    { numRuns: 60 },
  );
});
