/**
 * Which ranges of an open file the file system stores, and which are holes that read as zeros. Node has no lseek(2) with SEEK_DATA
 * and SEEK_HOLE; it is called in the system's C library (c-library.ts). Without that, on another system or on a file system whose
 * word is not to be relied on, a file is data as a whole: slower, never wrong.
 */
import { readSync, statfsSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import type { SourceRange } from "./byte-source.ts";
import { cLibrary } from "./c-library.ts";

/** lseek(2) with SEEK_DATA and SEEK_HOLE, as numbers. The file's own position moves; nothing here reads by it. */
export interface HoleSeeker {
  /** Offset of the first stored byte at or after `offset`; Infinity when there is none; null when the system does not say. */
  data(fd: number, offset: number): number | null;
  /** Offset of the first hole at or after `offset`, which is stored; a file's end counts as one. Null as above. */
  hole(fd: number, offset: number): number | null;
}

/**
 * statfs types of file systems that keep their holes exactly, also for data that is not written back yet: ext2-4, xfs, btrfs, tmpfs.
 * Others stay out: network and FUSE file systems answer what their server says, ZFS has told data as holes (openzfs issue 15526).
 */
const EXACT_FILE_SYSTEMS = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994]);

/** A hole shorter than this costs more to leave out than to read. */
const MIN_HOLE_BYTES = 64 * 1024;

/** Both ends of every hole are looked at before it is believed. */
const EDGE_BYTES = 4096;
const ZERO_EDGE = Buffer.alloc(EDGE_BYTES);

/** The event loop gets its turn after so many stretches of a file torn into small pieces. */
const STEPS_PER_TURN = 1024;

/** True where block counts and hole maps of the file system that holds `path` can be relied on. */
export function keepsExactHoles(path: string): boolean {
  try {
    return EXACT_FILE_SYSTEMS.has(statfsSync(path).type);
  } catch {
    return false;
  }
}

/** <unistd.h> of Linux. */
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** Null where this system or installation has none. */
export function systemHoleSeeker(): HoleSeeker | null {
  const library = cLibrary();
  if (library === null) return null;
  const lseek = library.declare("int64_t lseek(int fd, int64_t offset, int whence)");
  const seek = (fd: number, offset: number, whence: number): number | null => {
    const found = Number(lseek(fd, offset, whence));
    if (Number.isSafeInteger(found) && found >= offset) return found;
    return found === -1 && library.errno() === library.noSuch ? Number.POSITIVE_INFINITY : null;
  };
  return {
    data: (fd, offset) => seek(fd, offset, SEEK_DATA),
    hole: (fd, offset) => seek(fd, offset, SEEK_HOLE),
  };
}

/**
 * The ranges of [start, start+length) of the open file `fd`: ascending, gap-free, kinds in turn. Holes shorter than 64 KiB are told
 * as data. Whatever the system does not answer, answers oddly, or calls a hole although its ends hold something, is data.
 * @param length the range lies inside the file as it was when opened; a file that shrank gives data, whose reading then fails
 */
export async function* holeMap(
  fd: number,
  seeker: HoleSeeker,
  start: number,
  length: number,
): AsyncIterable<SourceRange> {
  const end = start + length;
  /** Where the stretch of data begins that is not told yet. */
  let dataStart = start;
  let steps = 0;
  for (let at = start; at < end; ) {
    const holeStart = Math.min(end, seeker.hole(fd, at) ?? end);
    // Asked from the hole on: the two answers are of one moment only when they fit each other.
    const holeEnd = holeStart < end ? Math.min(end, seeker.data(fd, holeStart) ?? holeStart) : end;
    if (holeEnd - holeStart >= MIN_HOLE_BYTES && endsInZeros(fd, holeStart, holeEnd)) {
      if (holeStart > dataStart) yield { start: dataStart, length: holeStart - dataStart, hole: false };
      yield { start: holeStart, length: holeEnd - holeStart, hole: true };
      dataStart = holeEnd;
    }
    // An answer without progress ends the walk: the rest is data.
    if (holeEnd <= at) break;
    at = holeEnd;
    steps++;
    if (steps % STEPS_PER_TURN === 0) await turn();
  }
  if (dataStart < end) yield { start: dataStart, length: end - dataStart, hole: false };
}

/** True when the first and the last bytes of a hole read as zeros, as they must. */
function endsInZeros(fd: number, start: number, end: number): boolean {
  const edge = Buffer.allocUnsafe(EDGE_BYTES);
  return [start, end - EDGE_BYTES].every((at) => {
    try {
      return readSync(fd, edge, 0, EDGE_BYTES, at) === EDGE_BYTES && edge.equals(ZERO_EDGE);
    } catch {
      return false;
    }
  });
}
