/** Every sub-format that qemu-img writes and we read, compared byte for byte. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openImage, qemuImg, writeRawFile } from "./testing/qemu-img.ts";
import { firstDifference, randomDisk } from "./testing/test-disk.ts";

const MIB = 1024 * 1024;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "formats-read-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An odd number of sectors, data ranges that do not fit grains. */
const small = randomDisk(1, 70 * MIB + 13 * 512, 4096, 60);
/** Needs two extents of 2 GB. */
const large = randomDisk(2, 2100 * MIB + 7 * 512, 64 * 1024, 12);
const thin = { ...large, data: large.data.map(({ start, length }) => ({ start, length: Math.min(length, 3 * MIB) })) };

const images: { name: string; disk: typeof small; args: string[]; subformat: string }[] = [
  {
    name: "m-sparse.vmdk",
    disk: small,
    args: ["-O", "vmdk", "-o", "subformat=monolithicSparse"],
    subformat: "monolithicSparse",
  },
  {
    name: "m-sparse6.vmdk",
    disk: small,
    args: ["-O", "vmdk", "-o", "subformat=monolithicSparse,compat6"],
    subformat: "monolithicSparse",
  },
  {
    name: "zeroed.vmdk",
    disk: small,
    args: ["-O", "vmdk", "-S", "0", "-o", "zeroed_grain=on"],
    subformat: "monolithicSparse",
  },
  {
    name: "stream.vmdk",
    disk: small,
    args: ["-O", "vmdk", "-o", "subformat=streamOptimized"],
    subformat: "streamOptimized",
  },
  {
    name: "m-flat.vmdk",
    disk: small,
    args: ["-O", "vmdk", "-o", "subformat=monolithicFlat"],
    subformat: "monolithicFlat",
  },
  {
    name: "split-sparse.vmdk",
    disk: thin,
    args: ["-O", "vmdk", "-o", "subformat=twoGbMaxExtentSparse"],
    subformat: "twoGbMaxExtentSparse",
  },
  {
    name: "split-flat.vmdk",
    disk: thin,
    args: ["-O", "vmdk", "-o", "subformat=twoGbMaxExtentFlat"],
    subformat: "twoGbMaxExtentFlat",
  },
  { name: "v3.qcow2", disk: small, args: ["-O", "qcow2"], subformat: "v3" },
  { name: "v2.qcow2", disk: small, args: ["-O", "qcow2", "-o", "compat=0.10"], subformat: "v2" },
  { name: "compressed.qcow2", disk: small, args: ["-c", "-O", "qcow2"], subformat: "v3" },
  { name: "compressed-v2.qcow2", disk: small, args: ["-c", "-O", "qcow2", "-o", "compat=0.10"], subformat: "v2" },
  { name: "compressed-2m.qcow2", disk: small, args: ["-c", "-O", "qcow2", "-o", "cluster_size=2M"], subformat: "v3" },
  {
    name: "compressed-512.qcow2",
    disk: randomDisk(3, 5 * MIB, 512, 40),
    args: ["-c", "-O", "qcow2", "-o", "cluster_size=512"],
    subformat: "v3",
  },
  { name: "large.qcow2", disk: thin, args: ["-O", "qcow2", "-o", "preallocation=metadata"], subformat: "v3" },
  ...["512", "4k", "64k", "2M"].map((size) => ({
    name: `clusters-${size}.qcow2`,
    disk: small,
    args: ["-O", "qcow2", "-o", `cluster_size=${size}`],
    subformat: "v3",
  })),
  { name: "plain.raw", disk: small, args: ["-O", "raw"], subformat: "raw" },
];

describe("images made by qemu-img", () => {
  it.each(images)("$name reads as it was written", async ({ name, disk, args, subformat }) => {
    const [rawPath, path] = [join(folder, `${name}.src`), join(folder, name)];
    writeRawFile(rawPath, disk);
    qemuImg("convert", "-f", "raw", ...args, rawPath, path);
    const opened = await openImage(path);
    expect(opened.reader.subformat).toBe(subformat);
    expect(opened.reader.virtualSizeBytes).toBe(disk.virtualSizeBytes);
    expect(opened.warnings).toEqual([]);
    expect(await firstDifference(opened.reader, disk)).toBeNull();
    // Pieces that never fit grains or clusters.
    if (disk.virtualSizeBytes < 100 * MIB) expect(await firstDifference(opened.reader, disk, 333_333)).toBeNull();
    await opened.close();
    rmSync(rawPath);
  });
});
