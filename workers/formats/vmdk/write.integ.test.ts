/** VMDKs we write, judged by qemu-img (info, check, compare) and by libvmdk. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveTarget } from "../../../src-core/model/resolve-target.ts";
import type { TargetOptions } from "../../../src-core/model/target.ts";
import { createFileTarget } from "../../io/file.ts";
import { sequentialSource } from "../../io/sequential.ts";
import type { BackingRef, DiskWriter } from "../format.ts";
import { diskDigest, libvmdkDigest } from "../testing/libvmdk.ts";
import { play } from "../testing/play.ts";
import { openImage, qemuImg, writeRawFile } from "../testing/qemu-img.ts";
import { fillExpected, firstDifference, randomDisk, type TestDisk } from "../testing/test-disk.ts";
import { vmdk } from "./vmdk.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const TIB = 1024 * GIB;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vmdk-write-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Makes an image called `name`; `fill` writes into it. @returns its path and the bytes of all its files */
async function make(
  name: string,
  virtualSizeBytes: number,
  options: TargetOptions,
  fill: (writer: DiskWriter) => Promise<void>,
  backing: BackingRef | null = null,
): Promise<{ path: string; fileSizeBytes: number }> {
  const path = join(folder, name);
  const target = await createFileTarget(path);
  const plan = { ...resolveTarget("VMDK", vmdk.info.variants, options), virtualSizeBytes, backing };
  const names = vmdk.companions?.(plan.subformat, name) ?? [];
  const companions = await Promise.all(names.map((one) => createFileTarget(join(folder, one))));
  const writer = await vmdk.create?.(target, plan, { name, companions, resume: null });
  if (!writer) throw new Error("VMDK is not written");
  await fill(writer);
  const { fileSizeBytes } = await writer.finish();
  for (const file of [target, ...companions]) await file.close();
  const onDisk = [name, ...names].reduce((sum, one) => sum + statSync(join(folder, one)).size, 0);
  expect(fileSizeBytes).toBe(onDisk);
  return { path, fileSizeBytes };
}

function rawOf(disk: TestDisk, name: string): string {
  const path = join(folder, name);
  writeRawFile(path, disk);
  return path;
}

const whole = (disk: TestDisk) => (writer: DiskWriter) => play(writer, disk, 0, disk.virtualSizeBytes);

/** Several tables; an odd number of sectors. */
const scattered = randomDisk(41, 70 * MIB + 3 * 512, 4096, 40);
const small: readonly { name: string; disk: TestDisk }[] = [
  { name: "scattered", disk: scattered },
  { name: "no data", disk: { virtualSizeBytes: 64 * MIB, data: [] } },
  { name: "one sector", disk: { virtualSizeBytes: 512, data: [{ start: 0, length: 512 }] } },
  { name: "whole tables", disk: randomDisk(42, 96 * MIB, 4096, 9) },
];

describe.each(["monolithicSparse", "streamOptimized", "monolithicFlat", "vmfs"])("%s", (subformat) => {
  it.each(small)("$name: the same to qemu-img and libvmdk", async ({ name, disk }) => {
    const { path } = await make(`${subformat}-${name}.vmdk`, disk.virtualSizeBytes, { subformat }, whole(disk));
    const info = JSON.parse(qemuImg("info", "--output=json", path)) as Record<string, unknown>;
    expect(info).toMatchObject({ format: "vmdk", "virtual-size": disk.virtualSizeBytes });
    expect(info["format-specific"]).toMatchObject({ data: { "create-type": subformat, "parent-cid": 0xffffffff } });
    const raw = rawOf(disk, `${subformat}-${name}.raw`);
    expect(qemuImg("compare", "-f", "vmdk", "-F", "raw", path, raw)).toContain("identical");
    if (!/flat|vmfs/i.test(subformat)) expect(qemuImg("check", "-f", "vmdk", path)).toContain("No errors");
    expect(libvmdkDigest(path)).toBe(diskDigest(disk));
    const opened = await openImage(path);
    expect(opened.warnings).toEqual([]);
    expect(opened.reader.subformat).toBe(subformat);
    expect(await firstDifference(opened.reader, disk)).toBeNull();
    await opened.close();
    rmSync(raw);
  });
});

describe("choices", () => {
  it.each([8, 16, 128, 1024])("grains of %d KiB", async (kib) => {
    const { path } = await make(
      `grain-${kib}.vmdk`,
      scattered.virtualSizeBytes,
      { blockBytes: kib * KIB },
      whole(scattered),
    );
    const raw = rawOf(scattered, `grain-${kib}.raw`);
    expect(qemuImg("check", "-f", "vmdk", path)).toContain("No errors");
    expect(qemuImg("compare", "-f", "vmdk", "-F", "raw", path, raw)).toContain("identical");
    expect(libvmdkDigest(path)).toBe(diskDigest(scattered));
    const opened = await openImage(path);
    expect(opened.reader.grainBytes).toBe(kib * KIB);
    await opened.close();
  });

  it.each([1, 6, 9])("a stream of level %d, hardly larger than qemu-img's", async (level) => {
    const disk = randomDisk(44, 16 * MIB, 4096, 20);
    const raw = rawOf(disk, `level-${level}.raw`);
    const options: TargetOptions = { subformat: "streamOptimized", compression: { method: "zlib", level } };
    const { path, fileSizeBytes } = await make(`level-${level}.vmdk`, disk.virtualSizeBytes, options, whole(disk));
    expect(qemuImg("compare", "-f", "vmdk", "-F", "raw", path, raw)).toContain("identical");
    const theirs = join(folder, `level-${level}-theirs.vmdk`);
    qemuImg("convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", raw, theirs);
    if (level >= 6) expect(fileSizeBytes / statSync(theirs).size).toBeLessThan(1.01);
  });
});

