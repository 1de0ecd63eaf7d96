/**
 * Hands out the clusters of a QCOW2 file that is being written, in ascending order, and counts who uses them ("Host cluster
 * management"). Only the counts of one refcount block are held: allocation never goes back behind it.
 *
 *   0        header (kept free), L1 table, refcount table     their sizes follow from the disk's
 *   …        refcount blocks of all that                      one, unless the L1 table is huge
 *   …        clusters as they are asked for; the first cluster of every further range that a refcount block counts is that block
 *
 * Compressed clusters follow each other byte by byte inside the clusters they were given. Where something else was allocated in
 * between, what does not fit into the rest begins a new cluster, as QEMU does it.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import type { SpaceState } from "./resume-state.ts";
import { ENTRY_BYTES } from "./structures.ts";

/** Counts are 16 bits wide (refcount_order 4), as in QEMU's images. */
export const REFCOUNT_ORDER = 4;
const COUNT_BYTES = 2;
const MAX_COUNT = 0xffff;
/** QEMU opens no image with a larger table. */
const MAX_REFCOUNT_TABLE_BYTES = 8 * 1024 * 1024;

export class HostSpace {
  readonly l1AtBytes: number;
  readonly refcountTableAtBytes: number;
  readonly refcountTableClusters: number;
  readonly #target: ByteTarget;
  readonly #clusterBytes: number;
  readonly #countsPerBlock: number;
  /** Clusters before the first refcount block. */
  readonly #fixedClusters: number;
  /** Refcount blocks that follow the fixed clusters. */
  readonly #firstBlocks: number;
  readonly #counts: DataView<ArrayBuffer>;
  /** Number of the block in `#counts`. */
  #region = 0;
  #cursor = 0;
  #packAt = 0;
  #packCount = 0;

