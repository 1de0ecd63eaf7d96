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
import { DISTANCES, FIXED_DISTANCES, FIXED_LITLEN, LITLEN, prepareCodes, readCodes } from "./block-codes";
import { INVALID, LITLEN_EXCEPTION, SUBTABLE } from "./huffman-table";
import {
  BLOCK_TYPE,
  CHECKSUM,
  DICTIONARY,
  DISTANCE,
  INVALID_CODE,
  STORED_LENGTH,
  TOO_LARGE,
  TRUNCATED,
  ZLIB_HEADER,
} from "./stream-problem";

/** For each distance below 16: byte indexes that repeat a pattern of that many bytes. */
const PATTERNS: usize = memory.data(16 * 16, 16);

/** Most that one turn of the fast loop writes: three literals, a match, and what a copy of 16 bytes writes beyond its end. */
const OUTPUT_SLACK: usize = 3 + 258 + 16;

let isPrepared: bool = false;

function preparePatterns(): void {
  if (isPrepared) return;
  isPrepared = true;
  for (let distance: u32 = 1; distance < 16; distance++) {
    for (let i: u32 = 0; i < 16; i++) store<u8>(PATTERNS + (distance << 4) + i, (i % distance) as u8);
  }
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
  prepareCodes();
  preparePatterns();
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
