/** Images of blocks (VHD, VDI) that we write, judged by qemu-img: the same size, the same content, nothing to complain about. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFileTarget } from "../io/file.ts";
import { formatById } from "./registry.ts";
import { begin } from "./testing/begin.ts";
import { openImage, qemuImg, qemuName, writeRawFile } from "./testing/qemu-img.ts";
import { fillExpected, firstDifference, randomDisk, type TestDisk } from "./testing/test-disk.ts";

const MIB = 1024 * 1024;
const GRAIN = 4096;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "formats-write-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every grain that holds data, in writes of up to 1 MiB. */
async function writeImage(format: "vhd" | "vdi", path: string, disk: TestDisk): Promise<void> {
  const target = await createFileTarget(path);
  const writer = await begin(formatById(format), target, disk);
  expect(writer.grainBytes).toBe(GRAIN);
  let done = 0;
  for (const { start, length } of disk.data) {
    const end = Math.min(Math.ceil((start + length) / GRAIN) * GRAIN, disk.virtualSizeBytes);
    for (let at = Math.max(done, start - (start % GRAIN)); at < end; at += MIB) {
      const bytes = new Uint8Array(Math.min(MIB, end - at));
      fillExpected(disk, at, bytes);
      await writer.write(at, bytes);
    }
    done = end;
  }
  const summary = await writer.finish();
  await target.close();
  expect(statSync(path).size).toBe(summary.fileSizeBytes);
}

/** Data of three grains around each multiple of `step`. */
function around(step: number, count: number): TestDisk {
  const data = Array.from({ length: count }, (_, i) => ({ start: i * step - (i ? GRAIN : 0), length: 3 * GRAIN }));
  return { virtualSizeBytes: step * (count - 1) + 4 * GRAIN, data };
}

const GIB = 1024 * MIB;
const disks: { name: string; disk: TestDisk }[] = [
  { name: "scattered", disk: randomDisk(21, 300 * MIB, GRAIN, 60) },
  { name: "no data", disk: { virtualSizeBytes: 64 * MIB, data: [] } },
  { name: "one sector", disk: { virtualSizeBytes: 512, data: [{ start: 0, length: 512 }] } },
  { name: "odd number of sectors", disk: randomDisk(22, 5 * MIB + 3 * 512, 512, 9) },
  { name: "data at both sides of block borders", disk: around(2 * MIB, 9) },
  { name: "data at both sides of the borders of table pages", disk: around(16 * GIB, 6) },
  { name: "2040 GiB", disk: { virtualSizeBytes: 2040 * GIB, data: [{ start: 2040 * GIB - 512, length: 512 }] } },
];

describe.each(["vhd", "vdi"] as const)("%s images we write", (format) => {
  it.each(disks)("$name: the same to qemu-img", async ({ name, disk }) => {
    const path = join(folder, `${name.replaceAll(/\W/g, "-")}.${format}`);
    await writeImage(format, path, disk);
    const opened = await openImage(path);
    expect(opened.warnings).toEqual([]);
    expect(opened.reader.virtualSizeBytes).toBe(disk.virtualSizeBytes);
    expect(opened.reader.subformat).toBe("dynamic");
    const info = JSON.parse(qemuImg("info", "--output=json", path)) as Record<string, unknown>;
    expect(info.format).toBe(qemuName(format));
    expect(info["virtual-size"]).toBe(disk.virtualSizeBytes);
    if (format === "vdi") expect(qemuImg("check", "-f", "vdi", path)).toContain("No errors");
    writeRawFile(`${path}.raw`, disk);
    expect(qemuImg("compare", "-f", qemuName(format), "-F", "raw", path, `${path}.raw`)).toContain("identical");
    if (disk.virtualSizeBytes < GIB) expect(await firstDifference(opened.reader, disk)).toBeNull();
    for (const { start, length } of disk.data) {
      const [got, expected] = [new Uint8Array(length), new Uint8Array(length)];
      await opened.reader.read(start, got);
      fillExpected(disk, start, expected);
      expect(Buffer.compare(got, expected)).toBe(0);
    }
    await opened.close();
    rmSync(`${path}.raw`);
  });
});
