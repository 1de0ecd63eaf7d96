/**
 * From guest offsets to places in the file, for every kind of sparse extent: a directory of tables, and tables with an entry per
 * grain. What an entry says differs by kind (sparse-extent.ts, cowd.ts, se-sparse.ts); the walk is the same.
 *
 *   directory entry  = offset / (grain × entries per table)
 *   table entry      = offset / grain % entries per table
 *
 * Tables are read through a window of bounded size; the walk of a table makes no object per grain, only one per run.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import { type Extent, joinRuns } from "../format.ts";

/** 1 MiB of directory and tables: of a hosted sparse extent 16 GiB of guest at the usual grain. */
const TABLE_PAGES = 16;

/** What `grainAt` answers for a grain that is not stored; places in the file are positive. */
export const HOLE = -1;
export const ZERO = -2;

/** Where directory and tables are and how their entries are read. Sizes in bytes. */
export interface GrainTables {
  readonly capacityBytes: number;
  readonly grainBytes: number;
  readonly entriesPerTable: number;
  /** Of directory and tables. */
  readonly entryBytes: 4 | 8;
  readonly directoryAtBytes: number;
  readonly directoryEntries: number;
  /** Grains are zlib streams behind a marker: one that follows another in the guest is a run of its own. */
  readonly compressed: boolean;
  /**
   * Offset of the table that a directory entry (at `at` of `view`) means; 0 = there is none.
   * @throws AppError disk.damaged naming `index`
   */
  tableAt(view: DataView, at: number, index: number): number;
  /** Offset of the grain that a table entry (at `at` of `view`) means, or HOLE or ZERO. @throws AppError disk.damaged naming `grain` */
  grainAt(view: DataView, at: number, grain: number): number;
}

type Kind = "data" | "compressed" | "zero" | "hole";

/** A range with one source: `fileOffset` counts for data and compressed. Plain neighbours in the file are one run. */
export interface Run {
  start: number;
  length: number;
  readonly kind: Kind;
  readonly fileOffset: number;
}

/** Whether what lies behind a run goes on with it. */
type Joins = (before: Run, kind: Kind, fileOffset: number) => boolean;

export class GrainMap {
  readonly #source: ByteSource;
  readonly #layout: GrainTables;
  readonly #tables: PagedBytes;

  constructor(source: ByteSource, layout: GrainTables) {
    this.#source = source;
    this.#layout = layout;
    this.#tables = new PagedBytes(source, TABLE_PAGES);
  }

