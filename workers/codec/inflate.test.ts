/** The WebAssembly inflate against zlib: the same verdict on every stream, the same bytes where there are any, nothing beside them. */
import { constants, deflateRawSync, deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { DamagedStreamError, type Kernels, type StreamWrapper } from "./codec.ts";
import { chooseEngine } from "./engine.ts";
import { kindsOfData, Random } from "./testing/kinds-of-data.ts";
import { writeBits } from "./testing/write-bits.ts";
import { createZlibKernels } from "./zlib-kernels.ts";

const SEED = Number(process.env.CODEC_SEED ?? 20_261_122);
const GUARD_BYTES = 512;
const GUARD = 0xa5;
const ROOM_BYTES = 192 * 1024;

const { kernels: wasm, reason } = chooseEngine("wasm");
const oracle = createZlibKernels();
// Input and output lie in the kernels' memory, side by side, with a guard before, between and behind.
const area = wasm.allocate(2 * ROOM_BYTES + 3 * GUARD_BYTES);

test("the WebAssembly kernels are built and run here", () => {
  expect(reason, "npm run build:kernels builds what is missing").toBeNull();
  expect(wasm.name).toBe("wasm");
});

/** The result of one call: the bytes, or null for a refusal. */
function tryInflate(engine: Kernels, stored: Uint8Array, into: Uint8Array, wrapper: StreamWrapper): Uint8Array | null {
  try {
    return into.subarray(0, engine.inflate(stored, into, wrapper));
  } catch (error) {
    if (error instanceof DamagedStreamError) return null;
    throw error;
  }
}

/** Inflates with both and expects one answer. @returns whether the stream was accepted */
function compare(stored: Uint8Array, roomBytes: number, wrapper: StreamWrapper, what: string): boolean {
  const from = area.subarray(GUARD_BYTES, GUARD_BYTES + stored.length);
  const outAt = 2 * GUARD_BYTES + stored.length;
  const into = area.subarray(outAt, outAt + roomBytes);
  const end = outAt + roomBytes + GUARD_BYTES;
  area.fill(GUARD, 0, end);
  from.set(stored);
  const ours = tryInflate(wasm, from, into, wrapper);
  const theirs = tryInflate(oracle, stored, new Uint8Array(roomBytes), wrapper);
  expect(ours === null, `${what}: refused`).toBe(theirs === null);
  if (ours !== null && theirs !== null) expect(Buffer.compare(ours, theirs), `${what}: bytes`).toBe(0);
  expect(Buffer.compare(from, stored), `${what}: input`).toBe(0);
  const guards = [
    area.subarray(0, GUARD_BYTES),
    area.subarray(outAt - GUARD_BYTES, outAt),
    area.subarray(end - GUARD_BYTES, end),
  ];
  for (const guard of guards) {
    expect(
      guard.every((byte) => byte === GUARD),
      `${what}: guard`,
    ).toBe(true);
  }
  return ours !== null;
}

/** Streams of every block type, at every level, of `data`. */
function streamsOf(data: Uint8Array): { stored: Buffer; wrapper: StreamWrapper; what: string }[] {
  const settings = [
    { level: 0 },
    { level: 1 },
    { level: 6 },
    { level: 9, memLevel: 1 },
    { level: 6, windowBits: 9 },
    { level: 6, strategy: constants.Z_FIXED },
    { level: 6, strategy: constants.Z_HUFFMAN_ONLY },
    { level: 6, strategy: constants.Z_RLE },
  ];
  return settings.flatMap((options) => [
    { stored: deflateRawSync(data, options), wrapper: "raw", what: `raw ${JSON.stringify(options)}` },
    { stored: deflateSync(data, options), wrapper: "zlib", what: `zlib ${JSON.stringify(options)}` },
  ]);
}

test("what zlib deflates is inflated, into just enough room, with bytes behind the stream, and not into less", () => {
  const random = new Random(SEED);
  for (const { name, data } of kindsOfData(random)) {
    for (const { stored, wrapper, what } of streamsOf(data)) {
      const label = `${name}, ${what}`;
      expect(compare(stored, data.length, wrapper, label), label).toBe(true);
      expect(compare(stored, data.length + 1 + random.below(400), wrapper, label), label).toBe(true);
      const followed = Buffer.concat([stored, random.bytes(1 + random.below(40))]);
      expect(compare(followed, data.length, wrapper, label), label).toBe(true);
      if (data.length > 0) expect(compare(stored, data.length - 1, wrapper, label), label).toBe(false);
    }
  }
});

test("every truncation of a stream is refused", () => {
  const random = new Random(SEED + 1);
  for (const { name, data } of kindsOfData(random)) {
    for (const { stored, wrapper, what } of streamsOf(data.subarray(0, 3000))) {
      for (let left = 2; left > 0; left--) {
        const length = random.below(stored.length);
        const label = `${name}, ${what}, ${length} of ${stored.length} bytes`;
        expect(compare(stored.subarray(0, length), 3000, wrapper, label), label).toBe(false);
      }
      compare(stored.subarray(0, stored.length - 1), 3000, wrapper, `${name}, ${what} without its last byte`);
    }
  }
});

test("streams with flipped bits get zlib's verdict", () => {
  const random = new Random(SEED + 2);
  let accepted = 0;
  for (const { name, data } of kindsOfData(random)) {
    for (const { stored, wrapper, what } of streamsOf(data.subarray(0, 6000))) {
      for (let turn = 0; turn < 4; turn++) {
        const damaged = Buffer.from(stored);
        // Half of the damage where it does most: in the first bytes, which hold the codes.
        const range = turn % 2 === 0 ? Math.min(80, damaged.length) : damaged.length;
        for (let flips = 1 + random.below(3); flips > 0; flips--) {
          const at = random.below(range);
          damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << random.below(8)), at);
        }
        if (compare(damaged, 8192, wrapper, `${name}, ${what}, damaged in turn ${turn}`)) accepted++;
      }
    }
  }
  expect(accepted, "some damage makes another valid stream").toBeGreaterThan(10);
});

