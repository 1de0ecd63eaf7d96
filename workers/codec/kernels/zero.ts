/** Where memory is zero. */

/** Is every byte of [from, from + size) zero? True for size 0. */
export function isZero(from: usize, size: usize): bool {
  let at = from;
  const end = from + size;
  if (size >= 64) {
    // The last load may overlap the ones before.
    const last = end - 64;
    for (;;) {
      const any = v128.or(v128.or(v128.load(at), v128.load(at, 16)), v128.or(v128.load(at, 32), v128.load(at, 48)));
      if (v128.any_true(any)) return false;
      if (at === last) return true;
      at = min(at + 64, last);
    }
  }
  let any: u32 = 0;
  for (; at < end; at++) any |= load<u8>(at);
  return any === 0;
}

/**
 * For each unit of `unitSize` bytes (the last may be shorter) one byte at `flags`: 1 where the unit is zero, else 0.
 * @returns how many are zero
 */
export function zeroUnits(from: usize, size: usize, unitSize: usize, flags: usize): u32 {
  let zeros: u32 = 0;
  for (let at: usize = 0, flag = flags; at < size; at += unitSize, flag++) {
    const zero = isZero(from + at, min(unitSize, size - at));
    store<u8>(flag, zero ? 1 : 0);
    if (zero) zeros++;
  }
  return zeros;
}
