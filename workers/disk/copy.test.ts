import { describe, expect, test } from "vitest";
import type { WriterCheckpoint } from "../formats/format.ts";
import type { Layer } from "./chain.ts";
import type { CheckpointRule } from "./checkpoint-policy.ts";
import { copyDisk } from "./copy.ts";
import { localPreparer } from "./preparer.ts";
import { type FakeWriter, fakeReader, fakeWriter, wholeOf } from "./testing/fake-disk.ts";
import { profileOf } from "./window.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const NEVER: CheckpointRule = { everyBytes: Number.MAX_SAFE_INTEGER, everyMs: Number.MAX_SAFE_INTEGER };

interface Ran {
  progress: number[];
  points: WriterCheckpoint[];
}

async function run(
  reader: Layer,
  writer: FakeWriter,
  options: { startBytes?: number; rule?: CheckpointRule; gate?: () => Promise<void> } = {},
): Promise<Ran> {
  const ran: Ran = { progress: [], points: [] };
  let clock = 0;
  const profile = profileOf(writer, false);
  const preparer = localPreparer(reader, null, [profile]);
  await copyDisk(reader, [{ writer, profile: 0, endBytes: reader.virtualSizeBytes }], preparer, {
    windowBytes: Math.max(MiB, profile.unitBytes),
    startBytes: options.startBytes ?? 0,
    doneDataBytes: 0,
    hooks: {
      gate: options.gate ?? (async () => {}),
      spend: async () => {},
      progress: (done) => {
        ran.progress.push(done);
        clock += 1;
      },
    },
    now: () => clock,
    checkpointRule: options.rule ?? NEVER,
    checkpoint: (points) => ran.points.push(...points),
  });
  return ran;
}

const data = (start: number, length: number) => ({ start, length, state: "data" as const });

describe("copyDisk", () => {
  const layouts = {
    "empty disk": { sizeBytes: 0, ranges: [] },
    "all hole": { sizeBytes: 3 * MiB, ranges: [] },
    "all data, odd end": { sizeBytes: 3 * MiB + 512, ranges: [data(0, 3 * MiB + 512)] },
    "small grains on a large target grain": {
      sizeBytes: 2 * MiB,
      ranges: [data(512, 512), data(2048, 1024), data(70 * KiB, 512), data(MiB - 512, 1024)],
    },
    "zero ranges between data": {
      sizeBytes: 4 * MiB,
      ranges: [data(0, 64 * KiB), { start: 64 * KiB, length: MiB, state: "zero" as const }, data(3 * MiB, 128 * KiB)],
    },
    "data that begins with stored zeros": {
      sizeBytes: 2 * MiB,
      ranges: [{ ...data(0, 256 * KiB), plain: true }, data(256 * KiB, 4 * KiB), { ...data(MiB, MiB), plain: true }],
    },
    "extents cut at tables": { sizeBytes: 4 * MiB, tableBytes: 96 * KiB, ranges: [data(10 * KiB, 3 * MiB)] },
  };
  for (const [name, layout] of Object.entries(layouts)) {
    for (const grain of [512, 64 * KiB, 2 * MiB]) {
      test(`${name}, target grain ${grain}`, async () => {
        const reader = fakeReader(layout);
        const writer = fakeWriter(layout.sizeBytes, grain);
        await run(reader, writer);
        expect(Buffer.compare(writer.content(), await wholeOf(reader))).toBe(0);
      });
    }
  }

  test("stored zeros are left out; what is written is one run where it can be", async () => {
    const reader = fakeReader({
      sizeBytes: MiB,
      ranges: [data(0, 128 * KiB), { ...data(128 * KiB, 64 * KiB), plain: true }, data(192 * KiB, 256 * KiB)],
    });
    const writer = fakeWriter(MiB, 64 * KiB);
    await run(reader, writer);
    expect(writer.writes).toEqual([
      { offset: 0, length: 128 * KiB },
      { offset: 192 * KiB, length: 256 * KiB },
    ]);
  });

  test("holes and zero ranges are never read", async () => {
    const reader = fakeReader({
      sizeBytes: 8 * MiB,
      ranges: [{ start: 0, length: 2 * MiB, state: "zero" }, data(5 * MiB, 64 * KiB)],
    });
    await run(reader, fakeWriter(8 * MiB, 64 * KiB));
    expect(reader.reads).toEqual([{ offset: 5 * MiB, length: 64 * KiB }]);
  });

  test("progress counts data, ascending to its sum", async () => {
    const reader = fakeReader({ sizeBytes: 16 * MiB, ranges: [data(0, 3 * MiB), data(8 * MiB, MiB)] });
    const { progress } = await run(reader, fakeWriter(16 * MiB, 64 * KiB));
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(4 * MiB);
  });

  test("from any checkpoint the rest makes the same disk", async () => {
    const layout = { sizeBytes: 9 * MiB, ranges: [data(100 * KiB, 4 * MiB), data(6 * MiB, 2 * MiB + 512)] };
    const reader = fakeReader(layout);
    const whole = fakeWriter(layout.sizeBytes, 64 * KiB);
    const { points } = await run(reader, whole, { rule: { everyBytes: MiB, everyMs: Number.MAX_SAFE_INTEGER } });
    expect(points.length).toBeGreaterThan(3);
    for (const point of points) {
      const rest = fakeWriter(layout.sizeBytes, 64 * KiB);
      await run(reader, rest, { startBytes: point.doneBytes });
      const joined = whole.content().slice(0, point.doneBytes);
      expect(Buffer.compare(rest.content().subarray(0, point.doneBytes), new Uint8Array(point.doneBytes))).toBe(0);
      expect(Buffer.compare(Buffer.concat([joined, rest.content().subarray(point.doneBytes)]), whole.content())).toBe(
        0,
      );
    }
  });

  test("a checkpoint is told only when all before it was written", async () => {
    const layout = { sizeBytes: 4 * MiB, ranges: [data(0, 4 * MiB)] };
    const reader = fakeReader(layout);
    const writer = fakeWriter(layout.sizeBytes, 64 * KiB);
    const { points } = await run(reader, writer, { rule: { everyBytes: 1, everyMs: 1 } });
    const last = points.at(-1);
    expect(last?.doneBytes).toBe(3 * MiB);
    expect(Buffer.compare(writer.durable().subarray(0, 3 * MiB), (await wholeOf(reader)).subarray(0, 3 * MiB))).toBe(0);
  });

  test("each failing call of the writer ends the copy with its error, until none fails", async () => {
    const layout = { sizeBytes: 4 * MiB, ranges: [data(0, MiB), data(2 * MiB, 2 * MiB)] };
    let failures = 0;
    for (let n = 1; ; n += 1) {
      const writer = fakeWriter(layout.sizeBytes, 64 * KiB, n);
      const outcome = await run(fakeReader(layout), writer, { rule: { everyBytes: 1, everyMs: 1 } }).catch(
        (error) => error,
      );
      if (!(outcome instanceof Error)) break;
      expect(outcome).toMatchObject({ code: "target.no-space" });
      failures += 1;
    }
    expect(failures).toBeGreaterThan(4);
  });

  test("the gate stops it between chunks", async () => {
    let calls = 0;
    const reader = fakeReader({ sizeBytes: 64 * MiB, ranges: [data(0, 64 * MiB)] });
    const gate = async () => {
      calls += 1;
      if (calls === 5) throw new Error("stop here");
    };
    await expect(run(reader, fakeWriter(64 * MiB, 64 * KiB), { gate })).rejects.toThrow("stop here");
    expect(reader.reads.length).toBeLessThan(5);
  });
});
