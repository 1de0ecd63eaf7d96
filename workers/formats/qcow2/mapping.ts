/**
 * From guest offsets to host offsets (specification, section "Cluster mapping"):
 *
 *   L1 entry n    guest offset / (cluster × entries per L2)   bits 9-55 offset of the L2 table, bit 63 copied, others reserved
 *   L2 entry m    guest offset / cluster % entries per L2     bit 62 = 0: bits 9-55 host offset, bit 0 reads as zeros (v3)
 *                                                             bit 62 = 1: compressed; with x = 62 - (cluster bits - 8)
 *                                                             bits 0..x-1 host offset, bits x..61 further 512-byte sectors
 *   extended L2   the same, then 64 bits                      bit n: subcluster n is stored; bit 32 + n: it reads as zeros
 *
 * Tables are read through a window of bounded size, and walked a page at a time.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import {
  compressedPlace,
  hasHighReserved,
  hostOffset,
  isCompressed,
  isCopied,
  isOnCluster,
  lowFlags,
} from "./entries.ts";
import { type Layer, neededL1Entries, type Qcow2Header } from "./header.ts";
import { compressedOffsetBits, ENTRY_BYTES, SUBCLUSTERS } from "./structures.ts";

/** 1 MiB of tables: 8 GiB of guest at the usual cluster size. */
const TABLE_PAGES = 16;

