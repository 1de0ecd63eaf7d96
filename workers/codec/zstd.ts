/**
 * Zstandard frames (RFC 8878), by Node's zlib. The public call makes a context for each cluster, which costs a third of the time
 * and much garbage; the handle inside of one of Node's streams can compress one frame after the other. It is private, so it is used
 * only after a trial: twice in a row it must give the very bytes of the public call, else the public call does the work.
 */
import { constants, createZstdCompress, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { DamagedStreamError } from "./codec.ts";

/** What is used of the private handle. Output goes to `output`, what is left of both areas to `left`: output, then input. */
export interface ZstdHandle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputLength: number,
    output: Uint8Array,
    outputAt: number,
    outputLength: number,
  ): unknown;
  readonly left: Uint32Array;
  close(): void;
}

/** Opens a handle for a level; null where this Node has none of the kind. */
export type OpenZstdHandle = (level: number) => ZstdHandle | null;

/** The frame ends with this call. */
const END = constants.ZSTD_e_end;

export interface ZstdCompressor {
  /**
   * Compresses `bytes` to one frame at the beginning of `into`; the bytes behind the result are undefined.
   * @param level 1 to 22, Node's and qemu-img's usual one is 3
   * @returns the number of bytes produced, or 0 where they would be more than `into` holds
   */
  compress(bytes: Uint8Array, into: Uint8Array, level: number): number;
  /** Whether frames of this level come from the reused handle. */
  isReused(level: number): boolean;
  /** Gives the handle back. */
  close(): void;
}

/** A compressor of one thread, with at most one handle: that of the level asked for last. */
export function createZstdCompressor(open: OpenZstdHandle = openHandle): ZstdCompressor {
  let current: { level: number; handle: ZstdHandle | null } | null = null;
  let scratch = new Uint8Array(0);

  /** One frame by the handle, as a view of the scratch area; null where the handle did something else. */
  function frameOf(handle: ZstdHandle, bytes: Uint8Array): Uint8Array | null {
    // Room for the worst case, so that a call always ends its frame.
    const room = bytes.length + Math.ceil(bytes.length / 128) + 1024;
    if (scratch.length < room) scratch = new Uint8Array(room);
    // What it looks like when the call fails without a word.
    handle.left.set([0, bytes.length]);
    handle.writeSync(END, bytes, 0, bytes.length, scratch, 0, scratch.length);
    const [outputLeft = 0, inputLeft = 0] = handle.left;
    return inputLeft !== 0 || outputLeft === 0 ? null : scratch.subarray(0, scratch.length - outputLeft);
  }

  function isSound(handle: ZstdHandle, level: number): boolean {
    try {
      const trials = TRIALS.map(([size, step]) => trial(size, step));
      return [...trials, ...trials].every((bytes) => {
        const frame = frameOf(handle, bytes);
        return frame !== null && Buffer.compare(frame, publicFrame(bytes, level)) === 0;
      });
    } catch {
      // Whatever is wrong with it: it is not what this file knows.
      return false;
    }
  }

  function handleFor(level: number): ZstdHandle | null {
    if (current?.level !== level) {
      current?.handle?.close();
      const handle = open(level);
      const sound = handle !== null && isSound(handle, level);
      if (!sound) handle?.close();
      current = { level, handle: sound ? handle : null };
    }
    return current.handle;
  }

  return {
    compress(bytes, into, level) {
      const handle = handleFor(level);
      let frame = handle === null ? null : frameOf(handle, bytes);
      if (frame === null) {
        // A handle that failed once is in an unknown state.
        if (handle !== null) {
          handle.close();
          current = { level, handle: null };
        }
        frame = publicFrame(bytes, level);
      }
      if (frame.length > into.length) return 0;
      into.set(frame);
      return frame.length;
    },
    isReused: (level) => handleFor(level) !== null,
    close() {
      current?.handle?.close();
      current = null;
    },
  };
}

/**
 * Expands the frame at the beginning of `stored` into `into`.
 * @returns the number of bytes produced
 * @throws DamagedStreamError where it is not valid or not complete, or holds more than `into`
 */
export function decompressZstd(stored: Uint8Array, into: Uint8Array): number {
  let content: Buffer;
  try {
    const room = Math.max(1, into.length);
    // A chunk a little larger than the result: one allocation, and the end is seen at once.
    content = zstdDecompressSync(stored, { maxOutputLength: room, chunkSize: room + 64 });
  } catch (error) {
    throw new DamagedStreamError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (content.length > into.length) throw new DamagedStreamError("more output than there is room for");
  into.set(content);
  return content.length;
}

function publicFrame(bytes: Uint8Array, level: number): Buffer {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } });
}

/** Clusters for the trial: what levels make different frames of, and a short one between. */
const TRIALS: readonly (readonly [size: number, step: number])[] = [
  [65_536, 7],
  [100, 1],
  [65_536, 61],
];

/** Phrases of a few bytes in an order that repeats only roughly. */
function trial(size: number, step: number): Uint8Array {
  let x = step;
  return Uint8Array.from({ length: size }, (_, at) => {
    if (at % 6 === 0) x = (x * 1103 + 12_345) % 65_536;
    return ((x >> 5) % 97) + (at % 6) * step;
  });
}

/** The handle of a stream of Node's, which is not used otherwise. */
function openHandle(level: number): ZstdHandle | null {
  const stream = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } });
  // An error of the handle reaches the stream too; what matters is that no frame came.
  stream.on("error", () => {});
  const handle: unknown = Reflect.get(stream, "_handle");
  const left: unknown = Reflect.get(stream, "_writeState");
  if (typeof handle !== "object" || handle === null || !(left instanceof Uint32Array)) return null;
  const writeSync: unknown = Reflect.get(handle, "writeSync");
  if (typeof writeSync !== "function") return null;
  return {
    writeSync: (...values) => Reflect.apply(writeSync, handle, values),
    left,
    close: () => stream.close(),
  };
}
