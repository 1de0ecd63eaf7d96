/**
 * Has the system begin to store what was written while more is being written: else all of it is stored at the end, when nothing else is
 * left to do. It promises nothing and tells of no error; the sync at the end does both. By sync_file_range(2) of Linux, which
 * only begins: a cancel waits for nothing. Elsewhere nothing is begun.
 */
import { cLibrary } from "./c-library.ts";

/** Written between two beginnings. */
const EVERY_BYTES = 64 * 1024 * 1024;
/** <fcntl.h>: begins to write what is not being written yet. */
const SYNC_FILE_RANGE_WRITE = 2;

/** Begins to store all that is written of an open file. */
export type BeginStoring = (descriptor: number) => void;

/** Null where the system has no such call. */
export function systemBeginStoring(): BeginStoring | null {
  const library = cLibrary();
  if (library === null) return null;
  const begin = library.declare("int sync_file_range(int fd, int64_t offset, int64_t nbytes, unsigned int flags)");
  // To the file's end. A file system that does not know it says so, which changes nothing.
  return (descriptor) => void begin(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
}

/** Whether so much is to be written that it is worth beginning early. */
export const worthStoringEarly = (bytes: number): boolean => bytes >= 2 * EVERY_BYTES;

/**
 * @param descriptors of files that are open for writing
 * @returns to be told how many bytes are written by now, roughly, in all of them together
 */
export function earlyStorer(
  descriptors: readonly number[],
  begin: BeginStoring | null,
): (writtenBytes: number) => void {
  let begunAtBytes = 0;
  return (writtenBytes) => {
    if (begin === null || writtenBytes - begunAtBytes < EVERY_BYTES) return;
    begunAtBytes = writtenBytes;
    for (const descriptor of descriptors) begin(descriptor);
  };
}
