/** Checkpoints, identity and layout of what the writer makes; conformance.test.ts and write.integ.test.ts see to the content. */
import { describe, expect, it } from "vitest";
import { memorySource, memoryTarget } from "../../io/memory.ts";
import type { DiskWriter, WriterCheckpoint } from "../format.ts";
import { begin } from "../testing/begin.ts";
import { stamp } from "../testing/test-disk.ts";
import { openVhdx } from "./reader.ts";
import { vhdx } from "./vhdx.ts";

const MIB = 1024 * 1024;
const GRAIN = 4096;
const BLOCK = 2 * MIB;
/** Entries of 64 KiB of BAT: 8,192, of which every 2,049th is for a bitmap. */
const PAGE = 8188 * BLOCK;
const plan = { virtualSizeBytes: 2 * PAGE + 5 * BLOCK + 512 };

/** Guest offset and length of each write: inside a block, over borders of blocks and BAT pages, to the disk's end. */
const writes: readonly (readonly [number, number])[] = [
  [GRAIN, GRAIN],
  [9 * GRAIN, 3 * GRAIN],
  [BLOCK - GRAIN, 2 * GRAIN],
  [PAGE - GRAIN, 2 * GRAIN],
  [2 * PAGE + 3 * BLOCK, GRAIN],
  [2 * PAGE + 5 * BLOCK, 512],
];

async function play(writer: DiskWriter, from: number, to: number): Promise<void> {
  for (const [offset, length] of writes.slice(from, to)) {
    const bytes = new Uint8Array(length);
    stamp(bytes, offset);
    await writer.write(offset, bytes);
  }
}

async function undisturbed(disk = plan): Promise<Uint8Array> {
  const target = memoryTarget("whole");
  const writer = await begin(vhdx, target, disk);
  await play(writer, 0, disk === plan ? writes.length : 2);
  await writer.finish();
  return target.content();
}

describe("VHDX checkpoints", () => {
  it("resume to the same bytes from every one, whatever came after it", async () => {
    const expected = await undisturbed();
    for (let count = 0; count <= writes.length; count++) {
      for (const extra of [0, 1, 2, writes.length - count]) {
        const first = memoryTarget("first");
        const writer = await begin(vhdx, first, plan);
        await play(writer, 0, count);
        const [offset, length] = writes[count - 1] ?? [0, 0];
        const point = JSON.parse(JSON.stringify(await writer.checkpoint(offset + length))) as WriterCheckpoint;
        await play(writer, count, Math.min(writes.length, count + extra));
        if (extra > 0) await writer.checkpoint(offset + length + GRAIN);
        if (extra === writes.length - count) await writer.finish();
        for (const left of extra === 0 ? [first.content(), first.durableContent()] : [first.content()]) {
          const second = memoryTarget("second", left);
          const resumed = await begin(vhdx, second, plan, point);
          expect(second.content().subarray(0, 8).some(Boolean)).toBe(false);
          await play(resumed, count, writes.length);
          await resumed.finish();
          expect(Buffer.compare(second.content(), expected)).toBe(0);
        }
      }
    }
  });

  it("forget what was written after them: in the block, in the page of the BAT, and beyond", async () => {
    const target = memoryTarget("t");
    const writer = await begin(vhdx, target, plan);
    await play(writer, 0, 2);
    const point = await writer.checkpoint(12 * GRAIN);
    for (const offset of [20 * GRAIN, 3 * BLOCK, PAGE + BLOCK]) {
      await writer.write(offset, new Uint8Array(GRAIN).fill(0x77));
      await writer.checkpoint(offset + GRAIN);
    }
    const left = memoryTarget("left", target.content());
    const resumed = await begin(vhdx, left, plan, point);
    await play(resumed, 4, 5);
    await resumed.finish();
    const straight = memoryTarget("straight");
    const whole = await begin(vhdx, straight, plan);
    await play(whole, 0, 2);
    await play(whole, 4, 5);
    await whole.finish();
    expect(Buffer.compare(left.content(), straight.content())).toBe(0);
  });

  it("of another disk, or of a longer file, are refused", async () => {
    const target = memoryTarget("t");
    const writer = await begin(vhdx, target, plan);
    await play(writer, 0, 3);
    const point = await writer.checkpoint(BLOCK + GRAIN);
    await expect(begin(vhdx, target, { virtualSizeBytes: BLOCK }, point)).rejects.toMatchObject({
      code: "state.conflict",
    });
    await expect(begin(vhdx, target, plan, { doneBytes: 1, state: {} })).rejects.toMatchObject({
      code: "state.conflict",
    });
    await target.resize(5 * MIB);
    await expect(begin(vhdx, target, plan, point)).rejects.toMatchObject({ code: "disk.truncated" });
  });
});

describe("the identity of an image", () => {
  const idsOf = async (bytes: Uint8Array): Promise<(string | undefined)[]> => {
    const { facts } = await openVhdx(memorySource("d", bytes));
    return ["DataWriteGuid", "VirtualDiskId"].map((name) => facts.find((fact) => fact.name === name)?.value);
  };

  it("follows from size and content, however the writes were cut", async () => {
    const small = { virtualSizeBytes: 4 * BLOCK };
    const ids = await idsOf(await undisturbed(small));
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids[0]).not.toBe(ids[1]);
    expect(await idsOf(await undisturbed(small))).toEqual(ids);
    const pieces = memoryTarget("pieces");
    const writer = await begin(vhdx, pieces, small);
    for (const [offset, length] of writes.slice(0, 2)) {
      for (let at = offset; at < offset + length; at += GRAIN) {
        const bytes = new Uint8Array(GRAIN);
        stamp(bytes, at);
        await writer.write(at, bytes);
      }
    }
    await writer.finish();
    expect(await idsOf(pieces.content())).toEqual(ids);
    const other = memoryTarget("other");
    const otherWriter = await begin(vhdx, other, small);
    await otherWriter.write(GRAIN, new Uint8Array(GRAIN).fill(1));
    await otherWriter.finish();
    expect(await idsOf(other.content())).not.toEqual(ids);
    expect(await idsOf(await undisturbed({ virtualSizeBytes: 5 * BLOCK }))).not.toEqual(ids);
  });
});

describe("what the writer refuses", () => {
  it("disks over 64 TiB", async () => {
    await expect(begin(vhdx, memoryTarget("t"), { virtualSizeBytes: 2 ** 46 + 1 })).rejects.toMatchObject({
      code: "disk.too-large",
    });
  });

  it("writes that do not ascend or are not whole sectors", async () => {
    const writer = await begin(vhdx, memoryTarget("t"), plan);
    await writer.write(BLOCK, new Uint8Array(2 * GRAIN));
    for (const [offset, length] of [
      [BLOCK + GRAIN, GRAIN],
      [0, GRAIN],
      [2 * BLOCK, 512],
      [2 * BLOCK + 512, GRAIN],
    ] as const) {
      await expect(writer.write(offset, new Uint8Array(length))).rejects.toMatchObject({ code: "internal.bug" });
    }
  });
});
