/** Images we write, judged by qemu-img: check (no errors, no leaks) and compare with the raw content. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFileTarget } from "../../io/file.ts";
import { begin } from "../testing/begin.ts";
import { openImage, qemuImg, writeRawFile } from "../testing/qemu-img.ts";
import { fillExpected, firstDifference, randomDisk, type TestDisk } from "../testing/test-disk.ts";
import { qcow2 } from "./qcow2.ts";

const MIB = 1024 * 1024;
const CLUSTER = 64 * 1024;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "qcow2-write-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every cluster that holds data, in writes of up to 1 MiB. */
async function writeImage(path: string, disk: TestDisk): Promise<void> {
  const target = await createFileTarget(path);
  const writer = await begin(qcow2, target, { virtualSizeBytes: disk.virtualSizeBytes });
  let done = 0;
  for (const { start, length } of disk.data) {
    const end = Math.min(Math.ceil((start + length) / CLUSTER) * CLUSTER, disk.virtualSizeBytes);
    for (let at = Math.max(done, start - (start % CLUSTER)); at < end; at += MIB) {
      const bytes = new Uint8Array(Math.min(MIB, end - at));
      fillExpected(disk, at, bytes);
      await writer.write(at, bytes);
    }
    done = end;
  }
  const summary = await writer.finish();
  expect(summary.fileSizeBytes % CLUSTER).toBe(0);
  await target.close();
}

const disks: { name: string; disk: TestDisk }[] = [
  { name: "scattered", disk: randomDisk(11, 300 * MIB, CLUSTER, 40) },
  { name: "no data", disk: { virtualSizeBytes: 64 * MIB, data: [] } },
  { name: "one sector", disk: { virtualSizeBytes: 512, data: [{ start: 0, length: 512 }] } },
  { name: "odd number of sectors", disk: randomDisk(12, 5 * MIB + 3 * 512, 512, 9) },
  { name: "data at both sides of L2 borders", disk: around(512 * MIB, 4) },
  { name: "data at both sides of L1 cluster borders (17 TiB)", disk: around(4 * 1024 * 1024 * MIB, 5) },
];

/** Data of 3 clusters around each multiple of `step`. */
function around(step: number, count: number): TestDisk {
  const data = Array.from({ length: count }, (_, i) => ({ start: i * step - (i ? CLUSTER : 0), length: 3 * CLUSTER }));
  return { virtualSizeBytes: step * (count - 1) + 4 * CLUSTER, data };
}

/** What qemu-img says holds data; rows are split where the host offset jumps. */
function dataRanges(path: string): { start: number; length: number }[] {
  const rows = JSON.parse(qemuImg("map", "--output=json", path)) as { start: number; length: number; data: boolean }[];
  const ranges: { start: number; length: number }[] = [];
  for (const { start, length } of rows.filter((row) => row.data)) {
    const last = ranges.at(-1);
    if (last && last.start + last.length === start) last.length += length;
    else ranges.push({ start, length });
  }
  return ranges;
}

describe("qcow2 images we write", () => {
  it.each(disks)("$name: qemu-img finds no error and the same content", async ({ name, disk }) => {
    const path = join(folder, `${name.replaceAll(/\W/g, "-")}.qcow2`);
    await writeImage(path, disk);
    const report = JSON.parse(qemuImg("check", "--output=json", path)) as Record<string, unknown>;
    expect(report["check-errors"]).toBe(0);
    expect(report.leaks ?? 0).toBe(0);
    expect(report.corruptions ?? 0).toBe(0);
    const opened = await openImage(path);
    expect(opened.reader.virtualSizeBytes).toBe(disk.virtualSizeBytes);
    if (disk.virtualSizeBytes < 1024 * MIB) {
      expect(await firstDifference(opened.reader, disk)).toBeNull();
      writeRawFile(`${path}.raw`, disk);
      expect(qemuImg("compare", "-f", "qcow2", "-F", "raw", path, `${path}.raw`)).toContain("identical");
      // Strict: allocated where and only where the source holds data, as far as clusters go.
      expect(qemuImg("info", path)).not.toContain("corrupt: true");
    } else {
      for (const { start, length } of disk.data) {
        const [got, expected] = [new Uint8Array(length + CLUSTER), new Uint8Array(length + CLUSTER)];
        const from = Math.min(start, disk.virtualSizeBytes - got.length);
        await opened.reader.read(from, got);
        fillExpected(disk, from, expected);
        expect(Buffer.compare(got, expected)).toBe(0);
      }
      expect(dataRanges(path)).toEqual(disk.data);
    }
    await opened.close();
  });

  it("rounds an odd size up to a sector whose tail reads as zeros", async () => {
    const path = join(folder, "odd.qcow2");
    const disk = { virtualSizeBytes: 100_001, data: [{ start: 0, length: 100_001 }] };
    await writeImage(path, disk);
    const opened = await openImage(path);
    expect(opened.reader.virtualSizeBytes).toBe(100_352);
    expect(await firstDifference(opened.reader, { ...disk, virtualSizeBytes: 100_352 })).toBeNull();
    await opened.close();
    expect(qemuImg("check", path)).toContain("No errors");
  });
});
