/**
 * Writes a QCOW2 image of version 3 in one ascending pass, in constant memory: a cluster each of L1 table, L2 table and
 * reference counts, whatever the size of the disk.
 *
 *   0            header          written last: until then the file begins with zeros and is no image
 *   1 cluster    L1 table, refcount table, first refcount block          their lengths follow from the disk's size
 *   …            L2, data …      an L2 table takes its place before the first data it maps (64-KiB clusters: 512 MiB of guest)
 *
 * Units are stored as clusters of their own or, compressed, packed byte by byte (host-space.ts). With preallocated metadata every
 * guest cluster has its place from the start, L2 table after L2 table, and the file stays sparse.
 *
 * A checkpoint puts the open tables in their places; going on from it cuts the file back to the cursor and drops what the tables
 * say about later guest offsets, so that the result does not depend on where an earlier attempt ended.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import {
  type CreateContext,
  type DiskWriter,
  parseResumeState,
  type UnitEncoding,
  type WritePlan,
  type WriterCheckpoint,
  type WriteSummary,
} from "../format.ts";
import { HostSpace } from "./host-space.ts";
import { encodeHead } from "./new-header.ts";
import { PackedOutput } from "./packed-output.ts";
import { COMPRESSED_BIT, compressedOffsetBits, ENTRY_BYTES, SECTOR_BYTES, ZERO_BIT } from "./structures.ts";
import { WriteTables } from "./write-tables.ts";

/** QEMU reads no longer L1 tables; with clusters of 64 KiB that is 2 PiB of disk. */
const MAX_L1_BYTES = 32 * 1024 * 1024;

const resumeState = async () => (await import("./resume-state.ts")).ResumeState;

/**
 * Begins an image, or goes on from a checkpoint of the same one. A size that is no multiple of 512 is rounded up, as the format
 * counts in sectors; the tail reads as zeros.
 * @throws AppError disk.too-large; target.unsupported for choices that exclude each other; disk.truncated when the target is
 *   shorter than the checkpoint says
 */
export async function createQcow2(target: ByteTarget, plan: WritePlan, { resume }: CreateContext): Promise<DiskWriter> {
  const preallocated = plan.preallocation === "metadata";
  if (preallocated && (plan.backing !== null || plan.compression.method !== "none")) {
    const other = plan.backing === null ? "compressed" : "a delta";
    throw new AppError("target.unsupported", `A qcow2 image with preallocated metadata cannot be ${other}.`);
  }
  const writer = new Qcow2Writer(target, plan);
  if (resume) await writer.resume(resume);
  else await writer.begin();
  return writer;
}

class Qcow2Writer implements DiskWriter {
  readonly grainBytes: number;
  readonly encoding: UnitEncoding | null;
  readonly #target: ByteTarget;
  readonly #virtualSizeBytes: number;
  /** Guest bytes one L2 table maps. */
  readonly #tableBytes: number;
  readonly #l1Entries: number;
  readonly #preallocated: boolean;
  readonly #image: string;
  readonly #head: Uint8Array;
  readonly #space: HostSpace;
  readonly #tables: WriteTables;
  readonly #packed: PackedOutput;
  readonly #offsetBits: number;
  /** Entries of the open L2 table before this one are settled. */
  #nextEntry = 0;
  #writtenBytes = 0;

