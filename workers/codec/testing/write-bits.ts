/** Writes deflate streams by hand. */

/** Fields of [value, number of bits], each least significant bit first, as deflate packs them (RFC 1951, section 3.1.1). */
export function writeBits(fields: readonly (readonly [number, number])[]): Buffer {
  const bits: number[] = [];
  for (const [value, count] of fields) {
    for (let bit = 0; bit < count; bit++) bits.push(bit < 32 ? (value >>> bit) & 1 : 0);
  }
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [index, bit] of bits.entries()) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (bit << (index & 7));
  return bytes;
}
