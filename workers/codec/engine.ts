/**
 * Which kernels this thread uses: the WebAssembly ones where they can run, else those on Node's zlib. The environment variable
 * HYPERSDK_KERNELS=zlib chooses the latter.
 */
import { readProgramFile } from "../io/program-file.ts";
import type { Kernels } from "./codec.ts";
import { createWasmKernels } from "./wasm-kernels.ts";
import { createZlibKernels } from "./zlib-kernels.ts";
import { createZstdCompressor, type ZstdCompressor } from "./zstd.ts";

/** What is in use, and why not the faster one. */
export interface EngineChoice {
  readonly kernels: Kernels["name"];
  /** Null where the WebAssembly kernels are in use. */
  readonly reason: string | null;
  /** Whether zstd frames come from one reused handle or each from a call of its own. */
  readonly zstd: "reused" | "public";
}

/** The level at which qemu-img compresses. */
const USUAL_ZSTD_LEVEL = 3;

interface Engine {
  readonly kernels: Kernels;
  readonly reason: string | null;
}

let engine: Engine | null = null;
let compressor: ZstdCompressor | null = null;

/** The kernels of this thread; made by the first call. */
export function kernels(): Kernels {
  engine ??= chooseEngine();
  return engine.kernels;
}

/** The zstd compressor of this thread; made by the first call. */
export function zstd(): ZstdCompressor {
  compressor ??= createZstdCompressor();
  return compressor;
}

/** Bytes that other threads may read: in the kernels' own memory where there is room, as they work on those without copies. */
export function kernelBytes(length: number): Uint8Array {
  try {
    return kernels().allocate(length);
  } catch (error) {
    if (error instanceof RangeError) return new Uint8Array(new SharedArrayBuffer(length));
    throw error;
  }
}

/** Takes back all memory that was handed out: between two tasks of one thread. */
export function releaseKernels(): void {
  engine?.kernels.takeBack();
  compressor?.close();
  compressor = null;
}

/** What this thread computes with. */
export function engineChoice(): EngineChoice {
  engine ??= chooseEngine();
  return {
    kernels: engine.kernels.name,
    reason: engine.reason,
    zstd: zstd().isReused(USUAL_ZSTD_LEVEL) ? "reused" : "public",
  };
}

/** New kernels with a memory of their own. `want` is "zlib" to leave WebAssembly out of it. */
export function chooseEngine(want: string | undefined = process.env.HYPERSDK_KERNELS): Engine {
  const plain = createZlibKernels();
  if (want === "zlib") return { kernels: plain, reason: "chosen" };
  try {
    return { kernels: createWasmKernels(readProgramFile("kernels.wasm", import.meta.url), plain), reason: null };
  } catch (error) {
    // No file, no WebAssembly, or one without SIMD or threads: the work can be done all the same.
    return { kernels: plain, reason: error instanceof Error ? error.message : String(error) };
  }
}
