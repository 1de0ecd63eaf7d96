/** Adler-32 (RFC 1950, section 8.2): s1 is 1 plus the sum of all bytes, s2 the sum of the values s1 takes, both modulo 65521. */

const MODULUS: u32 = 65521;
/** Most bytes that can be summed before s2 leaves 32 bits, as a multiple of 32. */
const MAX_SUMMED: usize = 5536;

/** Continues the checksum `adler` (1 at the beginning) over [from, from + size). */
export function adler32(adler: u32, from: usize, size: usize): u32 {
  let s1 = adler & 0xffff;
  let s2 = adler >>> 16;
  let at = from;
  let left = size;
  // In 32 bytes the first is counted 32 times by s2, the last once.
  const weightsA = i16x8(32, 31, 30, 29, 28, 27, 26, 25);
  const weightsB = i16x8(24, 23, 22, 21, 20, 19, 18, 17);
  const weightsC = i16x8(16, 15, 14, 13, 12, 11, 10, 9);
  const weightsD = i16x8(8, 7, 6, 5, 4, 3, 2, 1);
  while (left >= 32) {
    const summed = min(left, MAX_SUMMED) & ~31;
    const end = at + summed;
    // s1 at the start of this stretch counts once for each of its bytes.
    s2 += s1 * (summed as u32);
    let sums = i32x4.splat(0);
    let sumsBefore = i32x4.splat(0);
    let weighted = i32x4.splat(0);
    do {
      const a = v128.load(at);
      const b = v128.load(at, 16);
      sumsBefore = i32x4.add(sumsBefore, sums);
      const pairs = i16x8.add(i16x8.extadd_pairwise_i8x16_u(a), i16x8.extadd_pairwise_i8x16_u(b));
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(pairs));
      weighted = i32x4.add(
        weighted,
        i32x4.add(
          i32x4.add(
            i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(a), weightsA),
            i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(a), weightsB),
          ),
          i32x4.add(
            i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(b), weightsC),
            i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(b), weightsD),
          ),
        ),
      );
      at += 32;
    } while (at < end);
    s1 = (s1 + sumOf(sums)) % MODULUS;
    s2 = (s2 + (sumOf(sumsBefore) << 5) + sumOf(weighted)) % MODULUS;
    left -= summed;
  }
  for (; left > 0; left--) {
    s1 += load<u8>(at++);
    s2 += s1;
  }
  return ((s2 % MODULUS) << 16) | (s1 % MODULUS);
}

function sumOf(lanes: v128): u32 {
  return (
    i32x4.extract_lane(lanes, 0) +
    i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) +
    i32x4.extract_lane(lanes, 3)
  );
}
