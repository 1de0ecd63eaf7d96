/**
 * Lookup tables for Huffman codes (RFC 1951, section 3.2.2). The next `tableBits` bits of the stream are the index of an entry;
 * longer codes go on in a second table whose place the entry tells. An entry is 32 bits:
 *
 *   31 literal       (literal/length codes)            bits 16-24 the literal
 *      EXCEPTION     (distance codes)
 *   30 EXCEPTION     (literal/length codes)            with SUBTABLE: bits 16-27 its first index, 8-11 its index bits
 *   29 INVALID       no symbol has this code
 *   28 SUBTABLE      go on there
 *   16-30            base of a length (9 bits) or of a distance (15 bits)
 *    8-13            bits of the code itself
 *    0-5             bits to consume: code and extra bits
 *
 * Shifts by an entry as it is take its lowest six bits, which is why those hold what is to be consumed.
 */

export const INVALID: u32 = 1 << 29;
export const SUBTABLE: u32 = 1 << 28;
/** Marks what is neither a literal nor a length. Without INVALID and SUBTABLE it is the end of the block. */
export const LITLEN_EXCEPTION: u32 = 1 << 30;
/** Marks what is not a distance. */
export const DISTANCE_EXCEPTION: u32 = 1 << 31;

const MAX_CODE_BITS: i32 = 15;
/** u16 for each length. */
const COUNTS: usize = memory.data(2 * (MAX_CODE_BITS + 1), 16);
const OFFSETS: usize = memory.data(2 * (MAX_CODE_BITS + 2), 16);
/** u16 for each symbol, by length and then by value. */
const SORTED: usize = memory.data(2 * 320, 16);

/**
 * Builds the table of a code.
 * @param lengths u8 for each symbol, 0 = the symbol is not used
 * @param symbols at most 320
 * @param meanings u32 for each symbol: its entry without the code's bits
 * @param table room for `capacity` entries
 * @param exception the mark of this table's exceptions
 * @returns false where the lengths are not those of a code: over-subscribed, or incomplete (but for a single symbol of one bit,
 *   or none at all, whose use is then an error; the same exceptions zlib makes)
 */
export function buildTable(
  lengths: usize,
  symbols: i32,
  meanings: usize,
  table: usize,
  tableBits: i32,
  capacity: i32,
  exception: u32,
): bool {
  memory.fill(COUNTS, 0, 2 * (MAX_CODE_BITS + 1));
  for (let symbol = 0; symbol < symbols; symbol++) {
    const at = COUNTS + ((load<u8>(lengths + symbol) as usize) << 1);
    store<u16>(at, load<u16>(at) + 1);
  }
  let longest = MAX_CODE_BITS;
  while (longest > 0 && load<u16>(COUNTS + (longest << 1)) === 0) longest--;
  let left: i32 = 1;
  let offset: u32 = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    const count = load<u16>(COUNTS + (length << 1)) as i32;
    left = (left << 1) - count;
    if (left < 0) return false;
    store<u16>(OFFSETS + (length << 1), offset as u16);
    offset += count;
  }
  const invalid = exception | INVALID | 0x101;
  if (left > 0) {
    if (longest > 1) return false;
    for (let i = 0; i < 1 << tableBits; i++) store<u32>(table + (i << 2), invalid);
    if (longest === 0) return true;
  }
  for (let symbol = 0; symbol < symbols; symbol++) {
    const length = load<u8>(lengths + symbol) as usize;
    if (length === 0) continue;
    const at = OFFSETS + (length << 1);
    const place = load<u16>(at);
    store<u16>(at, place + 1);
    store<u16>(SORTED + ((place as usize) << 1), symbol as u16);
  }
  return fillTable(meanings, table, tableBits, capacity, exception, longest);
}

/** The entry of a symbol whose code has (still) `length` bits. */
function entryOf(meanings: usize, place: usize, length: i32): u32 {
  const symbol = load<u16>(SORTED + (place << 1)) as usize;
  return load<u32>(meanings + (symbol << 2)) + length * 0x101;
}

/** The code after `code` among those of `length` bits, both with their bits reversed; `code` itself where it was the last. */
function nextCode(code: u32, length: i32): u32 {
  const zeros = code ^ ((1 << length) - 1);
  if (zeros === 0) return code;
  const highest: u32 = 0x80000000 >>> clz(zeros);
  return (code & (highest - 1)) | highest;
}

function fillTable(meanings: usize, table: usize, tableBits: i32, capacity: i32, exception: u32, longest: i32): bool {
  let code: u32 = 0;
  let place: usize = 0;
  // A code of n bits fills every entry whose low n bits it is: the table grows by doubling with each length.
  for (let length = 1; length <= tableBits; length++) {
    const half: usize = 4 << (length - 1);
    // A single 1-bit code leaves the invalid entry beside it alone: there is nothing to double yet.
    if (length > 1) memory.copy(table + half, table, half);
    for (let count = load<u16>(COUNTS + (length << 1)); count > 0; count--) {
      store<u32>(table + ((code as usize) << 2), entryOf(meanings, place++, length));
      code = nextCode(code, length);
    }
  }
  let used = 1 << tableBits;
  let prefix: u32 = 0xffffffff;
  let subBits = 0;
  let subStart = 0;
  for (let length = tableBits + 1; length <= longest; length++) {
    for (let count: i32 = load<u16>(COUNTS + (length << 1)); count > 0; count--) {
      const own = code & ((1 << tableBits) - 1);
      if (own !== prefix) {
        prefix = own;
        subBits = subtableBits(length, count, tableBits, longest);
        subStart = used;
        used += 1 << subBits;
        if (used > capacity) return false;
        store<u32>(table + ((own as usize) << 2), exception | SUBTABLE | (subStart << 16) | (subBits << 8) | tableBits);
      }
      const entry = entryOf(meanings, place++, length - tableBits);
      for (let i: u32 = code >> tableBits; i < (1 as u32) << subBits; i += 1 << (length - tableBits)) {
        store<u32>(table + ((subStart + (i as usize)) << 2), entry);
      }
      code = nextCode(code, length);
    }
  }
  return true;
}

/** Index bits of the second table that begins with a code of `length` bits, of which `count` are still to be placed. */
function subtableBits(length: i32, count: i32, tableBits: i32, longest: i32): i32 {
  let bits = length - tableBits;
  let left = (1 << bits) - count;
  while (left > 0 && bits + tableBits < longest) {
    bits++;
    left = (left << 1) - (load<u16>(COUNTS + ((bits + tableBits) << 1)) as i32);
  }
  return bits;
}
