/**
 * Where blocks end. The input is parsed in chunks, each with a count of its symbols; neighbours become one block where that is
 * estimated to take fewer bits: by the entropy of what they would be together, and the codes that need not be written twice.
 */
import { DISTANCE_COUNTERS } from "./deflate-block";

/** u32 counts of a chunk: all literal/length symbols, then all distance symbols, to a multiple of four. */
export const COUNTERS: u32 = 320;
export const MAX_CHUNKS: u32 = 16;
/** What a code length takes in a block's head, and what any such head takes: bits, found by trying. */
const BITS_PER_SYMBOL: f32 = 3.6;
const BITS_PER_HEAD: f32 = 70;

const HISTOGRAMS: usize = memory.data(4 * 320 * 16, 64);
const MERGED: usize = memory.data(4 * 320, 64);
/** f32 for each chunk: what it takes by itself. */
const COSTS: usize = memory.data(4 * 16, 16);
/** First and one past the last sequence, first byte and its number of bytes: u32 each, for each chunk. */
const CHUNKS: usize = memory.data(16 * 16, 16);

export function histogramOf(chunk: u32): usize {
  return HISTOGRAMS + chunk * (4 * COUNTERS);
}

/** The u32 fields of a chunk: 0 its first sequence, 4 the end of its sequences, 8 its first byte, 12 its number of bytes. */
export function chunkAt(chunk: u32): usize {
  return CHUNKS + (chunk << 4);
}

/** log2 of four numbers of at least 1, to about 1 in 2000. */
function log2(numbers: v128): v128 {
  const exponent = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(numbers, 23), i32x4.splat(127)));
  const mantissa = v128.or(v128.and(numbers, i32x4.splat(0x7fffff)), i32x4.splat(0x3f800000));
  // A polynomial through log2 at 1 and 2.
  let value = f32x4.add(f32x4.mul(mantissa, f32x4.splat(0.15824871)), f32x4.splat(-1.05187502));
  value = f32x4.add(f32x4.mul(mantissa, value), f32x4.splat(3.0478792));
  value = f32x4.add(f32x4.mul(mantissa, value), f32x4.splat(-2.15330592));
  return f32x4.add(exponent, value);
}

function sumOf(lanes: v128): f32 {
  return (
    f32x4.extract_lane(lanes, 0) +
    f32x4.extract_lane(lanes, 1) +
    (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3))
  );
}

/** Bits that the symbols of a histogram take, with the codes for them; extra bits left out. */
function costOf(histogram: usize): f32 {
  return (
    BITS_PER_HEAD + costOfCode(histogram, 0, DISTANCE_COUNTERS) + costOfCode(histogram, DISTANCE_COUNTERS, COUNTERS)
  );
}

function costOfCode(histogram: usize, from: u32, to: u32): f32 {
  let weighted = f32x4.splat(0);
  let total = i32x4.splat(0);
  let used = i32x4.splat(0);
  for (let at = histogram + (from << 2); at < histogram + (to << 2); at += 16) {
    const counts = v128.load(at);
    total = i32x4.add(total, counts);
    used = i32x4.sub(used, i32x4.gt_s(counts, i32x4.splat(0)));
    const numbers = f32x4.convert_i32x4_s(counts);
    weighted = f32x4.add(weighted, f32x4.mul(numbers, log2(f32x4.max(numbers, f32x4.splat(1)))));
  }
  const sum = sumOf(f32x4.convert_i32x4_s(total));
  const all = sum * f32x4.extract_lane(log2(f32x4.splat(max(sum, 1))), 0);
  return all - sumOf(weighted) + BITS_PER_SYMBOL * sumOf(f32x4.convert_i32x4_s(used));
}

function addInto(sum: usize, a: usize, b: usize): void {
  for (let at: usize = 0; at < 4 * COUNTERS; at += 16) {
    v128.store(sum + at, i32x4.add(v128.load(a + at), v128.load(b + at)));
  }
}

/** Joins chunks 0 to `count` - 1 into blocks. @returns the number of blocks, which are then chunks 0 to that number - 1 */
export function joinChunks(count: u32): u32 {
  if (count === 0) return 0;
  let block: u32 = 0;
  store<f32>(COSTS, costOf(histogramOf(0)));
  for (let chunk: u32 = 1; chunk < count; chunk++) {
    const own = costOf(histogramOf(chunk));
    addInto(MERGED, histogramOf(block), histogramOf(chunk));
    const together = costOf(MERGED);
    if (together <= load<f32>(COSTS + (block << 2)) + own) {
      memory.copy(histogramOf(block), MERGED, 4 * COUNTERS);
      store<f32>(COSTS + (block << 2), together);
      store<u32>(chunkAt(block), load<u32>(chunkAt(chunk), 4), 4);
      store<u32>(chunkAt(block), load<u32>(chunkAt(block), 12) + load<u32>(chunkAt(chunk), 12), 12);
      continue;
    }
    block++;
    if (block !== chunk) {
      memory.copy(histogramOf(block), histogramOf(chunk), 4 * COUNTERS);
      memory.copy(chunkAt(block), chunkAt(chunk), 16);
    }
    store<f32>(COSTS + (block << 2), own);
  }
  return block + 1;
}