test("random bytes get zlib's verdict", () => {
  const random = new Random(SEED + 3);
  for (let turn = 0; turn < 1500; turn++) {
    const bytes = random.bytes(1 + random.below(200));
    // A last block of each type; for zlib a valid header before it.
    if (turn % 4 !== 0) bytes[0] = (random.below(256) & 0xf8) | 1 | ((turn % 3) << 1);
    compare(bytes, 4000, "raw", `random bytes, turn ${turn}`);
    compare(Buffer.concat([Buffer.from([0x78, 0x9c]), bytes]), 4000, "zlib", `random zlib bytes, turn ${turn}`);
  }
});

test("zlib headers get zlib's verdict", () => {
  const body = deflateSync(Buffer.from("header")).subarray(2);
  let accepted = 0;
  for (let header = 0; header < 65_536; header += header % 31 === 0 ? 1 : 30 - (header % 31) + 1) {
    const stored = Buffer.concat([Buffer.from([header >> 8, header & 255]), body]);
    if (compare(stored, 64, "zlib", `header ${header.toString(16)}`)) accepted++;
  }
  expect(accepted).toBeGreaterThan(20);
  for (const header of [0x789d, 0x0000, 0xffff, 0x1f8b]) {
    expect(compare(Buffer.concat([Buffer.from([header >> 8, header & 255]), body]), 64, "zlib", "bad header")).toBe(
      false,
    );
  }
});

test("a wrong checksum is refused, whichever byte of it is wrong", () => {
  const stored = deflateSync(Buffer.alloc(70_000, "checksum"));
  for (let back = 1; back <= 4; back++) {
    const damaged = Buffer.from(stored);
    damaged.writeUInt8(damaged.readUInt8(stored.length - back) ^ 1, stored.length - back);
    expect(compare(damaged, 70_000, "zlib", `checksum byte ${4 - back}`)).toBe(false);
  }
});

/** [value, number of bits] in the order of the stream: the odd blocks no encoder writes. */
const ODD_BLOCKS: readonly (readonly [string, readonly (readonly [number, number])[]])[] = [
  [
    "block type 3",
    [
      [1, 1],
      [3, 2],
    ],
  ],
  [
    "an empty stored block",
    [
      [1, 1],
      [0, 2],
      [0, 5],
      [0, 16],
      [0xffff, 16],
    ],
  ],
  [
    "a stored block whose complement is wrong",
    [
      [1, 1],
      [0, 2],
      [0, 5],
      [0, 16],
      [0xfffe, 16],
    ],
  ],
  [
    "an empty fixed block",
    [
      [1, 1],
      [1, 2],
      [0, 7],
    ],
  ],
  [
    "length symbol 286 of the fixed code",
    [
      [1, 1],
      [1, 2],
      [0b01100011, 8],
      [0, 5],
      [0, 7],
    ],
  ],
  [
    "a match before any byte",
    [
      [1, 1],
      [1, 2],
      [0b1000000, 7],
      [0, 5],
      [0, 7],
    ],
  ],
  [
    "distance symbol 30 of the fixed code",
    [
      [1, 1],
      [1, 2],
      [0b00001100, 8],
      [0b1000000, 7],
      [0b01111, 5],
      [0, 7],
    ],
  ],
  [
    "30 length symbols too many",
    [
      [1, 1],
      [2, 2],
      [31, 5],
      [0, 5],
      [0, 4],
      [0, 64],
    ],
  ],
  [
    "31 distance symbols",
    [
      [1, 1],
      [2, 2],
      [0, 5],
      [30, 5],
      [0, 4],
      [0, 64],
    ],
  ],
  [
    "no code of code lengths",
    [
      [1, 1],
      [2, 2],
      [0, 5],
      [0, 5],
      [0, 4],
      [0, 12],
      [0, 2000],
    ],
  ],
  [
    "a code of code lengths with one code",
    [
      [1, 1],
      [2, 2],
      [0, 5],
      [0, 5],
      [0, 4],
      [0, 9],
      [1, 3],
      [0, 2000],
    ],
  ],
  [
    "an over-subscribed code of code lengths",
    [
      [1, 1],
      [2, 2],
      [0, 5],
      [0, 5],
      [0, 4],
      [0b001001001001, 12],
      [0, 2000],
    ],
  ],
  [
    "a repeat of nothing",
    [
      [1, 1],
      [2, 2],
      [0, 5],
      [0, 5],
      [0, 4],
      [0b001, 3],
      [0, 3],
      [0, 3],
      [1, 3],
      [1, 1],
      [0, 2],
      [0, 2000],
    ],
  ],
];

