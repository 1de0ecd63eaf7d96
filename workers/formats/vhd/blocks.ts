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
import { joinRuns } from "../format.ts";
import { type FoundFooter, problem } from "./footer.ts";
import type { DynamicHeader } from "./header.ts";
import { ENTRY_BYTES, headerTable, SECTOR_BYTES, UNUSED } from "./structures.ts";

/** 1 MiB of the table: 512 GiB of guest at the usual block size. */
const TABLE_PAGES = 16;
/** Bitmaps kept: 16 KiB at the usual block size. */
const MAX_BITMAPS = 32;
const TABLE = "VHD block allocation table";

/** A range with one source; `hostOffset` counts for data. */
export interface Run {
  readonly start: number;
  length: number;
  readonly kind: "data" | "hole";
  readonly hostOffset: number;
}

export class Blocks {
  readonly #source: ByteSource;
  readonly #found: FoundFooter;
  readonly #dynamic: DynamicHeader;
  readonly #table: PagedBytes;
  readonly #bitmapBytes: number;
  readonly #bitmaps = new Map<number, Uint8Array>();

  constructor(source: ByteSource, found: FoundFooter, dynamic: DynamicHeader) {
    this.#source = source;
    this.#found = found;
    this.#dynamic = dynamic;
    this.#table = new PagedBytes(source, TABLE_PAGES);
    const bits = dynamic.header.blockSize / SECTOR_BYTES;
    this.#bitmapBytes = Math.ceil(bits / 8 / SECTOR_BYTES) * SECTOR_BYTES;
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

  /** The runs of [start, end) in order and gap-free; holes of neighbours are one run, up to some number of blocks. */
  runs(start: number, end: number): AsyncIterable<Run> {
    return joinRuns(this.#perBlock(start, end), (before, after) => before.kind === "hole" && after.kind === "hole");
  }

  async *#perBlock(start: number, end: number): AsyncIterable<Run[]> {
    const { blockSize } = this.#dynamic.header;
    for (let at = start; at < end; ) {
      const block = Math.floor(at / blockSize);
      const stop = Math.min(end, (block + 1) * blockSize);
      const sector = (await this.#view(block, 1)).getUint32(0);
      if (sector === UNUSED) yield [{ start: at, length: stop - at, kind: "hole", hostOffset: 0 }];
      else {
        this.#assertPlace(block, sector);
        const blockAt = sector * SECTOR_BYTES;
        yield this.#inBlock(block, blockAt, await this.#bitmap(block, blockAt), at, stop);
      }
      at = stop;
    }
  }

  #inBlock(block: number, blockAt: number, bitmap: Uint8Array, start: number, end: number): Run[] {
    const guestAt = block * this.#dynamic.header.blockSize;
    const dataAt = blockAt + this.#bitmapBytes;
    const found: Run[] = [];
    for (let at = start; at < end; ) {
      const first = Math.floor((at - guestAt) / SECTOR_BYTES);
      const isSet = bitAt(bitmap, first);
      let next = first + 1;
      const limit = Math.ceil((end - guestAt) / SECTOR_BYTES);
      const whole = isSet ? 0xff : 0;
      while (next < limit) {
        if (next % 8 === 0 && bitmap[next / 8] === whole) next += 8;
        else if (bitAt(bitmap, next) === isSet) next++;
        else break;
      }
      const stop = Math.min(end, guestAt + next * SECTOR_BYTES);
      found.push({ start: at, length: stop - at, kind: isSet ? "data" : "hole", hostOffset: dataAt + at - guestAt });
      at = stop;
    }
    return found;
  }

  async #bitmap(block: number, blockAt: number): Promise<Uint8Array> {
    const kept = this.#bitmaps.get(block);
    if (kept) return kept;
    const bitmap = new Uint8Array(this.#bitmapBytes);
    await this.#source.read(blockAt, bitmap);
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
