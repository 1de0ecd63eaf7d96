/**
 * The kernels as compiled WebAssembly (sources: kernels/, built by `npm run build:kernels`), one memory a thread:
 *
 *   0          freeFrom                 `taken`                                64 MiB
 *   | tables   | buffers handed out by allocate, scratch areas | untouched     |
 *
 * The memory is shared, so that another thread can read a lane's result without a copy, and it has its full size from the
 * beginning, so that views of it stay valid; the system provides pages as they are touched.
 */
import { DamagedStreamError, type DeflateOptions, type Kernels, type StreamWrapper } from "./codec.ts";

const MEMORY_PAGES = 1024;
const WASM_PAGE_BYTES = 64 * 1024;
const PAGE_BYTES = 4096;
/** Most that a distance in a compressed cluster can be. */
const QCOW2_WINDOW_BYTES = 4096;
/** Smaller scratch areas are not worth having to be replaced. */
const MIN_SCRATCH_BYTES = 128 * 1024;

/** What kernels/inflate.ts answers below zero. */
const REASONS: Readonly<Record<number, string>> = {
  [-1]: "unexpected end of the stream",
  [-2]: "more output than there is room for",
  [-3]: "unknown block type",
  [-4]: "length of a stored block and its complement do not fit",
  [-5]: "too many length or distance symbols",
  [-6]: "invalid code lengths",
  [-7]: "invalid set of literal and length codes",
  [-8]: "invalid set of distance codes",
  [-9]: "no code for the end of the block",
  [-10]: "a code that stands for nothing",
  [-11]: "a distance back before the beginning",
  [-12]: "incorrect zlib header",
  [-13]: "a preset dictionary is needed",
  [-14]: "incorrect checksum",
};

/** Exports of kernels/index.ts: numbers are addresses and sizes in the memory. */
interface Exports {
  freeFrom(): number;
  inflateRaw(from: number, size: number, into: number, room: number): number;
  inflateZlib(from: number, size: number, into: number, room: number): number;
  deflateRaw(from: number, size: number, into: number, room: number, window: number, level: number): number;
  deflateZlib(from: number, size: number, into: number, room: number, level: number): number;
  isZero(from: number, size: number): number;
  zeroUnits(from: number, size: number, unitSize: number, flags: number): number;
}

/**
 * @param program kernels.wasm, @param oversize does what is too large for the memory
 * @throws WebAssembly.CompileError, WebAssembly.LinkError where this machine cannot run it
 */
export function createWasmKernels(program: Uint8Array<ArrayBuffer>, oversize: Kernels): Kernels {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(program), { env: { memory } });
  // The file is built from kernels/index.ts, which exports just these.
  return new WasmKernels(memory, instance.exports as unknown as Exports, oversize);
}

class WasmKernels implements Kernels {
  readonly name = "wasm";
  readonly #exports: Exports;
  readonly #oversize: Kernels;
  readonly #bytes: Uint8Array;
  /** First byte that nobody has. */
  #taken: number;
  /** First byte that nobody ever had. */
  #untouched = 0;
  readonly #input = { at: 0, size: 0 };
  readonly #output = { at: 0, size: 0 };

  constructor(memory: WebAssembly.Memory, exports: Exports, oversize: Kernels) {
    this.#exports = exports;
    this.#oversize = oversize;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#taken = roundUp(exports.freeFrom(), PAGE_BYTES);
  }

  allocate(sizeBytes: number): Uint8Array {
    const at = this.#take(sizeBytes);
    if (at === null) {
      throw new RangeError(
        `${sizeBytes} bytes do not fit into the kernels' memory: ${this.#bytes.length - this.#taken} of ${
          MEMORY_PAGES * WASM_PAGE_BYTES
        } are left`,
      );
    }
    return this.#bytes.subarray(at, at + sizeBytes).fill(0, 0, Math.max(0, this.#untouched - at));
  }

