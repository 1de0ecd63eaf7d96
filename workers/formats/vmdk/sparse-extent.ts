/**
 * A hosted sparse extent: guest grains found through a directory and tables ("Virtual Disk Format 5.0", sections "Hosted
 * Sparse Extents" and "Stream-Optimized Compressed Sparse Extents").
 *
 *   sector 0   header                         guest offset ─► directory entry  = offset / (grain × entries per table)
 *   …          descriptor (not in split disks)               ─► table entry    = offset / grain % entries per table
 *   …          grain directory ─► grain tables               ─► sector of the grain; 0 = not allocated, 1 = zeros (by flag)
 *   …          grains
 *
 *   stream-optimized: every grain is a marker (guest sector, length) and a zlib stream; with the directory at the end:
 *   header │ descriptor │ grains … tables, each behind a marker … │ directory │ footer marker │ footer │ end-of-stream marker
 *
 * Tables are read through a window of bounded size; the disk may be as large as it likes.
 */
import { AppError } from "../../../src-core/model/error.ts";
import { kernels } from "../../codec/engine.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import { ReadAhead } from "../../io/read-ahead.ts";
import { type Extent, joinRuns } from "../format.ts";
import type { SparseLayout } from "./sparse-header.ts";
import { GRAIN_MARKER_BYTES, SECTOR_BYTES } from "./structures.ts";

/** 2 MiB of directory and tables: 32 GiB of guest at the usual grain. */
const TABLE_PAGES = 32;

/** A range with one source: `fileOffset` counts for data and compressed. Plain neighbours in the file are one run. */
interface Run {
  start: number;
  length: number;
  kind: "data" | "compressed" | "zero" | "hole";
  fileOffset: number;
}

export class SparseExtent {
  readonly #source: ByteSource;
  readonly #layout: SparseLayout;
  readonly #tables: PagedBytes;
  readonly #compressed: ReadAhead | null;
  /** The last grain that was inflated, for reads smaller than a grain. */
  #grainAt = -1;
  #grain: Uint8Array = new Uint8Array(0);
  /** What `#grain` is a part of. */
  readonly #inflated: Uint8Array;

  constructor(source: ByteSource, layout: SparseLayout) {
    this.#source = source;
    this.#layout = layout;
    this.#tables = new PagedBytes(source, TABLE_PAGES);
    this.#inflated = new Uint8Array(layout.compressed ? layout.grainBytes : 0);
    this.#compressed = layout.compressed ? new ReadAhead(source, Math.max(1024 * 1024, 4 * layout.grainBytes)) : null;
  }

  /**
   * A directory cannot list more tables than fit into the file: without this check a small file whose entries all point to one
   * table would describe a disk that takes hours to walk.
   * @throws AppError disk.damaged, disk.truncated
   */
  async assertDirectoryFits(): Promise<void> {
    const { directoryAtBytes, directoryEntries, entriesPerTable } = this.#layout;
    let tables = 0;
    for (let index = 0; index < directoryEntries; ) {
      const view = await this.#tables.view(
        directoryAtBytes + index * 4,
        (directoryEntries - index) * 4,
        "grain directory",
      );
      for (let at = 0; at < view.byteLength; at += 4) if (view.getUint32(at, true) !== 0) tables++;
      index += view.byteLength / 4;
    }
    if (tables * entriesPerTable * 4 <= this.#source.sizeBytes) return;
    throw new AppError(
      "disk.damaged",
      `grain directory of ${this.#source.name} at offset ${directoryAtBytes} lists ${tables} tables, more than the file can hold`,
      { details: { file: this.#source.name, structure: "grain directory", offset: directoryAtBytes } },
    );
  }

  async *extents(start: number, length: number): AsyncIterable<Extent> {
    for await (const run of this.#runs(start, start + length)) {
      yield { start: run.start, length: run.length, state: run.kind === "compressed" ? "data" : run.kind };
    }
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    for await (const run of this.#runs(offset, offset + into.length)) {
      const part = into.subarray(run.start - offset, run.start - offset + run.length);
      if (run.kind === "data") await this.#source.read(run.fileOffset, part);
      else if (run.kind === "compressed") await this.#readCompressed(run, part);
      else part.fill(0);
    }
  }

  #runs(start: number, end: number): AsyncIterable<Run> {
    return joinRuns(this.#pages(start, end), joins);
  }

  /** What one grain table after the other says. */
  async *#pages(start: number, end: number): AsyncIterable<Run[]> {
    const { grainBytes, entriesPerTable, directoryAtBytes } = this.#layout;
    const tableBytes = grainBytes * entriesPerTable;
    for (let at = start; at < end; ) {
      const tableIndex = Math.floor(at / tableBytes);
      const tableEnd = Math.min(end, (tableIndex + 1) * tableBytes);
      const directory = await this.#tables.view(
        directoryAtBytes + tableIndex * 4,
        4,
        `grain directory entry ${tableIndex}`,
      );
      const tableAt = directory.getUint32(0, true) * SECTOR_BYTES;
      const found: Run[] = [];
      if (tableAt === 0) {
        found.push({ start: at, length: tableEnd - at, kind: "hole", fileOffset: 0 });
        at = tableEnd;
      }
      while (at < tableEnd && tableAt !== 0) {
        const entry = Math.floor((at - tableIndex * tableBytes) / grainBytes);
        const entries = Math.ceil((tableEnd - tableIndex * tableBytes) / grainBytes) - entry;
        const view = await this.#tables.view(tableAt + entry * 4, entries * 4, `grain table ${tableIndex}`);
        for (let i = 0; i < view.byteLength; i += 4) {
          const inGrain = at % grainBytes;
          const length = Math.min(grainBytes - inGrain, tableEnd - at);
          this.#append(found, view.getUint32(i, true), at, inGrain, length);
          at += length;
        }
      }
      yield found;
    }
  }

