/** Data of many kinds for the tests of the kernels, the same for the same seed. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** A small pseudo-random generator (xorshift, 32 bits). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed >>> 0) + 1;
    for (let turn = 0; turn < 16; turn++) this.next();
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    return this.next() % limit;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.next() & 255);
  }
}

export interface Sample {
  readonly name: string;
  readonly data: Uint8Array;
}

const WORDS = "the disk reads a grain of its parent; no sector 0x7f03 is written twice, says table %d at offset ".split(
  " ",
);

/** One sample of each kind, sizes from 0 to a little over 64 KiB. */
export function kindsOfData(random: Random): Sample[] {
  const samples: Sample[] = [0, 1, 2, 3, 15, 16, 17, 258, 259, 300].map((size) => ({
    name: `${size} bytes`,
    data: random.bytes(size),
  }));
  for (const power of [5, 8, 12, 16]) {
    for (const size of [2 ** power - 1, 2 ** power, 2 ** power + 1]) {
      samples.push({ name: `text of ${size}`, data: text(random, size) });
    }
  }
  samples.push(
    { name: "zeros", data: new Uint8Array(65_536) },
    { name: "one byte", data: new Uint8Array(40_000).fill(0x5a) },
    { name: "random", data: random.bytes(65_536) },
    { name: "few symbols", data: random.bytes(65_536).map((byte) => byte & 3) },
    { name: "skewed symbols", data: skewed(random, 65_536) },
    { name: "rare symbols", data: rareSymbols(random, 65_536) },
    { name: "records", data: records(random, 65_536) },
    { name: "periods", data: periods(random, 65_536) },
    { name: "far matches", data: farMatches(random, 66_000) },
    { name: "mixed", data: mixed(random, 65_536) },
  );
  return samples;
}

function text(random: Random, size: number): Uint8Array {
  let words = "";
  while (words.length < size) words += `${WORDS[random.below(WORDS.length)]} ${random.below(50)}`;
  return Buffer.from(words.slice(0, size));
}

/** Every byte half as frequent as the one below: codes become as long as they can. */
function skewed(random: Random, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, () => Math.clz32(random.next()) * 7 + (random.below(300) === 0 ? 100 : 0));
}

/** Sixteen bytes that occur once, side by side, and some that are twice as frequent each: the longest codes follow each other. */
function rareSymbols(random: Random, size: number): Uint8Array {
  const data = random.bytes(size).map((byte) => byte % 200);
  for (let rare = 0; rare < 5; rare++) {
    for (let count = 16 << rare; count > 0; count--) data[random.below(size)] = 216 + rare;
  }
  for (let rare = 0; rare < 16; rare++) data[30_000 + rare] = 200 + rare;
  return data;
}

/** Like tables of an executable: fields of 16 bytes that change slowly. */
function records(random: Random, size: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  let offset = 0x40_0000;
  for (let at = 0; at + 16 <= size; at += 16) {
    offset += random.below(4) * 8;
    view.setUint32(at, offset, true);
    view.setUint32(at + 4, random.below(3), true);
    view.setUint16(at + 8, random.below(40) * 16, true);
  }
  return new Uint8Array(view.buffer);
}

/** Runs that repeat with every period from 1 to 40: the overlapping copies. */
function periods(random: Random, size: number): Uint8Array {
  const data = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    const period = 1 + random.below(40);
    const pattern = random.bytes(period);
    for (let left = 3 + random.below(600); left > 0 && at < size; left--, at++) data[at] = pattern[left % period] ?? 0;
  }
  return data;
}

/** Copies from just inside and just outside of the windows of 4 KiB and 32 KiB. */
function farMatches(random: Random, size: number): Uint8Array {
  const data = random.bytes(size);
  const distances = [4094, 4095, 4096, 4097, 32_767, 32_768, 32_769];
  for (let at = 33_000; at + 64 <= size; at += 100) {
    const distance = distances[random.below(distances.length)] ?? 1;
    data.copyWithin(at, at - distance, at - distance + 3 + random.below(60));
  }
  return data;
}

/** Pieces of all sorts one after the other: blocks with codes of their own. */
function mixed(random: Random, size: number): Uint8Array {
  const data = new Uint8Array(size);
  const makers = [text, skewed, records, periods, (r: Random, n: number) => r.bytes(n)];
  for (let at = 0; at < size; ) {
    const length = Math.min(size - at, 1000 + random.below(9000));
    const make = makers[random.below(makers.length)] ?? text;
    data.set(make(random, length), at);
    at += length;
  }
  return data;
}

const PIECE_BYTES = 64 * 1024;

/** Sixteen pieces of 64 KiB from all over the Node binary that runs this: code, tables, text. */
export function executablePieces(): Uint8Array[] {
  const file = openSync(process.execPath, "r");
  try {
    const step = Math.floor((fstatSync(file).size - PIECE_BYTES) / 15);
    return Array.from({ length: 16 }, (_, index) => {
      const piece = new Uint8Array(PIECE_BYTES);
      readSync(file, piece, 0, PIECE_BYTES, index * step);
      return piece;
    });
  } finally {
    closeSync(file);
  }
}
