/** The kernels on Node's own zlib: what runs where WebAssembly does not, and what the WebAssembly kernels are tested against. */
import { deflateRawSync, deflateSync, inflateRawSync, inflateSync } from "node:zlib";
import { DamagedStreamError, type DeflateOptions, type Kernels, type StreamWrapper } from "./codec.ts";

/** A boundary like the one WebAssembly memory gives. */
const PAGE_BYTES = 4096;
const ZEROS = Buffer.alloc(64 * 1024);

export function createZlibKernels(): Kernels {
  let flags = new Uint8Array(256);
  return {
    name: "zlib",
    allocate: (sizeBytes) => new Uint8Array(new SharedArrayBuffer(roundUp(sizeBytes, PAGE_BYTES)), 0, sizeBytes),
    takeBack() {},
    inflate,
    deflate,
    isZero,
    zeroUnits(window, unitBytes) {
      const units = Math.ceil(window.length / unitBytes);
      if (flags.length < units) flags = new Uint8Array(units);
      for (let unit = 0; unit < units; unit++) {
        flags[unit] = isZero(window.subarray(unit * unitBytes, (unit + 1) * unitBytes)) ? 1 : 0;
      }
      return flags.subarray(0, units);
    },
  };
}

function inflate(stored: Uint8Array, into: Uint8Array, wrapper: StreamWrapper): number {
  // A chunk a little larger than the result: one allocation, and the end is seen at once.
  const options = { maxOutputLength: Math.max(1, into.length), chunkSize: into.length + 64 };
  let inflated: Buffer;
  try {
    inflated = wrapper === "raw" ? inflateRawSync(stored, options) : inflateSync(stored, options);
  } catch (error) {
    throw new DamagedStreamError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (inflated.length > into.length) throw new DamagedStreamError("more output than there is room for");
  into.set(inflated);
  return inflated.length;
}

function deflate(bytes: Uint8Array, into: Uint8Array, { wrapper, level }: DeflateOptions): number {
  // memLevel 9 is what makes blocks as long as clusters are.
  const options = { level, memLevel: 9, chunkSize: bytes.length + 1024 };
  const deflated =
    wrapper === "zlib" ? deflateSync(bytes, options) : deflateRawSync(bytes, { ...options, windowBits: 12 });
  if (deflated.length > into.length) return 0;
  into.set(deflated);
  return deflated.length;
}

/** `Buffer.compare` against a block of zeros is bound by memory, like the kernel. */
function isZero(bytes: Uint8Array): boolean {
  // Most data differs from zero in its first bytes: a look at one of them saves the call.
  if (bytes[0] !== undefined && bytes[0] !== 0) return false;
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const piece = bytes.subarray(at, at + ZEROS.length);
    if (Buffer.compare(piece, ZEROS.subarray(0, piece.length)) !== 0) return false;
  }
  return true;
}

function roundUp(size: number, boundary: number): number {
  return Math.ceil(size / boundary) * boundary;
}