  /**
   * A directory cannot list more tables than fit into the file: without this check a small file whose entries all point to one
   * table would describe a disk that takes hours to walk.
   * @throws AppError disk.damaged, disk.truncated
   */
  async assertDirectoryFits(): Promise<void> {
    const { directoryAtBytes, directoryEntries, entriesPerTable, entryBytes } = this.#layout;
    let tables = 0;
    for (let index = 0; index < directoryEntries; ) {
      const view = await this.#tables.view(
        directoryAtBytes + index * entryBytes,
        (directoryEntries - index) * entryBytes,
        "grain directory",
      );
      for (let at = 0; at < view.byteLength; at += entryBytes) {
        if (view.getUint32(at, true) !== 0 || (entryBytes === 8 && view.getUint32(at + 4, true) !== 0)) tables++;
      }
      index += view.byteLength / entryBytes;
    }
    if (tables * entriesPerTable * entryBytes <= this.#source.sizeBytes) return;
    throw new AppError(
      "disk.damaged",
      `grain directory of ${this.#source.name} at offset ${directoryAtBytes} lists ${tables} tables, more than the file can hold`,
      { details: { file: this.#source.name, structure: "grain directory", offset: directoryAtBytes } },
    );
  }

  async *extents(start: number, length: number): AsyncIterable<Extent> {
    const pages = this.#pages(start, start + length, alike);
    for await (const run of joinRuns(pages, (before, after) => alike(before, after.kind))) {
      yield { start: run.start, length: run.length, state: run.kind === "compressed" ? "data" : run.kind };
    }
  }

  /** The runs of [start, end) in order and gap-free, a table's at a time. */
  runs(start: number, end: number): AsyncIterable<readonly Run[]> {
    return this.#pages(start, end, adjoining);
  }

  async *#pages(start: number, end: number, joins: Joins): AsyncIterable<Run[]> {
    const { grainBytes, entriesPerTable, entryBytes, directoryAtBytes } = this.#layout;
    const tableBytes = grainBytes * entriesPerTable;
    for (let at = start; at < end; ) {
      const index = Math.floor(at / tableBytes);
      const tableStart = index * tableBytes;
      const tableEnd = Math.min(end, tableStart + tableBytes);
      const inDirectory = directoryAtBytes + index * entryBytes;
      const directory =
        this.#tables.viewNow(inDirectory, entryBytes) ??
        (await this.#tables.view(inDirectory, entryBytes, `grain directory entry ${index}`));
      const tableAt = this.#layout.tableAt(directory, 0, index);
      if (tableAt === 0) {
        yield [{ start: at, length: tableEnd - at, kind: "hole", fileOffset: 0 }];
        at = tableEnd;
        continue;
      }
      const found: Run[] = [];
      while (at < tableEnd) {
        const entry = Math.floor((at - tableStart) / grainBytes);
        const entries = Math.ceil((tableEnd - tableStart) / grainBytes) - entry;
        const [inTable, bytes] = [tableAt + entry * entryBytes, entries * entryBytes];
        const view =
          this.#tables.viewNow(inTable, bytes) ?? (await this.#tables.view(inTable, bytes, `grain table ${index}`));
        const upTo = Math.min(tableEnd, tableStart + (entry + view.byteLength / entryBytes) * grainBytes);
        this.#walk(view, at, upTo, found, joins);
        at = upTo;
      }
      yield found;
    }
  }

  /** Adds what the entries of `view` say of [start, end) to `found`; the first entry is that of the grain with `start`. */
  #walk(view: DataView, start: number, end: number, found: Run[], joins: Joins): void {
    const { grainBytes, entryBytes, compressed } = this.#layout;
    const { sizeBytes } = this.#source;
    let grain = Math.floor(start / grainBytes);
    let last = found.at(-1);
    /** Where a grain must lie to go on with the last run: its entry's value, or a place in the file. */
    let goesOnAt = Number.NaN;
    for (let at = start, entry = 0; at < end; ) {
      const inGrain = at % grainBytes;
      const stored = this.#layout.grainAt(view, entry, grain);
      // A disk is mostly holes: those that are said in the same way are one step.
      const grains = stored < 0 ? alikeFrom(view, entry, entryBytes) : 1;
      const length = Math.min(grains * grainBytes - inGrain, end - at);
      const place = stored < 0 || compressed ? stored : stored + inGrain;
      if (place >= 0 && !compressed && place + length > sizeBytes) {
        throw grainProblem("disk.truncated", this.#source, grain, place, "lies beyond the end of the file");
      }
      if (last !== undefined && place === goesOnAt) last.length += length;
      else {
        const kind = place === HOLE ? "hole" : place === ZERO ? "zero" : compressed ? "compressed" : "data";
        const fileOffset = Math.max(place, 0);
        if (last !== undefined && joins(last, kind, fileOffset)) last.length += length;
        else {
          last = { start: at, length, kind, fileOffset };
          found.push(last);
        }
      }
      goesOnAt = place < 0 ? place : compressed ? Number.NaN : place + length;
      at += length;
      entry += grains * entryBytes;
      grain += grains;
    }
  }
}

/** How many entries from `first` on are the same to the last bit. */
function alikeFrom(view: DataView, first: number, entryBytes: number): number {
  const low = view.getInt32(first, true);
  const high = entryBytes === 8 ? view.getInt32(first + 4, true) : 0;
  let at = first + entryBytes;
  for (; at + entryBytes <= view.byteLength; at += entryBytes) {
    if (view.getInt32(at, true) !== low) break;
    if (entryBytes === 8 && view.getInt32(at + 4, true) !== high) break;
  }
  return (at - first) / entryBytes;
}

/** For states: where the bytes lie does not matter. */
function alike(before: Run, kind: Kind): boolean {
  return before.kind === kind;
}

/** For reading: one piece of the file, or one state without any. */
function adjoining(before: Run, kind: Kind, fileOffset: number): boolean {
  if (before.kind !== kind || kind === "compressed") return false;
  return kind !== "data" || before.fileOffset + before.length === fileOffset;
}

/** A refusal that names the grain and where it should lie. */
export function grainProblem(
  code: "disk.damaged" | "disk.truncated",
  source: Pick<ByteSource, "name">,
  grain: number,
  offset: number,
  what: string,
  cause?: unknown,
): AppError {
  return new AppError(code, `grain ${grain} of ${source.name} at offset ${offset} ${what}`, {
    details: { file: source.name, structure: "grain", grain, offset },
    ...(cause === undefined ? {} : { cause }),
  });
}
