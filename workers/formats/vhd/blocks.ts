/**
 * From guest offsets to places in the file (specification, section "Block Allocation Table and Data Blocks"):
 *
 *   table entry n   guest offset / block: sector of the block, all ones when it is not stored
 *   block           bitmap, a bit per sector from the highest bit of the first byte on, padded to a sector │ data
 *
 * A set bit means that the sector is stored here. A clear one means the parent's sector, or zeros where there is no parent.
 * The table is read through a window; opening walks it once.
 */
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import { addRun, MOST_RUNS, type Run } from "../block-map/runs.ts";
import { type FoundFooter, problem } from "./footer.ts";
import type { DynamicHeader } from "./header.ts";
import { bitmapBytesOf, ENTRY_BYTES, headerTable, SECTOR_BYTES, UNUSED } from "./structures.ts";

/** 1 MiB of the table: 512 GiB of guest at the usual block size. */
const TABLE_PAGES = 16;
/** Bitmaps kept: those of what `extents` was just told of, 64 KiB at the usual block size if none is full. */
const MAX_BITMAPS = 2 * MOST_RUNS;
/** A block of 2 MiB, every other sector of it. */
const MOST_SECTOR_RUNS = 4096;
const TABLE = "VHD block allocation table";

export class Blocks {
  readonly #source: ByteSource;
  readonly #found: FoundFooter;
  readonly #dynamic: DynamicHeader;
  readonly #table: PagedBytes;
  readonly #bitmapBytes: number;
  /** Null where every sector is stored: the usual case, in which nothing is to be looked at. */
  readonly #bitmaps = new Map<number, Uint8Array | null>();

  constructor(source: ByteSource, found: FoundFooter, dynamic: DynamicHeader) {
    this.#source = source;
    this.#found = found;
    this.#dynamic = dynamic;
    this.#table = new PagedBytes(source, TABLE_PAGES);
    this.#bitmapBytes = bitmapBytesOf(dynamic.header.blockSize);
  }

