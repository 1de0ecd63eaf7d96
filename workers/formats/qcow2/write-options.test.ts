/** Every way of writing: refused combinations, and checkpoints that lead to the bytes of an undisturbed attempt. */
import { describe, expect, it } from "vitest";
import { resolveTarget } from "../../../src-core/model/resolve-target.ts";
import type { TargetOptions } from "../../../src-core/model/target.ts";
import { type MemoryTarget, memoryTarget } from "../../io/memory.ts";
import type { BackingRef, DiskWriter, WriterCheckpoint } from "../format.ts";
import { seededRandom, stamp } from "../testing/test-disk.ts";
import { HostSpace } from "./host-space.ts";
import { qcow2 } from "./qcow2.ts";

const CLUSTER = 4096;
/** What one L2 table maps. */
const TABLE = CLUSTER * (CLUSTER / 8);
/** What one refcount block counts. */
const REGION = CLUSTER * (CLUSTER / 2);

interface Ask {
  readonly size: number;
  readonly options: TargetOptions;
  readonly backing?: BackingRef;
}

async function begin(target: MemoryTarget, ask: Ask, resume: WriterCheckpoint | null = null): Promise<DiskWriter> {
  const resolved = resolveTarget("QCOW2", qcow2.info.variants, { blockBytes: CLUSTER, ...ask.options });
  const plan = { ...resolved, virtualSizeBytes: ask.size, backing: ask.backing ?? null };
  const writer = await qcow2.create?.(target, plan, { name: "x", companions: [], resume });
  if (!writer) throw new Error("qcow2 is not written");
  return writer;
}

/** One call of the writer. What is "encoded" here is no real compression: the writer does not look into it. */
type Step =
  | { readonly kind: "plain" | "zero"; readonly at: number; readonly length: number }
  | { readonly kind: "encoded"; readonly at: number; readonly length: number; readonly stored: number };

/** Random runs of calls over [from, size). @param kinds those the writer may be asked for */
function steps(seed: number, from: number, size: number, kinds: readonly Step["kind"][]): Step[] {
  const random = seededRandom(seed);
  const all: Step[] = [];
  for (let at = from; at < size; ) {
    const kind = kinds[Math.floor(random() * kinds.length)] ?? "plain";
    const run = 1 + Math.floor(random() * 12);
    if (random() < 0.15) at += Math.floor(random() * 40) * CLUSTER;
    else if (kind === "encoded") {
      for (let i = 0; i < run && at < size; i++, at += CLUSTER) {
        all.push({ kind, at, length: CLUSTER, stored: 1 + Math.floor(random() ** 2 * (CLUSTER - 1)) });
      }
    } else {
      const length = Math.min(run * CLUSTER, size - at);
      all.push({ kind, at, length });
      at += length;
    }
  }
  return all;
}

async function play(writer: DiskWriter, all: readonly Step[]): Promise<void> {
  for (const step of all) {
    if (step.kind === "zero") await writer.writeZero?.(step.at, step.length);
    else {
      const bytes = new Uint8Array(step.kind === "encoded" ? step.stored : step.length);
      stamp(bytes, step.at);
      if (step.kind === "plain") await writer.write(step.at, bytes);
      else await writer.writeEncoded?.(step.at, bytes);
    }
  }
}

const backing = { name: "parent.qcow2", format: "qcow2", mark: null };
const ways: { name: string; ask: Ask; kinds: Step["kind"][] }[] = [
  { name: "plain", ask: { size: 9 * TABLE + 512, options: {} }, kinds: ["plain"] },
  {
    name: "compressed",
    ask: { size: 12 * TABLE + 512, options: { compression: { method: "zlib" } } },
    kinds: ["encoded", "encoded", "plain"],
  },
  {
    name: "a compressed delta",
    ask: { size: 5 * TABLE, options: { compression: { method: "zstd" } }, backing },
    kinds: ["encoded", "plain", "zero"],
  },
  {
    name: "preallocated",
    ask: { size: 9 * TABLE + 512, options: { preallocation: "metadata" } },
    kinds: ["plain"],
  },
];

describe.each(ways)("checkpoints, $name", ({ ask, kinds }) => {
  it("lead to the same bytes, whatever an earlier attempt did after them", async () => {
    const random = seededRandom(5);
    const plan = steps(1, 0, ask.size, kinds);
    const whole = memoryTarget("whole");
    const straight = await begin(whole, ask);
    await play(straight, plan);
    const summary = await straight.finish();
    expect(summary.fileSizeBytes).toBe(whole.sizeBytes);
    if (ask.options.compression?.method !== "zstd") expect(whole.sizeBytes).toBeGreaterThan(REGION);
    for (let round = 0; round < 12; round++) {
      const count = Math.floor(random() * (plan.length + 1));
      const last = plan[count - 1];
      const doneBytes = last === undefined ? 0 : last.at + last.length;
      const broken = memoryTarget("broken");
      const first = await begin(broken, ask);
      await play(first, plan.slice(0, count));
      const point = JSON.parse(JSON.stringify(await first.checkpoint(doneBytes))) as WriterCheckpoint;
      // The source may have been repaired since: the earlier attempt went on with something else.
      const other = steps(100 + round, Math.ceil(doneBytes / CLUSTER) * CLUSTER, ask.size, kinds);
      await play(first, other.slice(0, Math.floor(random() * (other.length + 1))));
      if (round % 3 === 0) await first.checkpoint(ask.size);
      if (round % 3 === 1) await first.finish();
      const resumed = memoryTarget("resumed", round % 2 === 0 ? broken.content() : broken.durableContent());
      const second = await begin(resumed, ask, point);
      expect([...resumed.content().subarray(0, 4)]).toEqual([0, 0, 0, 0]);
      await play(second, plan.slice(count));
      expect(await second.finish()).toEqual(summary);
      expect(Buffer.compare(resumed.content(), whole.content()), `round ${round}`).toBe(0);
    }
  });
});