  constructor(target: ByteTarget, plan: WritePlan) {
    const clusterBytes = plan.blockBytes;
    if (clusterBytes === null) throw new AppError("internal.bug", "a qcow2 plan without cluster size");
    this.#target = target;
    this.grainBytes = clusterBytes;
    this.encoding = encodingOf(plan);
    this.#preallocated = plan.preallocation === "metadata";
    this.#virtualSizeBytes = Math.ceil(plan.virtualSizeBytes / SECTOR_BYTES) * SECTOR_BYTES;
    this.#tableBytes = clusterBytes * (clusterBytes / ENTRY_BYTES);
    this.#l1Entries = Math.max(1, Math.ceil(this.#virtualSizeBytes / this.#tableBytes));
    this.#offsetBits = compressedOffsetBits(Math.log2(clusterBytes));
    // Were all of it packed behind tables of its own, it would still be less than twice the disk.
    const mostBytes = this.encoding === null ? Number.MAX_SAFE_INTEGER : 2 ** this.#offsetBits / 2;
    if (this.#l1Entries * ENTRY_BYTES > MAX_L1_BYTES || this.#virtualSizeBytes > mostBytes) {
      throw new AppError(
        "disk.too-large",
        `${target.name}: qcow2 disks of ${this.#virtualSizeBytes} bytes are not written with clusters of ${clusterBytes}`,
      );
    }
    const mostClusters = Math.ceil(this.#virtualSizeBytes / clusterBytes) + this.#l1Entries;
    this.#space = new HostSpace(target, clusterBytes, this.#l1Entries * ENTRY_BYTES, mostClusters);
    this.#tables = new WriteTables(target, clusterBytes, this.#space.l1AtBytes, this.#l1Entries);
    this.#packed = new PackedOutput(target);
    const { l1AtBytes, refcountTableAtBytes, refcountTableClusters } = this.#space;
    const layout = { l1AtBytes, l1Entries: this.#l1Entries, refcountTableAtBytes, refcountTableClusters };
    this.#head = encodeHead({ virtualSizeBytes: this.#virtualSizeBytes, clusterBytes, ...layout }, plan);
    const { method } = plan.compression;
    this.#image = [this.#virtualSizeBytes, clusterBytes, method, plan.preallocation, plan.backing?.name ?? ""].join(
      " ",
    );
  }

  async begin(): Promise<void> {
    await this.#target.resize(0);
    await this.#space.begin();
  }

  async resume(checkpoint: WriterCheckpoint): Promise<void> {
    const state = await parseResumeState(resumeState, checkpoint, this.#target.name);
    if (state.image !== this.#image || state.table >= this.#l1Entries) {
      throw new AppError("state.conflict", `the checkpoint for ${this.#target.name} belongs to another disk`);
    }
    if (state.table < 0) return this.begin();
    await this.#target.read(state.cursorBytes - 1, new Uint8Array(1));
    await this.#withdrawHead();
    await this.#tables.resume(state.table, state.tableAtBytes);
    await this.#space.resume(state);
    const done = checkpoint.doneBytes - state.table * this.#tableBytes;
    this.#nextEntry = Math.min(Math.max(0, Math.ceil(done / this.grainBytes)), this.#tables.entriesPerTable);
    if (!this.#preallocated) this.#tables.l2.clearFrom(this.#nextEntry);
    else if (this.#nextEntry < this.#entriesOf(state.table)) {
      await this.#target.resize(this.#tables.l2.place(this.#nextEntry));
    }
    await this.#target.resize(state.cursorBytes);
    this.#writtenBytes = state.writtenBytes;
  }

  /**
   * The earlier attempt may have died between its last two steps and left a valid image. It stops being one before anything of
   * it is cut off, and for sure: a power loss may keep the later change and lose the earlier one.
   */
  async #withdrawHead(): Promise<void> {
    const zeros = new Uint8Array(this.#head.length);
    const head = new Uint8Array(this.#head.length);
    await this.#target.read(0, head);
    if (Buffer.compare(head, zeros) === 0) return;
    await this.#target.write(0, zeros);
    await this.#target.sync();
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const toEnd = offset + bytes.length > this.#virtualSizeBytes - SECTOR_BYTES;
    if (bytes.length % this.grainBytes !== 0 && !toEnd) {
      throw new AppError("internal.bug", `qcow2 writes are whole clusters; got ${bytes.length} bytes at ${offset}`);
    }
    for (let done = 0; done < bytes.length; ) {
      const entry = await this.#entryAt(offset + done);
      const most = Math.min(bytes.length - done, (this.#tables.entriesPerTable - entry) * this.grainBytes);
      const { atBytes, clusters } = await this.#place(entry, Math.ceil(most / this.grainBytes));
      const part = bytes.subarray(done, Math.min(done + clusters * this.grainBytes, bytes.length));
      await this.#target.write(atBytes, part);
      const padding = clusters * this.grainBytes - part.length;
      if (padding > 0) await this.#target.write(atBytes + part.length, new Uint8Array(padding));
      this.#nextEntry = entry + clusters;
      this.#writtenBytes += part.length;
      done += part.length;
    }
  }

  async writeEncoded(offset: number, stored: Uint8Array): Promise<void> {
    if (stored.length === 0 || stored.length >= this.grainBytes) {
      throw new AppError("internal.bug", `a compressed qcow2 cluster of ${stored.length} bytes`);
    }
    const entry = await this.#entryAt(offset);
    const atBytes = await this.#space.takeBytes(stored.length);
    await this.#packed.write(atBytes, stored);
    // "Compressed Clusters Descriptor": the sectors it touches beyond its first.
    const sectors = Math.floor((atBytes + stored.length - 1) / SECTOR_BYTES) - Math.floor(atBytes / SECTOR_BYTES);
    this.#tables.l2.set(entry, COMPRESSED_BIT | (BigInt(sectors) << BigInt(this.#offsetBits)) | BigInt(atBytes));
    this.#nextEntry = entry + 1;
    this.#writtenBytes += Math.min(this.grainBytes, this.#virtualSizeBytes - offset);
  }

  async writeZero(offset: number, length: number): Promise<void> {
    const end = Math.ceil((offset + length) / this.grainBytes) * this.grainBytes;
    for (let at = offset; at < end; at += this.grainBytes) {
      const entry = await this.#entryAt(at);
      this.#tables.l2.set(entry, ZERO_BIT);
      this.#nextEntry = entry + 1;
    }
  }

  /** The L2 entry of a guest offset, its table open. */
  async #entryAt(offset: number): Promise<number> {
    const table = Math.floor(offset / this.#tableBytes);
    if (table !== this.#tables.table) await this.#openTable(table);
    const entry = (offset - table * this.#tableBytes) / this.grainBytes;
    if (!Number.isInteger(entry) || entry < this.#nextEntry || offset >= this.#virtualSizeBytes) {
      throw new AppError("internal.bug", `qcow2 writes are whole clusters and ascend; got one at ${offset}`);
    }
    return entry;
  }

  async #openTable(table: number): Promise<void> {
    if (table < this.#tables.table) throw new AppError("internal.bug", "qcow2 writes ascend");
    if (!this.#preallocated) return this.#addTable(table);
    while (this.#tables.table < table) {
      const next = this.#tables.table + 1;
      await this.#addTable(next);
      const entries = this.#entriesOf(next);
      for (let entry = 0; entry < entries; ) entry += (await this.#allocate(entry, entries - entry)).clusters;
    }
  }

  async #addTable(table: number): Promise<void> {
    const { atBytes } = await this.#space.takeClusters(1);
    await this.#tables.open(table, atBytes);
    this.#nextEntry = 0;
  }

  /** Places for up to `most` guest clusters from `entry` on that follow each other in the file. */
  async #place(entry: number, most: number): Promise<{ atBytes: number; clusters: number }> {
    if (!this.#preallocated) return this.#allocate(entry, most);
    const atBytes = this.#tables.l2.place(entry);
    let clusters = 1;
    while (clusters < most && this.#tables.l2.place(entry + clusters) === atBytes + clusters * this.grainBytes)
      clusters++;
    return { atBytes, clusters };
  }

  async #allocate(entry: number, most: number): Promise<{ atBytes: number; clusters: number }> {
    const taken = await this.#space.takeClusters(most);
    for (let i = 0; i < taken.clusters; i++) {
      this.#tables.l2.setOwn(entry + i, taken.atBytes + i * this.grainBytes);
    }
    return taken;
  }

  /** How many guest clusters an L2 table maps. */
  #entriesOf(table: number): number {
    const left = Math.ceil((this.#virtualSizeBytes - table * this.#tableBytes) / this.grainBytes);
    return Math.min(left, this.#tables.entriesPerTable);
  }

  async checkpoint(doneBytes: number): Promise<WriterCheckpoint> {
    await this.#packed.flush();
    await this.#tables.flush();
    await this.#space.flush();
    await this.#target.resize(this.#space.state.cursorBytes);
    await this.#target.sync();
    const { table, tableAtBytes } = this.#tables;
    const state = { image: this.#image, table, tableAtBytes, writtenBytes: this.#writtenBytes, ...this.#space.state };
    return { doneBytes, state };
  }

  async finish(): Promise<WriteSummary> {
    if (this.#preallocated && this.#virtualSizeBytes > 0) await this.#openTable(this.#l1Entries - 1);
    await this.#packed.flush();
    await this.#tables.flush();
    await this.#space.finish();
    const { cursorBytes } = this.#space.state;
    await this.#target.resize(cursorBytes);
    // The magic alone comes after all else is safe.
    await this.#target.write(MAGIC_BYTES, this.#head.subarray(MAGIC_BYTES));
    await this.#target.sync();
    await this.#target.write(0, this.#head.subarray(0, MAGIC_BYTES));
    await this.#target.sync();
    return { writtenBytes: this.#writtenBytes, fileSizeBytes: cursorBytes };
  }
}

/** Magic and version. */
const MAGIC_BYTES = 8;

function encodingOf({ compression: { method, level } }: WritePlan): UnitEncoding | null {
  if (method === "none") return null;
  if (level === null) throw new AppError("internal.bug", "a qcow2 plan without level of compression");
  return { method: method === "zlib" ? "deflate-4k" : "zstd", level, plainWhenLarger: true };
}
