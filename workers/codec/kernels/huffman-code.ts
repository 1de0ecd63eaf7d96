/** Makes Huffman codes of limited length from frequencies (RFC 1951, section 3.2.2). */

const MAX_SYMBOLS: i32 = 288;
/** Used symbols in order of frequency, u32: frequency << 9 | symbol; later frequencies and then parents of the inner nodes. */
const ORDER: usize = memory.data(4 * MAX_SYMBOLS, 16);
const OTHER: usize = memory.data(4 * MAX_SYMBOLS, 16);
const PLACES: usize = memory.data(4 * 256, 16);
const WEIGHTS: usize = memory.data(4 * 2 * MAX_SYMBOLS, 16);
const PARENTS: usize = memory.data(4 * 2 * MAX_SYMBOLS, 16);
const COUNTS: usize = memory.data(4 * 32, 16);
const CODES: usize = memory.data(4 * 32, 16);

/**
 * @param frequencies u32 for each symbol, their sum below 2^23
 * @param limit most bits of a code: 15, or 7 for the code of code lengths
 * @param lengths u8 for each symbol: the result. At least two symbols get a code, so that every decoder takes it
 */
export function makeLengths(frequencies: usize, symbols: i32, limit: i32, lengths: usize): void {
  memory.fill(lengths, 0, symbols);
  let used: i32 = 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    const frequency = load<u32>(frequencies + (symbol << 2));
    if (frequency !== 0) store<u32>(ORDER + (used++ << 2), (frequency << 9) | symbol);
  }
  if (used < 2) {
    const only = used === 0 ? 0 : load<u32>(ORDER) & 511;
    store<u8>(lengths + only, 1);
    store<u8>(lengths + (only === 0 ? 1 : 0), 1);
    return;
  }
  sort(used);
  // Leaves 0 to used-1 in order; inner nodes behind them come into being in order too: the two lightest are at the two fronts.
  for (let i = 0; i < used; i++) store<u32>(WEIGHTS + (i << 2), load<u32>(ORDER + (i << 2)) >>> 9);
  let leaf = 0;
  let inner = used;
  const root = 2 * used - 2;
  for (let node = used; node <= root; node++) {
    let weight: u32 = 0;
    for (let child = 0; child < 2; child++) {
      const takeLeaf =
        leaf < used && (inner >= node || load<u32>(WEIGHTS + (leaf << 2)) <= load<u32>(WEIGHTS + (inner << 2)));
      const taken = takeLeaf ? leaf++ : inner++;
      weight += load<u32>(WEIGHTS + (taken << 2));
      store<u32>(PARENTS + (taken << 2), node);
    }
    store<u32>(WEIGHTS + (node << 2), weight);
  }
  memory.fill(COUNTS, 0, 4 * 32);
  // From the root down: the weight of a node becomes its depth. A leaf deeper than the limit is counted at the limit.
  store<u32>(WEIGHTS + (root << 2), 0);
  let tooDeep = false;
  for (let node = root - 1; node >= 0; node--) {
    let depth = load<u32>(WEIGHTS + (load<u32>(PARENTS + (node << 2)) << 2)) + 1;
    store<u32>(WEIGHTS + (node << 2), depth);
    if (node >= used) continue;
    if (depth > (limit as u32)) {
      depth = limit;
      tooDeep = true;
    }
    const at = COUNTS + (depth << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  if (tooDeep) shorten(limit);
  // The rarest symbols get the longest codes.
  let place = 0;
  for (let length = limit; length > 0; length--) {
    for (let left = load<u32>(COUNTS + (length << 2)); left > 0; left--) {
      store<u8>(lengths + (load<u32>(ORDER + (place++ << 2)) & 511), length as u8);
    }
  }
}

/** Makes the numbers of codes per length fit again: a code at the limit is paid for by lengthening a shorter one. */
function shorten(limit: i32): void {
  let sum: i32 = 0;
  for (let length = 1; length <= limit; length++) sum += load<i32>(COUNTS + (length << 2)) << (limit - length);
  for (; sum > 1 << limit; sum--) {
    // The longest code below the limit moves one down and takes one from the limit beside it.
    let length = limit - 1;
    while (load<u32>(COUNTS + (length << 2)) === 0) length--;
    add(length, -1);
    add(length + 1, 2);
    add(limit, -1);
  }
}

function add(length: i32, change: i32): void {
  const at = COUNTS + (length << 2);
  store<i32>(at, load<i32>(at) + change);
}

/** Sorts ORDER by frequency, by the lower and then the upper byte; beyond 65535 the order does not matter. */
function sort(count: i32): void {
  sortByByte(ORDER, OTHER, count, 0);
  sortByByte(OTHER, ORDER, count, 8);
}

function sortByByte(from: usize, to: usize, count: i32, shift: u32): void {
  memory.fill(PLACES, 0, 4 * 256);
  for (let at = from; at < from + (count << 2); at += 4) {
    const counter = PLACES + (byteOf(load<u32>(at), shift) << 2);
    store<u32>(counter, load<u32>(counter) + 4);
  }
  let place: u32 = 0;
  for (let at = PLACES; at < PLACES + 4 * 256; at += 4) {
    const size = load<u32>(at);
    store<u32>(at, place);
    place += size;
  }
  for (let at = from; at < from + (count << 2); at += 4) {
    const value = load<u32>(at);
    const next = PLACES + (byteOf(value, shift) << 2);
    const offset = load<u32>(next);
    store<u32>(next, offset + 4);
    store<u32>(to + offset, value);
  }
}

function byteOf(entry: u32, shift: u32): u32 {
  return (min<u32>(entry >>> 9, 0xffff) >>> shift) & 0xff;
}

/** From lengths (u8) to codes: u32 for each symbol, the code with its bits reversed << 8 | its length. */
export function makeCodes(lengths: usize, symbols: i32, codes: usize): void {
  memory.fill(COUNTS, 0, 4 * 32);
  for (let symbol = 0; symbol < symbols; symbol++) add(load<u8>(lengths + symbol), 1);
  let code: u32 = 0;
  store<u32>(COUNTS, 0);
  for (let length = 1; length <= 15; length++) {
    code = (code + load<u32>(COUNTS + ((length - 1) << 2))) << 1;
    store<u32>(CODES + (length << 2), code);
  }
  for (let symbol = 0; symbol < symbols; symbol++) {
    const length: u32 = load<u8>(lengths + symbol);
    if (length === 0) {
      store<u32>(codes + (symbol << 2), 0);
      continue;
    }
    const at = CODES + (length << 2);
    const next = load<u32>(at);
    store<u32>(at, next + 1);
    store<u32>(codes + (symbol << 2), (reversed(next, length) << 8) | length);
  }
}

/** The lowest `count` bits in reverse order. */
function reversed(bits: u32, count: u32): u32 {
  let value = ((bits & 0x5555) << 1) | ((bits >>> 1) & 0x5555);
  value = ((value & 0x3333) << 2) | ((value >>> 2) & 0x3333);
  value = ((value & 0x0f0f) << 4) | ((value >>> 4) & 0x0f0f);
  value = ((value & 0x00ff) << 8) | (value >>> 8);
  return value >>> (16 - count);
}
