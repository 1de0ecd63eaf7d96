/** What qemu-img writes is sound to our check, and what it finds damaged we find too. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import { openFileSource } from "../../io/file.ts";
import { qemuImg, writeRawFile } from "../testing/qemu-img.ts";
import { randomDisk } from "../testing/test-disk.ts";
import { vmdk } from "./vmdk.ts";

const MIB = 1024 * 1024;
const disk = randomDisk(51, 50 * MIB + 3 * 512, 4096, 30);
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vmdk-check-"));
  writeRawFile(join(folder, "disk.raw"), disk);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function check(path: string): Promise<CheckFinding[]> {
  const source = await openFileSource(path);
  const context = {
    openExtentFile: (name: string) => openFileSource(join(folder, name)),
    gate: async () => {},
    progress: () => {},
  };
  const found: CheckFinding[] = [];
  try {
    for await (const one of vmdk.check?.(source, context) ?? []) found.push(one);
  } finally {
    await source.close();
  }
  return found;
}

function make(subformat: string): string {
  const path = join(folder, `${subformat}.vmdk`);
  rmSync(path, { force: true });
  qemuImg("convert", "-f", "raw", "-O", "vmdk", "-o", `subformat=${subformat}`, join(folder, "disk.raw"), path);
  return path;
}

it.each(["monolithicSparse", "streamOptimized", "monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat"])(
  "%s of qemu-img's is sound",
  async (subformat) => expect(await check(make(subformat))).toEqual([]),
);

it("a grain beyond the end is found by qemu-img and by us", async () => {
  const path = make("monolithicSparse");
  // Sector 21: redundant directory and its two tables; 30: the directory, 31: the first table.
  const fd = openSync(path, "r+");
  writeSync(fd, Buffer.from([0xf0, 0xff, 0xff, 0x0f]), 0, 4, 31 * 512);
  closeSync(fd);
  expect(() => qemuImg("check", "-f", "vmdk", path)).toThrow();
  expect((await check(path)).filter(({ severity }) => severity === "error")).toEqual([
    expect.objectContaining({ structure: "grain 0", offsetBytes: 31 * 512 }),
  ]);
});
