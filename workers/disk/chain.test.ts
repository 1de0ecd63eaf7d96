import { describe, expect, test } from "vitest";
import { type Extent, mergeExtents } from "../formats/format.ts";
import { overlay } from "./chain.ts";
import { type FakeDisk, fakeReader, stamp, wholeOf } from "./testing/fake-disk.ts";

const KiB = 1024;
const data = (start: number, length: number) => ({ start, length, state: "data" as const });
const zero = (start: number, length: number) => ({ start, length, state: "zero" as const });

async function list(extents: AsyncIterable<Extent>): Promise<Extent[]> {
  const all: Extent[] = [];
  for await (const extent of mergeExtents(extents)) all.push(extent);
  return all;
}

/** What byte for byte must come out: the child's own ranges over the parent's bytes, zeros elsewhere. */
function expected(child: FakeDisk, parent: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(child.sizeBytes);
  bytes.set(parent.subarray(0, child.sizeBytes));
  for (const range of child.ranges) {
    const part = bytes.subarray(range.start, range.start + range.length);
    if (range.state === "data") stamp(range.start, part, child.salt);
    else part.fill(0);
  }
  return bytes;
}

describe("overlay", () => {
  const parentDisk: FakeDisk = { sizeBytes: 64 * KiB, ranges: [data(0, 20 * KiB), data(40 * KiB, 24 * KiB)], salt: 7 };
  const children: Record<string, FakeDisk> = {
    "of the same size": { sizeBytes: 64 * KiB, ranges: [data(4 * KiB, KiB), zero(10 * KiB, 4 * KiB)], salt: 9 },
    "longer than its parent": { sizeBytes: 100 * KiB, ranges: [data(60 * KiB, 8 * KiB)], salt: 9 },
    "shorter than its parent": { sizeBytes: 48 * KiB, ranges: [zero(0, KiB)], salt: 9 },
    "that allocates nothing": { sizeBytes: 64 * KiB, ranges: [] },
    "cut at tables": { sizeBytes: 96 * KiB, ranges: [data(8 * KiB, 2 * KiB)], tableBytes: 5 * KiB, salt: 9 },
  };
  for (const [name, childDisk] of Object.entries(children)) {
    test(`a child ${name}`, async () => {
      const parent = fakeReader(parentDisk);
      const chain = overlay(fakeReader(childDisk), parent);
      expect(Buffer.compare(await wholeOf(chain), expected(childDisk, await wholeOf(parent)))).toBe(0);
      const extents = await list(chain.extents(0, chain.virtualSizeBytes));
      let at = 0;
      for (const extent of extents) {
        expect(extent.start).toBe(at);
        at += extent.length;
        if (extent.state === "data") continue;
        const bytes = new Uint8Array(extent.length).fill(1);
        await chain.read(extent.start, bytes);
        expect(bytes.every((byte) => byte === 0)).toBe(true);
      }
      expect(at).toBe(chain.virtualSizeBytes);
    });
  }

  test("a zero range of the child hides the parent's data", async () => {
    const chain = overlay(fakeReader({ sizeBytes: 64 * KiB, ranges: [zero(0, 20 * KiB)] }), fakeReader(parentDisk));
    expect(await list(chain.extents(0, 24 * KiB))).toEqual([
      { start: 0, length: 20 * KiB, state: "zero" },
      { start: 20 * KiB, length: 4 * KiB, state: "hole" },
    ]);
  });

  test("three layers read through, from odd offsets too", async () => {
    const middleDisk: FakeDisk = { sizeBytes: 80 * KiB, ranges: [data(16 * KiB, 8 * KiB)], salt: 8 };
    const topDisk: FakeDisk = { sizeBytes: 80 * KiB, ranges: [data(22 * KiB, KiB)], salt: 9 };
    const bottom = fakeReader(parentDisk);
    const chain = overlay(fakeReader(topDisk), overlay(fakeReader(middleDisk), bottom));
    const all = expected(topDisk, expected(middleDisk, await wholeOf(bottom)));
    for (const [start, length] of [
      [0, 80 * KiB],
      [15 * KiB + 3, 9 * KiB + 5],
      [63 * KiB + 1, 3 * KiB],
    ] as const) {
      const bytes = new Uint8Array(length);
      await chain.read(start, bytes);
      expect(Buffer.compare(bytes, all.subarray(start, start + length))).toBe(0);
    }
  });
});
