/** How compressed clusters are read: neighbours together, strangers apart, and nothing of a damaged one is kept. */
import { expect, it } from "vitest";
import type { ByteSource } from "../../io/byte-source.ts";
import { memorySource, memoryTarget } from "../../io/memory.ts";
import type { DiskReader } from "../format.ts";
import { begin } from "../testing/begin.ts";
import { encodeUnit } from "../testing/play.ts";
import { fillExpected, type TestDisk } from "../testing/test-disk.ts";
import { qcow2 } from "./qcow2.ts";

const CLUSTER = 4096;
const DISK: TestDisk = { virtualSizeBytes: 200 * CLUSTER, data: [{ start: 0, length: 200 * CLUSTER }] };

/** The disk compressed, but for the clusters of `plain`, which are stored as they are. */
async function image(plain: { from: number; to: number }): Promise<Uint8Array> {
  const target = memoryTarget("disk.qcow2");
  const options = { blockBytes: CLUSTER, compression: { method: "zlib" } } as const;
  const writer = await begin(qcow2, target, DISK, null, options);
  const unit = new Uint8Array(CLUSTER);
  for (let n = 0; n < 200; n++) {
    fillExpected(DISK, n * CLUSTER, unit);
    if (n >= plain.from && n < plain.to) await writer.write(n * CLUSTER, unit);
    else if (writer.encoding) await writer.writeEncoded?.(n * CLUSTER, encodeUnit(unit, writer.encoding));
  }
  await writer.finish();
  return target.content();
}

interface Watched {
  readonly reader: DiskReader;
  /** Lengths of the reads since opening. */
  readonly reads: number[];
}

async function watched(content: Uint8Array): Promise<Watched> {
  const reads: number[] = [];
  const source = memorySource("disk.qcow2", content);
  const counting: ByteSource = {
    ...source,
    async read(offset, into) {
      reads.push(into.length);
      await source.read(offset, into);
    },
  };
  const reader = await qcow2.open(counting, { openExtentFile: async () => counting });
  // The tables come with the first read of data.
  await reader.read(0, new Uint8Array(1));
  reads.length = 0;
  return { reader, reads };
}

async function expectRead(reader: DiskReader, start: number, length: number): Promise<void> {
  const [got, expected] = [new Uint8Array(length), new Uint8Array(length)];
  await reader.read(start, got);
  fillExpected(DISK, start, expected);
  expect(Buffer.compare(got, expected)).toBe(0);
}

it("neighbours come with one read, of no more than they take", async () => {
  const { reader, reads } = await watched(await image({ from: 0, to: 0 }));
  await expectRead(reader, 10 * CLUSTER, 100 * CLUSTER);
  expect(reads).toHaveLength(1);
  expect(reads[0]).toBeLessThan(100 * CLUSTER);
});

it("what lies between strangers is not read", async () => {
  const { reader, reads } = await watched(await image({ from: 50, to: 150 }));
  await reader.read(40 * CLUSTER, new Uint8Array(10 * CLUSTER));
  expect(reads).toHaveLength(1);
  // A table that leads from the clusters before the plain ones straight to those behind them.
  const content = await image({ from: 50, to: 150 });
  const view = new DataView(content.buffer);
  const l2 = Number(view.getBigUint64(Number(view.getBigUint64(40))) & 0xff_ffff_fffff_e00n);
  for (let n = 0; n < 50; n++) view.setBigUint64(l2 + (50 + n) * 8, view.getBigUint64(l2 + (150 + n) * 8));
  const leap = await watched(content);
  await leap.reader.read(40 * CLUSTER, new Uint8Array(20 * CLUSTER));
  expect(leap.reads).toHaveLength(2);
  expect(Math.max(...leap.reads)).toBeLessThan(64 * 1024);
});

it("parts of one cluster are read and expanded once", async () => {
  const { reader, reads } = await watched(await image({ from: 0, to: 0 }));
  for (let at = 0; at < CLUSTER; at += 512) await expectRead(reader, 7 * CLUSTER + at, 512);
  expect(reads).toHaveLength(1);
});

it("a damaged cluster leaves nothing behind", async () => {
  const content = await image({ from: 0, to: 0 });
  const view = new DataView(content.buffer);
  const l2 = Number(view.getBigUint64(Number(view.getBigUint64(40))) & 0xff_ffff_fffff_e00n);
  const place = Number(view.getBigUint64(l2 + 9 * 8) & (2n ** 53n - 1n));
  content.fill(0xff, place + 100, place + 120);
  const { reader } = await watched(content);
  await expectRead(reader, 8 * CLUSTER, 512);
  await expect(reader.read(9 * CLUSTER, new Uint8Array(512))).rejects.toMatchObject({ code: "disk.damaged" });
  await expectRead(reader, 8 * CLUSTER, 512);
});
