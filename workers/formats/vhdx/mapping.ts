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
import type { Region } from "./header.ts";
import type { VhdxMetadata } from "./metadata.ts";
import { problem } from "./problem.ts";
import { BAT_ENTRY_BYTES, BITMAP_BYTES, BITMAP_PRESENT, chunkRatio, MIB, PAYLOAD } from "./structures.ts";

/** 1 MiB of tables: 256 GiB of guest at blocks of 2 MiB. */
const TABLE_PAGES = 16;

/** What Hyper-V's first versions of the format stored for unmapped blocks; reserved since. */
const UNMAPPED_BEFORE_1_0 = 5;

/** A range with one source. `hostOffset` counts for data. */
interface Run {
  start: number;
  length: number;
  kind: "data" | "zero" | "hole";
  hostOffset: number;
}

/** A range inside one block; `partial` wants the sector bitmap. */
interface BlockRun {
  start: number;
  length: number;
  kind: Run["kind"] | "partial";
  hostOffset: number;
}

export class Mapping {
  readonly #source: ByteSource;
  readonly #metadata: VhdxMetadata;
  readonly #bat: Region;
  readonly #reserved: readonly Region[];
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

  /** The runs of [start, end) in order and gap-free; neighbours in the file are one run. */
  async *runs(start: number, end: number): AsyncIterable<Run> {
    const { blockBytes } = this.#metadata;
    const lastBlock = Math.ceil(end / blockBytes);
    let pending: Run | null = null;
    for (let at = start; at < end; ) {
      // One page of the table at a time, so that what is found in it stays bounded.
      const found: BlockRun[] = [];
      const first = Math.floor(at / blockBytes);
      const view = await this.#entries(first, lastBlock);
      for (let i = 0; i < view.byteLength && at < end; i += BAT_ENTRY_BYTES) {
        const inBlock = at % blockBytes;
        const length = Math.min(blockBytes - inBlock, end - at);
        const run = this.#blockRun(view.getUint32(i, true), view.getUint32(i + 4, true), at, length, inBlock);
        const last = found.at(-1);
        if (last && joins(last, run)) last.length += length;
        else found.push(run);
        at += length;
      }
      for (const one of found) {
        for await (const run of one.kind === "partial" ? this.#sectorRuns(one) : [{ ...one, kind: one.kind }]) {
          if (pending && joins(pending, run)) pending.length += run.length;
          else {
            if (pending) yield pending;
            pending = run;
          }
        }
      }
    }
    if (pending) yield pending;
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

  #blockRun(low: number, high: number, start: number, length: number, inBlock: number): BlockRun {
    const { parent, blockBytes } = this.#metadata;
    const state = low % 8;
    switch (state) {
      case PAYLOAD.notPresent:
        return { start, length, kind: "hole", hostOffset: 0 };
      // Undefined and unmapped blocks may hold anything, but never what the parent holds.
      case PAYLOAD.undefined:
      case PAYLOAD.zero:
      case PAYLOAD.unmapped:
      case UNMAPPED_BEFORE_1_0:
        return { start, length, kind: "zero", hostOffset: 0 };
      case PAYLOAD.fullyPresent:
      case PAYLOAD.partiallyPresent:
        break;
      default:
        throw this.#entryProblem("disk.damaged", start, `has the unknown state ${state}`);
    }
    if (state === PAYLOAD.partiallyPresent && !parent) {
      throw this.#entryProblem("disk.damaged", start, "is stored in part, in a disk without parent");
    }
    const entryAt = this.#entryAt(Math.floor(start / blockBytes));
    const blockAt = this.#place(low, high, blockBytes, () => `BAT entry of guest offset ${start}`, entryAt);
    const hostOffset = blockAt + inBlock;
    if (blockAt + blockBytes > this.#source.sizeBytes) {
      throw this.#entryProblem("disk.truncated", start, `points to ${blockAt}: that block ends beyond the file`);
    }
    return { start, length, kind: state === PAYLOAD.fullyPresent ? "data" : "partial", hostOffset };
  }

