/**
 * Finds earlier occurrences of the bytes at a position. Positions are kept in buckets by a hash of four bytes, the newest first:
 *
 *   | eight words | eight positions |  unused  |      64 bytes; words are the bytes at a position, u32, positions u16
 *
 * Two compares test all words of a bucket without going to where they came from. Besides, of each three bytes the last position is
 * kept: matches of three are worth their bits from near by only.
 *
 * What is kept are hints: positions are cut to 16 bits and nobody takes out old ones. Every match is compared byte by byte
 * before it counts, within the window and the input.
 */

/** log2 of the number of buckets: about half as many positions as there are in the window fit. */
const SMALL_WINDOW_BITS: u32 = 10;
const LARGE_WINDOW_BITS: u32 = 13;
const BUCKETS: usize = memory.data(64 << 13, 64);
/** Last positions of three bytes, u16, by a hash of them. */
const TRIPLE_BITS: u32 = 12;
const TRIPLES: usize = memory.data(2 << 12, 64);
/** Distances of one bucket, u16. */
const DISTANCES: usize = memory.data(16, 16);

export const MAX_MATCH: u32 = 258;
/** Bytes that there must be from a position on for it to be looked up or made known. */
export const LOOKUP_BYTES: usize = 16;
/** Most that the distance of a match of three bytes can be. */
const TRIPLE_WINDOW: u32 = 4096;

let inputStart: usize = 0;
let windowSize: u32 = 0;
let bucketShift: u32 = 0;
/** A match this long is taken without looking for a better one. */
let niceLength: u32 = 0;
/** Whether matches of three bytes are looked for. */
let findsTriples: bool = false;

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
  findsTriples = shortest === 3;
  const bits: u32 = window > 4096 ? LARGE_WINDOW_BITS : SMALL_WINDOW_BITS;
  bucketShift = 32 - bits;
  memory.fill(BUCKETS, 0, 64 << bits);
  if (findsTriples) memory.fill(TRIPLES, 0, 2 << TRIPLE_BITS);
}

function bucketOf(word: u32): usize {
  return BUCKETS + (((word * 0x9e3779b1) >>> bucketShift) << 6);
}

function tripleOf(word: u32): usize {
  return TRIPLES + ((((word << 8) * 0x9e3779b1) >>> (32 - TRIPLE_BITS)) << 1);
}

/** Makes the positions from `at` to before `end` known. */
export function insert(at: usize, end: usize): void {
  for (; at < end; at++) {
    const word = load<u32>(at);
    const bucket = bucketOf(word);
    push(bucket, v128.load(bucket), v128.load(bucket, 16), v128.load(bucket, 32), i32x4.splat(word), positionOf(at));
    if (findsTriples) store<u16>(tripleOf(word), (at - inputStart) as u16);
  }
}

function positionOf(at: usize): v128 {
  return i16x8.splat((at - inputStart) as i16);
}

/** Puts a word and its position (each in all lanes) before the others of a bucket; the last one is lost. */
function push(bucket: usize, newer: v128, older: v128, positions: v128, word: v128, position: v128): void {
  v128.store(bucket, i8x16.shuffle(word, newer, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27));
  v128.store(bucket, i8x16.shuffle(newer, older, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27), 16);
  const moved = i8x16.shuffle(position, positions, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  v128.store(bucket, moved, 32);
}

/**
 * Finds the longest match at `at` that is longer than `known`, and makes the position known.
 * @param limit most bytes that may match, more than `known`
 * @returns length << 16 | distance, or 0
 */
export function findLonger(at: usize, known: u32, limit: u32): u32 {
  const word = load<u32>(at);
  const bucket = bucketOf(word);
  const wanted = i32x4.splat(word);
  const here = positionOf(at);
  const newer = v128.load(bucket);
  const older = v128.load(bucket, 16);
  const positions = v128.load(bucket, 32);
  push(bucket, newer, older, positions, wanted, here);
  // Distances 1 to windowSize are valid; the others become 0, where reading does no harm.
  const any = i16x8.sub(here, positions);
  const valid = i16x8.le_u(i16x8.sub(any, i16x8.splat(1)), i16x8.splat((windowSize - 1) as i16));
  let hits = i16x8.bitmask(v128.and(i16x8.narrow_i32x4_s(i32x4.eq(newer, wanted), i32x4.eq(older, wanted)), valid));
  if (findsTriples) {
    const entry = tripleOf(word);
    const distance = (((at - inputStart) as u32) - (load<u16>(entry) as u32)) & 0xffff;
    store<u16>(entry, (at - inputStart) as u16);
    if (hits === 0 && known < 3 && distance - 1 < TRIPLE_WINDOW) {
      if ((load<u32>(at - distance) ^ word) << 8 === 0) return (3 << 16) | distance;
    }
  }
  if (hits === 0) return 0;
  v128.store(DISTANCES, v128.and(any, valid));
  // Lengths up to 16 of all; the longest wins, of equal ones the nearest.
  const bytes = v128.load(at);
  let best: u32 = 0;
  let left = hits;
  do {
    const distance = load<u16>(DISTANCES + (ctz(left) << 1)) as u32;
    left &= left - 1;
    const equal = i8x16.bitmask(i8x16.eq(v128.load(at - distance), bytes));
    best = max(best, ((ctz(~equal) as u32) << 16) | (distance ^ 0xffff));
  } while (left !== 0);
  if (best >= 16 << 16) {
    best = 0;
    do {
      const distance = load<u16>(DISTANCES + (ctz(hits) << 1)) as u32;
      hits &= hits - 1;
      best = max(best, (matchLength(at, at - distance, limit) << 16) | (distance ^ 0xffff));
    } while (hits !== 0 && best >>> 16 < niceLength);
  }
  return best >>> 16 > known ? best ^ 0xffff : 0;
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
