/** Every sub-format that qemu-img writes and we read, compared byte for byte. */
import { execFileSync } from "node:child_process";
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
/** Exactly a geometry of cylinders, 8 heads and 17 sectors: qemu-img rounds other sizes up. */
const byGeometry = randomDisk(4, 1000 * 8 * 17 * 512, 4096, 30);
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
  {
    name: "dynamic.vhd",
    disk: small,
    args: ["-O", "vpc", "-o", "subformat=dynamic,force_size=on"],
    subformat: "dynamic",
  },
  { name: "fixed.vhd", disk: small, args: ["-O", "vpc", "-o", "subformat=fixed,force_size=on"], subformat: "fixed" },
  { name: "geometry.vhd", disk: byGeometry, args: ["-O", "vpc"], subformat: "dynamic" },
  { name: "fixed-geometry.vhd", disk: byGeometry, args: ["-O", "vpc", "-o", "subformat=fixed"], subformat: "fixed" },
  { name: "large.vhd", disk: thin, args: ["-O", "vpc", "-o", "force_size=on"], subformat: "dynamic" },
  { name: "dynamic.vdi", disk: small, args: ["-O", "vdi"], subformat: "dynamic" },
  { name: "static.vdi", disk: small, args: ["-O", "vdi", "-o", "static=on"], subformat: "static" },
  { name: "large.vdi", disk: thin, args: ["-O", "vdi"], subformat: "dynamic" },
  { name: "dynamic.vhdx", disk: small, args: ["-O", "vhdx", "-o", "subformat=dynamic"], subformat: "dynamic" },
  { name: "fixed.vhdx", disk: small, args: ["-O", "vhdx", "-o", "subformat=fixed"], subformat: "fixed" },
  ...["1M", "16M", "256M"].map((size) => ({
    name: `blocks-${size}.vhdx`,
    disk: size === "1M" ? thin : small,
    args: ["-O", "vhdx", "-o", `block_size=${size}`],
    subformat: "dynamic",
  })),
  { name: "odd.vhdx", disk: randomDisk(4, 512, 512, 1), args: ["-O", "vhdx"], subformat: "dynamic" },
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

describe("layers made by qemu-img", () => {
  it("a qcow2 overlay says its parent, its snapshots, and which ranges are its own", async () => {
    const [base, path] = [join(folder, "base.qcow2"), join(folder, "overlay.qcow2")];
    qemuImg("create", "-f", "qcow2", base, "8M");
    qemuImg("create", "-f", "qcow2", "-b", base, "-F", "qcow2", path);
    qemuIo(path, "write -P 0x5a 1M 64k", "write -z 2M 128k");
    qemuImg("snapshot", "-c", "before", path);
    qemuIo(path, "write -P 0x5b 3M 64k");
    const { reader, close } = await openImage(path);
    expect(reader.backing).toEqual({ name: base, format: "qcow2", mark: null });
    expect(reader.snapshots).toMatchObject([{ id: "1", name: "before" }]);
    const own = [];
    for await (const extent of reader.extents(0, 8 * MIB)) if (extent.state !== "hole") own.push(extent);
    expect(own).toEqual([
      { start: MIB, length: 65_536, state: "data" },
      { start: 2 * MIB, length: 131_072, state: "zero" },
      { start: 3 * MIB, length: 65_536, state: "data" },
    ]);
    const byte = new Uint8Array(1);
    await reader.read(3 * MIB + 5, byte);
    expect(byte[0]).toBe(0x5b);
    await close();
  });

  it("a VMDK child carries the mark of its parent", async () => {
    const [base, path] = [join(folder, "base.vmdk"), join(folder, "child.vmdk")];
    qemuImg("create", "-f", "vmdk", base, "8M");
    qemuImg("create", "-f", "vmdk", "-b", base, "-F", "vmdk", path);
    const [parent, child] = [await openImage(base), await openImage(path)];
    expect(child.reader.backing).toEqual({ name: base, format: "vmdk", mark: parent.reader.mark });
    expect(parent.reader.mark).toMatch(/^[0-9a-f]{8}$/);
    expect(parent.reader.backing).toBeNull();
    await parent.close();
    await child.close();
  });
});

/** Runs qemu-io commands on an image. */
function qemuIo(path: string, ...commands: string[]): void {
  execFileSync("qemu-io", [...commands.flatMap((command) => ["-c", command]), path], { stdio: "pipe" });
}
