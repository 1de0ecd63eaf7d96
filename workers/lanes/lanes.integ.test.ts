import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FormatId } from "../../src-core/model/disk.ts";
import type { TargetOptions } from "../../src-core/model/target.ts";
import type { TaskEvent } from "../../src-core/model/task.ts";
import {
  convertSpec,
  MiB,
  type OneTarget,
  qemuImg,
  sha256,
  startWorker,
  tempFolder,
  writeStampedRaw,
} from "../tasks/testing/rig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());
const raw = folder.file("disk.raw");
const source = folder.file("disk.vmdk");

/** Enough data for lanes to be worth it, in pieces of every kind. */
beforeAll(() => {
  const ranges = Array.from({ length: 90 }, (_, i) => ({
    start: i * 3 * MiB + (i % 7) * 4096,
    length: MiB + (i % 5) * 70_000,
  }));
  writeStampedRaw(raw, 300 * MiB + 512, ranges);
  qemuImg("convert", "-O", "vmdk", "-o", "subformat=streamOptimized", raw, source);
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

describe("the bytes of a target do not depend on the number of lanes", () => {
  const targets: [FormatId, TargetOptions][] = [
    ["qcow2", {}],
    ["raw", {}],
    ["vhd", {}],
    ["vhdx", {}],
    ["vdi", {}],
  ];
  test.each(targets)("%s %o", async (to, options) => {
    const sums = new Set<string>();
    for (const lanes of [0, 1, 2, 3]) {
      const job = spec(`lanes-${lanes}.${to}`, to, options);
      await startWorker(job, { lanes }).result;
      sums.add(sha256(job.targetPath));
    }
    expect(sums.size).toBe(1);
  });
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
