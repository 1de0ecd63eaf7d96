/** The codes of a deflate block, for decoding: the fixed ones (RFC 1951, section 3.2.6) and those a block brings along (3.2.7). */
import { bitBuffer, bitCount, isOverrun, refill, renewInput, takeBits } from "./bit-reader";
import { buildTable, DISTANCE_EXCEPTION, INVALID, LITLEN_EXCEPTION } from "./huffman-table";
import { CODE_COUNTS, CODE_LENGTHS, DISTANCE_CODE, LITLEN_CODE, NO_END, TRUNCATED } from "./stream-problem";

const LITLEN_BITS: i32 = 11;
const DISTANCE_BITS: i32 = 8;
const PRECODE_BITS: i32 = 7;
/** No code of 288 symbols and 15 bits needs more entries behind an 11-bit table, none of 32 symbols more behind an 8-bit one. */
const LITLEN_ENTRIES: i32 = 2400;
const DISTANCE_ENTRIES: i32 = 512;
export const LITLEN: usize = memory.data(4 * LITLEN_ENTRIES, 64);
export const DISTANCES: usize = memory.data(4 * DISTANCE_ENTRIES, 64);
export const FIXED_LITLEN: usize = memory.data(4 * 2048, 64);
export const FIXED_DISTANCES: usize = memory.data(4 * 256, 64);
const PRECODE: usize = memory.data(4 * 128, 64);
/** Code lengths, u8: those of the literal/length code, and behind them those of the distance code. */
const LENGTHS: usize = memory.data(320, 16);
/** What the symbols mean: entries of huffman-table.ts without a code. */
const LITLEN_MEANINGS: usize = memory.data(4 * 288, 16);
const DISTANCE_MEANINGS: usize = memory.data(4 * 32, 16);
const PRECODE_MEANINGS: usize = memory.data(4 * 19, 16);
/** The order in which code lengths of the precode are stored (RFC 1951, section 3.2.7). */
const PRECODE_ORDER: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);
let isPrepared: bool = false;

/** Fills the tables that never change. */
export function prepareCodes(): void {
  if (isPrepared) return;
  isPrepared = true;
  for (let symbol: u32 = 0; symbol < 256; symbol++) {
    store<u32>(LITLEN_MEANINGS + (symbol << 2), (1 << 31) | (symbol << 16));
  }
  store<u32>(LITLEN_MEANINGS + (256 << 2), LITLEN_EXCEPTION);
  // Lengths 3 to 10 one by one, then four symbols for each number of extra bits; 258 has a symbol of its own (section 3.2.5).
  let base: u32 = 3;
  for (let symbol: u32 = 257; symbol < 285; symbol++) {
    const extra: u32 = symbol < 265 ? 0 : (symbol - 261) >> 2;
    store<u32>(LITLEN_MEANINGS + (symbol << 2), (base << 16) | extra);
    base += 1 << extra;
  }
  store<u32>(LITLEN_MEANINGS + (285 << 2), 258 << 16);
  for (let symbol: u32 = 286; symbol < 288; symbol++)
    store<u32>(LITLEN_MEANINGS + (symbol << 2), LITLEN_EXCEPTION | INVALID);
  base = 1;
  for (let symbol: u32 = 0; symbol < 30; symbol++) {
    const extra: u32 = symbol < 4 ? 0 : (symbol - 2) >> 1;
    store<u32>(DISTANCE_MEANINGS + (symbol << 2), (base << 16) | extra);
    base += 1 << extra;
  }
  for (let symbol: u32 = 30; symbol < 32; symbol++)
    store<u32>(DISTANCE_MEANINGS + (symbol << 2), DISTANCE_EXCEPTION | INVALID);
  for (let symbol: u32 = 0; symbol < 19; symbol++) store<u32>(PRECODE_MEANINGS + (symbol << 2), symbol << 16);
  // The fixed codes (section 3.2.6).
  memory.fill(LENGTHS, 8, 144);
  memory.fill(LENGTHS + 144, 9, 112);
  memory.fill(LENGTHS + 256, 7, 24);
  memory.fill(LENGTHS + 280, 8, 8);
  buildTable(LENGTHS, 288, LITLEN_MEANINGS, FIXED_LITLEN, LITLEN_BITS, 2048, LITLEN_EXCEPTION);
  memory.fill(LENGTHS, 5, 32);
  buildTable(LENGTHS, 32, DISTANCE_MEANINGS, FIXED_DISTANCES, DISTANCE_BITS, 256, DISTANCE_EXCEPTION);
}

/** Reads the codes of a dynamic block (section 3.2.7) into LITLEN and DISTANCES. @returns 0 or what is wrong */
export function readCodes(): i32 {
  if (!renewInput()) return TRUNCATED;
  refill();
  const litlens = takeBits(5) + 257;
  const distances = takeBits(5) + 1;
  const precodes = takeBits(4) + 4;
  if (litlens > 286 || distances > 30) return CODE_COUNTS;
  memory.fill(LENGTHS, 0, 19);
  for (let i: u32 = 0; i < precodes; i++) {
    if (bitCount < 3) {
      if (!renewInput()) return TRUNCATED;
      refill();
    }
    store<u8>(LENGTHS + (load<u8>(PRECODE_ORDER + i) as usize), takeBits(3) as u8);
  }
  if (isOverrun()) return TRUNCATED;
  if (!buildTable(LENGTHS, 19, PRECODE_MEANINGS, PRECODE, PRECODE_BITS, 128, LITLEN_EXCEPTION)) {
    return CODE_LENGTHS;
  }
  const total = litlens + distances;
  for (let i: u32 = 0; i < total; ) {
    if (!renewInput()) return TRUNCATED;
    refill();
    // Four symbols of at most 7 + 7 bits fit into a filled buffer.
    for (let turn = 0; turn < 4 && i < total; turn++) {
      const entry = load<u32>(PRECODE + (((bitBuffer as usize) & 127) << 2));
      if (entry & LITLEN_EXCEPTION) return CODE_LENGTHS;
      takeBits(entry & 63);
      const symbol = entry >>> 16;
      if (symbol < 16) {
        store<u8>(LENGTHS + i++, symbol as u8);
        continue;
      }
      let length: u8 = 0;
      let repeat: u32 = 0;
      if (symbol === 16) {
        if (i === 0) return CODE_LENGTHS;
        length = load<u8>(LENGTHS + i - 1);
        repeat = 3 + takeBits(2);
      } else if (symbol === 17) repeat = 3 + takeBits(3);
      else repeat = 11 + takeBits(7);
      if (i + repeat > total) return CODE_LENGTHS;
      memory.fill(LENGTHS + i, length, repeat);
      i += repeat;
    }
  }
  if (isOverrun()) return TRUNCATED;
  if (load<u8>(LENGTHS + 256) === 0) return NO_END;
  if (!buildTable(LENGTHS, litlens, LITLEN_MEANINGS, LITLEN, LITLEN_BITS, LITLEN_ENTRIES, LITLEN_EXCEPTION)) {
    return LITLEN_CODE;
  }
  const second = LENGTHS + litlens;
  if (
    !buildTable(second, distances, DISTANCE_MEANINGS, DISTANCES, DISTANCE_BITS, DISTANCE_ENTRIES, DISTANCE_EXCEPTION)
  ) {
    return DISTANCE_CODE;
  }
  return 0;
}
