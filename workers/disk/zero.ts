/** Are these bytes all zero? `Buffer.compare` against a block of zeros is memory-bound, so it is never what a copy waits for. */

const ZEROS = Buffer.alloc(64 * 1024);

/** True when every byte of `bytes` is 0 (also when there is none). */
export function isZero(bytes: Uint8Array): boolean {
  // Most data differs from zero in its first bytes: a look at one of them saves the call.
  if (bytes[0] !== undefined && bytes[0] !== 0) return false;
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const piece = bytes.subarray(at, at + ZEROS.length);
    if (Buffer.compare(piece, piece.length === ZEROS.length ? ZEROS : ZEROS.subarray(0, piece.length)) !== 0)
      return false;
  }
  return true;
}
