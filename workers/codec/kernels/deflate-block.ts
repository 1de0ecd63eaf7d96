/**
 * Writes one block in the shortest of the three ways: stored, with the fixed codes, with codes of its own (RFC 1951, sections
 * 3.2.4 to 3.2.7). A block is a range of sequences (bit-writer.ts), the bytes they stand for, and how often each symbol occurs.
 */
import { alignOutput, pendingBits, roomInBits, writeBits, writeBytes, writeSequences } from "./bit-writer";
import { makeCodes, makeLengths } from "./huffman-code";

/** Literals, the end of the block, lengths. */
export const LITLENS: i32 = 286;
export const DISTANCE_SYMBOLS: i32 = 30;
/** Where the counts of distance symbols begin in a block's frequencies. */
export const DISTANCE_COUNTERS: u32 = 288;
const END_OF_BLOCK: i32 = 256;
const MAX_LENGTH: i32 = 258;

const LITLEN_LENGTHS: usize = memory.data(288, 16);
const DISTANCE_LENGTHS: usize = memory.data(32, 16);
const LITLEN_CODES: usize = memory.data(4 * 288, 16);
const DISTANCE_CODES: usize = memory.data(4 * 32, 16);
const FIXED_LITLEN_CODES: usize = memory.data(4 * 288, 16);
const FIXED_DISTANCE_CODES: usize = memory.data(4 * 32, 16);
/** For each length of a match: code with extra bits << 8 | number of bits. */
const LENGTH_CODES: usize = memory.data(4 * 260, 16);
/** For each length: its symbol (u16 at 0), number of extra bits (u8 at 2) and their value (u8 at 3). */
const LENGTH_SYMBOLS: usize = memory.data(4 * 260, 16);
/** For each distance symbol: base << 8 | number of extra bits. */
const DISTANCE_BASES: usize = memory.data(4 * 32, 16);
/** Symbols of distances 1 to 256, then, for larger ones, of each 128 distances. */
const DISTANCE_SYMBOL_TABLE: usize = memory.data(512, 16);

const PRECODE_SYMBOLS: i32 = 19;
const PRECODE_FREQUENCIES: usize = memory.data(4 * 19, 16);
const PRECODE_LENGTHS: usize = memory.data(32, 16);
const PRECODE_CODES: usize = memory.data(4 * 32, 16);
const PRECODE_ORDER: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);
/** Lengths of both codes in a row, and what the precode makes of them: u16 each, symbol | extra value << 5. */
const ALL_LENGTHS: usize = memory.data(320, 16);
const RUNS: usize = memory.data(2 * 320, 16);

let isPrepared: bool = false;

/** Fills the tables that never change. */
export function prepareBlocks(): void {
  if (isPrepared) return;
  isPrepared = true;
  let length: u32 = 3;
  for (let symbol: u32 = 257; symbol < 285; symbol++) {
    const extra: u32 = symbol < 265 ? 0 : (symbol - 261) >> 2;
    for (let value: u32 = 0; value < 1 << extra; value++) {
      store<u32>(LENGTH_SYMBOLS + (length++ << 2), symbol | (extra << 16) | (value << 24));
    }
  }
  store<u32>(LENGTH_SYMBOLS + (MAX_LENGTH << 2), 285);
  let base: u32 = 1;
  for (let symbol: u32 = 0; symbol < 30; symbol++) {
    const extra: u32 = symbol < 4 ? 0 : (symbol - 2) >> 1;
    store<u32>(DISTANCE_BASES + (symbol << 2), (base << 8) | extra);
    for (let value: u32 = 0; value < 1 << extra; value++, base++) {
      const index = base - 1;
      store<u8>(DISTANCE_SYMBOL_TABLE + (index < 256 ? index : 256 + (index >>> 7)), symbol as u8);
    }
  }
  memory.fill(LITLEN_LENGTHS, 8, 144);
  memory.fill(LITLEN_LENGTHS + 144, 9, 112);
  memory.fill(LITLEN_LENGTHS + 256, 7, 24);
  memory.fill(LITLEN_LENGTHS + 280, 8, 8);
  makeCodes(LITLEN_LENGTHS, 288, FIXED_LITLEN_CODES);
  memory.fill(DISTANCE_LENGTHS, 5, 32);
  makeCodes(DISTANCE_LENGTHS, 32, FIXED_DISTANCE_CODES);
}

