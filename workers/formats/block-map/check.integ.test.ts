/** Where qemu-img has a check (VDI, VHDX), ours finds an error wherever qemu-img finds one, and none in what it finds sound. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import { createFileTarget, openFileSource } from "../../io/file.ts";
import type { Format } from "../format.ts";
import { begin } from "../testing/begin.ts";
import { qemuImg, qemuName } from "../testing/qemu-img.ts";
import { headerTable } from "../vdi/structures.ts";
import { vdi } from "../vdi/vdi.ts";
import { vhd } from "../vhd/vhd.ts";
import { vhdx } from "../vhdx/vhdx.ts";

const MIB = 1024 * 1024;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "blocks-check-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A disk with three blocks stored. */
async function image(format: Format): Promise<string> {
  const path = join(folder, `sound.${format.info.id}`);
  rmSync(path, { force: true });
  const target = await createFileTarget(path);
  const writer = await begin(format, target, { virtualSizeBytes: 40 * MIB });
  for (const at of [0, 12 * MIB, 38 * MIB]) await writer.write(at, new Uint8Array(8192).fill(1 + at / MIB));
  await writer.finish();
  await target.close();
  return path;
}

async function ours(format: Format, path: string): Promise<CheckFinding[]> {
  const source = await openFileSource(path);
  const context = { openExtentFile: () => Promise.reject(new Error("none")), gate: async () => {}, progress: () => {} };
  const found: CheckFinding[] = [];
  if (format.check) for await (const one of format.check(source, context)) found.push(one);
  await source.close();
  return found;
}

/** 0: sound; 1: cannot be opened; 2: errors; 3: leaks. */
function theirs(format: Format, path: string): number | null {
  return spawnSync("qemu-img", ["check", "-f", qemuName(format.info.id), path]).status;
}

interface Damage {
  readonly format: Format;
  readonly what: string;
  /** Little-endian number of 4 or 8 bytes put at an offset. */
  readonly at: number;
  readonly value: bigint;
  readonly sizeBytes: 4 | 8;
}
const MAP_AT = MIB;
const BAT_AT = 3 * MIB;
const inMap = (what: string, block: number, value: number): Damage => ({
  format: vdi,
  what,
  at: MAP_AT + block * 4,
  value: BigInt(value),
  sizeBytes: 4,
});
const inBat = (what: string, block: number, mib: number, state: number): Damage => ({
  format: vhdx,
  what,
  at: BAT_AT + block * 8,
  value: BigInt(mib * MIB + state),
  sizeBytes: 8,
});

describe("checks of images of blocks", () => {
  it.each([vdi, vhdx])("$info.id: sound to both, also as qemu-img writes it", async (format) => {
    const path = await image(format);
    expect(await ours(format, path)).toEqual([]);
    expect(theirs(format, path)).toBe(0);
    const written = join(folder, `theirs.${format.info.id}`);
    qemuImg("convert", "-f", format.info.id, "-O", format.info.id, path, written);
    expect(await ours(format, written)).toEqual([]);
  });

  it("vhd: sound as qemu-img writes it, in every way", async () => {
    const path = await image(vdi);
    for (const subformat of ["dynamic", "fixed"]) {
      const written = join(folder, `theirs-${subformat}.vhd`);
      qemuImg("convert", "-f", "vdi", "-O", "vpc", "-o", `subformat=${subformat},force_size`, path, written);
      expect(await ours(vhd, written)).toEqual([]);
    }
  });

  it.each<Damage>([
    inMap("a place the image does not have", 1, 40),
    inMap("a place far outside", 1, 0xfffffff0),
    inMap("two blocks in one place", 12, 0),
    inMap("a block more than is counted", 1, 3),
    inMap("a block fewer than is counted", 12, 0xffffffff),
    { format: vdi, what: "the count", at: headerTable.offsets.blocksAllocated, value: 7n, sizeBytes: 4 },
    inBat("a block beyond the file", 0, 4000, 6),
    inBat("a block in the metadata region", 0, 2, 6),
    inBat("a block in the BAT", 0, 3, 6),
    inBat("a block in the log", 0, 1, 6),
  ])("$format.info.id: $what is an error to both", async ({ format, at, value, sizeBytes }) => {
    const path = join(folder, `damaged.${format.info.id}`);
    copyFileSync(await image(format), path);
    const content = readFileSync(path);
    if (sizeBytes === 4) content.writeUInt32LE(Number(value), at);
    else content.writeBigUInt64LE(value, at);
    writeFileSync(path, content);
    const found = await ours(format, path);
    expect(found.map(({ severity }) => severity)).toContain("error");
    expect([1, 2]).toContain(theirs(format, path));
  });
});
