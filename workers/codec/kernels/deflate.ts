/**
 * Deflate (RFC 1951) of one memory area into another: matches by buckets of eight positions, one position of look-ahead, block ends by
 * estimated size. The input is taken in stretches of sixteen chunks, so that the memory is the same for any size.
 */
import { adler32 } from "./adler32";
import { alignOutput, openOutput, outputAt } from "./bit-writer";
import { COUNTERS, chunkAt, histogramOf, joinChunks, MAX_CHUNKS } from "./block-split";
import { DISTANCE_COUNTERS, distanceSymbol, lengthSymbol, prepareBlocks, writeBlock } from "./deflate-block";
import { findLonger, insert, LOOKUP_BYTES, MAX_MATCH, openWindow } from "./match-finder";

const CHUNK_BYTES: u32 = 4096;
/** A sequence takes at least three bytes of input, and each chunk ends with one that has no match. */
const SEQUENCES: usize = memory.data(8 * 24000, 64);
/** After this many positions in a row without a match, the next ones are looked at less often. */
const MISSES_BEFORE_SKIP: u32 = 8;

/** How much is done to find matches: the shortest, one that is good enough, whether the next position may have a better one. */
let shortest: u32 = 4;
let niceLength: u32 = 0;
let isLazy: bool = false;
/** Positions within a match that are made known. */
let insertLimit: u32 = 0;

/** Level 6 is about as small as that of zlib 1.2.13, 3 to 5 within three hundredths of it. */
function setEffort(level: u32): void {
  shortest = level >= 6 ? 3 : 4;
  niceLength = level >= 7 ? MAX_MATCH : level === 6 ? 64 : 32;
  isLazy = level >= 6;
  insertLimit = level <= 2 ? 4 : MAX_MATCH;
}

/** Where the sequences of the next chunk go. */
let sequenceAt: usize = 0;
let misses: u32 = 0;

/**
 * Parses one chunk from `from`, up to `chunkEnd` or, with its last match, a little beyond.
 * @returns the end of the chunk
 */
function parseChunk(from: usize, chunkEnd: usize, end: usize, _window: u32, histogram: usize): usize {
  let at = from;
  let literals: u32 = 0;
  let sequence = sequenceAt;
  // Positions from here on are too near to the end to be looked up.
  const lookupEnd = end - at < LOOKUP_BYTES ? at : min(chunkEnd, end - LOOKUP_BYTES);
  memory.fill(histogram, 0, 4 * COUNTERS);
  while (at < lookupEnd) {
    let found = findLonger(at, shortest - 1, min(MAX_MATCH, (end - at) as u32));
    if (found === 0) {
      misses++;
      const literal = histogram + ((load<u8>(at) as usize) << 2);
      store<u32>(literal, load<u32>(literal) + 1);
      literals++;
      at++;
      // In what does not repeat, most positions are passed over.
      for (let skip = misses >>> MISSES_BEFORE_SKIP; skip > 0 && at < lookupEnd; skip--) {
        const passed = histogram + ((load<u8>(at) as usize) << 2);
        store<u32>(passed, load<u32>(passed) + 1);
        literals++;
        at++;
      }
      continue;
    }
    misses = 0;
    let length = found >>> 16;
    if (isLazy) {
      while (length < niceLength && at + 1 < lookupEnd) {
        const next = findLonger(at + 1, length, min(MAX_MATCH, (end - at - 1) as u32));
        if (next === 0) break;
        const literal = histogram + ((load<u8>(at) as usize) << 2);
        store<u32>(literal, load<u32>(literal) + 1);
        literals++;
        at++;
        found = next;
        length = found >>> 16;
      }
    }
    const distance = found & 0xffff;
    const symbol = distanceSymbol(distance);
    const lengthCounter = histogram + (lengthSymbol(length) << 2);
    store<u32>(lengthCounter, load<u32>(lengthCounter) + 1);
    const distanceCounter = histogram + ((DISTANCE_COUNTERS + symbol) << 2);
    store<u32>(distanceCounter, load<u32>(distanceCounter) + 1);
    store<u64>(
      sequence,
      (literals as u64) | ((length as u64) << 16) | ((distance as u64) << 32) | ((symbol as u64) << 48),
    );
    sequence += 8;
    literals = 0;
    const matchEnd = at + length;
    const insertEnd = min(min(matchEnd, at + 1 + insertLimit), end - LOOKUP_BYTES);
    insert(at + (isLazy ? 2 : 1), insertEnd);
    at = matchEnd;
  }
  // The last bytes of the input are literals.
  for (; at < chunkEnd; at++) {
    const literal = histogram + ((load<u8>(at) as usize) << 2);
    store<u32>(literal, load<u32>(literal) + 1);
    literals++;
  }
  store<u64>(sequence, literals as u64);
  sequenceAt = sequence + 8;
  return at;
}

/**
 * Deflates [from, from + size) to `to`. No distance is larger than `window`.
 * @param level 1 to 9
 * @returns the number of bytes, or 0 where they would be more than `room`
 */
export function deflateRaw(from: usize, size: usize, to: usize, room: usize, window: u32, level: u32): u32 {
  prepareBlocks();
  setEffort(level);
  openOutput(to, room);
  openWindow(from, window, niceLength, shortest);
  const end = from + size;
  let at = from;
  misses = 0;
  do {
    let chunks: u32 = 0;
    sequenceAt = SEQUENCES;
    while (chunks < MAX_CHUNKS && (at < end || chunks === 0)) {
      const firstSequence = sequenceAt;
      const start = at;
      at = parseChunk(at, min(at + CHUNK_BYTES, end), end, window, histogramOf(chunks));
      const fields = chunkAt(chunks++);
      store<u32>(fields, firstSequence);
      store<u32>(fields, sequenceAt, 4);
      store<u32>(fields, start, 8);
      store<u32>(fields, at - start, 12);
    }
    const blocks = joinChunks(chunks);
    for (let block: u32 = 0; block < blocks; block++) {
      const fields = chunkAt(block);
      const isLast = at === end && block === blocks - 1;
      if (
        !writeBlock(
          load<u32>(fields),
          load<u32>(fields, 4),
          histogramOf(block),
          load<u32>(fields, 8),
          load<u32>(fields, 12),
          isLast,
        )
      ) {
        return 0;
      }
    }
  } while (at < end);
  alignOutput();
  return outputAt() - to;
}

/** As deflateRaw with a window of 32 KiB, as a zlib stream (RFC 1950). */
export function deflateZlib(from: usize, size: usize, to: usize, room: usize, level: u32): u32 {
  if (room < 6) return 0;
  const body = deflateRaw(from, size, to + 2, room - 6, 32768, level);
  if (body === 0) return 0;
  // Deflate, 32 KiB; the second byte makes the header a multiple of 31 and tells the effort.
  store<u8>(to, 0x78);
  store<u8>(to + 1, level < 2 ? 0x01 : level < 6 ? 0x5e : level === 6 ? 0x9c : 0xda);
  store<u32>(to + 2 + body, bswap<u32>(adler32(1, from, size)));
  return body + 6;
}
