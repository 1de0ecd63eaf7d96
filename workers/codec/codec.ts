/**
 * What the engine computes with: inflate, deflate, zero detection. Two implementations do the same: wasm-kernels.ts (fast) and
 * zlib-kernels.ts (Node's own zlib); engine.ts chooses. What they inflate is the same to the byte, what they deflate is as valid
 * but not the same bytes.
 */

/** How a deflate stream is wrapped: not at all (RFC 1951: QCOW2 clusters), or with header and adler32 (RFC 1950: VMDK grains). */
export type StreamWrapper = "raw" | "zlib";

export interface DeflateOptions {
  /** "raw4k": a raw stream without a distance above 4096 (QCOW2 clusters); "zlib": a zlib stream, distances up to 32 KiB (VMDK grains). */
  readonly wrapper: "raw4k" | "zlib";
  /**
   * 1 to 9, like zlib's. With the WebAssembly kernels 6 gives about the size of zlib's 6 ("zlib": 1 % more) in half the time;
   * for "raw4k", 3 to 5 stay within 1 % of it and are a little faster (`npm run bench -- kernels`).
   */
  readonly level: number;
}

/** The kernels of one thread. Every call is synchronous and done when it returns. */
export interface Kernels {
  /** Which implementation this is. */
  readonly name: "wasm" | "zlib";

  /**
   * Memory for a lane's buffers: on a 4096-byte boundary (good for direct I/O), zero, shared between threads, and kept until
   * `takeBack`.
   * Calls on views of it need no copy. What is only needed for a while is better an array of its own.
   * @throws RangeError where the thread's share (64 MiB in all) is used up
   */
  allocate(sizeBytes: number): Uint8Array;

  /** Ends the use of all memory that was allocated: whoever still has some of it shares it with who asks next. */
  takeBack(): void;

  /**
   * Inflates one stream into the beginning of `into`; bytes of `stored` behind the stream's end are not looked at. Bytes of
   * `into` behind the result are undefined. The two must not overlap.
   * @returns the number of bytes produced
   * @throws DamagedStreamError where the stream is not valid or not complete, or holds more than `into`
   */
  inflate(stored: Uint8Array, into: Uint8Array, wrapper: StreamWrapper): number;

  /**
   * Deflates `bytes` into the beginning of `into`; bytes of `into` behind the result are undefined. The two must not overlap. The
   * same input, level and implementation give the same output, always. Bytes that do not repeat are given up early.
   * @returns the number of bytes produced, or 0 where they would be more than `into` holds
   */
  deflate(bytes: Uint8Array, into: Uint8Array, options: DeflateOptions): number;

  /** True when every byte is 0 (also when there is none). */
  isZero(bytes: Uint8Array): boolean;

  /**
   * One byte for each `unitBytes` of `window` (the last unit may be shorter): 1 where the unit is all zero, else 0. Valid until
   * the next call.
   */
  zeroUnits(window: Uint8Array, unitBytes: number): Uint8Array;
}

/** A compressed stream that cannot be decoded; the message is the reason. Readers say where it lies. */
export class DamagedStreamError extends Error {
  override readonly name = "DamagedStreamError";
}
