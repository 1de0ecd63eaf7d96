/**
 * The reference counts an image states ("Host cluster management"): a table of the blocks, in each block a count of 1 to 64 bits for
 * every cluster of the file. Only `check` looks at them; reading needs none.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import type { Qcow2Header } from "./header.ts";
import { MAX_COUNT } from "./host-window.ts";
import { ENTRY_BYTES, SECTOR_BYTES } from "./structures.ts";

/** QEMU opens no image with a larger table. */
const MAX_TABLE_BYTES = 8 * 1024 * 1024;
/** "refcount_order: may not exceed 6" */
const MAX_ORDER = 6;
const TABLE_PAGES = 4;

/** An entry of the table that names a block. */
export interface BlockEntry {
  readonly index: number;
  readonly entryAt: number;
  readonly atBytes: number;
  /** What is wrong with the entry, or null. */
  readonly problem: string | null;
  /** The block is where the entry says. */
  readonly isThere: boolean;
}

export class Refcounts {
  readonly tableAtBytes: number;
  readonly tableBytes: number;
  readonly clusterBytes: number;
  /** How many clusters a block counts. */
  readonly countsPerBlock: number;
  readonly #source: ByteSource;
  readonly #bits: number;
  readonly #pages: PagedBytes;

  /** @throws AppError disk.damaged, disk.too-large, disk.truncated naming the header's field */
  constructor(source: ByteSource, header: Qcow2Header) {
    const { clusterBytes, refcountOrder, refcountTableOffset, refcountTableClusters } = header;
    const refuse = (code: "disk.damaged" | "disk.too-large" | "disk.truncated", words: string): AppError =>
      new AppError(code, `qcow2 header of ${source.name}: ${words}`, { details: { file: source.name } });
    this.tableAtBytes = refcountTableOffset;
    this.tableBytes = refcountTableClusters * clusterBytes;
    if (refcountOrder > MAX_ORDER) throw refuse("disk.damaged", `refcount_order ${refcountOrder} is more than 6`);
    if (this.tableBytes > MAX_TABLE_BYTES)
      throw refuse("disk.too-large", `a refcount table of ${this.tableBytes} bytes`);
    if (this.tableBytes === 0 || refcountTableOffset === 0 || refcountTableOffset % clusterBytes !== 0) {
      throw refuse("disk.damaged", `the refcount table at ${refcountTableOffset} is not at the start of a cluster`);
    }
    if (refcountTableOffset + this.tableBytes > source.sizeBytes) {
      throw refuse("disk.truncated", `the refcount table at ${refcountTableOffset} lies beyond the end of the file`);
    }
    this.#source = source;
    this.clusterBytes = clusterBytes;
    this.#bits = 2 ** refcountOrder;
    this.countsPerBlock = (clusterBytes * 8) / this.#bits;
    this.#pages = new PagedBytes(source, TABLE_PAGES);
  }

  /** All blocks, page by page of the table. */
  async *blocks(): AsyncIterable<readonly BlockEntry[]> {
    for (let done = 0; done < this.tableBytes; ) {
      const view = await this.#pages.view(this.tableAtBytes + done, this.tableBytes - done, "qcow2 refcount table");
      const found: BlockEntry[] = [];
      for (let i = 0; i < view.byteLength; i += ENTRY_BYTES) {
        const entry = this.#entry(view, i, (done + i) / ENTRY_BYTES);
        if (entry !== null) found.push(entry);
      }
      done += view.byteLength;
      yield found;
    }
  }

  /** The counts of the clusters from `first` on; 0 where there is no block. */
  async load(first: number, into: Uint16Array): Promise<void> {
    into.fill(0);
    for (let done = 0; done < into.length; ) {
      const block = Math.floor((first + done) / this.countsPerBlock);
      const inBlock = (first + done) % this.countsPerBlock;
      const counts = Math.min(this.countsPerBlock - inBlock, into.length - done);
      const entryAt = block * ENTRY_BYTES;
      if (entryAt >= this.tableBytes) return;
      const view = await this.#pages.view(this.tableAtBytes + entryAt, ENTRY_BYTES, "qcow2 refcount table");
      const entry = this.#entry(view, 0, block);
      if (entry?.isThere) await this.#loadBlock(entry.atBytes, inBlock, into.subarray(done, done + counts));
      done += counts;
    }
  }

  async #loadBlock(atBytes: number, inBlock: number, into: Uint16Array): Promise<void> {
    const bits = this.#bits;
    const startBytes = Math.floor((inBlock * bits) / 8);
    const endBytes = Math.ceil(((inBlock + into.length) * bits) / 8);
    // Windows begin on multiples of eight counts, so that a byte of several is begun at its first.
    for (let done = 0, index = 0; startBytes + done < endBytes; ) {
      const left = endBytes - startBytes - done;
      const view = await this.#pages.view(atBytes + startBytes + done, left, "qcow2 refcount block");
      const here = Math.min((view.byteLength * 8) / bits, into.length - index);
      for (let i = 0; i < here; i++) into[index + i] = readCount(view, i, bits);
      index += here;
      done += view.byteLength;
    }
  }

  #entry(view: DataView, at: number, index: number): BlockEntry | null {
    const high = view.getUint32(at);
    const low = view.getUint32(at + 4);
    if (high === 0 && low === 0) return null;
    const flags = low % SECTOR_BYTES;
    const atBytes = high * 2 ** 32 + (low - flags);
    const entryAt = this.tableAtBytes + index * ENTRY_BYTES;
    const inFile = atBytes > 0 && atBytes + this.clusterBytes <= this.#source.sizeBytes;
    const aligned = atBytes % this.clusterBytes === 0;
    let problem: string | null = null;
    if (!aligned) problem = `points to ${atBytes}, which is not the start of a cluster`;
    else if (!inFile) problem = `points to ${atBytes}, where the file holds no block`;
    else if (flags > 0) problem = "has reserved bits set";
    return { index, entryAt, atBytes, problem, isThere: aligned && inFile };
  }
}

/** Count `index` of a block: big endian; of several in a byte the first has the lowest bits. */
function readCount(view: DataView, index: number, bits: number): number {
  if (bits === 16) return view.getUint16(index * 2);
  if (bits === 32) return Math.min(MAX_COUNT, view.getUint32(index * 4));
  if (bits === 8) return view.getUint8(index);
  if (bits === 64)
    return view.getUint32(index * 8) > 0 ? MAX_COUNT : Math.min(MAX_COUNT, view.getUint32(index * 8 + 4));
  const perByte = 8 / bits;
  const byte = view.getUint8(Math.floor(index / perByte));
  return (byte >> ((index % perByte) * bits)) & (2 ** bits - 1);
}
