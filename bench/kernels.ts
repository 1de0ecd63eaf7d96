/**
 * How fast are the kernels beside Node's zlib? Pieces of 64 KiB from this machine's programs, libraries and texts go through both, in
 * turn, several times. Speed is the processor time of one core (uncompressed bytes, MB = 10^6), the ratio is taken round by round,
 * sizes are relative to zlib's level 6. Every result is checked once before anything is measured.
 *
 *   npm run bench -- kernels [--pieces N] [--rounds N]
 */
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { DeflateOptions, Kernels, StreamWrapper } from "../workers/codec/codec.ts";
import { chooseEngine } from "../workers/codec/engine.ts";
import { createZstdCompressor, decompressZstd } from "../workers/codec/zstd.ts";

const PIECE_BYTES = 64 * 1024;
const LEVELS = [1, 4, 6, 9] as const;
const ZLIB_LEVEL = 6;
const ZSTD_LEVEL = 3;
/** The test for zeros is too fast to be timed once. */
const ZERO_REPEATS = 50;

/** One pass over all pieces. @returns bytes produced */
type Pass = () => number;

export async function kernelsBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { pieces: { type: "string", default: "400" }, rounds: { type: "string", default: "5" } },
  });
  const rounds = Number(values.rounds);
  const pieces = readPieces(Number(values.pieces));
  const wasm = chooseEngine("wasm");
  if (wasm.reason !== null) throw new Error(`The WebAssembly kernels do not run here: ${wasm.reason}`);
  const ours = wasm.kernels;
  const zlib = chooseEngine("zlib").kernels;
  console.log(`Node ${process.version}, ${process.arch}; ${pieces.length} pieces of 64 KiB; ${rounds} rounds, medians`);
  console.log(row("kernel", "ours MB/s", "zlib MB/s", "ratio", "ours / zlib's size"));
  const compare = (name: string, a: Pass, b: Pass, repeats = 1) =>
    console.log(measure(name, a, b, rounds, repeats * pieces.length * PIECE_BYTES));

  for (const wrapper of ["raw", "zlib"] as const) {
    const options: DeflateOptions = { wrapper: wrapper === "raw" ? "raw4k" : "zlib", level: ZLIB_LEVEL };
    const streams = pieces.map((piece) => stream(zlib, piece, options));
    compare(`inflate ${wrapper}`, inflatePass(ours, streams, wrapper), inflatePass(zlib, streams, wrapper));
  }
  for (const wrapper of ["raw4k", "zlib"] as const) {
    const theirs = deflatePass(zlib, pieces, { wrapper, level: ZLIB_LEVEL });
    for (const level of LEVELS) {
      for (const piece of pieces) check(ours, piece, { wrapper, level });
      compare(
        `deflate ${wrapper} ${level} / zlib ${ZLIB_LEVEL}`,
        deflatePass(ours, pieces, { wrapper, level }),
        theirs,
      );
    }
  }
  const noise = pieces.map((piece) => randomBytes(piece.length));
  const raw: DeflateOptions = { wrapper: "raw4k", level: ZLIB_LEVEL };
  compare("deflate of noise", deflatePass(ours, noise, raw), deflatePass(zlib, noise, raw));
  compare("isZero of zeros", zeroPass(ours, pieces.length), zeroPass(zlib, pieces.length), ZERO_REPEATS);
  const reused = createZstdCompressor();
  if (reused.isReused(ZSTD_LEVEL)) {
    const publicCalls = createZstdCompressor(() => null);
    for (const piece of pieces) {
      const frame = new Uint8Array(2 * PIECE_BYTES);
      const out = new Uint8Array(PIECE_BYTES);
      decompressZstd(frame.subarray(0, reused.compress(piece, frame, ZSTD_LEVEL)), out);
      if (Buffer.compare(out, piece) !== 0) throw new Error("zstd gave other bytes back");
    }
    compare(`zstd ${ZSTD_LEVEL}, reused / public`, zstdPass(reused, pieces), zstdPass(publicCalls, pieces));
  }
}

