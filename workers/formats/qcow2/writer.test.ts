/** Checkpoints: whatever was written after one, going on from it gives the file an undisturbed attempt gives. */
import { describe, expect, it } from "vitest";
import { memoryTarget } from "../../io/memory.ts";
import type { DiskWriter, WriterCheckpoint } from "../format.ts";
import { begin } from "../testing/begin.ts";
import { stamp } from "../testing/test-disk.ts";
import { qcow2 } from "./qcow2.ts";

const CLUSTER = 64 * 1024;
const TABLE = 512 * 1024 * 1024;
const plan = { virtualSizeBytes: 3 * TABLE + 512 };

/** Guest offset and clusters of each write; over two borders of L2 tables, with gaps, to the disk's end. */
const writes: readonly (readonly [number, number])[] = [
  [0, 1],
  [5 * CLUSTER, 2],
  [TABLE - 2 * CLUSTER, 4],
  [TABLE + 9 * CLUSTER, 1],
  [2 * TABLE + CLUSTER, 1],
  [3 * TABLE, 1],
];

async function play(writer: DiskWriter, from: number, to: number): Promise<void> {
  for (const [offset, clusters] of writes.slice(from, to)) {
    const bytes = new Uint8Array(Math.min(clusters * CLUSTER, plan.virtualSizeBytes - offset));
    stamp(bytes, offset);
    await writer.write(offset, bytes);
  }
}

async function undisturbed(): Promise<Uint8Array> {
  const target = memoryTarget("whole");
  const writer = await begin(qcow2, target, plan);
  await play(writer, 0, writes.length);
  await writer.finish();
  return target.content();
}

/** Where a checkpoint after `count` writes may say it is: right behind the last write, or anywhere before the next. */
function doneAfter(count: number): number[] {
  const [offset, clusters] = writes[count - 1] ?? [0, 0];
  const next = writes[count]?.[0] ?? plan.virtualSizeBytes;
  return [...new Set([Math.min(offset + clusters * CLUSTER, plan.virtualSizeBytes), next])];
}

describe("qcow2 checkpoints", () => {
  it("resumes to the same bytes from every checkpoint, whatever came after it", async () => {
    const expected = await undisturbed();
    let cases = 0;
    for (let count = 0; count <= writes.length; count++) {
      for (const doneBytes of doneAfter(count)) {
        for (let extra = 0; count + extra <= writes.length; extra++) {
          const first = memoryTarget("first");
          const writer = await begin(qcow2, first, plan);
          await play(writer, 0, count);
          const point = JSON.parse(JSON.stringify(await writer.checkpoint(doneBytes))) as WriterCheckpoint;
          await play(writer, count, count + extra);
          if (extra > 0) await writer.checkpoint(doneBytes + 1);
          if (count + extra === writes.length) await writer.finish();
          const second = memoryTarget("second", first.content());
          const resumed = await begin(qcow2, second, plan, point);
          await play(resumed, count, writes.length);
          await resumed.finish();
          expect(Buffer.compare(second.content(), expected)).toBe(0);
          cases++;
        }
      }
    }
    expect(cases).toBeGreaterThan(30);
  });

  it("has everything before the checkpoint durable", async () => {
    const target = memoryTarget("t");
    const writer = await begin(qcow2, target, plan);
    await play(writer, 0, 3);
    const point = await writer.checkpoint(TABLE + 2 * CLUSTER);
    await play(writer, 3, 4);
    const left = memoryTarget("left", target.durableContent());
    const resumed = await begin(qcow2, left, plan, point);
    await play(resumed, 3, writes.length);
    await resumed.finish();
    expect(Buffer.compare(left.content(), await undisturbed())).toBe(0);
  });

  it("forgets what was written after the checkpoint, also over borders of tables", async () => {
    const target = memoryTarget("t");
    const writer = await begin(qcow2, target, plan);
    await play(writer, 0, 2);
    const point = await writer.checkpoint(7 * CLUSTER);
    for (const offset of [20 * CLUSTER, TABLE, 2 * TABLE + 5 * CLUSTER]) {
      await writer.write(offset, new Uint8Array(CLUSTER).fill(0x77));
      await writer.checkpoint(offset + CLUSTER);
    }
    const left = memoryTarget("left", target.content());
    const resumed = await begin(qcow2, left, plan, point);
    await play(resumed, 5, 6);
    await resumed.finish();
    const straight = memoryTarget("straight");
    const whole = await begin(qcow2, straight, plan);
    await play(whole, 0, 2);
    await play(whole, 5, 6);
    await whole.finish();
    expect(Buffer.compare(left.content(), straight.content())).toBe(0);
  });

  it("shows no magic before finish, nor after going on from a checkpoint of a finished file", async () => {
    const target = memoryTarget("t");
    const writer = await begin(qcow2, target, plan);
    await play(writer, 0, 3);
    const point = await writer.checkpoint(TABLE + 2 * CLUSTER);
    expect([...target.content().subarray(0, 4)]).toEqual([0, 0, 0, 0]);
    await writer.finish();
    expect(Buffer.from(target.content().subarray(0, 3)).toString()).toBe("QFI");
    const again = memoryTarget("again", target.content());
    await begin(qcow2, again, plan, point);
    expect([...again.content().subarray(0, 4)]).toEqual([0, 0, 0, 0]);
  });

  it("takes the magic away for good before it cuts anything off a finished file", async () => {
    const target = memoryTarget("t");
    const writer = await begin(qcow2, target, plan);
    await play(writer, 0, 2);
    const point = await writer.checkpoint(7 * CLUSTER);
    await play(writer, 2, 3);
    await writer.finish();
    const again = memoryTarget("again", target.content());
    const watched = {
      ...again,
      async resize(sizeBytes: number) {
        expect([...again.durableContent().subarray(0, 4)]).toEqual([0, 0, 0, 0]);
        await again.resize(sizeBytes);
      },
    };
    await begin(qcow2, watched, plan, point);
    expect(again.sizeBytes).toBeLessThan(target.sizeBytes);
  });

  it("refuses a checkpoint of another disk and a file shorter than the checkpoint", async () => {
    const target = memoryTarget("t");
    const writer = await begin(qcow2, target, plan);
    await play(writer, 0, 3);
    const point = await writer.checkpoint(TABLE + 2 * CLUSTER);
    await expect(begin(qcow2, target, { virtualSizeBytes: 5 * TABLE }, point)).rejects.toMatchObject({
      code: "state.conflict",
    });
    await expect(begin(qcow2, target, plan, { doneBytes: 1, state: {} })).rejects.toMatchObject({
      code: "state.conflict",
    });
    await target.resize(3 * CLUSTER);
    await expect(begin(qcow2, target, plan, point)).rejects.toMatchObject({ code: "disk.truncated" });
  });

  it("refuses writes that do not ascend or are not whole clusters", async () => {
    const writer = await begin(qcow2, memoryTarget("t"), plan);
    await writer.write(TABLE, new Uint8Array(CLUSTER));
    for (const [offset, length] of [
      [TABLE, CLUSTER],
      [0, CLUSTER],
      [TABLE + CLUSTER, 512],
      [TABLE + 512, CLUSTER],
    ] as const) {
      await expect(writer.write(offset, new Uint8Array(length))).rejects.toMatchObject({ code: "internal.bug" });
    }
  });
});