  /** A block of which the sector bitmap says which sectors are stored. */
  async *#sectorRuns(run: BlockRun): AsyncIterable<Run> {
    const { logicalSectorBytes, blockBytes } = this.#metadata;
    const chunkBytes = this.#ratio * blockBytes;
    const chunk = Math.floor(run.start / chunkBytes);
    const entryAt = this.#bat.start + (chunk * (this.#ratio + 1) + this.#ratio) * BAT_ENTRY_BYTES;
    const entry = await this.#tables.view(entryAt, BAT_ENTRY_BYTES, "VHDX BAT");
    const [low, high] = [entry.getUint32(0, true), entry.getUint32(4, true)];
    const what = (): string => `BAT entry of sector bitmap ${chunk}`;
    if (low % 8 !== BITMAP_PRESENT) {
      throw this.#problem(
        "disk.damaged",
        what(),
        entryAt,
        `says that there is none, but the block at ${run.start} needs it`,
      );
    }
    const bitmapAt = this.#place(low, high, BITMAP_BYTES, what, entryAt);
    if (bitmapAt + BITMAP_BYTES > this.#source.sizeBytes) {
      throw this.#problem("disk.truncated", what(), entryAt, `points to ${bitmapAt}, beyond the end of the file`);
    }
    const end = run.start + run.length;
    for (let at = run.start; at < end; ) {
      const sector = Math.floor((at - chunk * chunkBytes) / logicalSectorBytes);
      const sectors = Math.ceil((end - chunk * chunkBytes) / logicalSectorBytes) - sector;
      const bits = sector % 8;
      const bytes = await this.#tables.view(
        bitmapAt + (sector - bits) / 8,
        Math.ceil((bits + sectors) / 8),
        "VHDX sector bitmap",
      );
      for (let bit = bits; bit < bytes.byteLength * 8 && at < end; ) {
        const present = isSet(bytes, bit);
        const from = bit;
        while (bit < bytes.byteLength * 8 && bit - bits < sectors && isSet(bytes, bit) === present) {
          const whole = present ? 255 : 0;
          bit += bit % 8 === 0 && bytes.getUint8(bit / 8) === whole ? 8 : 1;
        }
        const inSector = at % logicalSectorBytes;
        const length = Math.min((bit - from) * logicalSectorBytes - inSector, end - at);
        yield { start: at, length, kind: present ? "data" : "hole", hostOffset: run.hostOffset + at - run.start };
        at += length;
      }
    }
  }

  /** The place an entry names, for a block of `length` bytes. */
  #place(low: number, high: number, length: number, what: () => string, entryAt: number): number {
    if (low % MIB >= 8) throw this.#problem("disk.damaged", what(), entryAt, "has reserved bits set");
    // Beyond 2^53 this is not exact, but far beyond the end of any file.
    const at = (high * 2 ** 12 + Math.floor(low / MIB)) * MIB;
    const inside = this.#reserved.find((region) => at < region.start + region.length && at + length > region.start);
    if (inside) throw this.#problem("disk.damaged", what(), entryAt, `points to ${at}, inside the ${inside.name}`);
    return at;
  }

  #entryProblem(code: "disk.damaged" | "disk.truncated", start: number, words: string): AppError {
    const at = this.#entryAt(Math.floor(start / this.#metadata.blockBytes));
    return this.#problem(code, `BAT entry of guest offset ${start}`, at, words);
  }

  #problem(code: "disk.damaged" | "disk.truncated", what: string, offset: number, words: string): AppError {
    return problem(code, this.#source, `VHDX ${what}`, offset, words);
  }
}

function isSet(bitmap: DataView, bit: number): boolean {
  return Math.floor(bitmap.getUint8(Math.floor(bit / 8)) / 2 ** (bit % 8)) % 2 === 1;
}

function joins(
  before: { kind: string; start: number; length: number; hostOffset: number },
  after: typeof before,
): boolean {
  if (before.kind !== after.kind || before.kind === "partial") return false;
  return before.kind !== "data" || before.hostOffset + before.length === after.hostOffset;
}
