/**
 * Entries of L1 and L2 tables taken apart by their two halves. Bit operators are used on a half alone, which has 32 bits; offsets
 * are put together by arithmetic.
 */

/** Bits 9-55: where a table or a cluster lies. */
export function hostOffset(high: number, low: number): number {
  return (high & 0x00ff_ffff) * 2 ** 32 + ((low & 0xffff_fe00) >>> 0);
}

/** Bits 0-8: of an L2 entry bit 0 says that the cluster reads as zeros; the others are reserved. */
export function lowFlags(low: number): number {
  return low & 0x1ff;
}

/** Reserved bits 56-61 are set; of an L1 entry also bit 62. */
export function hasHighReserved(high: number, table: "L1" | "L2"): boolean {
  return (high & (table === "L1" ? 0x7f00_0000 : 0x3f00_0000)) !== 0;
}

/** Bit 62 of an L2 entry: the cluster is compressed. */
export function isCompressed(high: number): boolean {
  return (high & 0x4000_0000) !== 0;
}

/** Bit 63: nobody else uses the table or cluster. */
export function isCopied(high: number): boolean {
  return high >= 2 ** 31;
}

/** The offset is a multiple of the cluster size, which is less than 2^32. */
export function isOnCluster(low: number, clusterBytes: number): boolean {
  return (low & 0xffff_fe00 & (clusterBytes - 1)) === 0;
}

/**
 * "Compressed Clusters Descriptor".
 * @param offsetBits how many bits hold the offset (structures.ts)
 * @returns where the cluster begins, and the bytes from there to the end of the last sector it touches
 */
export function compressedPlace(high: number, low: number, offsetBits: number): { atBytes: number; length: number } {
  const highBits = offsetBits - 32;
  const atBytes = (high & (2 ** highBits - 1)) * 2 ** 32 + low;
  const sectors = ((high & 0x3fff_ffff) >>> highBits) + 1;
  return { atBytes, length: sectors * 512 - (low & 0x1ff) };
}
