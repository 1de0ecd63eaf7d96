/** What both implementations deflate, zlib inflates to the same bytes; it is as small as promised and nothing lies beside it. */
import { deflateRawSync, deflateSync, inflateRawSync, inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { DeflateOptions, Kernels } from "./codec.ts";
import { chooseEngine } from "./engine.ts";
import { executablePieces, kindsOfData, Random } from "./testing/kinds-of-data.ts";

const SEED = Number(process.env.CODEC_SEED ?? 20_261_122);
const GUARD_BYTES = 64;
const GUARD = 0xa5;
const WRAPPERS = ["raw4k", "zlib"] as const;

const wasm = chooseEngine("wasm").kernels;
const area = wasm.allocate(1024 * 1024);

/** Deflates within the kernels' memory, with a guard around input and output. @returns a copy of the stream, or null where it is given up */
function deflate(engine: Kernels, data: Uint8Array, roomBytes: number, options: DeflateOptions): Buffer | null {
  const outAt = data.length + 2 * GUARD_BYTES;
  const end = outAt + roomBytes + GUARD_BYTES;
  area.fill(GUARD, 0, end);
  const input = area.subarray(GUARD_BYTES, GUARD_BYTES + data.length);
  input.set(data);
  const produced = engine.deflate(input, area.subarray(outAt, outAt + roomBytes), options);
  const guards = [
    area.subarray(0, GUARD_BYTES),
    area.subarray(outAt - GUARD_BYTES, outAt),
    area.subarray(end - GUARD_BYTES, end),
  ];
  expect(guards.every((guard) => guard.every((byte) => byte === GUARD))).toBe(true);
  expect(Buffer.compare(input, data)).toBe(0);
  expect(produced).toBeLessThanOrEqual(roomBytes);
  return produced === 0 ? null : Buffer.from(area.subarray(outAt, outAt + produced));
}

/** By zlib. A window of 12 bits refuses distances above 4096. */
function inflate(stream: Uint8Array, wrapper: DeflateOptions["wrapper"]): Buffer {
  return wrapper === "zlib" ? inflateSync(stream) : inflateRawSync(stream, { windowBits: 12 });
}

/** Enough for every stream: stored blocks and what is around them. */
const enoughFor = (data: Uint8Array) => data.length + 64 + Math.ceil(data.length / 1024);

describe.each([wasm, chooseEngine("zlib").kernels])("$name", (engine) => {
  test.each(WRAPPERS)("%s streams of every kind of data and level inflate to that data", (wrapper) => {
    for (const { name, data } of kindsOfData(new Random(SEED))) {
      for (const level of [1, 4, 6, 9]) {
        const what = `${name}, level ${level}`;
        const stream = deflate(engine, data, enoughFor(data), { wrapper, level });
        if (stream === null) throw new Error(`${what}: given up`);
        expect(Buffer.compare(inflate(stream, wrapper), data), what).toBe(0);
        // The exact room is enough, a byte less is not.
        expect(deflate(engine, data, stream.length, { wrapper, level }), what).toEqual(stream);
        expect(deflate(engine, data, stream.length - 1, { wrapper, level }), what).toBeNull();
      }
    }
  });

  test.each(WRAPPERS)("%s: bytes that do not repeat are given up in less room than they take", (wrapper) => {
    const data = new Random(SEED + 5).bytes(65_536);
    expect(deflate(engine, data, 65_535, { wrapper, level: 6 })).toBeNull();
    for (const room of [0, 1, 5, 6, 7]) expect(deflate(engine, data, room, { wrapper, level: 6 })).toBeNull();
  });
});

test.each(WRAPPERS)("%s: the same bytes whatever was deflated before, and wherever it lies", (wrapper) => {
  const samples = kindsOfData(new Random(SEED + 6));
  const options = { wrapper, level: 6 };
  const first = samples.map(({ data }) => deflate(wasm, data, enoughFor(data), options));
  for (const [index, { name, data }] of [...samples.entries()].reverse()) {
    const into = new Uint8Array(enoughFor(data));
    const produced = wasm.deflate(data, into, options);
    expect(Buffer.compare(into.subarray(0, produced), first[index] ?? Buffer.alloc(0)), name).toBe(0);
  }
});

test.each(WRAPPERS)("%s: clusters of 2 MiB, and one byte more than a stretch", (wrapper) => {
  const random = new Random(SEED + 7);
  const piece = kindsOfData(random).find(({ name }) => name === "mixed")?.data ?? new Uint8Array(0);
  for (const size of [65_537, 131_072 + 3, 2 * 1024 * 1024]) {
    const data = Buffer.alloc(size, piece);
    // Repeats beyond the window must not be taken for ones inside it.
    for (let at = 0; at < size; at += 5000) data[at] = random.below(256);
    const into = new Uint8Array(size);
    const produced = wasm.deflate(data, into, { wrapper, level: 5 });
    expect(produced).toBeGreaterThan(0);
    expect(Buffer.compare(inflate(into.subarray(0, produced), wrapper), data)).toBe(0);
  }
});

test("random sizes and repeats, random levels", () => {
  const random = new Random(SEED + 8);
  for (let turn = 0; turn < 400; turn++) {
    const data = random.bytes(random.below(3000));
    for (let copies = random.below(40); copies > 0 && data.length > 8; copies--) {
      const to = 1 + random.below(data.length - 1);
      const from = random.below(to);
      data.copyWithin(to, from, from + random.below(300));
    }
    const wrapper = WRAPPERS[turn % 2] ?? "zlib";
    const stream = deflate(wasm, data, enoughFor(data), { wrapper, level: 1 + random.below(9) });
    expect(stream === null ? "given up" : Buffer.compare(inflate(stream, wrapper), data), `turn ${turn}`).toBe(0);
  }
});

test("what executables are made of becomes as small as by zlib's level 6", () => {
  const pieces = executablePieces();
  const sizes = { raw4k: 0, zlib: 0, zlibRaw: 0, zlibZlib: 0 };
  for (const piece of pieces) {
    for (const wrapper of WRAPPERS)
      sizes[wrapper] += deflate(wasm, piece, piece.length, { wrapper, level: 6 })?.length ?? piece.length;
    sizes.zlibRaw += Math.min(piece.length, deflateRawSync(piece, { windowBits: 12, memLevel: 9, level: 6 }).length);
    sizes.zlibZlib += Math.min(piece.length, deflateSync(piece, { memLevel: 9, level: 6 }).length);
  }
  expect(sizes.raw4k / sizes.zlibRaw).toBeLessThan(1.01);
  expect(sizes.zlib / sizes.zlibZlib).toBeLessThan(1.015);
});
