/**
 * Writes a QCOW2 image of version 3 with clusters of 64 KiB in one ascending pass, in constant memory.
 *
 *   0            header          written last: until then the file begins with zeros and is no image
 *   64 Ki        L1 table        its length follows from the disk's size; one cluster of it is held at a time
 *   …            L2, data …      an L2 table takes its place before the first data cluster of its 512 MiB
 *   …            refcounts       at the end: blocks, then their table; every cluster of the file counts one
 *
 * Each cluster is allocated exactly once, in ascending order, so the reference counts are known without keeping any. A
 * checkpoint puts the open L1 and L2 tables in their places; going on from it cuts the file back to the cursor and drops what
 * the tables say about later guest offsets, so that the result does not depend on where an earlier attempt ended.
 */
import { z } from "zod";
import { Bytes } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import {
  type CreateContext,
  type DiskWriter,
  parseResumeState,
  type WritePlan,
  type WriterCheckpoint,
  type WriteSummary,
} from "../format.ts";
import { COPIED_BIT, ENTRY_BYTES, headerV3, MAGIC } from "./structures.ts";

const CLUSTER_BITS = 16;
const CLUSTER_BYTES = 2 ** CLUSTER_BITS;
const ENTRIES_PER_TABLE = CLUSTER_BYTES / ENTRY_BYTES;
/** Guest bytes one L2 table maps: 512 MiB. */
const TABLE_BYTES = CLUSTER_BYTES * ENTRIES_PER_TABLE;
const SECTOR_BYTES = 512;
/** QEMU reads L1 tables of up to 32 MiB: 2 PiB of disk. */
const MAX_VIRTUAL_BYTES = (32 * 1024 * 1024 * TABLE_BYTES) / ENTRY_BYTES;
const REFCOUNT_BYTES = 2;

const ResumeState = z.object({
  virtualSizeBytes: Bytes,
  /** Where the next cluster goes: the length of the durable file. */
  cursorBytes: Bytes,
  /** Number of the open L2 table; -1 before the first write. */
  table: z.number().int().min(-1),
  tableAtBytes: Bytes,
  writtenBytes: Bytes,
});
type ResumeState = z.infer<typeof ResumeState>;

/**
 * Begins an image, or goes on from a checkpoint of the same disk. A size that is no multiple of 512 is rounded up, as the
 * format counts in sectors; the tail reads as zeros.
 * @throws AppError disk.too-large; disk.truncated when the target is shorter than the checkpoint says
 */
export async function createQcow2(target: ByteTarget, plan: WritePlan, { resume }: CreateContext): Promise<DiskWriter> {
  const virtualSizeBytes = Math.ceil(plan.virtualSizeBytes / SECTOR_BYTES) * SECTOR_BYTES;
  if (virtualSizeBytes > MAX_VIRTUAL_BYTES) {
    throw new AppError(
      "disk.too-large",
      `${target.name}: qcow2 disks of more than ${MAX_VIRTUAL_BYTES} bytes are not written`,
    );
  }
  const writer = new Qcow2Writer(target, virtualSizeBytes);
  if (resume) await writer.resume(resume);
  return writer;
}

class Qcow2Writer implements DiskWriter {
  readonly grainBytes = CLUSTER_BYTES;
  readonly encoding = null;
  readonly #target: ByteTarget;
  readonly #l1Entries: number;
  /** The cluster of the L1 table that holds entry `#state.table`. */
  readonly #l1: Table;
  readonly #l2: Table;
  #state: ResumeState;

