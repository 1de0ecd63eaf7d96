/**
 * Checkpoints of the writers for images of blocks: whatever was written after one, going on from it gives the file an undisturbed
 * attempt gives. What the files hold, conformance.test.ts and write.integ.test.ts see to.
 */
import { describe, expect, it } from "vitest";
import type { TargetOptions } from "../../../src-core/model/target.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { memorySource, memoryTarget } from "../../io/memory.ts";
import type { DiskReader, DiskWriter, Format, WriterCheckpoint } from "../format.ts";
import { begin } from "../testing/begin.ts";
import { stamp } from "../testing/test-disk.ts";
import { vdi } from "../vdi/vdi.ts";
import { vhd } from "../vhd/vhd.ts";
import { vhdx } from "../vhdx/vhdx.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const GRAIN = 4096;

/** Guest offset and length of each write: inside blocks, over their borders, to the disk's end. */
type Writes = readonly (readonly [number, number])[];

const some: Writes = [
  [0, GRAIN],
  [5 * GRAIN, 2 * GRAIN],
  [2 * MIB - 2 * GRAIN, 4 * GRAIN],
  [3 * MIB, MIB],
];
/** A page of the table maps 8 GiB to 32 GiB. */
const wide: { plan: { virtualSizeBytes: number }; writes: Writes } = {
  plan: { virtualSizeBytes: 100 * GIB + 512 },
  writes: [...some, [70 * GIB - GRAIN, 2 * GRAIN], [100 * GIB, 512]],
};
/** The whole image is stored. */
const narrow: typeof wide = {
  plan: { virtualSizeBytes: 7 * MIB + 512 },
  writes: [...some, [6 * MIB - GRAIN, 2 * GRAIN], [7 * MIB, 512]],
};

interface Case {
  readonly format: Format;
  readonly options: TargetOptions;
  readonly disk: typeof wide;
}
const cases: readonly Case[] = [
  { format: vhd, options: {}, disk: narrow },
  { format: vhd, options: { blockBytes: MIB / 2 }, disk: wide },
  { format: vhd, options: { subformat: "fixed" }, disk: narrow },
  { format: vdi, options: {}, disk: wide },
  { format: vdi, options: { subformat: "static" }, disk: narrow },
  { format: vhdx, options: {}, disk: wide },
  { format: vhdx, options: { blockBytes: MIB, sectorBytes: 4096 }, disk: narrow },
  { format: vhdx, options: { blockBytes: 8 * MIB }, disk: narrow },
  { format: vhdx, options: { subformat: "fixed" }, disk: narrow },
  { format: vhdx, options: { subformat: "fixed", blockBytes: 4 * MIB, sectorBytes: 4096 }, disk: narrow },
];

