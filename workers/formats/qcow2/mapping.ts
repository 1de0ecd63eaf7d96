/**
 * From guest offsets to host offsets (specification, section "Cluster mapping"):
 *
 *   L1 entry n    guest offset / (cluster × entries per L2)   bits 9-55 offset of the L2 table, bit 63 copied, others reserved
 *   L2 entry m    guest offset / cluster % entries per L2     bit 62 = 0: bits 9-55 host offset, bit 0 reads as zeros (v3)
 *                                                             bit 62 = 1: compressed; with x = 62 - (cluster bits - 8)
 *                                                             bits 0..x-1 host offset, bits x..61 further 512-byte sectors
 *
 * Tables are read through a window of bounded size. Entries are taken apart by arithmetic on their two halves, so that no
 * offset passes through 32-bit operators.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import { joinRuns } from "../format.ts";
import type { Qcow2Header } from "./header.ts";
import { ENTRY_BYTES } from "./structures.ts";

/** 2 MiB of tables: 16 GiB of guest at the usual cluster size. */
const TABLE_PAGES = 32;

const SECTOR_BYTES = 512;

/** A range with one source. `hostOffset` counts for data and compressed, `storedBytes` for compressed (one cluster a run). */
export interface Run {
  start: number;
  length: number;
  kind: "data" | "compressed" | "zero" | "hole";
  hostOffset: number;
  storedBytes: number;
}

export class Mapping {
  readonly #source: ByteSource;
  readonly #header: Qcow2Header;
  readonly #tables: PagedBytes;
  readonly #entriesPerTable: number;

  constructor(source: ByteSource, header: Qcow2Header) {
    this.#source = source;
    this.#header = header;
    this.#tables = new PagedBytes(source, TABLE_PAGES);
    this.#entriesPerTable = header.clusterBytes / ENTRY_BYTES;
  }

  /**
   * An L1 table cannot list more L2 tables than fit into the file: without this check a small file whose entries all point to
   * one table would describe a disk that takes hours to walk.
   * @throws AppError disk.damaged, disk.truncated
   */
  async assertTablesFit(): Promise<void> {
    const { l1TableOffset, size, clusterBytes } = this.#header;
    const entries = Math.ceil(size / (clusterBytes * this.#entriesPerTable));
    let tables = 0;
    for (let index = 0; index < entries; ) {
      const left = (entries - index) * ENTRY_BYTES;
      const view = await this.#tables.view(l1TableOffset + index * ENTRY_BYTES, left, "qcow2 L1 table");
      for (let at = 0; at < view.byteLength; at += ENTRY_BYTES) if (view.getBigUint64(at) !== 0n) tables++;
      index += view.byteLength / ENTRY_BYTES;
    }
    if (tables * clusterBytes <= this.#source.sizeBytes) return;
    throw this.#problem(
      "disk.damaged",
      "L1 table",
      l1TableOffset,
      `lists ${tables} L2 tables, more than the file can hold`,
    );
  }

  /** The runs of [start, end) in order and gap-free; plain neighbours in the file are one run, up to some length of table. */
  runs(start: number, end: number): AsyncIterable<Run> {
    return joinRuns(this.#pages(start, end), joins);
  }

  async *#pages(start: number, end: number): AsyncIterable<Run[]> {
    const { clusterBytes, l1TableOffset } = this.#header;
    const tableBytes = clusterBytes * this.#entriesPerTable;
    for (let at = start; at < end; ) {
      const l1Index = Math.floor(at / tableBytes);
      const tableEnd = Math.min(end, (l1Index + 1) * tableBytes);
      const l1 = await this.#tables.view(l1TableOffset + l1Index * ENTRY_BYTES, ENTRY_BYTES, "qcow2 L1 table");
      const l2Offset = this.#l2Offset(l1.getUint32(0), l1.getUint32(4), l1Index);
      const found: Run[] = [];
      if (l2Offset === 0) {
        found.push({ start: at, length: tableEnd - at, kind: "hole", hostOffset: 0, storedBytes: 0 });
        at = tableEnd;
      }
      // One page of the table at a time, so that what is found in it stays bounded.
      while (at < tableEnd && l2Offset !== 0 && found.length === 0) {
        const entry = Math.floor((at - l1Index * tableBytes) / clusterBytes);
        const entries = Math.ceil((tableEnd - l1Index * tableBytes) / clusterBytes) - entry;
        const viewAt = l2Offset + entry * ENTRY_BYTES;
        const view = await this.#tables.view(viewAt, entries * ENTRY_BYTES, `qcow2 L2 table ${l1Index}`);
        for (let i = 0; i < view.byteLength; i += ENTRY_BYTES) {
          const inCluster = at % clusterBytes;
          const length = Math.min(clusterBytes - inCluster, tableEnd - at);
          const run = this.#run(view.getUint32(i), view.getUint32(i + 4), at, length, inCluster, viewAt + i);
          const last = found.at(-1);
          if (last && joins(last, run)) last.length += run.length;
          else found.push(run);
          at += length;
        }
      }
      yield found;
    }
  }

  #l2Offset(high: number, low: number, l1Index: number): number {
    const at = this.#header.l1TableOffset + l1Index * ENTRY_BYTES;
    const offset = offsetBits(high, low);
    if (high % 2 ** 31 >= 2 ** 24 || low % SECTOR_BYTES !== 0) {
      throw this.#problem("disk.damaged", `L1 entry ${l1Index}`, at, "has reserved bits set");
    }
    if (offset % this.#header.clusterBytes !== 0) {
      throw this.#problem(
        "disk.damaged",
        `L1 entry ${l1Index}`,
        at,
        `points to ${offset}, which is not the start of a cluster`,
      );
    }
    return offset;
  }

