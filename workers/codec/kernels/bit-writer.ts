/** The output of a deflate stream as bits, least significant first (RFC 1951, section 3.1.1). Never writes at or behind `outputEnd`. */

let bitBuffer: u64 = 0;
/** Bits in `bitBuffer`, at most 7 after a flush. */
let bitCount: u32 = 0;
let output: usize = 0;
let outputEnd: usize = 0;

export function openOutput(to: usize, room: usize): void {
  bitBuffer = 0;
  bitCount = 0;
  output = to;
  outputEnd = to + room;
}

/** Bits that still fit. */
export function roomInBits(): u64 {
  return (((outputEnd - output) as u64) << 3) - bitCount;
}

/** Adds up to 32 bits and flushes. The caller has made sure that they fit. */
export function writeBits(bits: u32, count: u32): void {
  bitBuffer |= (bits as u64) << (bitCount as u64);
  bitCount += count;
  flush();
}

function flush(): void {
  if (output + 8 <= outputEnd) {
    store<u64>(output, bitBuffer);
    output += bitCount >>> 3;
    bitBuffer >>= (bitCount & ~7) as u64;
    bitCount &= 7;
    return;
  }
  for (; bitCount >= 8; bitCount -= 8) {
    store<u8>(output++, bitBuffer as u8);
    bitBuffer >>= 8;
  }
}

/** Pads the last byte with zeros. */
export function alignOutput(): void {
  if (bitCount === 0) return;
  store<u8>(output++, bitBuffer as u8);
  bitBuffer = 0;
  bitCount = 0;
}

/** Bits of the byte that is not complete yet. */
export function pendingBits(): u32 {
  return bitCount;
}

/** Copies whole bytes; only on a byte boundary. */
export function writeBytes(from: usize, size: usize): void {
  memory.copy(output, from, size);
  output += size;
}

/** Position of the next whole byte. */
export function outputAt(): usize {
  return output;
}

/**
 * Writes literals and matches. Codes of literals and lengths have at most 14 bits, those of distances 15.
 * @param sequences u64 each: number of literals (16 bits), length (16, 0 = no match), distance (16), distance symbol (8)
 * @param from, fromEnd the bytes that the sequences stand for
 * @param litlen u32 for each symbol: code << 8 | bits of the code
 * @param lengths u32 for each length: code and extra bits << 8 | number of bits
 * @param distances as `litlen`
 * @param bases u32 for each distance symbol: base << 8 | number of extra bits
 */
export function writeSequences(
  sequences: usize,
  end: usize,
  from: usize,
  fromEnd: usize,
  litlen: usize,
  lengths: usize,
  distances: usize,
  bases: usize,
): void {
  let bits = bitBuffer;
  let count = bitCount;
  let to = output;
  let source = from;
  const fastEnd = outputEnd - 8;
  const loadEnd = fromEnd - 4;
  for (let at = sequences; at < end; at += 8) {
    const sequence = load<u64>(at);
    let literals: i32 = (sequence as i32) & 0xffff;
    do {
      if (to > fastEnd || source > loadEnd) {
        bitBuffer = bits;
        bitCount = count;
        output = to;
        for (; literals > 0; literals--) {
          const code = load<u32>(litlen + ((load<u8>(source++) as usize) << 2));
          writeBits(code >>> 8, code & 0xff);
        }
        bits = bitBuffer;
        count = bitCount;
        to = output;
        break;
      }
      // Always four, those beyond the last as nothing: where a run ends cannot be guessed. 56 bits and 7 from before fit.
      const bytes = load<u32>(source);
      const a = select<u32>(load<u32>(litlen + ((bytes & 0xff) << 2)), 0, literals > 0);
      const b = select<u32>(load<u32>(litlen + (((bytes >>> 8) & 0xff) << 2)), 0, literals > 1);
      const c = select<u32>(load<u32>(litlen + (((bytes >>> 16) & 0xff) << 2)), 0, literals > 2);
      const d = select<u32>(load<u32>(litlen + ((bytes >>> 24) << 2)), 0, literals > 3);
      const aBits = a & 0xff;
      const cBits = c & 0xff;
      const abBits = aBits + (b & 0xff);
      bits |= (((a >>> 8) as u64) | (((b >>> 8) as u64) << (aBits as u64))) << (count as u64);
      count += abBits;
      bits |= (((c >>> 8) as u64) | (((d >>> 8) as u64) << (cBits as u64))) << (count as u64);
      count += cBits + (d & 0xff);
      store<u64>(to, bits);
      to += count >>> 3;
      bits >>= (count & 0x38) as u64;
      count &= 7;
      const step = select<i32>(literals, 4, literals < 4);
      source += step;
      literals -= step;
    } while (literals > 0);
    const length = ((sequence >>> 16) as u32) & 0xffff;
    if (length === 0) continue;
    source += length;
    // 19 bits of a length, 28 of a distance and 7 from before.
    const symbol = (sequence >>> 48) as usize;
    const base = load<u32>(bases + (symbol << 2));
    let code = load<u32>(lengths + (length << 2));
    bits |= ((code >>> 8) as u64) << (count as u64);
    count += code & 0xff;
    code = load<u32>(distances + (symbol << 2));
    bits |= ((code >>> 8) as u64) << (count as u64);
    count += code & 0xff;
    bits |= (((sequence >>> 32) & 0xffff) - ((base >>> 8) as u64)) << (count as u64);
    count += base & 0xff;
    if (to <= fastEnd) {
      store<u64>(to, bits);
      to += count >>> 3;
      bits >>= (count & 0x38) as u64;
      count &= 7;
      continue;
    }
    for (; count >= 8; count -= 8) {
      store<u8>(to++, bits as u8);
      bits >>= 8;
    }
  }
  bitBuffer = bits;
  bitCount = count;
  output = to;
}
