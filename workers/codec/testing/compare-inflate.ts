/** One stream inflated by the WebAssembly kernels and by zlib. */
import { expect } from "vitest";
import { DamagedStreamError, type Kernels, type StreamWrapper } from "../codec.ts";
import { chooseEngine } from "../engine.ts";
import { createZlibKernels } from "../zlib-kernels.ts";

const GUARD_BYTES = 512;
const GUARD = 0xa5;
const ROOM_BYTES = 192 * 1024;

const wasm = chooseEngine("wasm").kernels;
const oracle = createZlibKernels();
// Input and output lie in the kernels' memory, side by side, with a guard before, between and behind.
const area = wasm.allocate(2 * ROOM_BYTES + 3 * GUARD_BYTES);

/** The result of one call: the bytes, or null for a refusal. */
function tryInflate(engine: Kernels, stored: Uint8Array, into: Uint8Array, wrapper: StreamWrapper): Uint8Array | null {
  try {
    return into.subarray(0, engine.inflate(stored, into, wrapper));
  } catch (error) {
    if (error instanceof DamagedStreamError) return null;
    throw error;
  }
}

/**
 * Inflates with both and expects the same verdict, the same bytes, and nothing changed around them.
 * @returns whether the stream was accepted
 */
export function compareInflate(stored: Uint8Array, roomBytes: number, wrapper: StreamWrapper, what: string): boolean {
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