test("blocks that no encoder writes get zlib's verdict", () => {
  const verdicts = ODD_BLOCKS.map(([what, fields]) => compare(writeBits(fields), 300, "raw", what));
  expect(verdicts.filter(Boolean)).toHaveLength(2);
});

/** A dynamic block: literal/length code as given by `lengths`, one distance symbol of `distanceBits`; then `symbols` as raw bits. */
function dynamicBlock(
  lengths: ReadonlyMap<number, number>,
  distanceBits: number,
  symbols: readonly [number, number][],
): Buffer {
  // The code of code lengths: symbols 0, 1, 2 and 18 with two bits each, their codes 00, 01, 10 and 11 (sent from the highest bit).
  const sent: Record<number, number> = { 0: 0b00, 1: 0b10, 2: 0b01 };
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1];
  const fields: [number, number][] = [
    [1, 1],
    [2, 2],
    [0, 5],
    [0, 5],
    [order.length - 4, 4],
  ];
  for (const symbol of order) fields.push([[0, 1, 2, 18].includes(symbol) ? 2 : 0, 3]);
  for (let symbol = 0; symbol < 257; symbol++) fields.push([sent[lengths.get(symbol) ?? 0] ?? 0, 2]);
  fields.push([sent[distanceBits] ?? 0, 2], ...symbols);
  return writeBits(fields);
}

test("codes of few symbols get zlib's verdict", () => {
  const rows: [string, ReadonlyMap<number, number>, number, [number, number][], boolean][] = [
    ["only the end, one bit", new Map([[256, 1]]), 0, [[0, 1]], true],
    ["only the end, one bit, and its unused other half", new Map([[256, 1]]), 0, [[1, 1]], false],
    ["only the end, two bits", new Map([[256, 2]]), 0, [[0, 2]], false],
    ["no end", new Map([[65, 1]]), 0, [[0, 1]], false],
    [
      "a literal and the end",
      new Map([
        [65, 1],
        [256, 1],
      ]),
      0,
      [
        [0, 1],
        [0, 1],
        [1, 1],
      ],
      true,
    ],
    [
      "over-subscribed",
      new Map([
        [65, 1],
        [66, 1],
        [256, 1],
      ]),
      0,
      [[1, 1]],
      false,
    ],
    [
      "incomplete",
      new Map([
        [65, 2],
        [66, 2],
        [256, 2],
      ]),
      0,
      [[0, 2]],
      false,
    ],
    [
      "a distance code of two bits alone",
      new Map([
        [65, 1],
        [256, 1],
      ]),
      2,
      [[1, 1]],
      false,
    ],
    [
      "a distance code of one bit alone",
      new Map([
        [65, 1],
        [256, 1],
      ]),
      1,
      [
        [0, 1],
        [1, 1],
      ],
      true,
    ],
  ];
  for (const [what, lengths, distanceBits, symbols, valid] of rows) {
    expect(compare(dynamicBlock(lengths, distanceBits, symbols), 300, "raw", what), what).toBe(valid);
  }
});

test("buffers of the caller's own are used through scratch areas, whatever their size", () => {
  const random = new Random(SEED + 4);
  for (const size of [0, 1, 4096, 70_000, 3_000_000, 40_000_000]) {
    const data = Buffer.alloc(size, random.bytes(999));
    const stored = deflateSync(data, { level: 1 });
    const into = new Uint8Array(size);
    expect(wasm.inflate(stored, into, "zlib")).toBe(size);
    expect(Buffer.compare(into, data)).toBe(0);
  }
});
