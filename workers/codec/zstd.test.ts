/** Frames by the reused handle are those of the public call; a handle that does anything else is not used. */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { DamagedStreamError } from "./codec.ts";
import { kindsOfData, Random } from "./testing/kinds-of-data.ts";
import { createZstdCompressor, decompressZstd, type OpenZstdHandle, type ZstdHandle } from "./zstd.ts";

const SEED = Number(process.env.CODEC_SEED ?? 20_261_122);
const samples = kindsOfData(new Random(SEED));

const publicFrame = (data: Uint8Array, level: number) =>
  zstdCompressSync(data, { params: { [constants.ZSTD_c_compressionLevel]: level } });

test.each([1, 3, 9])("level %i: frames of every kind of data are those of the public call, in any order", (level) => {
  const zstd = createZstdCompressor();
  expect(zstd.isReused(level)).toBe(true);
  for (const { name, data } of [...samples, ...samples.slice().reverse()]) {
    const into = new Uint8Array(data.length + 1024);
    const frame = into.subarray(0, zstd.compress(data, into, level));
    expect(Buffer.compare(frame, publicFrame(data, level)), name).toBe(0);
    const out = new Uint8Array(data.length);
    expect(decompressZstd(frame, out), name).toBe(data.length);
    expect(Buffer.compare(out, data), name).toBe(0);
    // The exact room is enough, a byte less is not.
    expect(zstd.compress(data, new Uint8Array(frame.length), level), name).toBe(frame.length);
    expect(zstd.compress(data, new Uint8Array(frame.length - 1), level), name).toBe(0);
  }
});

test("levels can take turns", () => {
  const zstd = createZstdCompressor();
  const data = samples.find(({ name }) => name === "mixed")?.data ?? new Uint8Array(0);
  for (const level of [1, 9, 3, 9, 1]) {
    const into = new Uint8Array(data.length);
    const frame = into.subarray(0, zstd.compress(data, into, level));
    expect(Buffer.compare(frame, publicFrame(data, level)), `level ${level}`).toBe(0);
  }
});

test("shared memory is read and written", () => {
  const data = new Uint8Array(new SharedArrayBuffer(5000)).fill(7);
  const into = new Uint8Array(new SharedArrayBuffer(5000));
  const length = createZstdCompressor().compress(data, into, 3);
  expect(Buffer.compare(zstdDecompressSync(Buffer.from(into.subarray(0, length))), data)).toBe(0);
  const out = new Uint8Array(new SharedArrayBuffer(5000));
  expect(decompressZstd(into.subarray(0, length), out)).toBe(5000);
  expect(Buffer.compare(out, data)).toBe(0);
});

/** A handle that hands on the frames of the public call, changed by `change` from call number `from` on. */
function falseHandle(from: number, change: (frame: Buffer) => Buffer): { open: OpenZstdHandle; closed: () => number } {
  let calls = 0;
  let closed = 0;
  const open = (level: number): ZstdHandle => {
    const left = new Uint32Array(2);
    return {
      left,
      writeSync(_flush, input, _inputAt, _inputLength, output) {
        const frame = publicFrame(input, level);
        const given = calls++ < from ? frame : change(frame);
        output.set(given);
        left.set([output.length - given.length, given.length === 0 ? input.length : 0]);
      },
      close: () => {
        closed++;
      },
    };
  };
  return { open, closed: () => closed };
}

test.each<[string, number, (frame: Buffer) => Buffer]>([
  ["gives other bytes", 0, (frame) => Buffer.from(frame.map((byte, at) => (at === 20 ? byte ^ 1 : byte)))],
  ["forgets its level when used again", 3, () => publicFrame(Buffer.alloc(9), 1)],
  ["takes nothing", 0, () => Buffer.alloc(0)],
  [
    "throws",
    0,
    () => {
      throw new Error("no such thing");
    },
  ],
])("a handle that %s is closed and not used", (_what, from, change) => {
  const handle = falseHandle(from, change);
  const zstd = createZstdCompressor(handle.open);
  expect(zstd.isReused(3)).toBe(false);
  expect(handle.closed()).toBe(1);
  const data = Buffer.alloc(3000, "fall-back");
  const into = new Uint8Array(3000);
  expect(into.subarray(0, zstd.compress(data, into, 3))).toEqual(new Uint8Array(publicFrame(data, 3)));
});

test("a handle that fails after its trial is closed, and the cluster compressed all the same", () => {
  const handle = falseHandle(6, () => Buffer.alloc(0));
  const zstd = createZstdCompressor(handle.open);
  expect(zstd.isReused(3)).toBe(true);
  const data = Buffer.alloc(3000, "later");
  const into = new Uint8Array(3000);
  expect(into.subarray(0, zstd.compress(data, into, 3))).toEqual(new Uint8Array(publicFrame(data, 3)));
  expect([zstd.isReused(3), handle.closed()]).toEqual([false, 1]);
});

test("no private handle at all", () => {
  expect(createZstdCompressor(() => null).isReused(3)).toBe(false);
});

test("what is not a whole frame, or too much, is refused", () => {
  const data = Buffer.alloc(100_000, "frame");
  const frame = publicFrame(data, 3);
  const refuse = (stored: Uint8Array, roomBytes: number) =>
    expect(() => decompressZstd(stored, new Uint8Array(roomBytes))).toThrow(DamagedStreamError);
  refuse(frame, data.length - 1);
  refuse(publicFrame(Buffer.alloc(256 * 1024 * 1024), 1), 65_536);
  for (const length of [0, 3, 4, 10, frame.length - 1]) refuse(frame.subarray(0, length), data.length);
  refuse(Buffer.from("not a frame at all"), 100);
  refuse(publicFrame(Buffer.from("x"), 3), 0);
  expect(decompressZstd(Buffer.concat([frame, Buffer.alloc(300)]), new Uint8Array(data.length))).toBe(data.length);
});