  /**
   * Walks the table: every block must lie inside the file, apart from the headers, the table and every other block.
   * @returns the number of blocks that are stored
   * @throws AppError disk.damaged, disk.truncated
   */
  async check(): Promise<number> {
    const { blocks, header } = this.#dynamic;
    const spanBytes = this.#bitmapBytes + header.blockSize;
    // Blocks that do not overlap are no more than the file can hold; the last of the disk may be stored short.
    const most = Math.min(blocks, Math.floor(this.#found.contentEndBytes / spanBytes) + 1);
    const sectors = new Uint32Array(most);
    let stored = 0;
    for (let block = 0; block < blocks; ) {
      const view = await this.#view(block, blocks - block);
      for (let at = 0; at < view.byteLength; at += ENTRY_BYTES, block++) {
        const sector = view.getUint32(at);
        if (sector === UNUSED) continue;
        this.#assertPlace(block, sector);
        if (stored === most) throw this.#damage(block, "lists more blocks than the file can hold");
        sectors[stored++] = sector;
      }
    }
    const sorted = sectors.subarray(0, stored).sort();
    for (let i = 1; i < stored; i++) {
      const [before, after] = [sorted[i - 1] ?? 0, sorted[i] ?? 0];
      if ((after - before) * SECTOR_BYTES < spanBytes) {
        throw this.#damage(0, `the blocks at sectors ${before} and ${after} overlap`);
      }
    }
    return stored;
  }

  /** As RunWalk. */
  async walk(start: number, end: number): Promise<readonly Run[]> {
    const { blockSize } = this.#dynamic.header;
    const first = Math.floor(start / blockSize);
    const entries = await this.#view(first, Math.ceil(end / blockSize) - first);
    const runs: Run[] = [];
    let at = start;
    for (let i = 0; i < entries.byteLength && runs.length < MOST_RUNS; i += ENTRY_BYTES) {
      const block = first + i / ENTRY_BYTES;
      const stop = Math.min(end, (block + 1) * blockSize);
      const sector = entries.getUint32(i);
      if (sector === UNUSED) addRun(runs, at, stop - at, "hole");
      else {
        this.#assertPlace(block, sector);
        const blockAt = sector * SECTOR_BYTES;
        const kept = this.#bitmaps.get(block);
        const bitmap = kept === undefined ? await this.#readBitmap(block, blockAt) : kept;
        const dataAt = blockAt + this.#bitmapBytes - block * blockSize;
        if (bitmap === null) addRun(runs, at, stop - at, "data", dataAt + at);
        else if (this.#addSectors(runs, bitmap, block * blockSize, { start: at, end: stop, dataAt }) < stop)
          return runs;
      }
      at = stop;
    }
    return runs;
  }

  /**
   * The runs of [start, end) inside the block of the guest at `guestAt`; `dataAt` + guest offset is the place in the file.
   * @returns where they end: before `end` when there are very many
   */
  #addSectors(
    runs: Run[],
    bitmap: Uint8Array,
    guestAt: number,
    { start, end, dataAt }: { start: number; end: number; dataAt: number },
  ): number {
    const limit = Math.ceil((end - guestAt) / SECTOR_BYTES);
    let at = start;
    while (at < end && runs.length < MOST_SECTOR_RUNS) {
      const first = Math.floor((at - guestAt) / SECTOR_BYTES);
      const isSet = bitAt(bitmap, first);
      let next = first + 1;
      const whole = isSet ? 0xff : 0;
      while (next < limit) {
        if (next % 8 === 0 && bitmap[next / 8] === whole) next += 8;
        else if (bitAt(bitmap, next) === isSet) next++;
        else break;
      }
      const stop = Math.min(end, guestAt + next * SECTOR_BYTES);
      addRun(runs, at, stop - at, isSet ? "data" : "hole", dataAt + at);
      at = stop;
    }
    return at;
  }

  async #readBitmap(block: number, blockAt: number): Promise<Uint8Array | null> {
    const stored = new Uint8Array(this.#bitmapBytes);
    await this.#source.read(blockAt, stored);
    // Behind the last sector there is padding.
    const used = stored.subarray(0, Math.ceil(this.#dynamic.header.blockSize / SECTOR_BYTES / 8));
    const bitmap = used.every((byte) => byte === 0xff) ? null : used;
    for (const oldest of this.#bitmaps.keys()) {
      if (this.#bitmaps.size < MAX_BITMAPS) break;
      this.#bitmaps.delete(oldest);
    }
    this.#bitmaps.set(block, bitmap);
    return bitmap;
  }

  #view(block: number, count: number): Promise<DataView> {
    return this.#table.view(this.#entryAt(block), count * ENTRY_BYTES, TABLE);
  }

  #entryAt(block: number): number {
    return this.#dynamic.header.tableOffset + block * ENTRY_BYTES;
  }

  #assertPlace(block: number, sector: number): void {
    const { header, atBytes, blocks } = this.#dynamic;
    const { virtualSizeBytes, contentEndBytes } = this.#found;
    const start = sector * SECTOR_BYTES;
    const end = start + this.#bitmapBytes + Math.min(header.blockSize, virtualSizeBytes - block * header.blockSize);
    const overlaps = (from: number, length: number): boolean => start < from + length && from < end;
    if (
      overlaps(0, SECTOR_BYTES) ||
      overlaps(atBytes, headerTable.sizeBytes) ||
      overlaps(header.tableOffset, blocks * ENTRY_BYTES)
    ) {
      throw this.#damage(block, `block ${block} at sector ${sector} overlaps the headers`);
    }
    if (end > contentEndBytes) {
      const words = `block ${block} at sector ${sector} goes beyond the end of the file`;
      throw problem("disk.truncated", this.#source, TABLE, this.#entryAt(block), words);
    }
  }

  #damage(block: number, words: string): Error {
    return problem("disk.damaged", this.#source, TABLE, this.#entryAt(block), words);
  }
}

function bitAt(bitmap: Uint8Array, bit: number): boolean {
  return Math.floor((bitmap[Math.floor(bit / 8)] ?? 0) / 2 ** (7 - (bit % 8))) % 2 === 1;
}