describe("large disks", () => {
  const ends = (virtualSizeBytes: number): TestDisk => ({
    virtualSizeBytes,
    data: [0, virtualSizeBytes / 2 - 8192, virtualSizeBytes - 9 * 512].map((start) => ({ start, length: 9 * 512 })),
  });
  it.each([
    ["monolithicSparse", 3 * TIB],
    ["streamOptimized", 3 * TIB],
    ["streamOptimized", 62 * TIB],
    ["vmfs", 3 * TIB],
  ] as const)("%s of %d bytes, with data at both ends and in the middle", async (subformat, virtualSizeBytes) => {
    const disk = ends(virtualSizeBytes);
    const { path } = await make(
      `large-${subformat}-${virtualSizeBytes}.vmdk`,
      virtualSizeBytes,
      { subformat },
      (writer) => playSome(writer, disk),
    );
    const info = JSON.parse(qemuImg("info", "--output=json", path)) as Record<string, unknown>;
    expect(info["virtual-size"]).toBe(virtualSizeBytes);
    const opened = await openImage(path);
    for (const [index, { start, length }] of disk.data.entries()) {
      const [got, expected] = [new Uint8Array(length), new Uint8Array(length)];
      fillExpected(disk, start, expected);
      await opened.reader.read(start, got);
      expect(Buffer.compare(got, expected), `ours at ${start}`).toBe(0);
      const piece = `${path}.${index}`;
      const range = [`skip=${start / 512}`, `count=${(start + length) / 512}`];
      qemuImg("dd", "-f", "vmdk", "-O", "raw", "bs=512", ...range, `if=${path}`, `of=${piece}`);
      expect(Buffer.compare(readFileSync(piece).subarray(0, length), expected), `qemu-img's at ${start}`).toBe(0);
    }
    await opened.close();
  });
});

/** As `play`, for a disk too large to be walked grain by grain. */
async function playSome(writer: DiskWriter, disk: TestDisk): Promise<void> {
  const { grainBytes } = writer;
  let done = 0;
  for (const { start, length } of disk.data) {
    const from = Math.max(done, Math.floor(start / grainBytes) * grainBytes);
    done = Math.min(Math.ceil((start + length) / grainBytes) * grainBytes, disk.virtualSizeBytes);
    await play(writer, disk, from, done);
  }
}

describe("a stream of qemu-img's, whose tables lie in front", () => {
  const disk = randomDisk(45, 40 * MIB + 512, 64 * KIB, 12);

  /** What comes out of a pipe with the file, all in one; whether a piece is right is asked at once. */
  async function drain(path: string): Promise<number> {
    const fd = openSync(path, "r");
    try {
      const reader = await vmdk.openStream?.(sequentialSource(fd, "pipe"));
      if (!reader) throw new Error("VMDK cannot be read from a pipe");
      let dataBytes = 0;
      for await (const { start, length, state } of reader.extents(0, disk.virtualSizeBytes)) {
        const [got, expected] = [new Uint8Array(length), new Uint8Array(length)];
        if (state === "data") await reader.read(start, got);
        fillExpected(disk, start, expected);
        expect(Buffer.compare(got, expected), `at ${start}`).toBe(0);
        if (state === "data") dataBytes += length;
      }
      return dataBytes;
    } finally {
      closeSync(fd);
    }
  }

  it("comes through a pipe, and not when it lost its end", async () => {
    const path = join(folder, "theirs.vmdk");
    qemuImg("convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", rawOf(disk, "theirs.raw"), path);
    expect(await drain(path)).toBe(disk.data.reduce((sum, { length }) => sum + length, 0));
    const { size } = statSync(path);
    // Up to a grain of zeros follows the last one.
    for (const cut of [64 * KIB, 100 * KIB, 300 * KIB]) {
      truncateSync(path, size - cut);
      await expect(drain(path)).rejects.toMatchObject({ code: "disk.truncated" });
    }
  });
});

describe("a delta", () => {
  it("on a VMDK of qemu-img's is read through it, zeros over its data too", async () => {
    const base = join(folder, "base.vmdk");
    const disk = randomDisk(43, 40 * MIB, 64 * KIB, 20);
    qemuImg("convert", "-f", "raw", "-O", "vmdk", rawOf(disk, "base.raw"), base);
    const parent = await openImage(base);
    const backing = { name: "base.vmdk", format: "vmdk", mark: parent.reader.mark } as const;
    await parent.close();
    const changed: TestDisk = { virtualSizeBytes: disk.virtualSizeBytes, data: [{ start: 0, length: 300 * KIB }] };
    const { path } = await make(
      "delta.vmdk",
      disk.virtualSizeBytes,
      {},
      async (writer) => {
        await play(writer, changed, 0, 320 * KIB);
        await writer.writeZero?.(10 * MIB, 10 * MIB);
      },
      backing,
    );
    const kept = disk.data.flatMap(({ start, length }) => {
      const end = start + length;
      return [
        { start: Math.max(start, 320 * KIB), end: Math.min(end, 10 * MIB) },
        { start: Math.max(start, 20 * MIB), end },
      ].flatMap((range) => (range.start < range.end ? [{ start: range.start, length: range.end - range.start }] : []));
    });
    const expected: TestDisk = { ...disk, data: [...changed.data, ...kept] };
    const raw = rawOf(expected, "delta.raw");
    expect(qemuImg("compare", "-f", "vmdk", "-F", "raw", path, raw)).toContain("identical");
    const info = JSON.parse(qemuImg("info", "--output=json", path)) as Record<string, unknown>;
    expect(info["backing-filename"]).toBe("base.vmdk");
  });
});
