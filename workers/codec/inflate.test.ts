/** The WebAssembly inflate against zlib: the same verdict on every stream, the same bytes where there are any, nothing beside them. */
import { constants, deflateRawSync, deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import type { StreamWrapper } from "./codec.ts";
import { chooseEngine } from "./engine.ts";
import { compareInflate as compare } from "./testing/compare-inflate.ts";
import { kindsOfData, Random } from "./testing/kinds-of-data.ts";

const SEED = Number(process.env.CODEC_SEED ?? 20_261_122);

const { kernels: wasm, reason } = chooseEngine("wasm");

test("the WebAssembly kernels are built and run here", () => {
  expect(reason, "npm run build:kernels builds what is missing").toBeNull();
  expect(wasm.name).toBe("wasm");
});

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

test("stored and coded blocks in turn, right up to the end", () => {
  const random = new Random(SEED + 9);
  const flushed = { finishFlush: constants.Z_SYNC_FLUSH };
  for (let turn = 0; turn < 300; turn++) {
    const parts = Array.from({ length: 1 + random.below(4) }, () =>
      random.bytes(random.below(30)).map((byte) => byte % 9),
    );
    // A flush ends with an empty stored block.
    const streams = parts.map((part) => deflateRawSync(part, turn % 3 === 0 ? { ...flushed, level: 0 } : flushed));
    const stored = Buffer.concat([...streams, deflateRawSync(Buffer.from("end"), { level: turn % 2 })]);
    const size = parts.reduce((sum, part) => sum + part.length, 3);
    expect(compare(stored, size, "raw", `turn ${turn}`), `turn ${turn}`).toBe(true);
    expect(compare(stored, size - 1, "raw", `turn ${turn}, no room`)).toBe(false);
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