  takeBack(): void {
    this.#untouched = Math.max(this.#untouched, this.#taken);
    this.#taken = roundUp(this.#exports.freeFrom(), PAGE_BYTES);
    for (const scratch of [this.#input, this.#output]) Object.assign(scratch, { at: 0, size: 0 });
  }

  inflate(stored: Uint8Array, into: Uint8Array, wrapper: StreamWrapper): number {
    const from = this.#place(stored, this.#input);
    const to = this.#room(into, this.#output);
    if (from === null || to === null) return this.#oversize.inflate(stored, into, wrapper);
    const produced =
      wrapper === "raw"
        ? this.#exports.inflateRaw(from, stored.length, to, into.length)
        : this.#exports.inflateZlib(from, stored.length, to, into.length);
    if (produced < 0) throw new DamagedStreamError(REASONS[produced] ?? `problem ${produced}`);
    if (!this.#isOurs(into)) into.set(this.#bytes.subarray(to, to + produced));
    return produced;
  }

  deflate(bytes: Uint8Array, into: Uint8Array, options: DeflateOptions): number {
    const { wrapper, level } = options;
    const from = this.#place(bytes, this.#input);
    const to = this.#room(into, this.#output);
    if (from === null || to === null) return this.#oversize.deflate(bytes, into, options);
    const produced =
      wrapper === "zlib"
        ? this.#exports.deflateZlib(from, bytes.length, to, into.length, level)
        : this.#exports.deflateRaw(from, bytes.length, to, into.length, QCOW2_WINDOW_BYTES, level);
    if (!this.#isOurs(into)) into.set(this.#bytes.subarray(to, to + produced));
    return produced;
  }

  isZero(bytes: Uint8Array): boolean {
    // Bytes that lie elsewhere would have to be copied first, which takes as long as the fall-back's test.
    if (!this.#isOurs(bytes)) return this.#oversize.isZero(bytes);
    return this.#exports.isZero(bytes.byteOffset, bytes.length) !== 0;
  }

  zeroUnits(window: Uint8Array, unitBytes: number): Uint8Array {
    const units = Math.ceil(window.length / unitBytes);
    const flags = this.#isOurs(window) ? this.#reserve(this.#output, units) : null;
    if (flags === null) return this.#oversize.zeroUnits(window, unitBytes);
    this.#exports.zeroUnits(window.byteOffset, window.length, unitBytes, flags);
    return this.#bytes.subarray(flags, flags + units);
  }

  #isOurs(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#bytes.buffer;
  }

  /** Where `bytes` lie in the memory, copied there if need be; null where they do not fit. */
  #place(bytes: Uint8Array, scratch: { at: number; size: number }): number | null {
    const at = this.#room(bytes, scratch);
    if (at !== null && !this.#isOurs(bytes)) this.#bytes.set(bytes, at);
    return at;
  }

  /** Where `bytes` lie in the memory, or room for a copy of them. */
  #room(bytes: Uint8Array, scratch: { at: number; size: number }): number | null {
    return this.#isOurs(bytes) ? bytes.byteOffset : this.#reserve(scratch, bytes.length);
  }

  /** A scratch area of at least `sizeBytes`. It doubles when it is too small; what it was before is lost. */
  #reserve(scratch: { at: number; size: number }, sizeBytes: number): number | null {
    if (scratch.size < sizeBytes) {
      const size = Math.max(MIN_SCRATCH_BYTES, 2 ** Math.ceil(Math.log2(sizeBytes)));
      const at = this.#take(size);
      if (at === null) return null;
      Object.assign(scratch, { at, size });
    }
    return scratch.at;
  }

  #take(sizeBytes: number): number | null {
    const at = this.#taken;
    const end = at + roundUp(sizeBytes, PAGE_BYTES);
    if (end > this.#bytes.length) return null;
    this.#taken = end;
    return at;
  }
}

function roundUp(size: number, boundary: number): number {
  return Math.ceil(size / boundary) * boundary;
}
