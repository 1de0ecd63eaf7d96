/** Entries of L1 and L2 tables taken apart, by arithmetic on their two halves: no offset passes through 32-bit operators. */
import { SECTOR_BYTES } from "./structures.ts";

/** Bits 9-55: where a table or a cluster lies. */
export function hostOffset(high: number, low: number): number {
  return (high % 2 ** 24) * 2 ** 32 + (low - (low % SECTOR_BYTES));
}

/** Bit 62 of an L2 entry: the cluster is compressed. */
export function isCompressed(high: number): boolean {
  return high % 2 ** 31 >= 2 ** 30;
}

/** Bit 63: nobody else uses the table or cluster. */
export function isCopied(high: number): boolean {
  return high >= 2 ** 31;
}

/**
 * "Compressed Clusters Descriptor".
 * @param offsetBits how many bits hold the offset (structures.ts)
 * @returns where the cluster begins, and the bytes from there to the end of the last sector it touches
 */
export function compressedPlace(high: number, low: number, offsetBits: number): { atBytes: number; length: number } {
  const highOffsetBits = 2 ** (offsetBits - 32);
  const atBytes = (high % highOffsetBits) * 2 ** 32 + low;
  const sectors = Math.floor((high % 2 ** 30) / highOffsetBits) + 1;
  return { atBytes, length: sectors * SECTOR_BYTES - (atBytes % SECTOR_BYTES) };
}
