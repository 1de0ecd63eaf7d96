/**
 * A flat disk on a datastore as a DiskReader: the guest's bytes one to one in a file that is read with Range requests. Areas that the
 * server says are not allocated are holes and are not asked for. A file that is a little shorter than the disk (its size is rounded up
 * to whole cylinders) is followed by zeros.
 */
import { assertInside, type DiskReader, type Extent, mergeExtents, READER_MERGE } from "../../../formats/format.ts";
import type { RangeFile } from "../http/range-file.ts";
import type { AreaMap } from "./disk-areas.ts";
import { ReadAheadFile } from "./read-ahead.ts";

const SECTOR_BYTES = 512;

export interface RemoteDiskOptions {
  readonly capacityBytes: number;
  /** Null: nothing is known, all of it is data. */
  readonly areas: AreaMap | null;
  readonly pieceBytes: number;
  /** Pieces on their way or waiting to be read. */
  readonly piecesAhead: number;
}

/** `close` cuts what is on its way. */
export function remoteDisk(file: RangeFile, options: RemoteDiskOptions, signal: AbortSignal): DiskReader {
  const { capacityBytes, areas } = options;
  const storedBytes = Math.min(file.sizeBytes, capacityBytes);
  const next = (offset: number) => {
    if (offset >= storedBytes) return null;
    if (areas === null) return { start: offset, end: storedBytes };
    const page = areas.known(offset);
    const area = page?.areas.find(({ start, length }) => start + length > offset && start < storedBytes);
    if (area === undefined) return null;
    return { start: Math.max(offset, area.start), end: Math.min(storedBytes, area.start + area.length) };
  };
  const ahead = new ReadAheadFile(file, options.pieceBytes, options.piecesAhead, next, signal);
  return {
    format: "raw",
    subformat: "flat on a datastore",
    virtualSizeBytes: capacityBytes,
    grainBytes: SECTOR_BYTES,
    backing: null,
    mark: null,
    snapshots: [],
    facts: [],
    warnings: [],
    allocatedBytes: null,
    files: [],
    extents(start, length) {
      assertInside(file.name, capacityBytes, start, length);
      return mergeExtents(
        areas === null ? wholly(start, length, storedBytes) : allocated(areas, start, length),
        READER_MERGE,
      );
    },
    async read(offset, into) {
      assertInside(file.name, capacityBytes, offset, into.length);
      const stored = Math.max(0, Math.min(into.length, storedBytes - offset));
      into.fill(0, stored);
      if (stored > 0) await ahead.read(offset, into.subarray(0, stored));
    },
    async close() {
      ahead.close();
    },
  };
}

async function* wholly(start: number, length: number, storedBytes: number): AsyncIterable<Extent> {
  const stored = Math.max(0, Math.min(length, storedBytes - start));
  if (stored > 0) yield { start, length: stored, state: "data" };
  if (stored < length) yield { start: start + stored, length: length - stored, state: "hole" };
}

async function* allocated(areas: AreaMap, start: number, length: number): AsyncIterable<Extent> {
  const end = start + length;
  for (let at = start; at < end; ) {
    const page = await areas.page(at);
    const pageEnd = Math.min(end, page.end);
    for (const area of page.areas) {
      const from = Math.max(at, area.start);
      const to = Math.min(pageEnd, area.start + area.length);
      if (to <= from) continue;
      if (from > at) yield { start: at, length: from - at, state: "hole" };
      yield { start: from, length: to - from, state: "data" };
      at = to;
    }
    if (at < pageEnd) yield { start: at, length: pageEnd - at, state: "hole" };
    at = pageEnd;
  }
}
