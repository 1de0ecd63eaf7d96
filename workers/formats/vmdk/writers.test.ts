/** What the VMDK writers do beyond the conformance suite: far offsets, deltas, content IDs, limits, checkpoints that do not fit. */
import { describe, expect, it } from "vitest";
import { resolveTarget } from "../../../src-core/model/resolve-target.ts";
import type { TargetOptions } from "../../../src-core/model/target.ts";
import { type MemoryTarget, memoryTarget } from "../../io/memory.ts";
import type { BackingRef, DiskReader, DiskWriter, WriterCheckpoint } from "../format.ts";
import { statesOf } from "../testing/ask.ts";
import { encodeUnit } from "../testing/play.ts";
import { stamp } from "../testing/test-disk.ts";
import { vmdk } from "./vmdk.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const TIB = 1024 * GIB;
const GRAIN = 64 * KIB;

interface Wanted {
  readonly virtualSizeBytes: number;
  readonly options?: TargetOptions;
  readonly backing?: BackingRef | null;
  readonly resume?: WriterCheckpoint | null;
  readonly name?: string;
  readonly companions?: readonly MemoryTarget[];
}

async function begin(target: MemoryTarget, wanted: Wanted): Promise<DiskWriter> {
  const plan = {
    ...resolveTarget("VMDK", vmdk.info.variants, wanted.options ?? {}),
    virtualSizeBytes: wanted.virtualSizeBytes,
    backing: wanted.backing ?? null,
  };
  const { name = "disk.vmdk", resume = null, companions = [memoryTarget("disk-flat.vmdk")] } = wanted;
  const writer = await vmdk.create?.(target, plan, { name, companions, resume });
  if (!writer) throw new Error("VMDK is not written");
  return writer;
}

/** Writes stamped grains at these guest offsets. */
async function put(writer: DiskWriter, offsets: readonly number[], mark = 0): Promise<void> {
  for (const offset of offsets) {
    const grain = new Uint8Array(GRAIN);
    stamp(grain, offset + mark);
    if (writer.encoding) await writer.writeEncoded?.(offset, encodeUnit(grain, writer.encoding));
    else await writer.write(offset, grain);
  }
}

function openTarget(target: MemoryTarget, ...more: readonly MemoryTarget[]): Promise<DiskReader> {
  const source = (from: MemoryTarget) => ({
    name: from.name,
    sizeBytes: from.sizeBytes,
    allocatedBytes: null,
    read: (offset: number, into: Uint8Array) => from.read(offset, into),
    close: async () => {},
  });
  return vmdk.open(source(target), {
    async openExtentFile(name) {
      const found = more.find((one) => one.name === name);
      if (!found) throw new Error(name);
      return source(found);
    },
  });
}

async function expectGrains(reader: DiskReader, offsets: readonly number[]): Promise<void> {
  for (const offset of offsets) {
    const [got, expected] = [new Uint8Array(GRAIN), new Uint8Array(GRAIN)];
    await reader.read(offset, got);
    stamp(expected, offset);
    expect(Buffer.compare(got, expected), `at ${offset}`).toBe(0);
  }
}

/** Over borders of tables (32 MiB) and of pages of tables (1 GiB), with gaps of each size. */
const OFFSETS = [
  0,
  3 * GRAIN,
  32 * MIB - GRAIN,
  32 * MIB,
  100 * MIB,
  GIB - GRAIN,
  GIB,
  GIB + 5 * MIB,
  7 * GIB,
  7 * GIB + 40 * MIB,
] as const;
const SIZE = 9 * GIB + 512;

