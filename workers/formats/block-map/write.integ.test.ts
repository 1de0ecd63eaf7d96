/** Images of blocks that we write in every way, judged by qemu-img and libvhdi: the same size, content and kind. */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TargetOptions } from "../../../src-core/model/target.ts";
import { createFileTarget } from "../../io/file.ts";
import type { Format } from "../format.ts";
import { begin } from "../testing/begin.ts";
import { openImage, qemuImg, qemuName, writeRawFile } from "../testing/qemu-img.ts";
import { fillExpected, firstDifference, randomDisk, type TestDisk } from "../testing/test-disk.ts";
import { vdi } from "../vdi/vdi.ts";
import { vhd } from "../vhd/vhd.ts";
import { vhdx } from "../vhdx/vhdx.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const GRAIN = 4096;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "blocks-write-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every grain that holds data, in writes of up to 1 MiB. */
async function writeImage(format: Format, path: string, disk: TestDisk, options: TargetOptions): Promise<void> {
  const target = await createFileTarget(path);
  const writer = await begin(format, target, disk, null, options);
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

/**
 * qemu-img refuses logical sectors of 4 KiB. Up to the first 4 GiB an image with them differs from one without in nothing but the
 * number in its metadata, which has no checksum.
 */
function showAs512(path: string): void {
  const fd = openSync(path, "r+");
  const metadata = Buffer.alloc(128 * KIB);
  readSync(fd, metadata, 0, metadata.length, 2 * MIB);
  const sizes = [...metadata.keys()].filter((at) => at % 4 === 0 && metadata.readUInt32LE(at) === 4096);
  // The logical sector size comes before the physical one, both at the end (the disk's size may be 4096 too).
  expect(sizes.length).toBeGreaterThanOrEqual(2);
  writeSync(fd, new Uint8Array([0, 2, 0, 0]), 0, 4, 2 * MIB + (sizes.at(-2) ?? 0));
  closeSync(fd);
}

interface Way {
  readonly format: Format;
  readonly options: TargetOptions;
  /** Sizes are rounded up to it. */
  readonly unitBytes?: number;
}
const growing: readonly Way[] = [
  { format: vhd, options: {} },
  { format: vhd, options: { blockBytes: 512 * KIB } },
  { format: vdi, options: {} },
  { format: vhdx, options: {} },
  { format: vhdx, options: { blockBytes: MIB } },
  { format: vhdx, options: { blockBytes: 256 * MIB } },
  { format: vhdx, options: { sectorBytes: 4096 }, unitBytes: 4096 },
];
const whole: readonly Way[] = [
  { format: vhd, options: { subformat: "fixed" }, unitBytes: MIB },
  { format: vdi, options: { subformat: "static" } },
  { format: vhdx, options: { subformat: "fixed" } },
  { format: vhdx, options: { subformat: "fixed", blockBytes: 32 * MIB, sectorBytes: 4096 }, unitBytes: 4096 },
];

async function judge({ format, options, unitBytes = 512 }: Way, name: string, disk: TestDisk): Promise<void> {
  const id = format.info.id;
  const path = join(mkdtempSync(join(folder, "case-")), `disk.${id}`);
  const is4k = options.sectorBytes === 4096;
  const expectedBytes = Math.ceil(disk.virtualSizeBytes / unitBytes) * unitBytes;
  await writeImage(format, path, disk, options);
  const opened = await openImage(path);
  if (id !== "vdi") {
    const said = execFileSync("vhdiinfo", [path], { encoding: "utf8" });
    expect(said).toMatch(new RegExp(`Disk type\\s+: ${options.subformat ?? "dynamic"}\n`, "i"));
    expect(said).toContain(`(${expectedBytes} bytes)`);
    expect(said).toMatch(new RegExp(`Bytes per sector\\s+: ${is4k ? 4096 : 512} bytes`));
  }
  if (is4k) showAs512(path);
  const info = JSON.parse(qemuImg("info", "--output=json", path)) as Record<string, unknown>;
  // A fixed VHD begins with the disk itself: qemu-img does not look at its end.
  if (options.subformat !== "fixed" || id === "vhdx") expect(info.format).toBe(qemuName(id));
  const named = JSON.parse(qemuImg("info", "-f", qemuName(id), "--output=json", path)) as Record<string, unknown>;
  expect(named["virtual-size"]).toBe(expectedBytes);
  if (options.blockBytes !== undefined) expect(named["cluster-size"]).toBe(options.blockBytes);
  if (id !== "vhd") expect(qemuImg("check", "-f", qemuName(id), path)).toContain("No errors");
  if (id === "vhdx" && disk.virtualSizeBytes > GIB) comparePlaces(path, disk);
  else {
    writeRawFile(`${path}.raw`, disk);
    expect(qemuImg("compare", "-f", qemuName(id), "-F", "raw", path, `${path}.raw`), name).toContain("identical");
  }
  expect(opened.warnings).toEqual([]);
  expect(opened.reader.virtualSizeBytes).toBe(expectedBytes);
  expect(opened.reader.subformat).toBe(options.subformat ?? "dynamic");
  if (disk.virtualSizeBytes < GIB) expect(await firstDifference(opened.reader, disk)).toBeNull();
  for (const { start, length } of disk.data) {
    const [got, expected] = [new Uint8Array(length), new Uint8Array(length)];
    await opened.reader.read(start, got);
    fillExpected(disk, start, expected);
    expect(Buffer.compare(got, expected)).toBe(0);
  }
  await opened.close();
  rmSync(dirname(path), { recursive: true });
}

/** qemu-img does not know where a VHDX is empty and reads it all: minutes for a large one. It is asked for what holds data. */
function comparePlaces(path: string, disk: TestDisk): void {
  for (const { start, length } of disk.data) {
    const from = Math.max(0, start - GRAIN);
    const expected = new Uint8Array(Math.min(length + 2 * GRAIN, disk.virtualSizeBytes - from));
    fillExpected(disk, from, expected);
    const sectors = [`skip=${from / 512}`, `count=${(from + expected.length) / 512}`];
    qemuImg("dd", "-f", "vhdx", "-O", "raw", "bs=512", ...sectors, `if=${path}`, `of=${path}.piece`);
    expect(Buffer.compare(readFileSync(`${path}.piece`), expected), `at ${from}`).toBe(0);
  }
}

describe.each([...growing, ...whole])("$format.info.id $options: qemu-img sees the same", (way) => {
  it.each<{ name: string; disk: TestDisk }>([
    { name: "scattered", disk: randomDisk(21, 70 * MIB, GRAIN, 40) },
    { name: "no data", disk: { virtualSizeBytes: 64 * MIB, data: [] } },
    { name: "one sector", disk: { virtualSizeBytes: 512, data: [{ start: 0, length: 512 }] } },
    { name: "odd number of bytes", disk: { virtualSizeBytes: 100_001, data: [{ start: 0, length: 100_001 }] } },
    { name: "odd number of sectors", disk: randomDisk(22, 5 * MIB + 3 * 512, 512, 9) },
    { name: "data at both sides of block borders", disk: around(2 * MIB, 9) },
  ])("$name", ({ name, disk }) => judge(way, name, disk));
});

describe("large disks", () => {
  const large: { name: string; disk: TestDisk; ways: readonly Way[] }[] = [
    { name: "both sides of the borders of table pages", disk: around(16 * GIB, 6), ways: growing.slice(0, 5) },
    // A chunk of blocks, behind which the BAT has an entry for a bitmap, is 4 GiB.
    { name: "both sides of the borders of chunks", disk: around(4 * GIB, 4), ways: growing.slice(3, 6) },
    {
      name: "2040 GiB",
      disk: { virtualSizeBytes: 2040 * GIB, data: [{ start: 2040 * GIB - 512, length: 512 }] },
      ways: [...growing.slice(0, 5), ...whole.slice(0, 1)],
    },
    {
      name: "64 TiB",
      disk: {
        virtualSizeBytes: 65_536 * GIB,
        data: [4 * GIB, 65_536 * GIB - MIB].map((border) => ({ start: border - GRAIN, length: 2 * GRAIN })),
      },
      ways: [...growing.slice(3, 4), ...growing.slice(5, 6)],
    },
  ];
  const rows = large.flatMap(({ name, disk, ways }) =>
    ways.map((way) => ({ name, disk, way, what: `${way.format.info.id} ${JSON.stringify(way.options)}` })),
  );
  it.each(rows)("$name: $what", ({ name, disk, way }) => judge(way, name, disk));
});

it.each([...growing, ...whole])("$format.info.id $options: qemu-img can write on", async ({ format, options }) => {
  const id = qemuName(format.info.id);
  const place = mkdtempSync(join(folder, "on-"));
  const [path, copy, raw] = [
    join(place, `base.${format.info.id}`),
    join(place, `grown.${format.info.id}`),
    join(place, "raw"),
  ];
  const disk = randomDisk(14, 20 * MIB, MIB, 5);
  await writeImage(format, path, disk, options);
  if (options.sectorBytes === 4096) showAs512(path);
  copyFileSync(path, copy);
  const other = { virtualSizeBytes: disk.virtualSizeBytes, data: [{ start: 0, length: disk.virtualSizeBytes }] };
  writeRawFile(raw, other);
  qemuImg("convert", "-n", "-f", "raw", "-O", id, raw, copy);
  if (id !== "vpc") expect(qemuImg("check", "-f", id, copy)).toContain("No errors were found");
  const opened = await openImage(copy);
  expect(await firstDifference(opened.reader, other)).toBeNull();
  await opened.close();
});