  /**
   * @param l1Bytes length of the L1 table
   * @param mostClusters L2 tables and clusters of data that may be asked for in all
   * @throws AppError disk.too-large where QEMU would not open a file of so many clusters
   */
  constructor(target: ByteTarget, clusterBytes: number, l1Bytes: number, mostClusters: number) {
    this.#target = target;
    this.#clusterBytes = clusterBytes;
    this.#countsPerBlock = clusterBytes / COUNT_BYTES;
    this.#counts = new DataView(new ArrayBuffer(clusterBytes));
    const l1Clusters = Math.ceil(l1Bytes / clusterBytes);
    // The table must be long enough for a file in which everything is allocated; more blocks need more table.
    let tableClusters = 0;
    for (let needed = 1; needed !== tableClusters; ) {
      tableClusters = needed;
      const clusters = 1 + l1Clusters + tableClusters + mostClusters;
      const blocks = Math.ceil(clusters / (this.#countsPerBlock - 1)) + 1;
      needed = Math.ceil((blocks * ENTRY_BYTES) / clusterBytes);
    }
    if (tableClusters * clusterBytes > MAX_REFCOUNT_TABLE_BYTES) {
      throw new AppError(
        "disk.too-large",
        `${target.name}: with clusters of ${clusterBytes} bytes a qcow2 disk cannot be that large`,
        { hint: "Choose larger clusters." },
      );
    }
    this.l1AtBytes = clusterBytes;
    this.refcountTableAtBytes = (1 + l1Clusters) * clusterBytes;
    this.refcountTableClusters = tableClusters;
    this.#fixedClusters = 1 + l1Clusters + tableClusters;
    this.#firstBlocks = Math.ceil(this.#fixedClusters / (this.#countsPerBlock - 1));
  }

  get state(): SpaceState {
    return { cursorBytes: this.#cursor * this.#clusterBytes, packAtBytes: this.#packAt, packCount: this.#packCount };
  }

  /** Allocates what every image has. */
  async begin(): Promise<void> {
    this.#cursor = this.#fixedClusters + this.#firstBlocks;
    this.#region = this.#firstBlocks - 1;
    this.#count(0, this.#countsPerBlock);
    for (let block = 0; block < this.#region; block++) await this.#target.write(this.#blockAt(block), this.#bytes());
    this.#bytes().fill(0, (this.#cursor - this.#region * this.#countsPerBlock) * COUNT_BYTES);
  }

  /** Goes on where a checkpoint was made: what was counted or packed after it is forgotten. The file is at least as long as then. */
  async resume(state: SpaceState): Promise<void> {
    this.#cursor = state.cursorBytes / this.#clusterBytes;
    this.#region = Math.max(this.#firstBlocks, Math.ceil(this.#cursor / this.#countsPerBlock)) - 1;
    this.#packAt = state.packAtBytes;
    this.#packCount = state.packCount;
    const first = this.#region * this.#countsPerBlock;
    await this.#target.read(this.#blockAt(this.#region), this.#bytes());
    this.#bytes().fill(0, (this.#cursor - first) * COUNT_BYTES);
    if (this.#packAt === 0) return;
    const open = Math.floor(this.#packAt / this.#clusterBytes);
    this.#counts.setUint16((open - first) * COUNT_BYTES, this.#packCount);
    await this.#target.write(this.#packAt, new Uint8Array((open + 1) * this.#clusterBytes - this.#packAt));
  }

  /** Up to `most` clusters that follow each other, at least one. */
  async takeClusters(most: number): Promise<{ atBytes: number; clusters: number }> {
    if (this.#cursor === (this.#region + 1) * this.#countsPerBlock) await this.#openBlock();
    const clusters = Math.min(most, (this.#region + 1) * this.#countsPerBlock - this.#cursor);
    const atBytes = this.#cursor * this.#clusterBytes;
    this.#count(this.#cursor - this.#region * this.#countsPerBlock, clusters);
    this.#cursor += clusters;
    return { atBytes, clusters };
  }

  /** The place of a compressed cluster of `length` bytes, fewer than a cluster has. */
  async takeBytes(length: number): Promise<number> {
    const open = Math.floor(this.#packAt / this.#clusterBytes);
    const rest = this.#packAt === 0 ? 0 : (open + 1) * this.#clusterBytes - this.#packAt;
    const goesOn = open + 1 === this.#cursor && this.#cursor % this.#countsPerBlock !== 0;
    let atBytes = this.#packAt;
    if (rest === 0 || this.#packCount === MAX_COUNT || (rest < length && !goesOn)) {
      ({ atBytes } = await this.takeClusters(1));
      this.#packCount = 1;
    } else {
      this.#packCount++;
      this.#counts.setUint16((open - this.#region * this.#countsPerBlock) * COUNT_BYTES, this.#packCount);
      if (rest < length) {
        await this.takeClusters(1);
        this.#packCount = 1;
      }
    }
    const end = atBytes + length;
    this.#packAt = end % this.#clusterBytes === 0 ? 0 : end;
    return atBytes;
  }

  /** Puts the open refcount block in its place. */
  async flush(): Promise<void> {
    await this.#target.write(this.#blockAt(this.#region), this.#bytes());
  }

  /** Writes the last refcount block and the refcount table. */
  async finish(): Promise<void> {
    await this.flush();
    const entries = this.#clusterBytes / ENTRY_BYTES;
    const page = this.#counts;
    for (let cluster = 0; cluster < this.refcountTableClusters; cluster++) {
      this.#bytes().fill(0);
      for (let i = 0; i < entries; i++) {
        const block = cluster * entries + i;
        if (block > this.#region) break;
        page.setBigUint64(i * ENTRY_BYTES, BigInt(this.#blockAt(block)));
      }
      await this.#target.write(this.refcountTableAtBytes + cluster * this.#clusterBytes, this.#bytes());
    }
  }

  /** The next range of clusters: its first holds its counts. */
  async #openBlock(): Promise<void> {
    await this.flush();
    this.#bytes().fill(0);
    this.#region++;
    this.#count(0, 1);
    this.#cursor++;
    this.#packAt = 0;
  }

  #blockAt(block: number): number {
    const cluster = block < this.#firstBlocks ? this.#fixedClusters + block : block * this.#countsPerBlock;
    return cluster * this.#clusterBytes;
  }

  /** Clusters of the open block that one user has. */
  #count(first: number, clusters: number): void {
    for (let i = first; i < first + clusters; i++) this.#counts.setUint16(i * COUNT_BYTES, 1);
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.#counts.buffer);
  }
}
