/** Opens a QCOW2 image for reading: its active state, or that of an internal snapshot. */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import {
  assertInside,
  type DiskReader,
  type Extent,
  type OpenContext,
  READER_MERGE,
  storedExtents,
} from "../format.ts";
import { type BitmapRow, readBitmaps } from "./bitmaps.ts";
import { CompressedClusters } from "./compressed-clusters.ts";
import { factsOf } from "./facts.ts";
import { type Qcow2Header, readHeader } from "./header.ts";
import { Mapping } from "./mapping.ts";
import { findSnapshot, readSnapshots } from "./snapshots.ts";
import { SUBCLUSTERS } from "./structures.ts";

/** In shorter runs the file system is not asked for holes. */
const MIN_HOLE_BYTES = 1024 * 1024;

/** QEMU's name of a format, where it has another one. */
const OUR_NAMES: Readonly<Record<string, string>> = { vpc: "vhd" };

/** @throws AppError disk.* naming the structure; request.not-found for a snapshot that is not there */
export async function openQcow2(source: ByteSource, context: OpenContext): Promise<DiskReader> {
  const header = await readHeader(source);
  const snapshots = await readSnapshots(source, header);
  const wanted = context.snapshot ?? null;
  const snapshot = wanted === null ? null : findSnapshot(source, header, snapshots.rows, wanted);
  const layer = snapshot?.layer ?? {
    virtualSizeBytes: header.size,
    l1AtBytes: header.l1TableOffset,
    l1Size: header.l1Size,
  };
  const { rows: bitmaps, warnings } = await bitmapsOf(source, header);
  const data = header.dataFileName === null ? source : await context.openExtentFile(header.dataFileName);
  const close = async (): Promise<void> => {
    if (data !== source) await data.close();
  };
  const mapping = new Mapping(source, data, header, layer);
  try {
    await mapping.assertTablesFit();
  } catch (error) {
    await close();
    throw error;
  }
  const clusters = new CompressedClusters(source, header.clusterBytes, header.compression);
  const { virtualSizeBytes } = layer;
  const backingFormat =
    header.backingFormat === null ? null : (OUR_NAMES[header.backingFormat] ?? header.backingFormat);
  return {
    format: "qcow2",
    subformat: `v${header.version}`,
    virtualSizeBytes,
    grainBytes: header.extendedL2 ? header.clusterBytes / SUBCLUSTERS : header.clusterBytes,
    backing: header.backingName === null ? null : { name: header.backingName, format: backingFormat, mark: null },
    mark: null,
    snapshots: snapshots.rows.map(({ id, name, createdAt }) => ({ id, name, createdAt })),
    facts: factsOf(header, snapshots.rows, bitmaps, snapshot),
    warnings: [...header.warnings, ...warnings],
    allocatedBytes: null,
    files: data === source ? [] : [data],
    extents(start, length) {
      assertInside(source.name, virtualSizeBytes, start, length);
      return extents(mapping, data, start, start + length);
    },
    async read(offset, into) {
      assertInside(source.name, virtualSizeBytes, offset, into.length);
      const end = offset + into.length;
      for (let at = offset; at < end; ) {
        const runs = await mapping.page(at, end);
        for (let i = 0; i < runs.length; ) {
          const run = runs[i];
          if (run === undefined) break;
          if (run.kind === "compressed") i = await clusters.read(runs, i, offset, into);
          else {
            const part = into.subarray(run.start - offset, run.start - offset + run.length);
            if (run.kind === "data") await data.read(run.hostOffset, part);
            else part.fill(0);
            i++;
          }
        }
        at = endOf(runs);
      }
    },
    close,
  };
}

/**
 * Neighbours of one state as one, over so many pages of tables at most. Each compressed cluster is a run of its own: nothing is
 * waited for, and no garbage made, but where the file is asked for its holes.
 */
async function* extents(mapping: Mapping, data: ByteSource, start: number, end: number): AsyncIterable<Extent> {
  let pending: { readonly start: number; length: number; readonly state: Extent["state"] } | null = null;
  let pages = 0;
  /** @returns what came before, where this does not belong to it */
  const join = (at: number, length: number, state: Extent["state"]): Extent | null => {
    if (pending?.state === state && pages < READER_MERGE) {
      pending.length += length;
      return null;
    }
    const before = pending;
    pending = { start: at, length, state };
    pages = 0;
    return before;
  };
  for (let at = start; at < end; pages++) {
    const runs = await mapping.page(at, end);
    for (const run of runs) {
      // Where long runs of clusters were set aside and never written, as with preallocated metadata, the file has holes.
      if (run.kind === "data" && run.length >= MIN_HOLE_BYTES) {
        for await (const part of storedExtents(data, run.hostOffset, run.start, run.length, "zero")) {
          const before = join(part.start, part.length, part.state);
          if (before) yield before;
        }
      } else {
        const before = join(run.start, run.length, run.kind === "compressed" ? "data" : run.kind);
        if (before) yield before;
      }
    }
    at = endOf(runs);
  }
  if (pending) yield pending;
}

function endOf(runs: readonly { readonly start: number; readonly length: number }[]): number {
  const last = runs.at(-1);
  if (last === undefined) throw new AppError("internal.bug", "a page of qcow2 tables without a run");
  return last.start + last.length;
}

/** A directory that cannot be read costs the facts about bitmaps, not the disk. */
async function bitmapsOf(
  source: ByteSource,
  header: Qcow2Header,
): Promise<{ rows: readonly BitmapRow[]; warnings: readonly string[] }> {
  try {
    return { rows: await readBitmaps(source, header), warnings: [] };
  } catch (error) {
    if (!(error instanceof AppError) || !error.code.startsWith("disk.")) throw error;
    return { rows: [], warnings: [`Its bitmaps cannot be listed: ${error.message}`] };
  }
}