describe.each(cases)("$format.info.id $options", ({ format, options, disk: { plan, writes } }) => {
  const start = (target: ByteTarget, resume?: WriterCheckpoint, disk = plan): Promise<DiskWriter> =>
    begin(format, target, disk, resume, options);

  async function play(writer: DiskWriter, from: number, to: number): Promise<void> {
    for (const [offset, length] of writes.slice(from, to)) {
      const bytes = new Uint8Array(length);
      stamp(bytes, offset);
      await writer.write(offset, bytes);
    }
  }

  async function made(...ranges: readonly (readonly [number, number])[]): Promise<Uint8Array> {
    const target = memoryTarget("whole");
    const writer = await start(target);
    for (const [from, to] of ranges) await play(writer, from, to);
    await writer.finish();
    return target.content();
  }

  const probed = (content: Uint8Array): string =>
    format.probe(
      content.subarray(0, format.probeBytes.head),
      content.subarray(content.length - format.probeBytes.tail),
    );

  const opened = (content: Uint8Array): Promise<DiskReader> =>
    format.open(memorySource("t", content), { openExtentFile: () => Promise.reject(new Error("none")) });

  /** As a database gives it back. */
  const stored = (point: WriterCheckpoint): WriterCheckpoint => JSON.parse(JSON.stringify(point)) as WriterCheckpoint;

  it("goes on to the same bytes from every checkpoint, whatever came after it", async () => {
    const expected = await made([0, writes.length]);
    for (let count = 0; count <= writes.length; count++) {
      const [offset, length] = writes[count - 1] ?? [0, 0];
      const next = writes[count]?.[0] ?? plan.virtualSizeBytes;
      const attempts = [
        [next, 0],
        [next, 1],
        [offset + length, writes.length - count],
      ] as const;
      for (const [doneBytes, extra] of attempts) {
        const first = memoryTarget("first");
        const writer = await start(first);
        await play(writer, 0, count);
        const point = stored(await writer.checkpoint(doneBytes));
        await play(writer, count, Math.min(count + extra, writes.length));
        if (extra > 0) await writer.checkpoint(doneBytes + 1);
        if (count + extra === writes.length) await writer.finish();
        for (const left of extra === 0 ? [first.content(), first.durableContent()] : [first.content()]) {
          const second = memoryTarget("second", left);
          const resumed = await start(second, point);
          expect(probed(second.content())).toBe("no");
          await play(resumed, count, writes.length);
          await resumed.finish();
          expect(Buffer.compare(second.content(), expected), `${count} + ${extra} at ${doneBytes}`).toBe(0);
        }
      }
    }
  });

  it("forgets what was written after a checkpoint in the open block and behind it", async () => {
    const target = memoryTarget("t");
    const writer = await start(target);
    await play(writer, 0, 2);
    const point = await writer.checkpoint(7 * GRAIN);
    for (const offset of [20 * GRAIN, 2 * MIB, plan.virtualSizeBytes - 512 - 4 * GRAIN]) {
      await writer.write(offset, new Uint8Array(GRAIN).fill(0x77));
      await writer.checkpoint(offset + GRAIN);
    }
    const left = memoryTarget("left", target.content());
    const resumed = await start(left, point);
    await play(resumed, 5, 6);
    await resumed.finish();
    expect(Buffer.compare(left.content(), await made([0, 2], [5, 6]))).toBe(0);
  });

  it("is no image before its end, nor again after going on from a checkpoint of a finished file", async () => {
    const target = memoryTarget("t");
    const writer = await start(target);
    await play(writer, 0, 4);
    const point = await writer.checkpoint(4 * MIB);
    expect(probed(target.content())).toBe("no");
    await writer.finish();
    expect(probed(target.content())).toBe("yes");
    const again = memoryTarget("again", target.content());
    await start(again, point);
    await expect(opened(again.durableContent())).rejects.toMatchObject({ code: "disk.damaged" });
    expect(probed(again.content())).toBe("no");
  });

  it("refuses checkpoints of another disk, of another kind, and of a file that is shorter", async () => {
    const target = memoryTarget("t");
    const writer = await start(target);
    await play(writer, 0, 3);
    const point = await writer.checkpoint(4 * MIB);
    const conflict = { code: "state.conflict" };
    await expect(start(target, point, { virtualSizeBytes: 5 * MIB })).rejects.toMatchObject(conflict);
    await expect(start(target, { doneBytes: 1, state: {} })).rejects.toMatchObject(conflict);
    const other = { ...point, state: { ...point.state, kind: `${String(point.state.kind)} other` } };
    await expect(start(target, other)).rejects.toMatchObject(conflict);
    await target.resize(MIB);
    await expect(start(target, point)).rejects.toMatchObject({ code: "disk.truncated" });
  });

  it("refuses writes that do not ascend, do not begin a grain or go beyond the end", async () => {
    const writer = await start(memoryTarget("t"));
    await writer.write(4 * MIB, new Uint8Array(GRAIN));
    const tooLate = [0, 4 * MIB, 5 * MIB + 512, plan.virtualSizeBytes - 512 + 2 * MIB];
    for (const offset of tooLate) {
      await expect(writer.write(offset, new Uint8Array(GRAIN))).rejects.toMatchObject({ code: "internal.bug" });
    }
  });

  it("identifies an image by its content, size and kind", async () => {
    const mark = async (fill: number, disk = plan, other = options): Promise<string | null> => {
      const target = memoryTarget("t");
      const writer = await begin(format, target, disk, null, other);
      await writer.write(MIB, new Uint8Array(GRAIN).fill(fill));
      await writer.finish();
      return (await opened(target.content())).mark;
    };
    const larger = { virtualSizeBytes: plan.virtualSizeBytes + 3 * MIB };
    const kind = format === vhdx ? { ...options, blockBytes: 16 * MIB } : null;
    const marks = [await mark(1), await mark(1), await mark(2), await mark(1, larger)];
    expect(marks[0]).toBe(marks[1]);
    expect(new Set(marks).size).toBe(3);
    if (kind) expect(marks).not.toContain(await mark(1, plan, kind));
  });

  it("says what it is, and stores nothing of an empty disk but what its kind wants", async () => {
    const target = memoryTarget("t");
    const writer = await start(target, undefined, { virtualSizeBytes: 0 });
    const summary = await writer.finish();
    expect(summary).toEqual({ writtenBytes: 0, fileSizeBytes: target.sizeBytes });
    const reader = await opened(target.content());
    expect(reader.subformat).toBe(options.subformat ?? "dynamic");
    const variant = format.info.variants.find((one) => one.id === reader.subformat);
    expect(reader.virtualSizeBytes).toBe(Math.max(variant?.sizeUnitBytes ?? 0, options.sectorBytes ?? 512));
    expect(reader.grainBytes).toBe(options.blockBytes ?? variant?.blockBytes?.usual ?? reader.grainBytes);
    const content = new Uint8Array(reader.virtualSizeBytes).fill(1);
    await reader.read(0, content);
    expect(content.every((byte) => byte === 0)).toBe(true);
  });
});
