/** Every way of writing, judged by qemu-img: check (no error, no leak), compare with the raw content, size beside its own. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveTarget } from "../../../src-core/model/resolve-target.ts";
import type { TargetOptions } from "../../../src-core/model/target.ts";
import { createFileTarget } from "../../io/file.ts";
import type { BackingRef, DiskWriter } from "../format.ts";
import { play } from "../testing/play.ts";
import { openImage, qemuImg, writeRawFile } from "../testing/qemu-img.ts";
import { fillExpected, firstDifference, randomDisk, type TestDisk } from "../testing/test-disk.ts";
import { qcow2 } from "./qcow2.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "qcow2-options-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Makes an image; `fill` writes into it. */
async function make(
  path: string,
  virtualSizeBytes: number,
  options: TargetOptions,
  fill: (writer: DiskWriter) => Promise<void>,
  backing: BackingRef | null = null,
): Promise<void> {
  const target = await createFileTarget(path);
  const plan = { ...resolveTarget("QCOW2", qcow2.info.variants, options), virtualSizeBytes, backing };
  const writer = await qcow2.create?.(target, plan, { name: "x", companions: [], resume: null });
  if (!writer) throw new Error("qcow2 is not written");
  await fill(writer);
  await writer.finish();
  await target.close();
}

function expectClean(path: string): Record<string, unknown> {
  const report = JSON.parse(qemuImg("check", "--output=json", path)) as Record<string, unknown>;
  expect(report).toMatchObject({ "check-errors": 0 });
  expect(report.corruptions ?? 0).toBe(0);
  expect(report.leaks ?? 0).toBe(0);
  expect(report["image-end-offset"]).toBe(statSync(path).size);
  return report;
}

/** Enough for several L2 tables and refcount blocks at 4 KiB; an odd number of sectors. */
const disk = randomDisk(31, 24 * MIB + 5 * 512, 4096, 50);

describe("every cluster size and compression", () => {
  const cases = [4 * KIB, 16 * KIB, 64 * KIB, 512 * KIB, 2 * MIB].flatMap((blockBytes) =>
    (["none", "zlib", "zstd"] as const).map((method) => ({ blockBytes, method })),
  );
  it.each(cases)("$method in clusters of $blockBytes bytes", async ({ blockBytes, method }) => {
    const path = join(folder, `${method}-${blockBytes}.qcow2`);
    const level = method === "none" ? {} : { level: 1 };
    await make(path, disk.virtualSizeBytes, { blockBytes, compression: { method, ...level } }, (writer) =>
      play(writer, disk, 0, disk.virtualSizeBytes, 7),
    );
    const report = expectClean(path);
    if (method !== "none") expect(report["compressed-clusters"]).toBeGreaterThan(5);
    const raw = join(folder, "disk.raw");
    rmSync(raw, { force: true });
    writeRawFile(raw, disk);
    expect(qemuImg("compare", "-f", "qcow2", "-F", "raw", path, raw)).toContain("identical");
    const opened = await openImage(path);
    expect(await firstDifference(opened.reader, disk)).toBeNull();
    await opened.close();
  });

  it.each(["zlib", "zstd"] as const)("%s: hardly larger than what qemu-img makes", async (method) => {
    const [ours, theirs, raw] = ["ours", "theirs", "raw"].map((name) => join(folder, `${method}-${name}`)) as [
      string,
      string,
      string,
    ];
    const large = randomDisk(32, 40 * MIB, 64 * KIB, 9);
    writeRawFile(raw, large);
    await make(ours, large.virtualSizeBytes, { compression: { method } }, (writer) =>
      play(writer, large, 0, large.virtualSizeBytes),
    );
    qemuImg("convert", "-c", "-f", "raw", "-O", "qcow2", "-o", `compression_type=${method}`, raw, theirs);
    expectClean(ours);
    expect(statSync(ours).size / statSync(theirs).size).toBeLessThan(1.01);
    for (const path of [ours, theirs, raw]) rmSync(path);
  });
});

