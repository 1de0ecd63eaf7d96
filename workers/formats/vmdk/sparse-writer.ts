/**
 * Writes a hosted sparse extent with its descriptor inside (monolithicSparse) in one ascending pass, in constant memory.
 *
 *   sector 0    header                       written last: until then the file begins with zeros and is no image
 *   1           descriptor, 20 sectors
 *   21          redundant directory, tables  ┐ places follow from the disk's size; every table has its place,
 *   …           directory, tables            ┘ those of empty ranges stay holes of the file
 *   …           grains                       in guest order, each once
 *
 * A page of 32 tables is held and goes to both copies when the guest offsets leave it. Going on from a checkpoint cuts the file
 * back to its cursor and clears what both copies say of later guest offsets.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { ContentIdentity } from "../block-map/content-identity.ts";
import { withdraw } from "../block-map/table.ts";
import {
  type CreateContext,
  type DiskWriter,
  parseResumeState,
  type WritePlan,
  type WriterCheckpoint,
  type WriteSummary,
} from "../format.ts";
import { assertNameFits, contentId, type DescriptorValues, descriptorText, parentOf } from "./descriptor-text.ts";
import type { SparseState } from "./resume-states.ts";
import {
  assertSizeWritable,
  COMPRESSION,
  DESCRIPTOR_SECTORS,
  FLAG,
  GTES_PER_GT,
  LINE_END_TEST,
  MAX_FILE_SECTORS,
  SECTOR_BYTES,
  SPARSE_MAGIC,
  sparseHeader,
} from "./structures.ts";

const ENTRY_BYTES = 4;
const TABLE_SECTORS = (GTES_PER_GT * ENTRY_BYTES) / SECTOR_BYTES;
const PAGE_BYTES = 64 * 1024;
const ENTRIES_PER_PAGE = PAGE_BYTES / ENTRY_BYTES;
/** A table entry of a grain that reads as zeros, where the header's flag says so. */
const ZEROED = 1;

const resumeState = async () => (await import("./resume-states.ts")).SparseState;

/**
 * Begins an image, or goes on from a checkpoint of the same one. A size that is no multiple of 512 is rounded up; the tail reads
 * as zeros.
 * @throws AppError disk.too-large, target.unsupported; state.conflict, disk.truncated when the target is not as the checkpoint says
 */
export async function createSparse(target: ByteTarget, plan: WritePlan, context: CreateContext): Promise<DiskWriter> {
  assertNameFits(context.name, target.name);
  const writer = new SparseWriter(target, plan, context.name);
  if (context.resume) await writer.resume(context.resume);
  return writer;
}

/** Where everything of an image goes, in sectors. */
interface Places {
  readonly capacity: number;
  readonly tables: number;
  readonly redundantDirectory: number;
  readonly redundantTables: number;
  readonly directory: number;
  readonly directoryTables: number;
  readonly grains: number;
}

class SparseWriter implements DiskWriter {
  readonly grainBytes: number;
  readonly encoding = null;
  readonly #target: ByteTarget;
  readonly #name: string;
  readonly #parent: DescriptorValues["parent"];
  readonly #kind: string;
  readonly #places: Places;
  readonly #page = new DataView(new ArrayBuffer(PAGE_BYTES));
  #pageIndex = 0;
  #cursorBytes: number;
  #endBytes = 0;
  #writtenBytes = 0;
  #zeroed = false;
  #identity: ContentIdentity;

  constructor(target: ByteTarget, plan: WritePlan, name: string) {
    this.#target = target;
    this.#name = name;
    this.grainBytes = plan.blockBytes ?? 64 * 1024;
    this.#parent = plan.backing ? parentOf(plan.backing, target.name) : null;
    this.#places = placesOf(target.name, plan.virtualSizeBytes, this.grainBytes);
    this.#kind = ["vmdk", this.#places.capacity, this.grainBytes, this.#parent?.cid].join(" ");
    this.#identity = new ContentIdentity([this.#kind]);
    this.#cursorBytes = this.#places.grains * SECTOR_BYTES;
  }