describe.each(["monolithicSparse", "streamOptimized"])("%s", (subformat) => {
  const plan = { virtualSizeBytes: SIZE, options: { subformat } };

  async function undisturbed(): Promise<MemoryTarget> {
    const target = memoryTarget("whole");
    const writer = await begin(target, plan);
    await put(writer, OFFSETS);
    await writer.finish();
    return target;
  }

  it("finds everything again on a disk of several pages of tables", async () => {
    const reader = await openTarget(await undisturbed());
    await expectGrains(reader, OFFSETS);
    const states = await statesOf(reader.extents(GIB - 2 * GRAIN, 4 * GRAIN), GRAIN);
    expect(states.map((state) => (Array.isArray(state) ? state.slice(1) : state))).toEqual([
      [1, "hole"],
      [2, "data"],
      [1, "hole"],
    ]);
  });

  it("goes on from every checkpoint to the same bytes, however far an earlier attempt came", async () => {
    const expected = (await undisturbed()).content();
    for (let count = 0; count <= OFFSETS.length; count++) {
      for (const extra of new Set([0, 1, 4, OFFSETS.length])) {
        const first = memoryTarget("first");
        const writer = await begin(first, plan);
        await put(writer, OFFSETS.slice(0, count));
        const doneBytes = OFFSETS[count] ?? SIZE;
        const point = JSON.parse(JSON.stringify(await writer.checkpoint(doneBytes))) as WriterCheckpoint;
        // The source was repaired meanwhile: other content, further grains.
        const further = OFFSETS.slice(count, count + extra).flatMap((at) => [at, at + GRAIN]);
        // 8 GiB lies in a page of tables that nobody writes again.
        await put(writer, [...new Set(extra > 0 ? [...further, 8 * GIB] : further)], 16);
        if (extra === 4) await writer.checkpoint(SIZE);
        if (extra === OFFSETS.length) await writer.finish();
        const second = memoryTarget("second", first.content());
        const resumed = await begin(second, { ...plan, resume: point });
        expect(vmdk.probe(second.content().subarray(0, 1024), new Uint8Array(0))).toBe("no");
        await put(resumed, OFFSETS.slice(count));
        await resumed.finish();
        expect(Buffer.compare(second.content(), expected), `${count} + ${extra}`).toBe(0);
      }
    }
  }, 60_000);

  it("refuses checkpoints of another disk and files that are not as the checkpoint left them", async () => {
    const target = memoryTarget("t");
    const writer = await begin(target, plan);
    await put(writer, OFFSETS.slice(0, 6));
    const point = await writer.checkpoint(GIB);
    for (const other of [
      { ...plan, virtualSizeBytes: GIB },
      { ...plan, resume: { doneBytes: 1, state: {} } },
    ]) {
      await expect(begin(target, { resume: point, ...other })).rejects.toMatchObject({ code: "state.conflict" });
    }
    const short = memoryTarget("short", target.content().subarray(0, target.sizeBytes - 1));
    await expect(begin(short, { ...plan, resume: point })).rejects.toMatchObject({ code: "disk.truncated" });
  });

  it("refuses to point beyond 2 TiB of file", async () => {
    const target = memoryTarget("t");
    const wanted = { ...plan, virtualSizeBytes: 4 * TIB };
    const writer = await begin(target, wanted);
    await put(writer, [0]);
    const point = await writer.checkpoint(GRAIN);
    await target.resize(2 * TIB);
    // A stream's grains before the cursor are walked: there are none in this one.
    const atEnd = { ...point, state: { ...point.state, cursorBytes: 2 * TIB, openedAtBytes: 64 * KIB } };
    if (subformat === "monolithicSparse") {
      const full = await begin(target, { ...wanted, resume: atEnd });
      await expect(put(full, [GRAIN])).rejects.toMatchObject({ code: "disk.too-large" });
    } else await expect(begin(target, { ...wanted, resume: atEnd })).rejects.toMatchObject({ code: "state.conflict" });
  });
});

it("a stream whose tables are not where they should be is no file to go on with", async () => {
  const plan = { virtualSizeBytes: SIZE, options: { subformat: "streamOptimized" } };
  const target = memoryTarget("t");
  const writer = await begin(target, plan);
  await put(writer, OFFSETS.slice(0, 6));
  const point = await writer.checkpoint(GIB);
  const openedAt = Number(point.state.openedAtBytes);
  for (const [at, length] of [
    [openedAt, 12],
    [openedAt - 2048 - 512 + 12, 4],
    [openedAt - 2048, 2048],
  ] as const) {
    const damaged = memoryTarget("damaged", target.content());
    await damaged.write(at, new Uint8Array(length));
    await expect(begin(damaged, { ...plan, resume: point }), `at ${at}`).rejects.toMatchObject({
      code: expect.stringMatching(/state\.conflict|disk\.truncated/),
    });
  }
});

describe("content IDs", () => {
  const cidOf = async (subformat: string, offsets: readonly number[], mark = 0, virtualSizeBytes = SIZE) => {
    const [target, data] = [memoryTarget("disk.vmdk"), memoryTarget("disk-flat.vmdk")];
    const writer = await begin(target, { virtualSizeBytes, options: { subformat }, companions: [data] });
    await put(writer, offsets, mark);
    await writer.finish();
    return (await openTarget(target, data)).mark;
  };

  it.each(["monolithicSparse", "streamOptimized", "monolithicFlat", "vmfs"])(
    "of %s follow from the content: the same disk has the same, others have others",
    async (subformat) => {
      const same = await cidOf(subformat, [0, MIB]);
      expect(same).toMatch(/^[0-9a-f]{8}$/);
      expect(await cidOf(subformat, [0, MIB])).toBe(same);
      const others = [
        await cidOf(subformat, [0, MIB], 16),
        await cidOf(subformat, [0, 2 * MIB]),
        await cidOf(subformat, [0]),
        await cidOf(subformat, [0, MIB], 0, SIZE + 512),
      ];
      expect(new Set([same, ...others]).size).toBe(5);
    },
  );
});