describe("a delta", () => {
  it("stores what differs; what it leaves out is the parent's, and zeros are said", async () => {
    const base = { virtualSizeBytes: 9 * MIB, data: [{ start: 0, length: 9 * MIB }] };
    writeRawFile(join(folder, "base.raw"), base);
    const backing = { name: "base.raw", format: "raw", mark: null };
    for (const method of ["none", "zlib"] as const) {
      const path = join(folder, `delta-${method}.qcow2`);
      const size = 10 * MIB + 512;
      const options = { blockBytes: 4 * KIB, compression: { method } };
      const own: TestDisk = { virtualSizeBytes: size, data: [{ start: 8 * MIB, length: 2 * MIB + 512 }] };
      const fill = async (writer: DiskWriter): Promise<void> => {
        await writer.writeZero?.(MIB, 3 * MIB);
        await play(writer, own, 8 * MIB, size);
      };
      await make(path, size, options, fill, backing);
      expectClean(path);
      const expected: TestDisk = {
        virtualSizeBytes: size,
        data: [{ start: 0, length: MIB }, { start: 4 * MIB, length: 4 * MIB }, ...own.data],
      };
      const info = JSON.parse(qemuImg("info", "--output=json", path)) as Record<string, unknown>;
      expect(info).toMatchObject({ "backing-filename": "base.raw", "backing-filename-format": "raw" });
      writeRawFile(`${path}.raw`, expected);
      expect(qemuImg("compare", "-f", "qcow2", "-F", "raw", path, `${path}.raw`)).toContain("identical");
      const { reader, close } = await openImage(path);
      expect(reader.backing).toEqual(backing);
      await close();
    }
  });
});

describe("preallocated metadata", () => {
  it.each([4 * KIB, 64 * KIB])("gives every cluster of %i bytes its place in a sparse file", async (blockBytes) => {
    const path = join(folder, `preallocated-${blockBytes}.qcow2`);
    await make(path, disk.virtualSizeBytes, { blockBytes, preallocation: "metadata" }, (writer) =>
      play(writer, disk, 0, disk.virtualSizeBytes),
    );
    const report = expectClean(path);
    expect(report["allocated-clusters"]).toBe(Math.ceil(disk.virtualSizeBytes / blockBytes));
    writeRawFile(`${path}.raw`, disk);
    expect(qemuImg("compare", "-f", "qcow2", "-F", "raw", path, `${path}.raw`)).toContain("identical");
  });

  it("an empty one takes no more than its tables", async () => {
    const path = join(folder, "preallocated-empty.qcow2");
    await make(path, 40 * GIB, { preallocation: "metadata" }, async () => {});
    expect(expectClean(path)["allocated-clusters"]).toBe((40 * GIB) / (64 * KIB));
    expect(statSync(path).size).toBeGreaterThan(40 * GIB);
    expect(statSync(path).blocks * 512).toBeLessThan(10 * MIB);
    // Read as what it is: clusters that are set aside, and zeros.
    const { reader, close } = await openImage(path);
    const bytes = { data: 0, zero: 0, hole: 0 };
    for await (const { state, length } of reader.extents(0, 40 * GIB)) bytes[state] += length;
    expect(bytes.hole).toBe(0);
    expect(bytes.data).toBeLessThan(10 * MIB);
    await close();
  });
});

describe("disks of many TiB", () => {
  const ends = (size: number): TestDisk => ({
    virtualSizeBytes: size,
    data: [
      { start: 0, length: 5 * MIB },
      { start: size / 2, length: 3 * MIB },
      { start: size - 2 * MIB, length: 2 * MIB },
    ],
  });
  it.each([
    { blockBytes: 4 * KIB, size: 7 * 1024 * GIB, method: "zstd" },
    { blockBytes: 64 * KIB, size: 1000 * 1024 * GIB, method: "zlib" },
    { blockBytes: 2 * MIB, size: 4000 * 1024 * GIB, method: "none" },
  ] as const)("$size bytes in clusters of $blockBytes", async ({ blockBytes, size, method }) => {
    const path = join(folder, `huge-${blockBytes}.qcow2`);
    const huge = ends(size);
    await make(path, size, { blockBytes, compression: { method } }, async (writer) => {
      for (const { start, length } of huge.data) await play(writer, huge, start, start + length);
    });
    expectClean(path);
    const { reader, close } = await openImage(path);
    for (const { start, length } of huge.data) {
      const [got, expected] = [new Uint8Array(length), new Uint8Array(length)];
      await reader.read(start, got);
      fillExpected(huge, start, expected);
      expect(Buffer.compare(got, expected)).toBe(0);
    }
    await close();
  });
});
