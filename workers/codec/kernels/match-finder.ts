/**
 * Finds earlier occurrences of the bytes at a position. Positions are kept in buckets by a hash of four (or three) bytes, the newest
 * first:
 *
 *   | word | word | word | word |  position × 4  |  unused  |      32 bytes; words are the bytes at a position, u32, positions u16
 *
 * One compare tests the four words of a bucket without going to where they came from.
 *
 * What the buckets hold are hints: positions are cut to 16 bits and nobody takes out old ones. Every match is compared byte by byte
 * before it counts, within the window and the input.
 */

/** log2 of the number of buckets: about as many positions as there are in the window fit. */
const SMALL_WINDOW_BITS: u32 = 12;
const LARGE_WINDOW_BITS: u32 = 14;
const BUCKETS: usize = memory.data(32 << 14, 64);
/** Distances of one bucket, u16. */
const DISTANCES: usize = memory.data(16, 16);

export const MAX_MATCH: u32 = 258;
/** Bytes that there must be from a position on for it to be looked up or made known. */
export const LOOKUP_BYTES: usize = 16;

let inputStart: usize = 0;
let windowSize: u32 = 0;
let bucketShift: u32 = 0;
/** A match this long is taken without looking for a better one. */
let niceLength: u32 = 0;
/** Bits that words are shifted by before they are hashed and compared: 8 leaves out the last of the four bytes. */
let wordShift: u32 = 0;

/**
 * Begins with an input of which no position is known.
 * @param window most that a distance can be, at most 32 KiB
 * @param nice a match this long is good enough
 * @param shortest 3 or 4: the shortest match to be found
 */
export function openWindow(from: usize, window: u32, nice: u32, shortest: u32): void {
  inputStart = from;
  windowSize = window;
  niceLength = nice;
  wordShift = shortest === 3 ? 8 : 0;
  const bits: u32 = window > 4096 ? LARGE_WINDOW_BITS : SMALL_WINDOW_BITS;
  bucketShift = 32 - bits;
  memory.fill(BUCKETS, 0, 32 << bits);
}

function bucketOf(word: u32): usize {
  return BUCKETS + (((word * 0x9e3779b1) >>> bucketShift) << 5);
}

/** Makes the positions from `at` to before `end` known. */
export function insert(at: usize, end: usize): void {
  for (; at < end; at++) {
    const word = load<u32>(at) << wordShift;
    const bucket = bucketOf(word);
    v128.store(bucket, pushed(v128.load(bucket), i32x4.splat(word)));
    store<u64>(bucket, (load<u64>(bucket, 16) << 16) | ((at - inputStart) & 0xffff), 16);
  }
}

/** `words` with `word` before them and without their last. */
function pushed(words: v128, word: v128): v128 {
  return i8x16.shuffle(word, words, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
}

/**
 * Finds the longest match at `at` that is longer than `known`, and makes the position known.
 * @param limit most bytes that may match, more than `known`
 * @returns length << 16 | distance, or 0
 */
export function findLonger(at: usize, known: u32, limit: u32): u32 {
  const word = load<u32>(at) << wordShift;
  const bucket = bucketOf(word);
  const wanted = i32x4.splat(word);
  const here = i16x8.splat((at - inputStart) as i16);
  const words = v128.load(bucket);
  const positions = load<u64>(bucket, 16);
  v128.store(bucket, pushed(words, wanted));
  store<u64>(bucket, (positions << 16) | ((at - inputStart) & 0xffff), 16);
  // Distances 1 to windowSize are valid; the others become 0, where reading does no harm.
  const any = i16x8.sub(here, i64x2.splat(positions));
  const valid = i16x8.le_u(i16x8.sub(any, i16x8.splat(1)), i16x8.splat((windowSize - 1) as i16));
  let hits = i32x4.bitmask(v128.and(i32x4.eq(words, wanted), i32x4.extend_low_i16x8_s(valid)));
  if (hits === 0) return 0;
  // Lengths up to 16 of all four at once; the longest wins, of equal ones the nearest.
  const far = v128.and(any, valid);
  const bytes = v128.load(at);
  let best = candidate(at, bytes, i16x8.extract_lane_u(far, 0), hits);
  best = max(best, candidate(at, bytes, i16x8.extract_lane_u(far, 1), hits >>> 1));
  best = max(best, candidate(at, bytes, i16x8.extract_lane_u(far, 2), hits >>> 2));
  best = max(best, candidate(at, bytes, i16x8.extract_lane_u(far, 3), hits >>> 3));
  if (best >= 16 << 16) {
    v128.store(DISTANCES, far);
    best = 0;
    do {
      const distance = load<u16>(DISTANCES + (ctz(hits) << 1)) as u32;
      hits &= hits - 1;
      best = max(best, (matchLength(at, at - distance, limit) << 16) | (distance ^ 0xffff));
    } while (hits !== 0 && best >>> 16 < niceLength);
  }
  return best >>> 16 > known ? best ^ 0xffff : 0;
}

/** length << 16 | 65535 - distance, the length at most 16; a length of 0 where the lowest bit of `hit` is not set. */
function candidate(at: usize, bytes: v128, distance: u32, hit: u32): u32 {
  const equal = i8x16.bitmask(i8x16.eq(v128.load(at - distance), bytes)) & (0 - (hit & 1));
  return ((ctz(~equal) as u32) << 16) | (distance ^ 0xffff);
}

/** How many bytes at `a` and `b` are equal, at most `limit`. */
function matchLength(a: usize, b: usize, limit: u32): u32 {
  let length: u32 = 0;
  while (length + 8 <= limit) {
    const difference = load<u64>(a + length) ^ load<u64>(b + length);
    if (difference !== 0) return length + ((ctz(difference) >>> 3) as u32);
    length += 8;
  }
  while (length < limit && load<u8>(a + length) === load<u8>(b + length)) length++;
  return length;
}
