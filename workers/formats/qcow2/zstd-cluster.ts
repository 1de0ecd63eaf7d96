/**
 * A cluster compressed with zstd. The image says where it ends only to the sector, so that bytes of the next cluster follow, which
 * may well begin another frame: the frame's own length is found first (RFC 8878, section 3.1).
 */
import { zstdDecompressSync } from "node:zlib";
import { DamagedStreamError } from "../../codec/codec.ts";

const MAGIC = 0xfd2fb528;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

/**
 * Expands frames of `stored` until `into` is full.
 * @returns the number of bytes produced: all of `into`
 * @throws DamagedStreamError where a frame is not valid or not complete, or holds more than `into`
 */
export function decodeZstd(stored: Uint8Array, into: Uint8Array): number {
  let at = 0;
  let produced = 0;
  while (produced < into.length) {
    const end = at + frameLength(stored.subarray(at));
    const content = expandFrame(stored.subarray(at, end), into.length - produced);
    into.set(content, produced);
    produced += content.length;
    at = end;
  }
  return produced;
}

function expandFrame(frame: Uint8Array, most: number): Uint8Array {
  try {
    return zstdDecompressSync(frame, { maxOutputLength: most, chunkSize: most + 64 });
  } catch (error) {
    throw new DamagedStreamError(error instanceof Error ? error.message : String(error));
  }
}

/** How many bytes of `stored` the frame at its beginning takes. */
function frameLength(stored: Uint8Array): number {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const need = (end: number): void => {
    if (end > stored.length) throw new DamagedStreamError("the zstd frame is not complete");
  };
  need(5);
  if (view.getUint32(0, true) !== MAGIC) throw new DamagedStreamError("no zstd frame");
  const descriptor = view.getUint8(4);
  const singleSegment = (descriptor >> 5) & 1;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? singleSegment : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0);
  let at = 5 + (1 - singleSegment) + (DICTIONARY_BYTES[descriptor & 3] ?? 0) + sizeBytes;
  for (let last = false; !last; ) {
    need(at + 3);
    const header = view.getUint8(at) + view.getUint8(at + 1) * 2 ** 8 + view.getUint8(at + 2) * 2 ** 16;
    last = (header & 1) === 1;
    const isRunLength = ((header >> 1) & 3) === 1;
    at += 3 + (isRunLength ? 1 : header >> 3);
  }
  const checksumBytes = ((descriptor >> 2) & 1) * 4;
  need(at + checksumBytes);
  return at + checksumBytes;
}