  async resume(checkpoint: WriterCheckpoint): Promise<void> {
    const state = await parseResumeState(resumeState, checkpoint, this.#target.name);
    if (
      state.kind !== this.#kind ||
      state.cursorBytes < this.#cursorBytes ||
      state.page * PAGE_BYTES >= this.#tableBytes
    ) {
      throw new AppError("state.conflict", `the checkpoint for ${this.#target.name} belongs to another disk`);
    }
    await this.#target.read(state.cursorBytes - 1, new Uint8Array(1));
    await withdraw(this.#target, SECTOR_BYTES);
    this.#pageIndex = state.page;
    await this.#target.read(this.#pageAt(this.#places.directoryTables, state.page), this.#pageBytes());
    const firstLater = Math.ceil(state.endBytes / this.grainBytes) - state.page * ENTRIES_PER_PAGE;
    this.#clearPage(Math.max(0, firstLater));
    await this.#clearLaterPages();
    await this.#target.resize(state.cursorBytes);
    this.#cursorBytes = state.cursorBytes;
    this.#endBytes = state.endBytes;
    this.#writtenBytes = state.writtenBytes;
    this.#zeroed = state.zeroed;
    this.#identity = new ContentIdentity([this.#kind], state.identity);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#assertPlace(offset, bytes.length);
    const { grainBytes } = this;
    const grains = Math.ceil(bytes.length / grainBytes);
    const end = this.#cursorBytes + grains * grainBytes;
    if (end > MAX_FILE_SECTORS * SECTOR_BYTES) {
      throw new AppError(
        "disk.too-large",
        `${this.#target.name}: a sparse VMDK extent cannot hold more than ${MAX_FILE_SECTORS * SECTOR_BYTES} bytes`,
        { hint: "Choose streamOptimized or monolithicFlat." },
      );
    }
    await this.#target.write(this.#cursorBytes, bytes);
    await this.#setEntries(offset / grainBytes, grains, this.#cursorBytes / SECTOR_BYTES, grainBytes / SECTOR_BYTES);
    this.#identity.add(offset, bytes);
    this.#cursorBytes = end;
    this.#writtenBytes += bytes.length;
    this.#endBytes = offset + bytes.length;
  }

  async writeZero(offset: number, length: number): Promise<void> {
    this.#assertPlace(offset, length);
    await this.#setEntries(offset / this.grainBytes, Math.ceil(length / this.grainBytes), ZEROED, 0);
    this.#zeroed = true;
    const zero = new Uint8Array(ENTRY_BYTES);
    for (let at = offset; at < offset + length; at += this.grainBytes) this.#identity.add(at, zero);
    this.#endBytes = offset + length;
  }

  /** Entries `first` and following become `sector`, `sector + step` … */
  async #setEntries(first: number, count: number, sector: number, step: number): Promise<void> {
    for (let i = 0; i < count; ) {
      const page = Math.floor((first + i) / ENTRIES_PER_PAGE);
      if (page !== this.#pageIndex) await this.#openPage(page);
      const inPage = (first + i) % ENTRIES_PER_PAGE;
      const here = Math.min(count - i, ENTRIES_PER_PAGE - inPage);
      for (let n = 0; n < here; n++) this.#page.setUint32((inPage + n) * ENTRY_BYTES, sector + (i + n) * step, true);
      i += here;
    }
  }

  async checkpoint(doneBytes: number): Promise<WriterCheckpoint> {
    await this.#flushPage();
    await this.#target.resize(this.#cursorBytes);
    await this.#target.sync();
    const state: SparseState = {
      kind: this.#kind,
      cursorBytes: this.#cursorBytes,
      endBytes: this.#endBytes,
      page: this.#pageIndex,
      writtenBytes: this.#writtenBytes,
      zeroed: this.#zeroed,
      identity: this.#identity.state,
    };
    return { doneBytes, state };
  }

  async finish(): Promise<WriteSummary> {
    const { redundantDirectory, redundantTables, directory, directoryTables } = this.#places;
    await this.#flushPage();
    await this.#writeDirectory(redundantDirectory, redundantTables);
    await this.#writeDirectory(directory, directoryTables);
    await this.#target.write(SECTOR_BYTES, this.#descriptor());
    await this.#target.resize(this.#cursorBytes);
    await this.#target.sync();
    await this.#target.write(0, this.#header());
    await this.#target.sync();
    return { writtenBytes: this.#writtenBytes, fileSizeBytes: this.#cursorBytes };
  }

  /** Filled up with zeros, which replace what an earlier attempt may have written there. */
  #descriptor(): Uint8Array {
    const text = descriptorText({
      createType: "monolithicSparse",
      cid: contentId(this.#identity),
      parent: this.#parent,
      capacitySectors: this.#places.capacity,
      extentType: "SPARSE",
      extentFile: this.#name,
    });
    const sectors = new Uint8Array(DESCRIPTOR_SECTORS * SECTOR_BYTES);
    if (text.length > sectors.length) {
      throw new AppError("target.unsupported", `${this.#target.name}: the names are too long for a VMDK descriptor`);
    }
    sectors.set(text);
    return sectors;
  }

  #header(): Uint8Array {
    const { capacity, redundantDirectory, directory, grains } = this.#places;
    return sparseHeader.encode({
      magicNumber: SPARSE_MAGIC,
      version: this.#zeroed ? 2 : 1,
      flags: FLAG.lineEndTest | FLAG.redundantGrainTable | (this.#zeroed ? FLAG.zeroedGrain : 0n),
      capacity,
      grainSize: this.grainBytes / SECTOR_BYTES,
      descriptorOffset: 1,
      descriptorSize: DESCRIPTOR_SECTORS,
      numGTEsPerGT: GTES_PER_GT,
      rgdOffset: BigInt(redundantDirectory),
      gdOffset: BigInt(directory),
      overHead: BigInt(grains),
      uncleanShutdown: 0,
      lineEndTest: LINE_END_TEST,
      compressAlgorithm: COMPRESSION.none,
    });
  }

  /** A directory whose tables follow each other from sector `firstTable` on. */
  async #writeDirectory(atSector: number, firstTable: number): Promise<void> {
    const { tables } = this.#places;
    const page = new DataView(new ArrayBuffer(PAGE_BYTES));
    for (let first = 0; first < tables; first += ENTRIES_PER_PAGE) {
      const here = Math.min(ENTRIES_PER_PAGE, tables - first);
      for (let i = 0; i < here; i++) page.setUint32(i * ENTRY_BYTES, firstTable + (first + i) * TABLE_SECTORS, true);
      const bytes = new Uint8Array(page.buffer, 0, here * ENTRY_BYTES);
      await this.#target.write(atSector * SECTOR_BYTES + first * ENTRY_BYTES, bytes);
    }
  }

  async #openPage(page: number): Promise<void> {
    await this.#flushPage();
    this.#clearPage(0);
    this.#pageIndex = page;
  }

  async #flushPage(): Promise<void> {
    for (const tables of [this.#places.redundantTables, this.#places.directoryTables]) {
      await this.#target.write(this.#pageAt(tables, this.#pageIndex), this.#pageBytes());
    }
  }

  /** An earlier attempt may have come further: what it said of later grains is zero again. Holes stay holes. */
  async #clearLaterPages(): Promise<void> {
    const [page, zeros] = [new Uint8Array(PAGE_BYTES), new Uint8Array(PAGE_BYTES)];
    for (const tables of [this.#places.redundantTables, this.#places.directoryTables]) {
      for (let index = this.#pageIndex + 1; index * PAGE_BYTES < this.#tableBytes; index++) {
        const part = page.subarray(0, Math.min(PAGE_BYTES, this.#tableBytes - index * PAGE_BYTES));
        await this.#target.read(this.#pageAt(tables, index), part);
        const empty = Buffer.compare(part, zeros.subarray(0, part.length)) === 0;
        if (!empty) await this.#target.write(this.#pageAt(tables, index), zeros.subarray(0, part.length));
      }
    }
  }

  /** Of one copy. */
  get #tableBytes(): number {
    return this.#places.tables * TABLE_SECTORS * SECTOR_BYTES;
  }

  #pageAt(tablesSector: number, index: number): number {
    return tablesSector * SECTOR_BYTES + index * PAGE_BYTES;
  }

  /** The held page, as far as the tables go there. */
  #pageBytes(): Uint8Array {
    return new Uint8Array(this.#page.buffer, 0, Math.min(PAGE_BYTES, this.#tableBytes - this.#pageIndex * PAGE_BYTES));
  }

  #clearPage(fromEntry: number): void {
    new Uint8Array(this.#page.buffer).fill(0, Math.min(fromEntry, ENTRIES_PER_PAGE) * ENTRY_BYTES);
  }

  /** @throws AppError internal.bug */
  #assertPlace(offset: number, length: number): void {
    const sizeBytes = this.#places.capacity * SECTOR_BYTES;
    const toEnd = offset + length > sizeBytes - SECTOR_BYTES;
    const whole = offset % this.grainBytes === 0 && (length % this.grainBytes === 0 || toEnd);
    if (whole && offset >= this.#endBytes && offset + length <= sizeBytes) return;
    throw new AppError(
      "internal.bug",
      `vmdk: ${length} bytes at ${offset} are no whole grains after ${this.#endBytes} and up to ${sizeBytes}`,
    );
  }
}

/** @throws AppError disk.too-large, target.unsupported */
function placesOf(name: string, virtualSizeBytes: number, grainBytes: number): Places {
  assertSizeWritable(name, virtualSizeBytes);
  const capacity = Math.ceil(virtualSizeBytes / SECTOR_BYTES);
  const grainSectors = grainBytes / SECTOR_BYTES;
  const tables = Math.ceil(capacity / (grainSectors * GTES_PER_GT));
  const directorySectors = Math.ceil((tables * ENTRY_BYTES) / SECTOR_BYTES);
  const redundantDirectory = 1 + DESCRIPTOR_SECTORS;
  const redundantTables = redundantDirectory + directorySectors;
  const directory = redundantTables + tables * TABLE_SECTORS;
  const directoryTables = directory + directorySectors;
  const grains = Math.ceil((directoryTables + tables * TABLE_SECTORS) / grainSectors) * grainSectors;
  return { capacity, tables, redundantDirectory, redundantTables, directory, directoryTables, grains };
}