it("a checkpoint forgets later clusters of the L1 table", async () => {
  const ask = { size: 4 * 2 ** 30, options: {} };
  const unit = new Uint8Array(CLUSTER).fill(1);
  const straight = memoryTarget("straight");
  const whole = await begin(straight, ask);
  await whole.write(0, unit);
  await whole.finish();
  const broken = memoryTarget("broken");
  const first = await begin(broken, ask);
  await first.write(0, unit);
  const point = await first.checkpoint(CLUSTER);
  // One cluster of L1 entries maps a GiB.
  for (const at of [1.5, 2.5]) await first.write(at * 2 ** 30, unit);
  await first.checkpoint(3 * 2 ** 30);
  const resumed = memoryTarget("resumed", broken.content());
  await (await begin(resumed, ask, point)).finish();
  expect(Buffer.compare(resumed.content(), straight.content())).toBe(0);
});

it("no cluster has more users than its count can hold", async () => {
  const target = memoryTarget("t");
  const clusterBytes = 2 ** 21;
  const space = new HostSpace(target, clusterBytes, 8, 1000);
  await space.begin();
  const first = await space.takeBytes(20);
  let last = first;
  for (let i = 1; i < 70_000; i++) last = await space.takeBytes(20);
  expect(Math.floor(last / clusterBytes)).toBe(Math.floor(first / clusterBytes) + 1);
  await space.finish();
  const entry = new Uint8Array(8);
  await target.read(space.refcountTableAtBytes, entry);
  const counts = new Uint8Array(12);
  await target.read(Number(new DataView(entry.buffer).getBigUint64(0)), counts);
  const view = new DataView(counts.buffer);
  // Header, L1, refcount table, refcount block, then the two that are packed.
  expect([0, 1, 2, 3, 4, 5].map((i) => view.getUint16(i * 2))).toEqual([1, 1, 1, 1, 65_535, 4_465]);
});

describe("what is refused", () => {
  const size = 10 * TABLE;
  it.each([
    [{ size, options: { preallocation: "metadata", compression: { method: "zlib" } } }, "target.unsupported"],
    [{ size, options: { preallocation: "metadata" }, backing }, "target.unsupported"],
    [{ size, options: {}, backing: { ...backing, name: "x".repeat(1024) } }, "target.unsupported"],
    [{ size: 8 * 2 ** 40 + 512, options: {} }, "disk.too-large"],
    [{ size: 8 * 2 ** 40, options: {} }, "disk.too-large"],
    [{ size: 2 ** 49, options: { blockBytes: 2 ** 21, compression: { method: "zlib" } } }, "disk.too-large"],
  ] as const)("%j", async (ask, code) => {
    await expect(begin(memoryTarget("t"), ask)).rejects.toMatchObject({ code });
  });

  it("a checkpoint of an image written otherwise", async () => {
    const ask = { size, options: { compression: { method: "zlib" } } } as const;
    const target = memoryTarget("t");
    const writer = await begin(target, ask);
    await play(writer, steps(1, 0, TABLE, ["encoded"]));
    const point = await writer.checkpoint(TABLE);
    for (const other of [
      { ...ask, options: {} },
      { ...ask, options: { ...ask.options, blockBytes: 8192 } },
      { ...ask, size: size + 512 },
      { ...ask, backing },
    ]) {
      await expect(begin(target, other, point)).rejects.toMatchObject({ code: "state.conflict" });
    }
  });

  it("compressed clusters that are empty or no smaller than a cluster, and what is out of order", async () => {
    const writer = await begin(memoryTarget("t"), { size, options: { compression: { method: "zlib" } } });
    for (const length of [0, CLUSTER]) {
      await expect(writer.writeEncoded?.(0, new Uint8Array(length))).rejects.toMatchObject({ code: "internal.bug" });
    }
    await writer.writeEncoded?.(CLUSTER, new Uint8Array(5));
    for (const at of [0, CLUSTER, CLUSTER + 512, size]) {
      await expect(writer.writeEncoded?.(at, new Uint8Array(5))).rejects.toMatchObject({ code: "internal.bug" });
    }
  });
});
