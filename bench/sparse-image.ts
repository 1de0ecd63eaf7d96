/** A disk that is mostly holes: data at both ends and spread evenly between, as much as asked for. */
import { createCipheriv } from "node:crypto";
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";

const MiB = 1024 * 1024;
/** Bytes of each piece of data, of which a half is noise and the other text, so that it compresses like a disk does. */
const PIECE = MiB;

/**
 * Makes a raw image at `path`.
 * @param dataBytes rounded to whole MiB; at least two, for the ends
 * @throws RangeError when the data does not fit between the ends
 */
export function makeSparseImage(path: string, virtualBytes: number, dataBytes: number): void {
  const pieces = Math.max(2, Math.round(dataBytes / PIECE));
  if (pieces * PIECE > virtualBytes) throw new RangeError(`${dataBytes} bytes of data do not fit into ${virtualBytes}`);
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, 1), Buffer.alloc(16, 2));
  const noise = Buffer.alloc(PIECE / 2);
  const file = openSync(path, "wx");
  try {
    ftruncateSync(file, virtualBytes);
    for (const start of pieceOffsets(virtualBytes, pieces)) {
      const text = Buffer.alloc(PIECE / 2, `This is what lies at ${start} of the disk.\n`);
      writeSync(file, Buffer.concat([text, cipher.update(noise)]), 0, PIECE, start);
    }
  } finally {
    closeSync(file);
  }
}

/** Where the pieces start: the first at 0, the last so that it ends with the disk, all at whole MiB. */
export function pieceOffsets(virtualBytes: number, pieces: number): number[] {
  const last = virtualBytes / PIECE - 1;
  return Array.from({ length: pieces }, (_, index) => Math.floor((index * last) / (pieces - 1)) * PIECE);
}