/** Whole pieces spread evenly over the bytes of all files of at least that size. */
function readPieces(count: number): Uint8Array[] {
  const files: { path: string; pieces: number }[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) files.push({ path, pieces: Math.floor(statSync(path).size / PIECE_BYTES) });
    }
  };
  for (const folder of ["/usr/bin", "/usr/lib", "/usr/share"]) visit(folder);
  const total = files.reduce((sum, file) => sum + file.pieces, 0);
  const step = Math.max(1, Math.floor(total / count));
  const pieces: Uint8Array[] = [];
  let next = 0;
  for (const file of files) {
    for (; next < file.pieces && pieces.length < count; next += step) pieces.push(readPiece(file.path, next));
    next -= file.pieces;
  }
  return pieces;
}

function readPiece(path: string, index: number): Uint8Array {
  const piece = new Uint8Array(PIECE_BYTES);
  const file = openSync(path, "r");
  readSync(file, piece, 0, PIECE_BYTES, index * PIECE_BYTES);
  closeSync(file);
  return piece;
}

function stream(engine: Kernels, piece: Uint8Array, options: DeflateOptions): Uint8Array {
  const into = new Uint8Array(PIECE_BYTES + 1024);
  return into.slice(0, engine.deflate(piece, into, options));
}

/** @throws Error where the engine's stream does not inflate to the piece by Node's zlib */
function check(engine: Kernels, piece: Uint8Array, options: DeflateOptions): void {
  const out = new Uint8Array(PIECE_BYTES);
  const wrapper = options.wrapper === "zlib" ? "zlib" : "raw";
  chooseEngine("zlib").kernels.inflate(stream(engine, piece, options), out, wrapper);
  if (Buffer.compare(out, piece) !== 0)
    throw new Error(`deflate ${options.wrapper} ${options.level} gave other bytes back`);
}

/** As a lane does it: input and output lie in the kernels' memory. */
function inflatePass(engine: Kernels, streams: readonly Uint8Array[], wrapper: StreamWrapper): Pass {
  const input = engine.allocate(2 * PIECE_BYTES);
  const output = engine.allocate(PIECE_BYTES);
  return () => {
    for (const bytes of streams) {
      input.set(bytes);
      engine.inflate(input.subarray(0, bytes.length), output, wrapper);
    }
    return 0;
  };
}

function deflatePass(engine: Kernels, pieces: readonly Uint8Array[], options: DeflateOptions): Pass {
  const input = engine.allocate(PIECE_BYTES);
  const output = engine.allocate(PIECE_BYTES - 1);
  return () => {
    let sum = 0;
    for (const piece of pieces) {
      input.set(piece);
      sum += engine.deflate(input, output, options) || PIECE_BYTES;
    }
    return sum;
  };
}

function zeroPass(engine: Kernels, count: number): Pass {
  const zeros = engine.allocate(PIECE_BYTES);
  return () => {
    for (let turn = 0; turn < count * ZERO_REPEATS; turn++)
      if (!engine.isZero(zeros)) throw new Error("zeros are not zero");
    return 0;
  };
}

function zstdPass(compressor: ReturnType<typeof createZstdCompressor>, pieces: readonly Uint8Array[]): Pass {
  const into = new Uint8Array(PIECE_BYTES - 1);
  return () => pieces.reduce((sum, piece) => sum + (compressor.compress(piece, into, ZSTD_LEVEL) || PIECE_BYTES), 0);
}

/** Runs both in turn; the first round, in which code is still compiled, does not count. */
function measure(name: string, ours: Pass, theirs: Pass, rounds: number, bytes: number): string {
  const speeds: [number, number][] = [];
  let sizes = "";
  for (let round = 0; round <= rounds; round++) {
    const [a, b] = [timed(ours), timed(theirs)];
    if (round > 0) speeds.push([bytes / a.micros, bytes / b.micros]);
    if (b.produced > 0) sizes = (a.produced / b.produced).toFixed(4);
  }
  const mega = (values: number[]) => median(values).toFixed(0);
  const ratio = median(speeds.map(([a, b]) => a / b)).toFixed(2);
  return row(name, mega(speeds.map(([a]) => a)), mega(speeds.map(([, b]) => b)), ratio, sizes);
}

function timed(pass: Pass): { micros: number; produced: number } {
  const before = process.threadCpuUsage();
  const produced = pass();
  const { user, system } = process.threadCpuUsage(before);
  return { micros: Math.max(1, user + system), produced };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function row(...cells: string[]): string {
  return cells.map((cell, index) => (index === 0 ? cell.padEnd(30) : cell.padStart(12))).join(" ");
}
