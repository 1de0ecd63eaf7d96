/**
 * Inflate of raw deflate streams (RFC 1951) and zlib streams (RFC 1950) from one memory area into another. Whatever the input, no
 * byte outside of the two areas is read or written, and the work is bounded by their sizes. Streams are accepted and refused
 * exactly as zlib does; bytes behind the end of the stream are not looked at.
 */
import { adler32 } from "./adler32";
import {
  alignInput,
  bitBuffer,
  bitCount,
  consumedTo,
  input,
  inputEnd,
  inputLimit,
  isOverrun,
  keepInput,
  openInput,
  refill,
  renewInput,
  skipInput,
  takeBits,
} from "./bit-reader";
import { buildTable, DISTANCE_EXCEPTION, INVALID, LITLEN_EXCEPTION, SUBTABLE } from "./huffman-table";

// What can be wrong with a stream; workers/codec/wasm-kernels.ts has the sentences.
const TRUNCATED: i32 = -1;
const TOO_LARGE: i32 = -2;
const BLOCK_TYPE: i32 = -3;
const STORED_LENGTH: i32 = -4;
const CODE_COUNTS: i32 = -5;
const CODE_LENGTHS: i32 = -6;
const LITLEN_CODE: i32 = -7;
const DISTANCE_CODE: i32 = -8;
const NO_END: i32 = -9;
const INVALID_CODE: i32 = -10;
const DISTANCE: i32 = -11;
const ZLIB_HEADER: i32 = -12;
const DICTIONARY: i32 = -13;
const CHECKSUM: i32 = -14;

const LITLEN_BITS: i32 = 11;
const DISTANCE_BITS: i32 = 8;
const PRECODE_BITS: i32 = 7;
/** No code of 288 symbols and 15 bits needs more entries behind an 11-bit table, none of 32 symbols more behind an 8-bit one. */
const LITLEN_ENTRIES: i32 = 2400;
const DISTANCE_ENTRIES: i32 = 512;
const LITLEN: usize = memory.data(4 * LITLEN_ENTRIES, 64);
const DISTANCES: usize = memory.data(4 * DISTANCE_ENTRIES, 64);
const FIXED_LITLEN: usize = memory.data(4 * 2048, 64);
const FIXED_DISTANCES: usize = memory.data(4 * 256, 64);
const PRECODE: usize = memory.data(4 * 128, 64);
/** Code lengths, u8: those of the literal/length code, and behind them those of the distance code. */
const LENGTHS: usize = memory.data(320, 16);
/** What the symbols mean: entries of huffman-table.ts without a code. */
const LITLEN_MEANINGS: usize = memory.data(4 * 288, 16);
const DISTANCE_MEANINGS: usize = memory.data(4 * 32, 16);
const PRECODE_MEANINGS: usize = memory.data(4 * 19, 16);
/** The order in which code lengths of the precode are stored (RFC 1951, section 3.2.7). */
const PRECODE_ORDER: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);
/** For each distance below 16: byte indexes that repeat a pattern of that many bytes. */
const PATTERNS: usize = memory.data(16 * 16, 16);

/** Most that one turn of the fast loop writes: three literals, a match, and what a copy of 16 bytes writes beyond its end. */
const OUTPUT_SLACK: usize = 3 + 258 + 16;

let isPrepared: bool = false;

/** Fills the tables that never change. */
function prepare(): void {
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
  for (let distance: u32 = 1; distance < 16; distance++) {
    for (let i: u32 = 0; i < 16; i++) store<u8>(PATTERNS + (distance << 4) + i, (i % distance) as u8);
  }
  // The fixed codes (section 3.2.6).
  memory.fill(LENGTHS, 8, 144);
  memory.fill(LENGTHS + 144, 9, 112);
  memory.fill(LENGTHS + 256, 7, 24);
  memory.fill(LENGTHS + 280, 8, 8);
  buildTable(LENGTHS, 288, LITLEN_MEANINGS, FIXED_LITLEN, LITLEN_BITS, 2048, LITLEN_EXCEPTION, false);
  memory.fill(LENGTHS, 5, 32);
  buildTable(LENGTHS, 32, DISTANCE_MEANINGS, FIXED_DISTANCES, DISTANCE_BITS, 256, DISTANCE_EXCEPTION, false);
}

