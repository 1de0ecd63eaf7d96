import { createCipheriv } from "node:crypto";
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FormatId } from "../../src-core/model/disk.ts";
import type { ExportSize } from "../../src-core/model/export-size.ts";
import type { TargetOptions } from "../../src-core/model/target.ts";
import type { SizeSpec } from "../../src-core/model/task.ts";
import { convertSpec, GiB, MiB, runOnWorker, startWorker, tempFolder } from "./testing/rig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());
const DISK = folder.file("mixed.raw");
const SIZE = GiB / 4;

/** A disk as machines have them: text that packs well, what does not pack at all, zeros that were written, and holes. */
beforeAll(() => {
  const fd = openSync(DISK, "wx");
  ftruncateSync(fd, SIZE);
  const words = ["backup ", "restore ", "snapshot ", "extent ", "0x", "datastore ", "\n", "chain "];
  let x = 7;
  const text = (length: number) => {
    const parts: string[] = [];
    for (let size = 0; size < length; ) {
      x = (x * 1_103_515_245 + 12_345) % 2 ** 31;
      const word = `${words[(x >> 8) % words.length]}${(x >> 4) % 997}`;
      parts.push(word);
      size += word.length;
    }
    return Buffer.from(parts.join("").slice(0, length));
  };
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, 3), Buffer.alloc(16));
  for (let at = 0; at < SIZE; at += 8 * MiB) {
    const kind = (at / (8 * MiB)) % 8;
    if (kind < 3) writeSync(fd, text(3 * MiB), 0, 3 * MiB, at);
    else if (kind < 5) writeSync(fd, cipher.update(Buffer.alloc(5 * MiB)), 0, 5 * MiB, at + 4096);
    else if (kind === 5) writeSync(fd, Buffer.alloc(2 * MiB), 0, 2 * MiB, at);
  }
  closeSync(fd);
});

function ask(format: FormatId, options: TargetOptions, more: Partial<SizeSpec> = {}): SizeSpec {
  return {
    kind: "size",
    path: DISK,
    target: { format, options },
    seed: 1,
    maxSampleBytes: 64 * MiB,
    precision: 0.01,
    roots: [folder.path],
    ...more,
  };
}

const real = new Map<string, Promise<number>>();
/** What the conversion really makes. */
function converted(format: FormatId, options: TargetOptions): Promise<number> {
  const name = JSON.stringify([format, options]);
  const known = real.get(name);
  if (known !== undefined) return known;
  const targetPath = folder.file(`real-${real.size}.img`);
  const spec = convertSpec({
    sourcePath: DISK,
    targetPath,
    targetFormat: format,
    options,
    partialPath: `${targetPath}.partial`,
    roots: [folder.path],
    sync: false,
  });
  const made = runOnWorker<"convert">(spec).then(({ outputs }) => outputs[0]?.fileSizeBytes ?? 0);
  real.set(name, made);
  return made;
}

const zstd = { compression: { method: "zstd", level: 3 } } as const;
const TARGETS: [string, FormatId, TargetOptions][] = [
  ["qcow2 zstd", "qcow2", zstd],
  ["qcow2 zlib", "qcow2", { compression: { method: "zlib", level: 6 } }],
  ["qcow2 as it is", "qcow2", {}],
  ["vmdk stream", "vmdk", { subformat: "streamOptimized" }],
  ["vmdk sparse", "vmdk", { subformat: "monolithicSparse" }],
  ["vhdx", "vhdx", {}],
  ["vhd", "vhd", {}],
  ["vdi", "vdi", {}],
  ["raw", "raw", {}],
];

describe("a sample of a real disk", () => {
  test.each(TARGETS)(
    "%s: what the conversion makes lies in the range, and near the middle",
    async (_, format, options) => {
      const { size } = await runOnWorker<"size">(ask(format, options));
      const actual = await converted(format, options);
      const { lowBytes, likelyBytes, highBytes } = size.size;
      expect(actual).toBeGreaterThanOrEqual(lowBytes * 0.999);
      expect(actual).toBeLessThanOrEqual(highBytes * 1.001);
      expect(Math.abs(likelyBytes / actual - 1)).toBeLessThan(0.08);
      expect(highBytes).toBeLessThan(likelyBytes * 1.3);
    },
  );

  test.each(TARGETS)("%s: all of it read gives the size itself", async (_, format, options) => {
    const { size } = await runOnWorker<"size">(ask(format, options, { maxSampleBytes: GiB, precision: 1e-9 }));
    expect(size.state).toBe("exact");
    const actual = await converted(format, options);
    expect(size.size.lowBytes).toBe(size.size.highBytes);
    // Tables are counted by where the map says that there are data, written zeros included.
    expect(Math.abs(size.size.likelyBytes / actual - 1)).toBeLessThan(0.004);
  });

  test("the range holds for nearly all seeds", async () => {
    const actual = await converted("qcow2", zstd);
    let within = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const { size } = (await runOnWorker<"size">(ask("qcow2", zstd, { seed, maxSampleBytes: 16 * MiB }))).size;
      if (size.lowBytes <= actual && actual <= size.highBytes) within += 1;
    }
    expect(within).toBeGreaterThanOrEqual(11);
  });

  test("the same seed gives the same answer, another one another", async () => {
    const of = async (seed: number) =>
      (await runOnWorker<"size">(ask("qcow2", zstd, { seed, maxSampleBytes: 16 * MiB }))).size;
    const first = await of(5);
    expect(await of(5)).toEqual(first);
    expect(await of(6)).not.toEqual(first);
  });

  test("it grows as it is told, narrows, and can be stopped", async () => {
    const worker = startWorker(
      ask("qcow2", { compression: { method: "zstd", level: 12 } }, { maxSampleBytes: GiB, precision: 1e-6 }),
      {
        onEvent(event) {
          if (event.type === "sampled" && event.size.sampledBytes > 20 * MiB) worker.cancel();
        },
      },
    );
    await expect(worker.result).rejects.toMatchObject({ code: "job.canceled" });
    const told = worker.events.flatMap((event) => (event.type === "sampled" ? [event.size] : []));
    expect(told.length).toBeGreaterThan(1);
    const width = ({ size: { lowBytes, highBytes } }: ExportSize) => highBytes - lowBytes;
    expect(width(told.at(-1) as ExportSize)).toBeLessThan(width(told[0] as ExportSize));
  });
});
