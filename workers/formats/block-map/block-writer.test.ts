/** Checkpoints: whatever was written after one, going on from it gives the file an undisturbed attempt gives. */
import { describe, expect, it } from "vitest";
import { memoryTarget } from "../../io/memory.ts";
import type { DiskWriter, WriterCheckpoint } from "../format.ts";
import { formatById } from "../registry.ts";
import { begin } from "../testing/begin.ts";
import { stamp } from "../testing/test-disk.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const GRAIN = 4096;
/** One page of the table maps 16 GiB (VDI) or 32 GiB (VHD). */
const plan = { virtualSizeBytes: 100 * GIB + 512 };

/** Guest offset and length of each write: inside blocks, over their borders, over pages of the table, to the disk's end. */
const writes: readonly (readonly [number, number])[] = [
  [0, GRAIN],
  [5 * GRAIN, 2 * GRAIN],
  [2 * MIB - 2 * GRAIN, 4 * GRAIN],
  [3 * MIB, MIB],
  [70 * GIB - GRAIN, 2 * GRAIN],
  [100 * GIB, 512],
];

async function play(writer: DiskWriter, from: number, to: number): Promise<void> {
  for (const [offset, length] of writes.slice(from, to)) {
    const bytes = new Uint8Array(length);
    stamp(bytes, offset);
    await writer.write(offset, bytes);
  }
}

describe.each([formatById("vhd"), formatById("vdi")])("$info.id checkpoints", (format) => {
  async function undisturbed(): Promise<Uint8Array> {
    const target = memoryTarget("whole");
    const writer = await begin(format, target, plan);
    await play(writer, 0, writes.length);
    await writer.finish();
    return target.content();
  }

  it("resume to the same bytes, whatever came after them", async () => {
    const expected = await undisturbed();
    for (let count = 0; count <= writes.length; count++) {
      const [offset, length] = writes[count - 1] ?? [0, 0];
      const next = writes[count]?.[0] ?? plan.virtualSizeBytes;
      for (const doneBytes of new Set([offset + length, next])) {
        for (const extra of new Set([0, 1, writes.length - count])) {
          const first = memoryTarget("first");
          const writer = await begin(format, first, plan);
          await play(writer, 0, count);
          const point = JSON.parse(JSON.stringify(await writer.checkpoint(doneBytes))) as WriterCheckpoint;
          await play(writer, count, Math.min(count + extra, writes.length));
          if (extra > 0) await writer.checkpoint(doneBytes + 1);
          if (count + extra === writes.length) await writer.finish();
          const second = memoryTarget("second", first.content());
          const resumed = await begin(format, second, plan, point);
          await play(resumed, count, writes.length);
          await resumed.finish();
          expect(Buffer.compare(second.content(), expected), `${count} + ${extra} at ${doneBytes}`).toBe(0);
        }
      }
    }
  });

  it("forget what was written after them in the open block and behind it", async () => {
    const target = memoryTarget("t");
    const writer = await begin(format, target, plan);
    await play(writer, 0, 2);
    const point = await writer.checkpoint(7 * GRAIN);
    for (const offset of [20 * GRAIN, 2 * MIB, 60 * GIB]) {
      await writer.write(offset, new Uint8Array(GRAIN).fill(0x77));
      await writer.checkpoint(offset + GRAIN);
    }
    const left = memoryTarget("left", target.content());
    const resumed = await begin(format, left, plan, point);
    await play(resumed, 5, 6);
    await resumed.finish();
    const straight = memoryTarget("straight");
    const whole = await begin(format, straight, plan);
    await play(whole, 0, 2);
    await play(whole, 5, 6);
    await whole.finish();
    expect(Buffer.compare(left.content(), straight.content())).toBe(0);
  });

  it("show no image before finish, nor after going on from a checkpoint of a finished file", async () => {
    const target = memoryTarget("t");
    const writer = await begin(format, target, plan);
    await play(writer, 0, 4);
    const point = await writer.checkpoint(4 * MIB);
    const probed = (content: Uint8Array): string =>
      format.probe(
        content.subarray(0, format.probeBytes.head),
        content.subarray(content.length - format.probeBytes.tail),
      );
    expect(probed(target.content())).toBe("no");
    await writer.finish();
    expect(probed(target.content())).toBe("yes");
    const again = memoryTarget("again", target.content());
    await begin(format, again, plan, point);
    expect(probed(again.content())).toBe("no");
  });

  it("of another disk, or of a file that is shorter, are refused", async () => {
    const target = memoryTarget("t");
    const writer = await begin(format, target, plan);
    await play(writer, 0, 3);
    const point = await writer.checkpoint(4 * MIB);
    const other = { virtualSizeBytes: GIB };
    await expect(begin(format, target, other, point)).rejects.toMatchObject({ code: "state.conflict" });
    await expect(begin(format, target, plan, { doneBytes: 1, state: {} })).rejects.toMatchObject({
      code: "state.conflict",
    });
    await target.resize(MIB);
    await expect(begin(format, target, plan, point)).rejects.toMatchObject({ code: "disk.truncated" });
  });

  it("writes that do not ascend or are not whole grains are refused", async () => {
    const writer = await begin(format, memoryTarget("t"), plan);
    await writer.write(4 * MIB, new Uint8Array(GRAIN));
    for (const [offset, length] of [
      [0, GRAIN],
      [5 * MIB, 512],
      [5 * MIB + 512, GRAIN],
    ] as const) {
      await expect(writer.write(offset, new Uint8Array(length))).rejects.toMatchObject({ code: "internal.bug" });
    }
  });

  it("different disks get different identifiers, the same disk the same", async () => {
    const made = async (fill: number, sizeBytes = plan.virtualSizeBytes): Promise<string | null> => {
      const target = memoryTarget("t");
      const writer = await begin(format, target, { virtualSizeBytes: sizeBytes });
      await writer.write(MIB, new Uint8Array(GRAIN).fill(fill));
      await writer.finish();
      const content = target.content();
      const source = { name: "t", sizeBytes: content.length, allocatedBytes: null, close: async () => {} };
      const reader = await format.open(
        { ...source, read: (at, into) => target.read(at, into) },
        {
          openExtentFile: () => Promise.reject(new Error("none")),
        },
      );
      return reader.mark;
    };
    const marks = await Promise.all([made(1), made(1), made(2), made(1, GIB)]);
    expect(marks[0]).toBe(marks[1]);
    expect(new Set(marks).size).toBe(3);
  });
});
