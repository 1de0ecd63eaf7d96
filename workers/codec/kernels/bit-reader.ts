/**
 * The input of a deflate stream as bits, least significant first (RFC 1951, section 3.1.1).
 *
 *   inputStart ... input ......... inputLimit ... inputEnd
 *                  └ next byte to load              └ first byte that is not ours
 *
 * A refill loads eight bytes at once, so it may only begin at or before `inputLimit`. What lies behind it is copied into a small
 * area with zeros after it (the tail) and read from there: the decoder needs no second, slower way to read, and it never loads a
 * byte that is not ours. A decoder that runs into the zeros is stopped `TAIL_OVERRUN` bytes later and has then met a truncated stream.
 */

/** Bytes that may be loaded between two looks at `inputLimit`: three refills. */
const LIMIT_SLACK: usize = 24;
/** The bit buffer holds fewer bytes than this: an input position that far behind the end means that bits were made up. */
const TAIL_OVERRUN: usize = 8;
/** What is left at the change to the tail (below LIMIT_SLACK), bytes given back, the overrun, and one last load each with room. */
const TAIL_BYTES: i32 = 96;
const TAIL: usize = memory.data(TAIL_BYTES, 16);

/** Bits taken from the input and not consumed yet. Bits above `bitCount` may be set: they are the next input bits. */
export let bitBuffer: u64 = 0;
/** Number of valid bits in `bitBuffer`, 0 to 63. */
export let bitCount: u32 = 0;
/** Where the next refill loads. */
export let input: usize = 0;
/** Last position at which a refill may begin. */
export let inputLimit: usize = 0;
/** First byte behind the input (behind its rest in the tail, once that is read). */
export let inputEnd: usize = 0;
let inTail: bool = false;
/** Where byte 0 of the tail came from. */
let tailOrigin: usize = 0;

/** Begins to read at the first bit of [from, from + size). */
export function openInput(from: usize, size: usize): void {
  bitBuffer = 0;
  bitCount = 0;
  input = from;
  inputEnd = from + size;
  inputLimit = inputEnd - LIMIT_SLACK;
  inTail = false;
}

/** Hands back what a decoder loop kept in locals. */
export function keepInput(bits: u64, count: u32, at: usize): void {
  bitBuffer = bits;
  bitCount = count & 63;
  input = at;
}

/** Makes reading possible again after `input` passed `inputLimit`. False where the input is used up. */
export function renewInput(): bool {
  if (input <= inputLimit) return true;
  if (inTail) return false;
  // Whole bytes in the bit buffer go along, so that a stored block can give them back.
  const back: usize = bitCount >> 3;
  const left = inputEnd - input + back;
  memory.fill(TAIL, 0, TAIL_BYTES);
  memory.copy(TAIL, input - back, left);
  tailOrigin = input - back;
  input = TAIL + back;
  inputEnd = TAIL + left;
  inputLimit = inputEnd + TAIL_OVERRUN;
  inTail = true;
  return true;
}

/** Fills the bit buffer to 56 bits or more. Only at or before `inputLimit`. */
export function refill(): void {
  bitBuffer |= load<u64>(input) << (bitCount as u64);
  input += (63 - bitCount) >> 3;
  bitCount |= 56;
}

/** Takes `count` (at most 32) bits that the buffer holds. */
export function takeBits(count: u32): u32 {
  const value = (bitBuffer & (((1 as u64) << (count as u64)) - 1)) as u32;
  bitBuffer >>= count as u64;
  bitCount -= count;
  return value;
}

/** Drops the rest of the current byte and gives whole bytes back, so that `input` is the next byte of the stream. */
export function alignInput(): void {
  input -= bitCount >> 3;
  bitBuffer = 0;
  bitCount = 0;
}

/** Steps over bytes; only on a byte boundary. */
export function skipInput(bytes: usize): void {
  input += bytes;
}

/** Were more bits consumed than the input has? */
export function isOverrun(): bool {
  return input - (bitCount >> 3) > inputEnd;
}

/** Where the stream ended in the caller's memory: the byte behind the last one of which a bit was consumed. */
export function consumedTo(): usize {
  const at = input - (bitCount >> 3);
  return inTail ? tailOrigin + (at - TAIL) : at;
}
