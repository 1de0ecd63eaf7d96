/** What QEMU makes and our writer does not: subclusters, external data files, internal snapshots; and each way of compressing. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFileSource } from "../../io/file.ts";
import type { DiskReader } from "../format.ts";
import { openImage, qemuImg, writeRawFile } from "../testing/qemu-img.ts";
import { firstDifference, randomDisk } from "../testing/test-disk.ts";
import { qcow2 } from "./qcow2.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "qcow2-read-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs qemu-io commands on an image. */
function qemuIo(path: string, ...commands: string[]): void {
  execFileSync("qemu-io", [...commands.flatMap((command) => ["-c", command]), path], { stdio: "pipe" });
}

async function contentOf(reader: DiskReader): Promise<Buffer> {
  const content = Buffer.alloc(reader.virtualSizeBytes);
  await reader.read(0, content);
  return content;
}

/** As qemu-img reads it. */
function theirContent(path: string, ...args: string[]): Buffer {
  const out = join(folder, "theirs.raw");
  qemuImg("convert", "-O", "raw", ...args, path, out);
  const content = readFileSync(out);
  rmSync(out);
  return content;
}

describe("images made by qemu-img", () => {
  const disk = randomDisk(41, 20 * MIB + 3 * 512, 512, 60);
  it.each([
    ["zstd", ["-c", "-o", "compression_type=zstd"]],
    ["zstd, 4 KiB", ["-c", "-o", "compression_type=zstd,cluster_size=4k"]],
    ["zstd, 2 MiB", ["-c", "-o", "compression_type=zstd,cluster_size=2M"]],
    ["zlib, 1 KiB", ["-c", "-o", "cluster_size=1k"]],
    ["zlib, packed out of order", ["-c", "-W", "-m", "8"]],
    ["subclusters", ["-o", "extended_l2=on,cluster_size=128k"]],
    ["subclusters, the smallest", ["-o", "extended_l2=on,cluster_size=16k"]],
    ["subclusters beside compressed clusters", ["-c", "-o", "extended_l2=on"]],
    ["counts of one bit", ["-o", "refcount_bits=1"]],
    ["lazy refcounts", ["-o", "lazy_refcounts=on"]],
  ])("%s", async (name, args) => {
    const [raw, path] = [join(folder, "source.raw"), join(folder, `${name}.qcow2`)];
    rmSync(raw, { force: true });
    writeRawFile(raw, disk);
    qemuImg("convert", "-f", "raw", "-O", "qcow2", ...args, raw, path);
    const { reader, warnings, close } = await openImage(path);
    expect(warnings).toEqual([]);
    expect(await firstDifference(reader, disk)).toBeNull();
    expect(await firstDifference(reader, disk, 333_333)).toBeNull();
    await close();
  });
});

it("subclusters that are written, zeroed and given back one by one", async () => {
  const [base, path] = [join(folder, "sub-base.raw"), join(folder, "sub.qcow2")];
  writeRawFile(base, { virtualSizeBytes: 4 * MIB, data: [{ start: 0, length: 4 * MIB }] });
  qemuImg("create", "-f", "qcow2", "-o", "extended_l2=on", "-b", base, "-F", "raw", path);
  qemuIo(path, "write -P 1 2k 2k", "write -P 2 70k 2k", "write -z 1M 6k", "write -P 3 3M 64k", "write -z 3146k 4k");
  const [own, parent] = [await openImage(path), readFileSync(base)];
  const seen = Buffer.from(parent);
  for await (const { start, length, state } of own.reader.extents(0, 4 * MIB)) {
    if (state !== "hole") await own.reader.read(start, seen.subarray(start, start + length));
  }
  expect(Buffer.compare(seen, theirContent(path))).toBe(0);
  await own.close();
});

describe("an external data file", () => {
  it.each(["off", "on"])("with data_file_raw=%s", async (raw) => {
    const [path, data] = [join(folder, `external-${raw}.qcow2`), join(folder, `external-${raw}.data`)];
    qemuImg("create", "-f", "qcow2", "-o", `data_file=${data},data_file_raw=${raw}`, path, "5M");
    qemuIo(path, "write -P 7 0 64k", "write -P 8 3M 100k", "write -z 1M 64k");
    const source = await openFileSource(path);
    const reader = await qcow2.open(source, { openExtentFile: (name) => openFileSource(name) });
    expect(reader.files.map(({ name }) => name)).toEqual([data]);
    const value = raw === "on" ? "yes" : "no";
    expect(reader.facts).toContainEqual({ group: "qcow2 header", name: "external data file is raw", value });
    expect(Buffer.compare(await contentOf(reader), theirContent(path))).toBe(0);
    await reader.close();
    await source.close();
  });
});

describe("internal snapshots", () => {
  it("each with its own content and size", async () => {
    const path = join(folder, "snapshots.qcow2");
    qemuImg("create", "-f", "qcow2", path, "6M");
    qemuIo(path, "write -P 1 0 1M", "write -P 2 4M 300k");
    qemuImg("snapshot", "-c", "first", path);
    qemuIo(path, "write -P 3 512k 1M", "write -z 4M 64k");
    qemuImg("snapshot", "-c", "second", path);
    qemuIo(path, "write -P 4 0 6M", "discard 1M 2M");
    qemuImg("resize", path, "8M");
    qemuIo(path, "write -P 5 7M 1M");
    for (const snapshot of ["first", "second", "1", "2", null]) {
      const source = await openFileSource(path);
      const reader = await qcow2.open(source, { openExtentFile: openFileSource, snapshot });
      expect(reader.virtualSizeBytes).toBe(snapshot === null ? 8 * MIB : 6 * MIB);
      expect(reader.snapshots.map(({ name }) => name)).toEqual(["first", "second"]);
      const args = snapshot === null ? [] : ["-l", snapshot];
      // qemu-img shows a snapshot's disk with the size of the active one.
      const [ours, theirs] = [await contentOf(reader), theirContent(path, ...args)];
      expect(Buffer.compare(ours, theirs.subarray(0, ours.length)), String(snapshot)).toBe(0);
      expect(theirs.subarray(ours.length).every((byte) => byte === 0)).toBe(true);
      await reader.close();
      await source.close();
    }
  });
});

it("persistent bitmaps are told", async () => {
  const path = join(folder, "bitmaps.qcow2");
  qemuImg("create", "-f", "qcow2", path, "6M");
  qemuImg("bitmap", "--add", "-g", "32k", path, "nightly");
  qemuImg("bitmap", "--add", "--disable", path, "off");
  const { reader, warnings, close } = await openImage(path);
  expect(warnings).toEqual([]);
  const told = reader.facts.filter(({ group }) => group.startsWith("bitmap "));
  expect(told).toContainEqual({ group: "bitmap nightly", name: "granularity", value: "32768" });
  expect(told).toContainEqual({ group: "bitmap nightly", name: "flags", value: "0x2, recording" });
  expect(told).toContainEqual({ group: "bitmap off", name: "flags", value: "0x0" });
  await close();
});
