/**
 * What the sample disk holds, computed from the offset alone: the boot sector, then bands of data spread evenly over the disk.
 *
 *   |boot|..hole..|= text 1 MiB =|# noise 1 MiB #|0 64 KiB of stored zeros|......hole......|= text =|# noise #|0|....
 *
 * Every sector carries its own number, so that a sector in the wrong place shows. Text compresses well, noise not at all.
 */
import { bootSector, PARTITION_START_SECTOR } from "./boot-sector.ts";

const SECTOR_BYTES = 512;
const MiB = 1024 * 1024;
/** Unit in which the content is asked for; a grain of the VMDK. */
export const GRAIN_BYTES = 64 * 1024;
/** Data in one band; half text, half noise. */
const BAND_BYTES = 2 * MiB;
const SMALLEST_DISK_BYTES = 256 * MiB;

export interface GuestContent {
  readonly virtualSizeBytes: number;
  /** Bytes that are not zero, without the boot sector's grain. */
  readonly dataBytes: number;
  /** Content of grain `index`, valid until the next call; null where nothing is stored. */
  grain(index: number): Uint8Array | null;
}

/** @param dataBytes about how much data; rounded up to whole bands of 2 MiB */
export function guestContent(dataBytes: number): GuestContent {
  const bands = Math.ceil(dataBytes / BAND_BYTES);
  const virtualSizeBytes = Math.max(SMALLEST_DISK_BYTES, Math.ceil((bands * BAND_BYTES * 2.5) / MiB) * MiB);
  const first = PARTITION_START_SECTOR * SECTOR_BYTES;
  const stride = Math.floor((virtualSizeBytes - first) / Math.max(1, bands) / GRAIN_BYTES) * GRAIN_BYTES;
  const buffer = Buffer.alloc(GRAIN_BYTES);
  return {
    virtualSizeBytes,
    dataBytes: bands * BAND_BYTES,
    grain(index) {
      const offset = index * GRAIN_BYTES;
      if (index === 0) {
        buffer.fill(0);
        bootSector(virtualSizeBytes / SECTOR_BYTES).copy(buffer);
        return buffer;
      }
      const band = Math.floor((offset - first) / stride);
      const inBand = (offset - first) % stride;
      if (offset < first || band >= bands || inBand > BAND_BYTES) return null;
      if (inBand === BAND_BYTES) return buffer.fill(0);
      for (let at = 0; at < GRAIN_BYTES; at += SECTOR_BYTES) {
        const number = (offset + at) / SECTOR_BYTES;
        const sector = buffer.subarray(at, at + SECTOR_BYTES);
        if (inBand < BAND_BYTES / 2) fillText(sector, number);
        else fillNoise(sector, number);
      }
      return buffer;
    },
  };
}

/** Lines that name the sector, over and over. */
function fillText(sector: Buffer, number: number): void {
  sector.fill(
    `sector ${String(number).padStart(12, "0")} of the HyperSDK sample disk, byte ${number * SECTOR_BYTES}\n`,
    "ascii",
  );
}

/** The sector's number, then noise that grows from it (xorshift32). */
function fillNoise(sector: Buffer, number: number): void {
  sector.writeBigUInt64LE(BigInt(number), 0);
  let state = (Math.imul(number, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  for (let at = 8; at < SECTOR_BYTES; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    sector.writeUInt32LE(state, at);
  }
}
