/** A price book's file with the signature that lies beside it, and the program's own copies in the data folder. */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import { writeOwnerFile } from "./owner-file.ts";
import { pathError } from "./path-error.ts";

/** Ten times a book of all regions; read whole, and parsed only after its signature. */
const MAX_BOOK_BYTES = 16 * 2 ** 20;
const MAX_SIGNATURE_BYTES = 4096;

export interface BookFile {
  /** As it is in the file: what the signature is over. */
  readonly bytes: Buffer;
  /** Text of the file NAME.sig beside it; null where there is none. */
  readonly signature: string | null;
}

/** @throws AppError path.*, book.invalid for one that is too large */
export function readBookFile(path: string): BookFile {
  const bytes = bounded(path, MAX_BOOK_BYTES);
  const beside = `${path}.sig`;
  return { bytes, signature: existsSync(beside) ? bounded(beside, MAX_SIGNATURE_BYTES).toString("utf8") : null };
}

/** A JSON file that a person names: a workload, overrides. @throws AppError path.*, book.invalid for one that is too large */
export function readJsonText(path: string): string {
  return bounded(path, MAX_BOOK_BYTES).toString("utf8");
}

/** What the data folder holds under that name; null where there is nothing or it cannot be read. */
export function readKept(path: string): string | null {
  try {
    return bounded(path, 4 * MAX_BOOK_BYTES).toString("utf8");
  } catch {
    return null;
  }
}

/** Replaces it in one step. @throws AppError path.*, io.write */
export function writeKept(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeOwnerFile(path, text);
  } catch (thrown) {
    throw pathError(thrown, path);
  }
}

function bounded(path: string, limit: number): Buffer {
  let handle: number;
  try {
    handle = openSync(path, "r");
  } catch (thrown) {
    throw pathError(thrown, path);
  }
  try {
    const found = fstatSync(handle);
    if (!found.isFile()) throw new AppError("path.not-file", `${path} is not a regular file.`);
    if (found.size > limit) {
      throw new AppError("book.invalid", `${path} has ${found.size} bytes; at most ${limit} are read.`);
    }
    // One byte more than it had: a file that grows meanwhile is not read for ever.
    const bytes = Buffer.alloc(found.size + 1);
    let length = 0;
    for (let got = 1; got > 0 && length < bytes.length; length += got) {
      got = readSync(handle, bytes, length, bytes.length - length, null);
    }
    if (length > found.size) throw new AppError("book.invalid", `${path} grew while it was read.`);
    return bytes.subarray(0, length);
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw pathError(thrown, path);
  } finally {
    closeSync(handle);
  }
}
