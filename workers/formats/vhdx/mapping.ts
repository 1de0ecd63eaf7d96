/**
 * From guest offsets to places in the file (specification, section 2.5): the BAT has an entry for each payload block, in chunks
 * of `ratio`, and behind each chunk one for the sector bitmap of that chunk.
 *
 *   entry    0 … ratio-1 │ ratio          │ ratio+1 … 2·ratio │ 2·ratio+1      │ …
 *   is for   blocks      │ bitmap 0       │ blocks            │ bitmap 1       │
 *
 * Bitmaps count only in differencing disks, for blocks of which a part is present: bit n of byte m is sector 8m+n of the chunk.
 * The table is read through a window of bounded size; no offset passes through 32-bit operators.
 */
import type { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import { addRun, MOST_RUNS, type Run } from "../block-map/runs.ts";
import type { Region } from "./header.ts";
import type { VhdxMetadata } from "./metadata.ts";
import { problem } from "./problem.ts";
import { BAT_ENTRY_BYTES, BITMAP_BYTES, BITMAP_PRESENT, chunkRatio, MIB, PAYLOAD } from "./structures.ts";

/** 1 MiB of tables: 256 GiB of guest at blocks of 2 MiB. */
const TABLE_PAGES = 16;

/** What Hyper-V's first versions of the format stored for unmapped blocks; reserved since. */
const UNMAPPED_BEFORE_1_0 = 5;

/** States of blocks that are not stored, and hide what a parent has. */
const EMPTY: ReadonlySet<number> = new Set([PAYLOAD.undefined, PAYLOAD.zero, PAYLOAD.unmapped, UNMAPPED_BEFORE_1_0]);

/** All that a payload block's entry may say. */
export const STATES: ReadonlySet<number> = new Set([...Object.values(PAYLOAD), UNMAPPED_BEFORE_1_0]);

/** A step of a walk tells no more of a block that is stored in part. */
const MOST_SECTOR_RUNS = 4096;

export class Mapping {
  readonly #source: ByteSource;
  readonly #metadata: VhdxMetadata;
  readonly #bat: Region;
  readonly #reserved: readonly Region[];
  /** Behind it there is no region: most blocks need no look at the regions. */
  readonly #reservedEnd: number;
  readonly #tables: PagedBytes;
  readonly #ratio: number;
  readonly #blocks: number;

  /**
   * @param source with the log replayed
   * @param reserved ranges in which no block may lie
   * @throws AppError disk.damaged when the BAT is too short for the disk
   */
  constructor(source: ByteSource, metadata: VhdxMetadata, bat: Region, reserved: readonly Region[]) {
    this.#source = source;
    this.#metadata = metadata;
    this.#bat = bat;
    this.#reserved = reserved;
    this.#reservedEnd = reserved.reduce((end, { start, length }) => Math.max(end, start + length), 0);
    this.#tables = new PagedBytes(source, TABLE_PAGES);
    this.#ratio = chunkRatio(metadata.logicalSectorBytes, metadata.blockBytes);
    this.#blocks = Math.ceil(metadata.virtualSizeBytes / metadata.blockBytes);
    const chunks = Math.ceil(this.#blocks / this.#ratio);
    const entries = metadata.parent ? chunks * (this.#ratio + 1) : this.#blocks + chunks - 1;
    if (entries * BAT_ENTRY_BYTES <= bat.length) return;
    throw this.#problem("disk.damaged", "BAT", bat.start, `has ${bat.length} bytes; the disk needs ${entries} entries`);
  }

  /**
   * Bytes of the blocks that are stored, and whether some of them are stored in part only.
   * @throws AppError disk.damaged where the table lists more blocks than the file can hold: without this check a small file
   *   whose entries all name one block would describe terabytes of data
   */
  async stored(): Promise<{ bytes: number; partial: boolean }> {
    let present = 0;
    let partial = false;
    for (let block = 0; block < this.#blocks; ) {
      const view = await this.#entries(block, this.#blocks);
      for (let at = 0; at < view.byteLength; at += BAT_ENTRY_BYTES, block++) {
        const state = view.getUint8(at) % 8;
        if (state === PAYLOAD.fullyPresent || state === PAYLOAD.partiallyPresent) present++;
        partial ||= state === PAYLOAD.partiallyPresent;
      }
    }
    const { blockBytes, virtualSizeBytes } = this.#metadata;
    if (present > 0 && (present - 1) * blockBytes >= this.#source.sizeBytes) {
      throw this.#problem(
        "disk.damaged",
        "BAT",
        this.#bat.start,
        `lists ${present} blocks, more than the file can hold`,
      );
    }
    return { bytes: Math.min(present * blockBytes, virtualSizeBytes), partial };
  }

  /** As RunWalk. */
  async walk(start: number, end: number): Promise<readonly Run[]> {
    const { blockBytes, parent } = this.#metadata;
    const first = Math.floor(start / blockBytes);
    const view = await this.#entries(first, Math.ceil(end / blockBytes));
    const runs: Run[] = [];
    let at = start;
    for (let i = 0; i < view.byteLength && runs.length < MOST_RUNS; i += BAT_ENTRY_BYTES) {
      const block = first + i / BAT_ENTRY_BYTES;
      const length = Math.min(end, (block + 1) * blockBytes) - at;
      const low = view.getUint32(i, true);
      const state = low % 8;
      if (state === PAYLOAD.fullyPresent) {
        const blockAt = this.#blockAt(block, low, view.getUint32(i + 4, true));
        addRun(runs, at, length, "data", blockAt + at - block * blockBytes);
      } else if (state === PAYLOAD.partiallyPresent) {
        if (!parent) throw this.#entryProblem("disk.damaged", block, "is stored in part, in a disk without parent");
        // The bitmap may take the place of this page of the BAT: the next step begins behind this block.
        if (runs.length > 0) return runs;
        return this.#sectorRuns(at, at + length, this.#blockAt(block, low, view.getUint32(i + 4, true)));
      } else if (state === PAYLOAD.notPresent) addRun(runs, at, length, "hole");
      // Undefined and unmapped blocks may hold anything, but never what the parent holds.
      else if (EMPTY.has(state)) addRun(runs, at, length, "zero");
      else throw this.#entryProblem("disk.damaged", block, `has the unknown state ${state}`);
      at += length;
    }
    return runs;
  }

  /** The BAT entries of blocks from `block` on: to `lastBlock`, the end of the chunk or of a page, whichever comes first. */
  async #entries(block: number, lastBlock: number): Promise<DataView> {
    const chunk = Math.floor(block / this.#ratio);
    const count = Math.min(lastBlock, (chunk + 1) * this.#ratio) - block;
    return this.#tables.view(this.#entryAt(block), count * BAT_ENTRY_BYTES, "VHDX BAT");
  }

  #entryAt(block: number): number {
    return this.#bat.start + (block + Math.floor(block / this.#ratio)) * BAT_ENTRY_BYTES;
  }

  /** Where in the file a payload block is. */
  #blockAt(block: number, low: number, high: number): number {
    const { blockBytes } = this.#metadata;
    const blockAt = placeOf(low, high);
    if (
      low % MIB < 8 &&
      blockAt + blockBytes <= this.#source.sizeBytes &&
      (blockAt >= this.#reservedEnd || this.#reservedAt(blockAt, blockBytes) === undefined)
    ) {
      return blockAt;
    }
    const what = `BAT entry of guest offset ${block * blockBytes}`;
    this.#assertPlace(low, high, blockBytes, what, this.#entryAt(block));
    throw this.#entryProblem("disk.truncated", block, `points to ${blockAt}: that block ends beyond the file`);
  }

  /** Runs of [start, end) inside one block at `blockAt` in the file, of which the sector bitmap says which sectors are stored. */
  async #sectorRuns(start: number, end: number, blockAt: number): Promise<readonly Run[]> {
    const { logicalSectorBytes, blockBytes } = this.#metadata;
    const chunkBytes = this.#ratio * blockBytes;
    const chunk = Math.floor(start / chunkBytes);
    const bitmapAt = await this.#bitmapAt(chunk, start);
    const toHost = blockAt - Math.floor(start / blockBytes) * blockBytes;
    const runs: Run[] = [];
    for (let at = start; at < end && runs.length < MOST_SECTOR_RUNS; ) {
      const sector = Math.floor((at - chunk * chunkBytes) / logicalSectorBytes);
      const sectors = Math.ceil((end - chunk * chunkBytes) / logicalSectorBytes) - sector;
      const bits = sector % 8;
      const bytes = await this.#tables.view(
        bitmapAt + (sector - bits) / 8,
        Math.ceil((bits + sectors) / 8),
        "VHDX sector bitmap",
      );
      for (let bit = bits; bit < bytes.byteLength * 8 && at < end && runs.length < MOST_SECTOR_RUNS; ) {
        const present = isSet(bytes, bit);
        const from = bit;
        while (bit < bytes.byteLength * 8 && bit - bits < sectors && isSet(bytes, bit) === present) {
          const whole = present ? 255 : 0;
          bit += bit % 8 === 0 && bytes.getUint8(bit / 8) === whole ? 8 : 1;
        }
        const inSector = at % logicalSectorBytes;
        const length = Math.min((bit - from) * logicalSectorBytes - inSector, end - at);
        addRun(runs, at, length, present ? "data" : "hole", toHost + at);
        at += length;
      }
    }
    return runs;
  }

  /** Where the sector bitmap of a chunk is. @param guestAt of a block that needs it */
  async #bitmapAt(chunk: number, guestAt: number): Promise<number> {
    const entryAt = this.#bat.start + (chunk * (this.#ratio + 1) + this.#ratio) * BAT_ENTRY_BYTES;
    const entry = await this.#tables.view(entryAt, BAT_ENTRY_BYTES, "VHDX BAT");
    const [low, high] = [entry.getUint32(0, true), entry.getUint32(4, true)];
    const what = `BAT entry of sector bitmap ${chunk}`;
    if (low % 8 !== BITMAP_PRESENT) {
      const words = `says that there is none, but the block at ${guestAt} needs it`;
      throw this.#problem("disk.damaged", what, entryAt, words);
    }
    this.#assertPlace(low, high, BITMAP_BYTES, what, entryAt);
    const bitmapAt = placeOf(low, high);
    if (bitmapAt + BITMAP_BYTES <= this.#source.sizeBytes) return bitmapAt;
    throw this.#problem("disk.truncated", what, entryAt, `points to ${bitmapAt}, beyond the end of the file`);
  }

  /** @throws AppError disk.damaged unless an entry for `length` bytes names a place outside the regions */
  #assertPlace(low: number, high: number, length: number, what: string, entryAt: number): void {
    if (low % MIB >= 8) throw this.#problem("disk.damaged", what, entryAt, "has reserved bits set");
    const at = placeOf(low, high);
    const inside = this.#reservedAt(at, length);
    if (inside) throw this.#problem("disk.damaged", what, entryAt, `points to ${at}, inside the ${inside.name}`);
  }

  #reservedAt(at: number, length: number): Region | undefined {
    return this.#reserved.find((region) => at < region.start + region.length && at + length > region.start);
  }

  #entryProblem(code: "disk.damaged" | "disk.truncated", block: number, words: string): AppError {
    const start = block * this.#metadata.blockBytes;
    return this.#problem(code, `BAT entry of guest offset ${start}`, this.#entryAt(block), words);
  }

  #problem(code: "disk.damaged" | "disk.truncated", what: string, offset: number, words: string): AppError {
    return problem(code, this.#source, `VHDX ${what}`, offset, words);
  }
}

function isSet(bitmap: DataView, bit: number): boolean {
  return Math.floor(bitmap.getUint8(Math.floor(bit / 8)) / 2 ** (bit % 8)) % 2 === 1;
}

/** The place an entry names. Beyond 2^53 this is not exact, but far beyond the end of any file. */
export function placeOf(low: number, high: number): number {
  return (high * 2 ** 12 + Math.floor(low / MIB)) * MIB;
}