  #run(high: number, low: number, start: number, length: number, inCluster: number, entryAt: number): Run {
    const isCompressed = high % 2 ** 31 >= 2 ** 30;
    if (isCompressed) return this.#compressedRun(high, low, start, length, entryAt);
    const what = (): string => `L2 entry of guest offset ${start}`;
    const flags = low % SECTOR_BYTES;
    if (high % 2 ** 30 >= 2 ** 24 || flags > 1)
      throw this.#problem("disk.damaged", what(), entryAt, "has reserved bits set");
    if (flags === 1) {
      if (this.#header.version < 3)
        throw this.#problem("disk.damaged", what(), entryAt, "marks zeros, which version 2 does not know");
      return { start, length, kind: "zero", hostOffset: 0, storedBytes: 0 };
    }
    const offset = offsetBits(high, low);
    if (offset === 0) return { start, length, kind: "hole", hostOffset: 0, storedBytes: 0 };
    if (offset % this.#header.clusterBytes !== 0) {
      throw this.#problem("disk.damaged", what(), entryAt, `points to ${offset}, which is not the start of a cluster`);
    }
    const hostOffset = offset + inCluster;
    if (hostOffset + length > this.#source.sizeBytes) {
      throw this.#problem("disk.truncated", what(), entryAt, `points to ${offset}, beyond the end of the file`);
    }
    return { start, length, kind: "data", hostOffset, storedBytes: 0 };
  }

  #compressedRun(high: number, low: number, start: number, length: number, entryAt: number): Run {
    const { clusterBits } = this.#header;
    const offsetBitCount = 62 - (clusterBits - 8);
    const highOffsetBits = 2 ** (offsetBitCount - 32);
    const hostOffset = (high % highOffsetBits) * 2 ** 32 + low;
    const sectors = Math.floor((high % 2 ** 30) / highOffsetBits) + 1;
    const { sizeBytes } = this.#source;
    if (hostOffset >= sizeBytes) {
      throw this.#problem(
        "disk.truncated",
        `L2 entry of guest offset ${start}`,
        entryAt,
        `points to ${hostOffset}, beyond the end of the file`,
      );
    }
    // The last sector counted may go past the end of the file: the stream itself ends before.
    const storedBytes = Math.min(sectors * SECTOR_BYTES - (hostOffset % SECTOR_BYTES), sizeBytes - hostOffset);
    return { start, length, kind: "compressed", hostOffset, storedBytes };
  }

  #problem(code: "disk.damaged" | "disk.truncated", what: string, offset: number, words: string): AppError {
    return new AppError(code, `qcow2 ${what} of ${this.#source.name} at offset ${offset} ${words}`, {
      details: { file: this.#source.name, structure: `qcow2 ${what}`, offset },
    });
  }
}

/** Bits 9-55 of an entry. */
function offsetBits(high: number, low: number): number {
  return (high % 2 ** 24) * 2 ** 32 + (low - (low % SECTOR_BYTES));
}

function joins(before: Run, after: Run): boolean {
  if (before.kind !== after.kind || before.kind === "compressed") return false;
  return before.kind !== "data" || before.hostOffset + before.length === after.hostOffset;
}
