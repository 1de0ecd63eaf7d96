import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FormatId } from "../../src-core/model/disk.ts";
import type { TargetOptions } from "../../src-core/model/target.ts";
import type { TaskEvent } from "../../src-core/model/task-event.ts";
import {
  convertSpec,
  KiB,
  MiB,
  type OneTarget,
  qemuImg,
  sha256,
  startChild,
  startWorker,
  tempFolder,
  writeStampedRaw,
} from "../tasks/testing/rig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());
const raw = folder.file("disk.raw");
const source = folder.file("disk.vmdk");
/** Holds some of the same content: what a delta leaves to it. */
const parent = folder.file("parent.qcow2");

/** Enough data for lanes to be worth it, in pieces of every kind. */
beforeAll(() => {
  const ranges = Array.from({ length: 64 }, (_, i) => ({
    start: i * 3 * MiB + (i % 7) * 4096,
    length: MiB + (i % 5) * 70_000,
  }));
  writeStampedRaw(raw, 220 * MiB + 512, ranges);
  qemuImg("convert", "-O", "vmdk", "-o", "subformat=streamOptimized", raw, source);
  const before = folder.file("before.raw");
  writeStampedRaw(before, 220 * MiB, ranges.slice(20));
  qemuImg("convert", "-O", "qcow2", before, parent);
});

const spec = (name: string, to: FormatId, options: TargetOptions = {}): OneTarget =>
  convertSpec({
    sourcePath: source,
    targetPath: folder.file(name),
    targetFormat: to,
    partialPath: folder.file(`.${name}.partial`),
    roots: [folder.path],
    options,
  });

/** The sums of all files of one conversion, made with so many lanes. */
async function sumsWith(lanes: number, job: OneTarget): Promise<string> {
  const result = await startWorker(job, { lanes }).result;
  if (result.kind !== "convert") throw new Error(`a conversion answered ${result.kind}`);
  const files = result.outputs.flatMap(({ path, companions }) => [path, ...companions]);
  const sums = files.map(sha256).join(" ");
  // The descriptor of a flat disk names its data: the next one is of the same name.
  for (const file of files) rmSync(file);
  return sums;
}

const zlib: TargetOptions = { compression: { method: "zlib", level: 1 } };
const zstd: TargetOptions = { compression: { method: "zstd" } };

describe("the bytes of a target do not depend on the number of lanes", () => {
  const targets: [FormatId, TargetOptions][] = [
    ["qcow2", {}],
    ["qcow2", zlib],
    ["qcow2", zstd],
    ["qcow2", { blockBytes: 4 * KiB }],
    ["qcow2", { blockBytes: 2 * MiB }],
    ["qcow2", { ...zlib, blockBytes: 4 * KiB }],
    ["qcow2", { ...zstd, blockBytes: 2 * MiB }],
    ["qcow2", { backingPath: parent }],
    ["vmdk", {}],
    ["vmdk", { subformat: "streamOptimized", ...zlib }],
    ["vmdk", { subformat: "monolithicFlat" }],
    ["raw", {}],
    ["vhd", {}],
    ["vhdx", {}],
    ["vhdx", { sectorBytes: 4096 }],
    ["vdi", {}],
  ];
  test.each(targets)("%s %o", async (to, options) => {
    const job = spec(`lanes.${to}`, to, options);
    expect(await sumsWith(3, job)).toBe(await sumsWith(0, job));
  });
});

test.each([1, 2, 5])("nor with %i of them", async (lanes) => {
  const job = spec("count.qcow2", "qcow2", zlib);
  expect(await sumsWith(lanes, job)).toBe(await sumsWith(0, job));
});

test("nor on how the source stores the same content", async () => {
  const sources: [string, string[]][] = [
    ["plain.qcow2", ["-O", "qcow2"]],
    ["zlib.qcow2", ["-c", "-O", "qcow2"]],
    ["dynamic.vhd", ["-O", "vpc", "-o", "force_size=on"]],
  ];
  const job = spec("source.qcow2", "qcow2", zlib);
  const fromStream = await sumsWith(2, job);
  for (const [name, how] of sources) {
    const sourcePath = folder.file(name);
    qemuImg("convert", ...how, raw, sourcePath);
    expect(await sumsWith(2, { ...job, sourcePath }), name).toBe(fromStream);
  }
});

test("two targets are filled in one pass", async () => {
  const first = spec("one.qcow2", "qcow2");
  const second = spec("two.raw", "raw");
  const result = await startWorker({ ...first, targets: [...first.targets, ...second.targets] }, { lanes: 2 }).result;
  expect(result).toMatchObject({ outputs: [{ format: "qcow2" }, { format: "raw" }] });
  expect(qemuImg("compare", raw, first.targetPath)).toContain("identical");
  expect(readFileSync(second.targetPath).equals(readFileSync(raw))).toBe(true);
});

test("lanes whose buffers are memories of their own write from the right one", async () => {
  process.env.HYPERSDK_KERNELS = "zlib";
  try {
    const first = spec("plain-kernels.raw", "raw");
    const second = spec("plain-kernels.qcow2", "qcow2", { blockBytes: 2 * MiB });
    await startWorker({ ...first, targets: [...first.targets, ...second.targets] }, { lanes: 3 }).result;
    expect(readFileSync(first.targetPath).equals(readFileSync(raw))).toBe(true);
    expect(qemuImg("compare", raw, second.targetPath)).toContain("identical");
  } finally {
    delete process.env.HYPERSDK_KERNELS;
  }
});

test("what a lane cannot read is told as the task's own error, and nothing is left", async () => {
  const damaged = folder.file("damaged.vmdk");
  const bytes = readFileSync(source);
  // Somewhere among the grains: their streams carry a checksum.
  bytes.fill(0x5a, bytes.length >> 1, (bytes.length >> 1) + 4096);
  writeFileSync(damaged, bytes);
  const job = { ...spec("damaged.raw", "raw"), sourcePath: damaged };
  await expect(startWorker(job, { lanes: 2 }).result).rejects.toMatchObject({
    code: expect.stringMatching(/^disk\./),
    message: expect.stringContaining("damaged.vmdk"),
  });
});

test("what a lane cannot store is told as the task's own error, and nothing is left", async () => {
  const job = spec("too-large.qcow2", "qcow2");
  // Files may not grow beyond 40 MiB: whoever writes there is refused.
  const prefix = ["sh", "-c", 'trap "" XFSZ; ulimit -f 81920; exec "$@"', "sh"];
  const child = startChild(job, { lanes: 3, prefix });
  await child.ended;
  expect(child.events.at(-1)).toMatchObject({
    type: "failed",
    error: { code: "io.write", message: expect.stringContaining(job.partialPath) },
  });
  expect(readdirSync(folder.path).filter((name) => name.includes("too-large"))).toEqual([]);
});

test("cancel ends lanes too, within a second", async () => {
  let canceledAt = 0;
  const job = spec("canceled.qcow2", "qcow2");
  const worker = startWorker(job, {
    lanes: 2,
    onEvent: (event: TaskEvent) => {
      if (event.type !== "progress" || canceledAt !== 0) return;
      canceledAt = performance.now();
      worker.cancel();
    },
  });
  await expect(worker.result).rejects.toMatchObject({ code: "job.canceled" });
  expect(performance.now() - canceledAt).toBeLessThan(1000);
});