  constructor(target: ByteTarget, virtualSizeBytes: number) {
    this.#target = target;
    this.#l1Entries = Math.max(1, Math.ceil(virtualSizeBytes / TABLE_BYTES));
    this.#l1 = new Table();
    this.#l2 = new Table();
    const cursorBytes = CLUSTER_BYTES + roundUp(this.#l1Entries * ENTRY_BYTES);
    this.#state = { virtualSizeBytes, cursorBytes, table: -1, tableAtBytes: 0, writtenBytes: 0 };
  }

  async resume(checkpoint: WriterCheckpoint): Promise<void> {
    const state = parseResumeState(ResumeState, checkpoint, this.#target.name);
    if (state.virtualSizeBytes !== this.#state.virtualSizeBytes || state.table >= this.#l1Entries) {
      throw new AppError("state.conflict", `the checkpoint for ${this.#target.name} belongs to another disk`);
    }
    if (state.table < 0) await this.#target.resize(0);
    else {
      await this.#target.read(state.cursorBytes - 1, new Uint8Array(1));
      await this.#withdrawHeader();
      await this.#target.read(this.#l1ClusterAt(state.table), this.#l1.bytes);
      await this.#target.read(state.tableAtBytes, this.#l2.bytes);
      this.#l1.clearFrom((state.table % ENTRIES_PER_TABLE) + 1);
      this.#l2.clearFrom(Math.max(0, Math.ceil((checkpoint.doneBytes - state.table * TABLE_BYTES) / CLUSTER_BYTES)));
    }
    await this.#target.resize(state.cursorBytes);
    this.#state = state;
  }

  /**
   * The earlier attempt may have died between its last two steps and left a valid image. It stops being one before anything of
   * it is cut off, and for sure: a power loss may keep the later change and lose the earlier one.
   */
  async #withdrawHeader(): Promise<void> {
    const zeros = new Uint8Array(headerV3.sizeBytes);
    const header = new Uint8Array(headerV3.sizeBytes);
    await this.#target.read(0, header);
    if (Buffer.compare(header, zeros) === 0) return;
    await this.#target.write(0, zeros);
    await this.#target.sync();
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const { virtualSizeBytes } = this.#state;
    const toEnd = offset + bytes.length >= virtualSizeBytes - (SECTOR_BYTES - 1);
    if (offset % CLUSTER_BYTES !== 0 || (bytes.length % CLUSTER_BYTES !== 0 && !toEnd)) {
      throw new AppError("internal.bug", `qcow2 writes are whole clusters; got ${bytes.length} bytes at ${offset}`);
    }
    for (let done = 0; done < bytes.length; ) {
      const at = offset + done;
      const table = Math.floor(at / TABLE_BYTES);
      if (table !== this.#state.table) await this.#openTable(table);
      const length = Math.min(bytes.length - done, (table + 1) * TABLE_BYTES - at);
      await this.#append(at, bytes.subarray(done, done + length));
      done += length;
    }
  }

  /** Stores clusters that lie in the open table at the cursor. */
  async #append(at: number, bytes: Uint8Array): Promise<void> {
    const state = this.#state;
    const hostOffset = state.cursorBytes;
    const clusters = Math.ceil(bytes.length / CLUSTER_BYTES);
    const first = (at - state.table * TABLE_BYTES) / CLUSTER_BYTES;
    if (first < this.#l2.used) throw new AppError("internal.bug", `qcow2 writes ascend; offset ${at} came too late`);
    await this.#target.write(hostOffset, bytes);
    const padding = clusters * CLUSTER_BYTES - bytes.length;
    if (padding > 0) await this.#target.write(hostOffset + bytes.length, new Uint8Array(padding));
    for (let i = 0; i < clusters; i++) this.#l2.set(first + i, hostOffset + i * CLUSTER_BYTES);
    state.cursorBytes += clusters * CLUSTER_BYTES;
    state.writtenBytes += bytes.length;
  }

  async #openTable(table: number): Promise<void> {
    const state = this.#state;
    if (table < state.table) throw new AppError("internal.bug", "qcow2 writes ascend");
    if (state.table >= 0) {
      await this.#target.write(state.tableAtBytes, this.#l2.bytes);
      if (this.#l1ClusterAt(table) !== this.#l1ClusterAt(state.table)) {
        await this.#target.write(this.#l1ClusterAt(state.table), this.#l1.bytes);
        this.#l1.clearFrom(0);
      }
    }
    this.#l2.clearFrom(0);
    state.table = table;
    state.tableAtBytes = state.cursorBytes;
    state.cursorBytes += CLUSTER_BYTES;
    this.#l1.set(table % ENTRIES_PER_TABLE, state.tableAtBytes);
  }

  async checkpoint(doneBytes: number): Promise<WriterCheckpoint> {
    await this.#flushTables();
    await this.#target.sync();
    return { doneBytes, state: { ...this.#state } };
  }

  async finish(): Promise<WriteSummary> {
    await this.#flushTables();
    const refcounts = await this.#writeRefcounts();
    const { cursorBytes, virtualSizeBytes, writtenBytes } = this.#state;
    await this.#target.resize(cursorBytes);
    await this.#target.sync();
    const header = headerV3.encode({
      magic: MAGIC,
      version: 3,
      backingFileOffset: 0,
      backingFileSize: 0,
      clusterBits: CLUSTER_BITS,
      size: virtualSizeBytes,
      cryptMethod: 0,
      l1Size: this.#l1Entries,
      l1TableOffset: CLUSTER_BYTES,
      refcountTableOffset: refcounts.tableAtBytes,
      refcountTableClusters: refcounts.tableClusters,
      nbSnapshots: 0,
      snapshotsOffset: 0,
      incompatibleFeatures: 0n,
      compatibleFeatures: 0n,
      autoclearFeatures: 0n,
      refcountOrder: Math.log2(REFCOUNT_BYTES * 8),
      headerLength: headerV3.sizeBytes,
    });
    await this.#target.write(0, header);
    await this.#target.sync();
    return { writtenBytes, fileSizeBytes: cursorBytes };
  }

  async #flushTables(): Promise<void> {
    const { table, tableAtBytes } = this.#state;
    if (table < 0) return;
    await this.#target.write(tableAtBytes, this.#l2.bytes);
    await this.#target.write(this.#l1ClusterAt(table), this.#l1.bytes);
  }

  /** Blocks of 16-bit counts for every cluster of the file, themselves and their table included; then the table. */
  async #writeRefcounts(): Promise<{ tableAtBytes: number; tableClusters: number }> {
    const state = this.#state;
    const used = state.cursorBytes / CLUSTER_BYTES;
    const countsPerBlock = CLUSTER_BYTES / REFCOUNT_BYTES;
    let blocks = 0;
    let tableClusters = 0;
    // More blocks need counts of their own: a few rounds settle it.
    for (let total = used; total !== used + blocks + tableClusters || blocks === 0; ) {
      total = used + blocks + tableClusters;
      blocks = Math.ceil(total / countsPerBlock);
      tableClusters = Math.ceil((blocks * ENTRY_BYTES) / CLUSTER_BYTES);
    }
    const total = used + blocks + tableClusters;
    const blocksAtBytes = state.cursorBytes;
    const tableAtBytes = blocksAtBytes + blocks * CLUSTER_BYTES;
    const block = new Uint8Array(CLUSTER_BYTES);
    const counts = new DataView(block.buffer);
    for (let i = 0; i < countsPerBlock; i++) counts.setUint16(i * REFCOUNT_BYTES, 1);
    for (let index = 0; index < blocks; index++) {
      const here = Math.min(countsPerBlock, total - index * countsPerBlock);
      block.fill(0, here * REFCOUNT_BYTES);
      await this.#target.write(blocksAtBytes + index * CLUSTER_BYTES, block);
    }
    const entries = new Uint8Array(CLUSTER_BYTES);
    const view = new DataView(entries.buffer);
    for (let cluster = 0; cluster < tableClusters; cluster++) {
      entries.fill(0);
      for (let i = 0; i < ENTRIES_PER_TABLE; i++) {
        const index = cluster * ENTRIES_PER_TABLE + i;
        if (index < blocks) view.setBigUint64(i * ENTRY_BYTES, BigInt(blocksAtBytes + index * CLUSTER_BYTES));
      }
      await this.#target.write(tableAtBytes + cluster * CLUSTER_BYTES, entries);
    }
    state.cursorBytes = total * CLUSTER_BYTES;
    return { tableAtBytes, tableClusters };
  }

  #l1ClusterAt(table: number): number {
    return CLUSTER_BYTES + Math.floor(table / ENTRIES_PER_TABLE) * CLUSTER_BYTES;
  }
}

/** One cluster of L1 or L2 entries. */
class Table {
  readonly bytes = new Uint8Array(CLUSTER_BYTES);
  readonly #view = new DataView(this.bytes.buffer);
  /** Entries at and above are zero. */
  used = 0;

  /** Points entry `index` to a cluster that nothing else points to. */
  set(index: number, hostOffset: number): void {
    this.#view.setBigUint64(index * ENTRY_BYTES, BigInt(hostOffset) | COPIED_BIT);
    this.used = index + 1;
  }

  clearFrom(index: number): void {
    this.bytes.fill(0, Math.min(index, ENTRIES_PER_TABLE) * ENTRY_BYTES);
    this.used = index;
  }
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / CLUSTER_BYTES) * CLUSTER_BYTES;
}
