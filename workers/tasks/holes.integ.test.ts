/** Sparse files whose bytes are the guest's own: their holes are told by every reader, and no byte is lost by it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sumExtents } from "../disk/allocation-map.ts";
import { openDisk } from "../image/open-disk.ts";
import { keepsExactHoles } from "../io/hole-map.ts";
import { MiB, qemuImg, writeStampedRaw } from "./testing/rig.ts";

/** Where holes are not kept exactly (a container's overlay), the memory's own file system stands in. */
const parent = keepsExactHoles(tmpdir()) || !existsSync("/dev/shm") ? tmpdir() : "/dev/shm";
const folder = mkdtempSync(join(parent, "holes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const raw = join(folder, "content.raw");
const DATA_BYTES = 3 * MiB;

beforeAll(() =>
  writeStampedRaw(raw, 32 * MiB, [
    { start: 0, length: MiB },
    { start: 20 * MiB, length: 2 * MiB },
  ]),
);

test.each([
  ["raw", "disk.raw", [], "holeBytes"],
  ["vpc", "disk.vhd", ["-o", "subformat=fixed,force_size=on"], "zeroBytes"],
  ["vmdk", "flat.vmdk", ["-o", "subformat=monolithicFlat"], "zeroBytes"],
  ["vmdk", "split.vmdk", ["-o", "subformat=twoGbMaxExtentFlat"], "zeroBytes"],
] as const)("%s: %s", async (format, name, options, empty) => {
  const path = join(folder, name);
  qemuImg("convert", "-O", format, ...options, raw, path);
  const disk = await openDisk(path, { roots: [folder], brokenChain: "refuse" });
  const totals = await sumExtents(disk.guest);
  expect(totals.dataBytes).toBe(DATA_BYTES);
  expect(totals[empty]).toBe(29 * MiB);
  // Every byte outside of the data is zero, and every one inside is there.
  const content = readFileSync(raw);
  for await (const { start, length, state } of disk.guest.extents(0, disk.guest.virtualSizeBytes)) {
    const bytes = Buffer.alloc(length, 0xff);
    await disk.guest.read(start, bytes);
    expect(bytes.equals(content.subarray(start, start + length))).toBe(true);
    if (state !== "data") expect(bytes.every((byte) => byte === 0)).toBe(true);
  }
  await disk.close();
});
