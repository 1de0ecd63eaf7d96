/** Images we write, judged by qemu-img: check, and compare with the raw content. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFileTarget } from "../../io/file.ts";
import { begin } from "../testing/begin.ts";
import { openImage, qemuImg, writeRawFile } from "../testing/qemu-img.ts";
import { fillExpected, firstDifference, randomDisk, type TestDisk } from "../testing/test-disk.ts";
import { vhdx } from "./vhdx.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const GRAIN = 4096;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vhdx-write-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every grain that holds data, in writes of up to 1 MiB. */
async function writeImage(path: string, disk: TestDisk): Promise<void> {
  const target = await createFileTarget(path);
  const writer = await begin(vhdx, target, { virtualSizeBytes: disk.virtualSizeBytes });
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
  expect(summary.fileSizeBytes).toBe(statSync(path).size);
  expect(summary.fileSizeBytes % MIB).toBe(0);
  await target.close();
}

const disks: { name: string; disk: TestDisk }[] = [
  { name: "scattered", disk: randomDisk(11, 300 * MIB, GRAIN, 40) },
  { name: "no data", disk: { virtualSizeBytes: 64 * MIB, data: [] } },
  { name: "one sector", disk: { virtualSizeBytes: 512, data: [{ start: 0, length: 512 }] } },
  { name: "odd number of sectors", disk: randomDisk(12, 5 * MIB + 3 * 512, 512, 9) },
];

describe("VHDX images we write", () => {
  it.each(disks)("$name: qemu-img finds no error and the same content", async ({ name, disk }) => {
    const path = join(folder, `${name.replaceAll(/\W/g, "-")}.vhdx`);
    await writeImage(path, disk);
    expect(qemuImg("check", "-f", "vhdx", path)).toContain("No errors were found");
    writeRawFile(`${path}.raw`, disk);
    expect(qemuImg("compare", "-f", "vhdx", "-F", "raw", path, `${path}.raw`)).toContain("identical");
    const opened = await openImage(path);
    expect(opened.warnings).toEqual([]);
    expect(opened.reader.virtualSizeBytes).toBe(disk.virtualSizeBytes);
    expect(await firstDifference(opened.reader, disk)).toBeNull();
    await opened.close();
    rmSync(`${path}.raw`);
  });

  it.each([
    // A chunk of blocks, behind which the BAT has an entry for a bitmap, is 4 GiB.
    {
      name: "chunk borders",
      virtualSizeBytes: 13 * GIB + 512,
      blockBytes: 2 * MIB,
      borders: [4 * GIB, 8 * GIB, 12 * GIB],
    },
    { name: "over 2 TiB", virtualSizeBytes: 2048 * GIB + 512, blockBytes: 4 * MIB, borders: [40 * GIB, 2048 * GIB] },
    { name: "64 TiB", virtualSizeBytes: 65_536 * GIB, blockBytes: 64 * MIB, borders: [4 * GIB, 65_536 * GIB - MIB] },
  ])("$name: qemu-img reads the same", async ({ name, virtualSizeBytes, blockBytes, borders }) => {
    const path = join(folder, `${name.replaceAll(/\W/g, "-")}.vhdx`);
    const pieces = borders.map((border) => ({
      start: border - GRAIN,
      length: Math.min(2 * GRAIN, virtualSizeBytes - border + GRAIN),
    }));
    const disk: TestDisk = { virtualSizeBytes, data: pieces };
    await writeImage(path, disk);
    expect(qemuImg("check", "-f", "vhdx", path)).toContain("No errors were found");
    const info = JSON.parse(qemuImg("info", "--output=json", path)) as Record<string, unknown>;
    expect([info["virtual-size"], info["cluster-size"]]).toEqual([virtualSizeBytes, blockBytes]);
    const opened = await openImage(path);
    for (const { start, length } of pieces) {
      const from = start - GRAIN;
      const [ours, expected] = [new Uint8Array(length + GRAIN), new Uint8Array(length + GRAIN)];
      fillExpected(disk, from, expected);
      await opened.reader.read(from, ours);
      expect(Buffer.compare(ours, expected)).toBe(0);
      const theirs = join(folder, `${name}-${start}.piece`);
      const sectors = [`skip=${from / 512}`, `count=${(from + ours.length) / 512}`];
      qemuImg("dd", "-f", "vhdx", "-O", "raw", "bs=512", ...sectors, `if=${path}`, `of=${theirs}`);
      expect(Buffer.compare(readFileSync(theirs), expected)).toBe(0);
    }
    await opened.close();
  });

  it("can be written on by qemu-img", async () => {
    const [path, copy] = [join(folder, "base.vhdx"), join(folder, "grown.vhdx")];
    const disk = randomDisk(14, 20 * MIB, GRAIN, 5);
    await writeImage(path, disk);
    copyFileSync(path, copy);
    const raw = join(folder, "other.raw");
    const other = { virtualSizeBytes: disk.virtualSizeBytes, data: [{ start: 0, length: disk.virtualSizeBytes }] };
    writeRawFile(raw, other);
    qemuImg("convert", "-n", "-f", "raw", "-O", "vhdx", raw, copy);
    expect(qemuImg("check", "-f", "vhdx", copy)).toContain("No errors were found");
    const opened = await openImage(copy);
    expect(await firstDifference(opened.reader, other)).toBeNull();
    await opened.close();
  });

  it("rounds an odd size up to a sector whose tail reads as zeros", async () => {
    const path = join(folder, "odd.vhdx");
    await writeImage(path, { virtualSizeBytes: 100_001, data: [{ start: 0, length: 100_001 }] });
    const info = JSON.parse(qemuImg("info", "--output=json", path)) as Record<string, unknown>;
    expect(info["virtual-size"]).toBe(100_352);
  });
});
