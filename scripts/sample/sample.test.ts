import { describe, expect, test } from "vitest";
import { BOOT_LINE, bootSector, PARTITION_START_SECTOR } from "./boot-sector.ts";
import { GRAIN_BYTES, guestContent } from "./guest-content.ts";

const MiB = 1024 * 1024;

test("the boot sector holds code, line, partition and signature where a PC looks for them", () => {
  const sector = bootSector(524_288);
  expect(sector).toHaveLength(512);
  expect(sector.readUInt16LE(510)).toBe(0xaa55);
  expect(sector.toString("latin1", 0x80, 0x80 + BOOT_LINE.length + 3)).toBe(`${BOOT_LINE}\r\n\0`);
  expect(sector.readUInt32LE(0x1be + 8)).toBe(PARTITION_START_SECTOR);
  expect(sector.readUInt32LE(0x1be + 12)).toBe(524_288 - PARTITION_START_SECTOR);
  // `mov si` must name the line and the jump over the loop must land on `done`.
  expect(sector.readUInt16LE(0x22)).toBe(0x7c80);
  expect(0x29 + sector.readInt8(0x28)).toBe(0x3b);
});

describe("guestContent", () => {
  const content = guestContent(20 * MiB);
  const grains = Array.from({ length: content.virtualSizeBytes / GRAIN_BYTES }, (_, index) => {
    const grain = content.grain(index);
    return grain === null ? null : Buffer.from(grain);
  });

  test("about as much data as asked for, with holes and stored zeros", () => {
    const zeros = grains.filter((grain) => grain?.every((byte) => byte === 0));
    const data = grains.filter((grain) => grain !== null).length - zeros.length - 1;
    expect(data * GRAIN_BYTES).toBe(20 * MiB);
    expect(zeros).toHaveLength(10);
    expect(grains.filter((grain) => grain === null).length).toBeGreaterThan(1000);
  });

  test("no two sectors of data are alike, and each says where it belongs", () => {
    const seen = new Set<string>();
    grains.forEach((grain, index) => {
      if (index === 0 || grain === null || grain.every((byte) => byte === 0)) return;
      for (let at = 0; at < GRAIN_BYTES; at += 512) {
        const number = (index * GRAIN_BYTES + at) / 512;
        const sector = grain.subarray(at, at + 512);
        seen.add(sector.toString("latin1"));
        const said =
          sector.toString("latin1", 0, 7) === "sector "
            ? Number(sector.toString("latin1", 7, 19))
            : Number(sector.readBigUInt64LE(0));
        expect(said).toBe(number);
      }
    });
    expect(seen.size).toBe((20 * MiB) / 512);
  });
});