  /** Adds what table entry `sector` says of [at, at+length) to `found`, joined to the run before where they touch. */
  #append(found: Run[], sector: number, at: number, inGrain: number, length: number): void {
    const { zeroedGrains, compressed } = this.#layout;
    let run: Run;
    if (sector === 0) run = { start: at, length, kind: "hole", fileOffset: 0 };
    else if (sector === 1 && zeroedGrains) run = { start: at, length, kind: "zero", fileOffset: 0 };
    else if (compressed) run = { start: at, length, kind: "compressed", fileOffset: sector * SECTOR_BYTES };
    else {
      run = { start: at, length, kind: "data", fileOffset: sector * SECTOR_BYTES + inGrain };
      if (run.fileOffset + length > this.#source.sizeBytes)
        throw this.#damage("disk.truncated", run, "lies beyond the end of the file");
    }
    if (sector === 1 && run.kind !== "zero") throw this.#damage("disk.damaged", run, "lies inside the header");
    const last = found.at(-1);
    if (last && joins(last, run)) last.length += length;
    else found.push(run);
  }

  async #readCompressed(run: Run, into: Uint8Array): Promise<void> {
    const { grainBytes } = this.#layout;
    const inGrain = run.start % grainBytes;
    const grainAt = run.start - inGrain;
    if (this.#grainAt !== grainAt) {
      this.#grainAt = -1;
      this.#grain = await this.#inflate(run, grainAt);
      this.#grainAt = grainAt;
    }
    if (inGrain + into.length > this.#grain.length) {
      throw this.#damage("disk.damaged", run, `holds ${this.#grain.length} bytes, ${inGrain + into.length} are needed`);
    }
    into.set(this.#grain.subarray(inGrain, inGrain + into.length));
  }

  /** Marker: guest sector u64, length u32; then a zlib stream (RFC 1950) of at most one grain. */
  async #inflate(run: Run, grainAt: number): Promise<Uint8Array> {
    const { grainBytes } = this.#layout;
    const reader = this.#compressed;
    if (!reader) throw new AppError("internal.bug", "a compressed grain in an extent without compression");
    const what = `grain ${grainAt / grainBytes}`;
    const head = await reader.bytes(run.fileOffset, GRAIN_MARKER_BYTES, what);
    const view = new DataView(head.buffer, head.byteOffset, GRAIN_MARKER_BYTES);
    const sector = view.getBigUint64(0, true);
    if (sector !== BigInt(grainAt / SECTOR_BYTES)) {
      throw this.#damage(
        "disk.damaged",
        run,
        `has the marker of guest sector ${sector}, not of ${grainAt / SECTOR_BYTES}`,
      );
    }
    const length = view.getUint32(8, true);
    if (length === 0 || length > 2 * grainBytes) {
      throw this.#damage(
        "disk.damaged",
        run,
        `says it has ${length} compressed bytes; 1 to ${2 * grainBytes} are possible`,
      );
    }
    const stored = await reader.bytes(run.fileOffset + GRAIN_MARKER_BYTES, length, what);
    try {
      return this.#inflated.subarray(0, kernels().inflate(stored, this.#inflated, "zlib"));
    } catch (error) {
      throw this.#damage("disk.damaged", run, "does not inflate to one grain", error);
    }
  }

  #damage(code: "disk.damaged" | "disk.truncated", run: Run, what: string, cause?: unknown): AppError {
    const grain = Math.floor(run.start / this.#layout.grainBytes);
    return new AppError(code, `grain ${grain} of ${this.#source.name} at offset ${run.fileOffset} ${what}`, {
      details: { file: this.#source.name, structure: "grain", grain, offset: run.fileOffset },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

function joins(before: Run, after: Run): boolean {
  if (before.kind !== after.kind || before.kind === "compressed") return false;
  return before.kind !== "data" || before.fileOffset + before.length === after.fileOffset;
}