/** The symbol of a length of 3 to 258. */
export function lengthSymbol(length: u32): u32 {
  return load<u16>(LENGTH_SYMBOLS + (length << 2));
}

/** The symbol of a distance of 1 to 32768. */
export function distanceSymbol(distance: u32): u32 {
  const index = distance - 1;
  return load<u8>(DISTANCE_SYMBOL_TABLE + select<u32>(index, 256 + (index >>> 7), index < 256));
}

/** Bits of all symbols of a block with these codes, extra bits included. */
function bodyBits(frequencies: usize, litlenCodes: usize, distanceCodes: usize): u32 {
  let bits: u32 = 0;
  for (let symbol = 0; symbol < LITLENS; symbol++) {
    const extra: u32 = symbol < 265 || symbol === 285 ? 0 : (symbol - 261) >> 2;
    bits += load<u32>(frequencies + (symbol << 2)) * ((load<u32>(litlenCodes + (symbol << 2)) & 0xff) + extra);
  }
  const distances = frequencies + 4 * DISTANCE_COUNTERS;
  for (let symbol = 0; symbol < DISTANCE_SYMBOLS; symbol++) {
    const extra = load<u32>(DISTANCE_BASES + (symbol << 2)) & 0xff;
    bits += load<u32>(distances + (symbol << 2)) * ((load<u32>(distanceCodes + (symbol << 2)) & 0xff) + extra);
  }
  return bits;
}

let litlenCount: i32 = 0;
let distanceCount: i32 = 0;
let precodeCount: i32 = 0;
let runCount: i32 = 0;

/** Makes the code of code lengths; what it writes is left in RUNS and the counts. @returns bits of the block's head after its type */
function makePrecode(): u32 {
  litlenCount = LITLENS;
  while (litlenCount > 257 && load<u8>(LITLEN_LENGTHS + litlenCount - 1) === 0) litlenCount--;
  distanceCount = DISTANCE_SYMBOLS;
  while (distanceCount > 1 && load<u8>(DISTANCE_LENGTHS + distanceCount - 1) === 0) distanceCount--;
  memory.copy(ALL_LENGTHS, LITLEN_LENGTHS, litlenCount);
  memory.copy(ALL_LENGTHS + litlenCount, DISTANCE_LENGTHS, distanceCount);
  memory.fill(PRECODE_FREQUENCIES, 0, 4 * PRECODE_SYMBOLS);
  runCount = 0;
  const total = litlenCount + distanceCount;
  for (let at = 0; at < total; ) {
    const length = load<u8>(ALL_LENGTHS + at);
    let run = 1;
    while (at + run < total && load<u8>(ALL_LENGTHS + at + run) === length) run++;
    at += run;
    if (length !== 0) {
      addRun(length, 0);
      run--;
    }
    while (length === 0 && run >= 11) {
      const part = min(run, 138);
      addRun(18, part - 11);
      run -= part;
    }
    if (length === 0 && run >= 3) {
      addRun(17, run - 3);
      run = 0;
    }
    while (length !== 0 && run >= 3) {
      // A rest of one or two would cost more than to share it out.
      const part = run === 7 || run === 8 ? 4 : min(run, 6);
      addRun(16, part - 3);
      run -= part;
    }
    for (; run > 0; run--) addRun(length, 0);
  }
  makeLengths(PRECODE_FREQUENCIES, PRECODE_SYMBOLS, 7, PRECODE_LENGTHS);
  makeCodes(PRECODE_LENGTHS, PRECODE_SYMBOLS, PRECODE_CODES);
  precodeCount = PRECODE_SYMBOLS;
  while (precodeCount > 4 && load<u8>(PRECODE_LENGTHS + load<u8>(PRECODE_ORDER + precodeCount - 1)) === 0)
    precodeCount--;
  let bits: u32 = 5 + 5 + 4 + 3 * precodeCount;
  for (let symbol = 0; symbol < PRECODE_SYMBOLS; symbol++) {
    bits +=
      load<u32>(PRECODE_FREQUENCIES + (symbol << 2)) * (load<u8>(PRECODE_LENGTHS + symbol) + runExtraBits(symbol));
  }
  return bits;
}

