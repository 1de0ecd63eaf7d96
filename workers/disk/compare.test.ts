import { describe, expect, test } from "vitest";
import type { Layer } from "./chain.ts";
import { CHUNK_BYTES, type CompareMode, type Comparison, compareDisks } from "./compare.ts";
import { fakeReader } from "./testing/fake-disk.ts";

const MiB = 1024 * 1024;
const FULL: CompareMode = { mode: "full" };
const data = (start: number, length: number) => ({ start, length, state: "data" as const });
const zero = (start: number, length: number) => ({ start, length, state: "zero" as const });

async function compare(
  a: Layer,
  b: Layer,
  mode: CompareMode = FULL,
): Promise<Comparison & { totals: number[]; last: number }> {
  const totals: number[] = [];
  let last = 0;
  const hooks = {
    gate: async () => {},
    spend: async () => {},
    progress: (done: number) => {
      last = done;
    },
    total: (bytes: number) => totals.push(bytes),
  };
  return { ...(await compareDisks(a, b, mode, hooks)), totals, last };
}

describe("compareDisks", () => {
  test("equal disks whose extents are cut and stated differently", async () => {
    const a = fakeReader({ sizeBytes: 8 * MiB, ranges: [data(0, MiB), zero(2 * MiB, MiB), data(5 * MiB + 512, 1024)] });
    const b = fakeReader({
      sizeBytes: 8 * MiB,
      tableBytes: 300 * 1024,
      ranges: [data(0, MiB), { ...data(2 * MiB, MiB), plain: true }, data(5 * MiB + 512, 1024)],
    });
    const result = await compare(a, b);
    expect(result).toMatchObject({ firstDifferenceBytes: null, comparedBytes: 8 * MiB, statement: "every byte" });
    expect(result.totals).toEqual([result.last]);
  });

  test("what both know to be empty is not read", async () => {
    const a = fakeReader({ sizeBytes: 1024 * MiB, ranges: [data(700 * MiB, 512)] });
    const b = fakeReader({ sizeBytes: 1024 * MiB, ranges: [zero(0, 100 * MiB), data(700 * MiB, 512)] });
    expect((await compare(a, b)).comparedBytes).toBe(1024 * MiB);
    expect(a.reads).toEqual([{ offset: 700 * MiB, length: MiB }]);
  });

  test("a chunk with several pieces of data is read and counted once", async () => {
    const layout = { sizeBytes: 2 * MiB, ranges: [data(0, 512), data(4096, 512), data(MiB - 512, 1024)] };
    const a = fakeReader(layout);
    expect(await compare(a, fakeReader(layout))).toMatchObject({
      dataChunks: 2,
      readChunks: 2,
      comparedBytes: 2 * MiB,
    });
    expect(a.reads).toHaveLength(2);
  });

  for (const at of [0, 511, MiB - 1, MiB, 3 * MiB + 77, 4 * MiB - 1]) {
    test(`a wrong byte at ${at} is found exactly there`, async () => {
      const ranges = [data(0, 4 * MiB)];
      const a = fakeReader({ sizeBytes: 4 * MiB, ranges });
      const right = new Uint8Array(1);
      await a.read(at, right);
      const b = fakeReader({ sizeBytes: 4 * MiB, ranges, patches: new Map([[at, ((right[0] ?? 0) + 1) % 256]]) });
      expect((await compare(a, b)).firstDifferenceBytes).toBe(at);
    });
  }

  test("what is done is told while it goes on, and a difference ends it", async () => {
    const layout = { sizeBytes: 200 * MiB, ranges: [data(0, 200 * MiB)] };
    const a = fakeReader(layout);
    const b = fakeReader({ ...layout, patches: new Map([[50 * MiB, 0xff]]) });
    const told: number[] = [];
    const hooks = {
      gate: async () => {},
      spend: async () => {},
      progress: (done: number) => {
        told.push(a.reads.length * MiB - done);
      },
      total: () => {},
    };
    expect((await compareDisks(a, b, FULL, hooks)).firstDifferenceBytes).toBe(50 * MiB);
    // Never much more read than was told, nor read on for long.
    expect(Math.max(...told)).toBeLessThanOrEqual(20 * MiB);
    expect(a.reads.length).toBeLessThanOrEqual(70);
  });

  test("data against a range that claims to be zero is a difference", async () => {
    const a = fakeReader({ sizeBytes: 4 * MiB, ranges: [data(MiB, MiB)] });
    const b = fakeReader({ sizeBytes: 4 * MiB, ranges: [zero(MiB, MiB)] });
    // The first 8-byte word of the stamp at 1 MiB is its number 131072 = 0x20000: two zero bytes, then 2.
    expect((await compare(a, b)).firstDifferenceBytes).toBe(MiB + 2);
    expect((await compare(b, a)).firstDifferenceBytes).toBe(MiB + 2);
  });

  test("sizes may differ where the tail is zero, and only there", async () => {
    const short = fakeReader({ sizeBytes: 2 * MiB + 512, ranges: [data(0, MiB)] });
    const longZero = fakeReader({ sizeBytes: 5 * MiB, ranges: [data(0, MiB), { ...data(4 * MiB, MiB), plain: true }] });
    const longData = fakeReader({ sizeBytes: 5 * MiB, ranges: [data(0, MiB), data(5 * MiB - 8, 8)] });
    expect((await compare(short, longZero)).firstDifferenceBytes).toBeNull();
    expect((await compare(longZero, short)).firstDifferenceBytes).toBeNull();
    expect((await compare(short, longData)).firstDifferenceBytes).toBeGreaterThanOrEqual(5 * MiB - 8);
    expect((await compare(longData, short)).firstDifferenceBytes).toBeGreaterThanOrEqual(5 * MiB - 8);
  });

  test("empty disks are equal", async () => {
    const none = { sizeBytes: 0, ranges: [] };
    expect(await compare(fakeReader(none), fakeReader(none))).toMatchObject({
      firstDifferenceBytes: null,
      comparedBytes: 0,
    });
  });

  test("a sample reads exactly its share, the same one for the same seed", async () => {
    const layout = { sizeBytes: 400 * MiB, ranges: [data(0, 100 * MiB), data(300 * MiB, 100 * MiB)] };
    const mode: CompareMode = { mode: "sample", fraction: 0.05, seed: 42 };
    const first = fakeReader(layout);
    const again = fakeReader(layout);
    const result = await compare(first, fakeReader(layout), mode);
    await compare(again, fakeReader(layout), mode);
    expect(first.reads).toHaveLength(10);
    expect(again.reads).toEqual(first.reads);
    expect(first.reads.every(({ offset }) => offset < 100 * MiB || offset >= 300 * MiB)).toBe(true);
    expect(result.comparedBytes).toBe(200 * MiB + 10 * CHUNK_BYTES);
    expect(result.statement).toBe(
      "sample of 10 of the 200 chunks of 1 MiB that hold data, seed 42: damage in any 2 chunks (1.0 %) of them is found with 9.7 % probability",
    );
  });

  test("a sample of everything says so", async () => {
    const disk = { sizeBytes: 3 * MiB, ranges: [data(0, 3 * MiB)] };
    const result = await compare(fakeReader(disk), fakeReader(disk), { mode: "sample", fraction: 1, seed: 0 });
    expect(result).toMatchObject({ statement: "every byte", comparedBytes: 3 * MiB });
  });
});
