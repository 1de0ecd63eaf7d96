import { expect, it } from "vitest";
import type { DiskReader, Extent } from "../formats/format.ts";
import { PipedDisk } from "./piped-disk.ts";

const GRAIN = 4096;

/** A disk whose `grains` hold their own number; only the one told last can be read, as of a pipe. */
function stream(grains: readonly number[], virtualSizeBytes: number): DiskReader {
  let last = -1;
  return {
    format: "vmdk",
    subformat: "streamOptimized",
    virtualSizeBytes,
    grainBytes: GRAIN,
    backing: null,
    mark: null,
    snapshots: [],
    facts: [],
    warnings: [],
    allocatedBytes: null,
    files: [],
    async *extents(): AsyncIterable<Extent> {
      let at = 0;
      for (const grain of grains) {
        const start = grain * GRAIN;
        if (start > at) yield { start: at, length: start - at, state: "hole" };
        at = Math.min(start + GRAIN, virtualSizeBytes);
        last = grain;
        yield { start, length: at - start, state: "data" };
      }
      last = -1;
      if (at < virtualSizeBytes) yield { start: at, length: virtualSizeBytes - at, state: "hole" };
    },
    async read(offset, into) {
      if (Math.floor(offset / GRAIN) !== last) throw new Error(`${offset} is not in grain ${last}`);
      into.fill(last + 1);
    },
    async close() {},
  };
}

async function walkAll(disk: PipedDisk): Promise<void> {
  for await (const extent of disk.extents(0, disk.virtualSizeBytes)) expect(extent.length).toBeGreaterThan(0);
}

it("gives what the walk has passed, across pieces and the holes between them", async () => {
  const disk = new PipedDisk(stream([0, 1, 3, 5], 5 * GRAIN + 100));
  await walkAll(disk);
  expect(disk.totals).toEqual({ dataBytes: 3 * GRAIN + 100, zeroBytes: 0, holeBytes: 2 * GRAIN });
  expect(disk.walkedBytes).toBe(5 * GRAIN + 100);
  const into = new Uint8Array(3 * GRAIN).fill(99);
  await disk.read(GRAIN / 2, into);
  for (const [at, value] of [
    [0, 1],
    [GRAIN / 2 - 1, 1],
    [GRAIN / 2, 2],
    [1.5 * GRAIN - 1, 2],
    [1.5 * GRAIN, 0],
    [2.5 * GRAIN - 1, 0],
    [2.5 * GRAIN, 4],
    [3 * GRAIN - 1, 4],
  ] as const) {
    expect(into[at], `at ${at}`).toBe(value);
  }
  const tail = new Uint8Array(100);
  await disk.read(5 * GRAIN, tail);
  expect(new Set(tail)).toEqual(new Set([6]));
});

it("refuses what is gone and what has not come", async () => {
  const disk = new PipedDisk(stream([0, 1], 4 * GRAIN));
  await expect(disk.read(0, new Uint8Array(1))).rejects.toMatchObject({ code: "internal.bug" });
  await walkAll(disk);
  await disk.read(GRAIN, new Uint8Array(GRAIN));
  await expect(disk.read(GRAIN, new Uint8Array(1))).rejects.toMatchObject({ code: "internal.bug" });
});

it("keeps no more than what lies between walk and reads", async () => {
  const grains = Array.from({ length: 200 }, (_, grain) => grain);
  const disk = new PipedDisk(stream(grains, 200 * GRAIN));
  const into = new Uint8Array(GRAIN);
  for await (const { start, length } of disk.extents(0, 200 * GRAIN)) {
    await disk.read(start, into.subarray(0, length));
    expect(into[0]).toBe(start / GRAIN + 1);
    expect(disk.heldBytes).toBeLessThanOrEqual(2 * GRAIN);
  }
});