/** Missing L2 tables told as one run, so that also the walk of a huge empty disk can be held or left midway. */
const MAX_EMPTY_TABLES = 256;

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
  readonly #data: ByteSource;
  readonly #header: Qcow2Header;
  readonly #layer: Layer;
  readonly #tables: PagedBytes;
  readonly #tableBytes: number;
  readonly #offsetBits: number;

  /** @param data where the clusters lie: `source` itself, or the external data file */
  constructor(source: ByteSource, data: ByteSource, header: Qcow2Header, layer: Layer) {
    this.#source = source;
    this.#data = data;
    this.#header = header;
    this.#layer = layer;
    this.#tables = new PagedBytes(source, TABLE_PAGES);
    this.#tableBytes = header.clusterBytes * (header.clusterBytes / header.entryBytes);
    this.#offsetBits = compressedOffsetBits(header.clusterBits);
  }

  /**
   * An L1 table cannot list more L2 tables than fit into the file: without this check a small file whose entries all point to
   * one table would describe a disk that takes hours to walk.
   * @throws AppError disk.damaged, disk.truncated
   */
  async assertTablesFit(): Promise<void> {
    const { clusterBytes, entryBytes } = this.#header;
    const { l1AtBytes, virtualSizeBytes } = this.#layer;
    const entries = neededL1Entries(virtualSizeBytes, clusterBytes, entryBytes);
    let tables = 0;
    for (let index = 0; index < entries; ) {
      const left = (entries - index) * ENTRY_BYTES;
      const view = await this.#tables.view(l1AtBytes + index * ENTRY_BYTES, left, "qcow2 L1 table");
      for (let at = 0; at < view.byteLength; at += ENTRY_BYTES) if (!isEmpty(view, at)) tables++;
      index += view.byteLength / ENTRY_BYTES;
    }
    if (tables * clusterBytes <= this.#source.sizeBytes) return;
    throw this.#problem(
      "disk.damaged",
      "L1 table",
      l1AtBytes,
      `lists ${tables} L2 tables, more than the file can hold`,
    );
  }

  /**
   * The runs from `start` on, in order and gap-free, neighbours in the file as one: as far as one page of the tables tells, and
   * not beyond `end`. At least one, so a caller walks on from where the last one ends.
   * @throws AppError disk.damaged, disk.truncated naming the entry
   */
  async page(start: number, end: number): Promise<readonly Run[]> {
    const { clusterBytes, entryBytes } = this.#header;
    const tableBytes = this.#tableBytes;
    const l1Index = Math.floor(start / tableBytes);
    const l1At = this.#layer.l1AtBytes + l1Index * ENTRY_BYTES;
    const l1Entries = Math.min(Math.ceil(end / tableBytes) - l1Index, MAX_EMPTY_TABLES);
    const l1 = await this.#tables.view(l1At, l1Entries * ENTRY_BYTES, "qcow2 L1 table");
    const l2At = this.#l2Offset(l1.getUint32(0), l1.getUint32(4), l1Index, l1At);
    if (l2At === 0) {
      let empty = ENTRY_BYTES;
      while (empty < l1.byteLength && isEmpty(l1, empty)) empty += ENTRY_BYTES;
      const length = Math.min(end, (l1Index + empty / ENTRY_BYTES) * tableBytes) - start;
      return [{ start, length, kind: "hole", hostOffset: 0, storedBytes: 0 }];
    }
    const tableStart = l1Index * tableBytes;
    const tableEnd = Math.min(end, tableStart + tableBytes);
    const entry = Math.floor((start - tableStart) / clusterBytes);
    const viewAt = l2At + entry * entryBytes;
    const viewBytes = Math.ceil((tableEnd - tableStart) / clusterBytes) * entryBytes - entry * entryBytes;
    const view = await this.#tables.view(viewAt, viewBytes, `qcow2 L2 table ${l1Index}`);
    const runs = new RunList();
    let at = start;
    let clusterEnd = tableStart + (entry + 1) * clusterBytes;
    for (let i = 0; i < view.byteLength; i += entryBytes) {
      const stop = Math.min(clusterEnd, tableEnd);
      this.#decode(view, i, at, stop, clusterEnd - clusterBytes, viewAt + i, runs);
      at = stop;
      clusterEnd += clusterBytes;
    }
    return runs.all;
  }

  #l2Offset(high: number, low: number, l1Index: number, atBytes: number): number {
    const offset = hostOffset(high, low);
    if (hasHighReserved(high, "L1") || lowFlags(low) !== 0) {
      throw this.#problem("disk.damaged", `L1 entry ${l1Index}`, atBytes, "has reserved bits set");
    }
    if (!isOnCluster(low, this.#header.clusterBytes)) {
      const words = `points to ${offset}, which is not the start of a cluster`;
      throw this.#problem("disk.damaged", `L1 entry ${l1Index}`, atBytes, words);
    }
    return offset;
  }

  /** The runs of [start, stop), which lies in the cluster at `clusterAt` whose L2 entry stands at `i` of the view. */
  #decode(
    view: DataView,
    i: number,
    start: number,
    stop: number,
    clusterAt: number,
    entryAt: number,
    runs: RunList,
  ): void {
    const high = view.getUint32(i);
    const low = view.getUint32(i + 4);
    if (isCompressed(high)) {
      this.#compressed(high, low, start, stop, entryAt, runs);
      return;
    }
    const { clusterBytes, extendedL2, version } = this.#header;
    const flags = lowFlags(low);
    if (hasHighReserved(high, "L2") || flags > (extendedL2 ? 0 : 1)) {
      throw this.#entryProblem(start, entryAt, "has reserved bits set");
    }
    const offset = hostOffset(high, low);
    if (!isOnCluster(low, clusterBytes)) {
      throw this.#entryProblem(start, entryAt, `points to ${offset}, which is not the start of a cluster`);
    }
    // In an external data file the first cluster is a cluster like others: the flag "copied" tells it from none.
    const isStored = offset > 0 || (this.#header.dataFileName !== null && isCopied(high));
    const hostAt = offset + (start - clusterAt);
    if (extendedL2) {
      const bits = { zeros: view.getUint32(i + 8), stored: view.getUint32(i + 12) };
      this.#subclusters(bits, isStored, offset, start, stop, clusterAt, entryAt, runs);
    } else if (flags === 1) {
      if (version < 3) throw this.#entryProblem(start, entryAt, "marks zeros, which version 2 does not know");
      runs.add("zero", start, stop, 0);
    } else if (!isStored) runs.add("hole", start, stop, 0);
    else {
      this.#assertInFile(hostAt, stop - start, start, entryAt);
      runs.add("data", start, stop, hostAt);
    }
  }

  /** "Extended L2 Entries": each subcluster is stored, zero, or neither (a backing file's). */
  #subclusters(
    { zeros, stored }: { readonly zeros: number; readonly stored: number },
    isStored: boolean,
    offset: number,
    start: number,
    stop: number,
    clusterAt: number,
    entryAt: number,
    runs: RunList,
  ): void {
    if ((zeros & stored) !== 0) {
      throw this.#entryProblem(start, entryAt, "says of a subcluster that it is stored and that it is zero");
    }
    if (stored !== 0 && !isStored) {
      throw this.#entryProblem(start, entryAt, "says that subclusters are stored, but not where");
    }
    const step = this.#header.clusterBytes / SUBCLUSTERS;
    for (let n = Math.floor((start - clusterAt) / step), at = start; at < stop; n++) {
      const next = Math.min(stop, clusterAt + (n + 1) * step);
      const hostAt = offset + (at - clusterAt);
      if (((stored >>> n) & 1) === 1) {
        this.#assertInFile(hostAt, next - at, start, entryAt);
        runs.add("data", at, next, hostAt);
      } else runs.add(((zeros >>> n) & 1) === 1 ? "zero" : "hole", at, next, 0);
      at = next;
    }
  }

  #assertInFile(hostAt: number, length: number, start: number, entryAt: number): void {
    if (hostAt + length <= this.#data.sizeBytes) return;
    const words = `points to ${hostAt}, beyond the end of ${this.#data.name}`;
    throw this.#entryProblem(start, entryAt, words, "disk.truncated");
  }

  #entryProblem(
    start: number,
    entryAt: number,
    words: string,
    code: "disk.damaged" | "disk.truncated" = "disk.damaged",
  ): AppError {
    return this.#problem(code, `L2 entry of guest offset ${start}`, entryAt, words);
  }

  #compressed(high: number, low: number, start: number, stop: number, entryAt: number, runs: RunList): void {
    if (this.#header.dataFileName !== null) {
      throw this.#entryProblem(start, entryAt, "is compressed, which an external data file cannot hold");
    }
    const { atBytes, length } = compressedPlace(high, low, this.#offsetBits);
    const { sizeBytes } = this.#source;
    if (atBytes >= sizeBytes) {
      const words = `points to ${atBytes}, beyond the end of the file`;
      throw this.#entryProblem(start, entryAt, words, "disk.truncated");
    }
    // The last sector counted may go past the end of the file: the stream itself ends before.
    const storedBytes = Math.min(length, sizeBytes - atBytes);
    runs.all.push({ start, length: stop - start, kind: "compressed", hostOffset: atBytes, storedBytes });
  }

  #problem(code: "disk.damaged" | "disk.truncated", what: string, offset: number, words: string): AppError {
    return new AppError(code, `qcow2 ${what} of ${this.#source.name} at offset ${offset} ${words}`, {
      details: { file: this.#source.name, structure: `qcow2 ${what}`, offset },
    });
  }
}

/** Runs as they are found: what joins the last one makes it longer. */
class RunList {
  readonly all: Run[] = [];

  add(kind: "data" | "zero" | "hole", start: number, stop: number, hostOffset: number): void {
    const last = this.all.at(-1);
    const joins = last?.kind === kind && (kind !== "data" || last.hostOffset + last.length === hostOffset);
    if (joins) last.length += stop - start;
    else this.all.push({ start, length: stop - start, kind, hostOffset, storedBytes: 0 });
  }
}

function isEmpty(view: DataView, at: number): boolean {
  return view.getUint32(at) === 0 && view.getUint32(at + 4) === 0;
}