/** Reads the codes of a dynamic block (section 3.2.7) into LITLEN and DISTANCES. @returns 0 or what is wrong */
function readCodes(): i32 {
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
  if (!buildTable(LENGTHS, 19, PRECODE_MEANINGS, PRECODE, PRECODE_BITS, 128, LITLEN_EXCEPTION, true)) {
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
  if (!buildTable(LENGTHS, litlens, LITLEN_MEANINGS, LITLEN, LITLEN_BITS, LITLEN_ENTRIES, LITLEN_EXCEPTION, false)) {
    return LITLEN_CODE;
  }
  const second = LENGTHS + litlens;
  if (
    !buildTable(
      second,
      distances,
      DISTANCE_MEANINGS,
      DISTANCES,
      DISTANCE_BITS,
      DISTANCE_ENTRIES,
      DISTANCE_EXCEPTION,
      false,
    )
  ) {
    return DISTANCE_CODE;
  }
  return 0;
}

/** What went wrong in the block that `inflateBlock` was reading; 0 where nothing did. */
let blockProblem: i32 = 0;

/** The output position is the result; `blockProblem` says whether it counts. */
function failBlock(problem: i32): usize {
  blockProblem = problem;
  return 0;
}

/** Decodes the symbols of one block up to its end. @returns the new end of the output, see `blockProblem` */
function inflateBlock(litlen: usize, distances: usize, outputStart: usize, from: usize, outputEnd: usize): usize {
  let output = from;
  // The last output position at which a turn of the fast loop may begin; the careful loop checks each symbol.
  const fastEnd: usize = outputEnd - outputStart < OUTPUT_SLACK ? 0 : outputEnd - OUTPUT_SLACK;
  blockProblem = 0;
  while (renewInput()) {
    const limit = inputLimit;
    let at = input;
    let bits = bitBuffer;
    let count = bitCount; // its lowest six bits count, the others are what subtracting whole entries leaves
    let entry: u32 = 0;
    if (output <= fastEnd) {
      bits |= load<u64>(at) << (count as u64);
      at += ((count ^ 63) >>> 3) & 7;
      count |= 56;
      entry = load<u32>(litlen + (((bits as usize) & 2047) << 2));
      do {
        if ((entry as i32) < 0) {
          bits >>= entry as u64;
          count -= entry;
          store<u8>(output++, (entry >>> 16) as u8);
          entry = load<u32>(litlen + (((bits as usize) & 2047) << 2));
          if ((entry as i32) < 0) {
            bits >>= entry as u64;
            count -= entry;
            store<u8>(output++, (entry >>> 16) as u8);
            entry = load<u32>(litlen + (((bits as usize) & 2047) << 2));
            if ((entry as i32) < 0) {
              bits >>= entry as u64;
              count -= entry;
              store<u8>(output++, (entry >>> 16) as u8);
              bits |= load<u64>(at) << (count as u64);
              at += ((count ^ 63) >>> 3) & 7;
              count |= 56;
              entry = load<u32>(litlen + (((bits as usize) & 2047) << 2));
              continue;
            }
          }
        }
        if (entry & LITLEN_EXCEPTION) {
          if (entry & SUBTABLE) {
            bits >>= entry as u64;
            count -= entry;
            const index = ((entry >>> 16) & 0xfff) + ((bits as u32) & ((1 << ((entry >>> 8) & 15)) - 1));
            entry = load<u32>(litlen + ((index as usize) << 2));
          }
          if (entry & LITLEN_EXCEPTION) {
            if (entry & INVALID) return failBlock(INVALID_CODE);
            keepInput(bits >> (entry as u64), count - entry, at);
            return isOverrun() ? failBlock(TRUNCATED) : output;
          }
          if ((entry as i32) < 0) {
            bits >>= entry as u64;
            count -= entry;
            store<u8>(output++, (entry >>> 16) as u8);
            bits |= load<u64>(at) << (count as u64);
            at += ((count ^ 63) >>> 3) & 7;
            count |= 56;
            entry = load<u32>(litlen + (((bits as usize) & 2047) << 2));
            continue;
          }
        }
        // At most 22 bits of literals and 20 of a length are gone: 14 are left, and a distance can take 28.
        const length: usize =
          ((entry >>> 16) & 0x1ff) +
          (((bits & (((1 as u64) << (entry as u64)) - 1)) >> ((entry >>> 8) as u64)) as usize);
        bits >>= entry as u64;
        count -= entry;
        bits |= load<u64>(at) << (count as u64);
        at += ((count ^ 63) >>> 3) & 7;
        count |= 56;
        let far = load<u32>(distances + (((bits as usize) & 255) << 2));
        if ((far as i32) < 0) {
          if (far & INVALID) return failBlock(INVALID_CODE);
          bits >>= far as u64;
          count -= far;
          const index = ((far >>> 16) & 0xfff) + ((bits as u32) & ((1 << ((far >>> 8) & 15)) - 1));
          far = load<u32>(distances + ((index as usize) << 2));
          if ((far as i32) < 0) return failBlock(INVALID_CODE);
        }
        const distance: usize =
          (far >>> 16) + (((bits & (((1 as u64) << (far as u64)) - 1)) >> ((far >>> 8) as u64)) as usize);
        bits >>= far as u64;
        count -= far;
        if (distance > output - outputStart) return failBlock(DISTANCE);
        // The next entry is on its way while the bytes are copied. 28 bits are left or more: no refill is needed before.
        entry = load<u32>(litlen + (((bits as usize) & 2047) << 2));
        bits |= load<u64>(at) << (count as u64);
        at += ((count ^ 63) >>> 3) & 7;
        count |= 56;
        let source = output - distance;
        const end = output + length;
        if (distance >= 16) {
          do {
            v128.store(output, v128.load(source));
            output += 16;
            source += 16;
          } while (output < end);
        } else if (distance === 1) {
          const run = i8x16.splat(load<i8>(source));
          do {
            v128.store(output, run);
            output += 16;
          } while (output < end);
        } else {
          const pattern = v128.swizzle(v128.load(source), v128.load(PATTERNS + (distance << 4)));
          // As many whole patterns as fit into 16 bytes.
          const step = 16 - (16 % distance);
          do {
            v128.store(output, pattern);
            output += step;
          } while (output < end);
        }
        output = end;
      } while (at <= limit && output <= fastEnd);
      keepInput(bits, count, at);
      if (output <= fastEnd) continue;
      if (!renewInput()) return failBlock(TRUNCATED);
      at = input;
      bits = bitBuffer;
      count = bitCount;
    }
    // Near the end of the output: one symbol a turn, nothing is written beyond it.
    for (;;) {
      bits |= load<u64>(at) << (count as u64);
      at += ((count ^ 63) >>> 3) & 7;
      count |= 56;
      entry = load<u32>(litlen + (((bits as usize) & 2047) << 2));
      if ((entry & (LITLEN_EXCEPTION | SUBTABLE)) === (LITLEN_EXCEPTION | SUBTABLE)) {
        bits >>= entry as u64;
        count -= entry;
        const index = ((entry >>> 16) & 0xfff) + ((bits as u32) & ((1 << ((entry >>> 8) & 15)) - 1));
        entry = load<u32>(litlen + ((index as usize) << 2));
      }
      if ((entry as i32) < 0) {
        if (output === outputEnd) return failBlock(TOO_LARGE);
        store<u8>(output++, (entry >>> 16) as u8);
        bits >>= entry as u64;
        count -= entry;
      } else if (entry & LITLEN_EXCEPTION) {
        if (entry & INVALID) return failBlock(INVALID_CODE);
        keepInput(bits >> (entry as u64), count - entry, at);
        return isOverrun() ? failBlock(TRUNCATED) : output;
      } else {
        const length: usize =
          ((entry >>> 16) & 0x1ff) +
          (((bits & (((1 as u64) << (entry as u64)) - 1)) >> ((entry >>> 8) as u64)) as usize);
        bits >>= entry as u64;
        count -= entry;
        let far = load<u32>(distances + (((bits as usize) & 255) << 2));
        if ((far as i32) < 0) {
          if (far & INVALID) return failBlock(INVALID_CODE);
          bits >>= far as u64;
          count -= far;
          const index = ((far >>> 16) & 0xfff) + ((bits as u32) & ((1 << ((far >>> 8) & 15)) - 1));
          far = load<u32>(distances + ((index as usize) << 2));
          if ((far as i32) < 0) return failBlock(INVALID_CODE);
        }
        const distance: usize =
          (far >>> 16) + (((bits & (((1 as u64) << (far as u64)) - 1)) >> ((far >>> 8) as u64)) as usize);
        bits >>= far as u64;
        count -= far;
        if (distance > output - outputStart) return failBlock(DISTANCE);
        if (length > outputEnd - output) return failBlock(TOO_LARGE);
        const end = output + length;
        for (; output < end; output++) store<u8>(output, load<u8>(output - distance));
      }
      if (at > limit) break;
    }
    keepInput(bits, count, at);
  }
  return failBlock(TRUNCATED);
}

/**
 * Inflates a raw deflate stream.
 * @returns the number of bytes produced, or what is wrong (below 0)
 */
export function inflateRaw(from: usize, size: usize, outputStart: usize, outputSize: usize): i32 {
  if (!isPrepared) prepare();
  openInput(from, size);
  const outputEnd = outputStart + outputSize;
  let output = outputStart;
  for (let isLast: u32 = 0; isLast === 0; ) {
    if (!renewInput()) return TRUNCATED;
    refill();
    isLast = takeBits(1);
    const type = takeBits(2);
    if (type === 0) {
      alignInput();
      if (input + 4 > inputEnd) return TRUNCATED;
      const length: u32 = load<u16>(input);
      if ((length ^ load<u16>(input + 2)) !== 0xffff) return STORED_LENGTH;
      skipInput(4);
      if (input + length > inputEnd) return TRUNCATED;
      if (length > outputEnd - output) return TOO_LARGE;
      memory.copy(output, input, length);
      output += length;
      skipInput(length);
      continue;
    }
    if (type === 3) return isOverrun() ? TRUNCATED : BLOCK_TYPE;
    if (type === 2) {
      const problem = readCodes();
      if (problem !== 0) return problem;
      output = inflateBlock(LITLEN, DISTANCES, outputStart, output, outputEnd);
    } else output = inflateBlock(FIXED_LITLEN, FIXED_DISTANCES, outputStart, output, outputEnd);
    if (blockProblem !== 0) return blockProblem;
  }
  return (output - outputStart) as i32;
}

/** Inflates a zlib stream: header of two bytes, deflate stream, adler32 of the output (RFC 1950, section 2.2). */
export function inflateZlib(from: usize, size: usize, outputStart: usize, outputSize: usize): i32 {
  if (size < 2) return TRUNCATED;
  const method: u32 = load<u8>(from);
  const flags: u32 = load<u8>(from + 1);
  if (((method << 8) | flags) % 31 !== 0 || (method & 15) !== 8 || method >>> 4 > 7) return ZLIB_HEADER;
  if (flags & 32) return DICTIONARY;
  const produced = inflateRaw(from + 2, size - 2, outputStart, outputSize);
  if (produced < 0) return produced;
  const checksumAt = consumedTo();
  if (checksumAt + 4 > from + size) return TRUNCATED;
  return bswap<u32>(load<u32>(checksumAt)) === adler32(1, outputStart, produced) ? produced : CHECKSUM;
}