function addRun(symbol: i32, extra: i32): void {
  store<u16>(RUNS + (runCount++ << 1), (symbol | (extra << 5)) as u16);
  const at = PRECODE_FREQUENCIES + (symbol << 2);
  store<u32>(at, load<u32>(at) + 1);
}

function runExtraBits(symbol: i32): u32 {
  return symbol < 16 ? 0 : symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
}

function writePrecode(): void {
  writeBits(((litlenCount - 257) | ((distanceCount - 1) << 5) | ((precodeCount - 4) << 10)) as u32, 14);
  for (let i = 0; i < precodeCount; i++) writeBits(load<u8>(PRECODE_LENGTHS + load<u8>(PRECODE_ORDER + i)), 3);
  for (let i = 0; i < runCount; i++) {
    const run = load<u16>(RUNS + (i << 1)) as u32;
    const symbol = run & 31;
    const code = load<u32>(PRECODE_CODES + (symbol << 2));
    const bits = code & 0xff;
    writeBits((code >>> 8) | ((run >>> 5) << bits), bits + runExtraBits(symbol));
  }
}

/**
 * Writes a block.
 * @param frequencies u32 for each literal/length symbol and each distance symbol; the end of the block is not counted yet
 * @param from, size the bytes of the block
 * @returns false where it does not fit into the output
 */
export function writeBlock(
  sequences: usize,
  end: usize,
  frequencies: usize,
  from: usize,
  size: u32,
  isLast: bool,
): bool {
  const last: u32 = isLast ? 1 : 0;
  store<u32>(frequencies + (END_OF_BLOCK << 2), 1);
  makeLengths(frequencies, LITLENS, 14, LITLEN_LENGTHS);
  makeLengths(frequencies + 4 * DISTANCE_COUNTERS, DISTANCE_SYMBOLS, 15, DISTANCE_LENGTHS);
  makeCodes(LITLEN_LENGTHS, LITLENS, LITLEN_CODES);
  makeCodes(DISTANCE_LENGTHS, DISTANCE_SYMBOLS, DISTANCE_CODES);
  const dynamicBits = 3 + makePrecode() + bodyBits(frequencies, LITLEN_CODES, DISTANCE_CODES);
  const fixedBits = 3 + bodyBits(frequencies, FIXED_LITLEN_CODES, FIXED_DISTANCE_CODES);
  // Each stored part of at most 65535 bytes: type, padding, length twice.
  const parts = max(1, (size + 65534) / 65535);
  const padded: u32 = (pendingBits() + 3 + 7) & ~7;
  const storedBits: u32 = padded - pendingBits() + 32 + (size << 3) + (parts - 1) * 40;
  const isDynamic: bool = dynamicBits < fixedBits;
  const codedBits: u32 = isDynamic ? dynamicBits : fixedBits;
  if (storedBits < codedBits) {
    if ((storedBits as u64) > roomInBits()) return false;
    writeStored(from, size, last);
    return true;
  }
  if ((codedBits as u64) > roomInBits()) return false;
  writeBits(last | ((isDynamic ? 2 : 1) << 1), 3);
  if (isDynamic) writePrecode();
  const litlen = isDynamic ? LITLEN_CODES : FIXED_LITLEN_CODES;
  for (let length = 3; length <= MAX_LENGTH; length++) {
    const symbol = load<u32>(LENGTH_SYMBOLS + (length << 2));
    const code = load<u32>(litlen + ((symbol & 0xffff) << 2));
    const bits = code & 0xff;
    const withExtra = (code >>> 8) | ((symbol >>> 24) << bits);
    store<u32>(LENGTH_CODES + (length << 2), (withExtra << 8) | (bits + ((symbol >>> 16) & 0xff)));
  }
  const distances = isDynamic ? DISTANCE_CODES : FIXED_DISTANCE_CODES;
  writeSequences(sequences, end, from, from + size, litlen, LENGTH_CODES, distances, DISTANCE_BASES);
  const code = load<u32>(litlen + (END_OF_BLOCK << 2));
  writeBits(code >>> 8, code & 0xff);
  return true;
}

function writeStored(from: usize, size: u32, last: u32): void {
  let at = from;
  let left = size;
  do {
    const part = min(left, 65535);
    left -= part;
    writeBits(left === 0 ? last : 0, 3);
    alignOutput();
    writeBits(part | (~part << 16), 32);
    writeBytes(at, part);
    at += part;
  } while (left > 0);
}
