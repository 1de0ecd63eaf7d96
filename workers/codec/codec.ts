/**
 * What the engine computes with: inflate, zero detection (and what else a disk's bytes go through). Two implementations do the
 * same to the byte: wasm-kernels.ts (fast) and zlib-kernels.ts (Node's own zlib); engine.ts chooses.
 */

/** How a deflate stream is wrapped: not at all (RFC 1951: QCOW2 clusters), or with header and adler32 (RFC 1950: VMDK grains). */
export type StreamWrapper = "raw" | "zlib";

/** The kernels of one thread. Every call is synchronous and done when it returns. */
export interface Kernels {
  /** Which implementation this is. */
  readonly name: "wasm" | "zlib";

  /**
   * Memory for a lane's buffers: on a 4096-byte boundary (good for direct I/O), zero, shared between threads, and never given back.
   * Calls on views of it need no copy. What is only needed for a while is better an array of its own.
   * @throws RangeError where the thread's share (64 MiB in all) is used up
   */
  allocate(sizeBytes: number): Uint8Array;

  /**
   * Inflates one stream into the beginning of `into`; bytes of `stored` behind the stream's end are not looked at. Bytes of
   * `into` behind the result are undefined. The two must not overlap.
   * @returns the number of bytes produced
   * @throws DamagedStreamError where the stream is not valid or not complete, or holds more than `into`
   */
  inflate(stored: Uint8Array, into: Uint8Array, wrapper: StreamWrapper): number;

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