describe("a delta", () => {
  const backing: BackingRef = { name: "base.vmdk", format: "vmdk", mark: "0badcafe" };
  const parentless = { virtualSizeBytes: 64 * MIB };

  it("names its parent; what is not written is a hole, zeros over the parent's data are zeros", async () => {
    const target = memoryTarget("delta.vmdk");
    const writer = await begin(target, { ...parentless, backing });
    await put(writer, [0]);
    await writer.writeZero?.(2 * GRAIN, 3 * GRAIN);
    await put(writer, [5 * GRAIN]);
    await writer.finish();
    const reader = await openTarget(target);
    expect(reader.backing).toEqual(backing);
    expect(await statesOf(reader.extents(0, 7 * GRAIN), GRAIN)).toEqual([
      [0, 1, "data"],
      [1, 1, "hole"],
      [2, 3, "zero"],
      [5, 1, "data"],
      [6, 1, "hole"],
    ]);
    expect(reader.facts).toContainEqual({ group: "sparse header", name: "version", value: "2" });
  });

  it("goes on from a checkpoint with its zeros", async () => {
    const play = async (target: MemoryTarget, from: WriterCheckpoint | null, stopAt: number) => {
      const writer = await begin(target, { ...parentless, backing, resume: from });
      if (from === null) await writer.writeZero?.(0, 2 * GRAIN);
      if (stopAt === 1) return writer.checkpoint(2 * GRAIN);
      await put(writer, [2 * GRAIN]);
      await writer.finish();
      return null;
    };
    const [whole, broken] = [memoryTarget("whole"), memoryTarget("broken")];
    await play(whole, null, 2);
    await play(broken, await play(broken, null, 1), 2);
    expect(Buffer.compare(broken.content(), whole.content())).toBe(0);
  });

  it.each([
    { ...backing, format: "raw" },
    { ...backing, mark: null },
    { ...backing, mark: "no" },
    { ...backing, name: 'a"b' },
    { ...backing, name: "a\nRW 8 ZERO" },
    { ...backing, name: "x".repeat(4097) },
  ])("is refused on the parent %j", async (bad) => {
    await expect(begin(memoryTarget("t"), { ...parentless, backing: bad })).rejects.toMatchObject({
      code: "target.unsupported",
    });
  });
});

describe.each(["monolithicSparse", "streamOptimized", "monolithicFlat", "vmfs"])("%s is not written", (subformat) => {
  it.each([
    [0, "disk.vmdk", "target.unsupported"],
    [62 * TIB + 512, "disk.vmdk", "disk.too-large"],
    [GIB, 'my "disk".vmdk', "target.unsupported"],
    [GIB, "two\nlines.vmdk", "target.unsupported"],
  ])("with %d bytes as %j", async (virtualSizeBytes, name, code) => {
    const wanted = begin(memoryTarget("t"), { virtualSizeBytes, name, options: { subformat } });
    await expect(wanted).rejects.toMatchObject({ code });
  });

  it("out of order, in parts of grains, beyond its end", async () => {
    const writer = await begin(memoryTarget("t"), { virtualSizeBytes: 10 * MIB + 512, options: { subformat } });
    await put(writer, [MIB]);
    const part = new Uint8Array(GRAIN);
    for (const offset of [0, MIB, 2 * MIB + 512, 11 * MIB]) {
      const attempt = writer.encoding ? writer.writeEncoded?.(offset, part) : writer.write(offset, part);
      await expect(attempt, `at ${offset}`).rejects.toMatchObject({ code: "internal.bug" });
    }
  });
});

it("a stream takes nothing that is not compressed", async () => {
  const writer = await begin(memoryTarget("t"), { virtualSizeBytes: GIB, options: { subformat: "streamOptimized" } });
  await expect(writer.write(0, new Uint8Array(GRAIN))).rejects.toMatchObject({ code: "internal.bug" });
  for (const length of [0, 2 * GRAIN + 1]) {
    await expect(writer.writeEncoded?.(0, new Uint8Array(length))).rejects.toMatchObject({ code: "internal.bug" });
  }
});

it.each([
  ["disk.vmdk", "disk-flat.vmdk"],
  ["DISK.VMDK", "DISK-flat.vmdk"],
  ["disk", "disk-flat.vmdk"],
  ["a.b.vmdk", "a.b-flat.vmdk"],
])("the data of the flat disk %s is called %s", (name, expected) => {
  expect(vmdk.companions?.("vmfs", name)).toEqual([expected]);
  expect(vmdk.companions?.("monolithicFlat", name)).toEqual([expected]);
  expect(vmdk.companions?.("monolithicSparse", name)).toEqual([]);
});
