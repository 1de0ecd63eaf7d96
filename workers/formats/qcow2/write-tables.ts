/**
 * The L1 table and the L2 tables of an image that is being written: the open cluster of the one, the open table of the other.
 * Both ascend with the guest's offsets, so that neither is ever needed again once it was left.
 */
import type { ByteTarget } from "../../io/byte-source.ts";
import { hostOffset } from "./entries.ts";
import { ENTRY_BYTES } from "./structures.ts";

/** One cluster of L1 or L2 entries. */
class EntryCluster {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(clusterBytes: number) {
    this.bytes = new Uint8Array(clusterBytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Points entry `index` to a table or cluster at `atBytes` that nobody else uses. */
  setOwn(index: number, atBytes: number): void {
    this.#view.setUint32(index * ENTRY_BYTES, 2 ** 31 + Math.floor(atBytes / 2 ** 32));
    this.#view.setUint32(index * ENTRY_BYTES + 4, atBytes % 2 ** 32);
  }

  set(index: number, entry: bigint): void {
    this.#view.setBigUint64(index * ENTRY_BYTES, entry);
  }

  /** Where an entry made by `setOwn` points to. */
  place(index: number): number {
    const high = this.#view.getUint32(index * ENTRY_BYTES);
    return hostOffset(high, this.#view.getUint32(index * ENTRY_BYTES + 4));
  }

  clearFrom(index: number): void {
    this.bytes.fill(0, index * ENTRY_BYTES);
  }
}

export class WriteTables {
  /** Entries of the open L2 table. */
  readonly l2: EntryCluster;
  readonly entriesPerTable: number;
  readonly #target: ByteTarget;
  readonly #clusterBytes: number;
  readonly #l1AtBytes: number;
  readonly #l1Clusters: number;
  readonly #l1: EntryCluster;
  /** Number of the open L2 table and where it lies; -1 = none is open. */
  #table = -1;
  #tableAtBytes = 0;

  constructor(target: ByteTarget, clusterBytes: number, l1AtBytes: number, l1Entries: number) {
    this.#target = target;
    this.#clusterBytes = clusterBytes;
    this.#l1AtBytes = l1AtBytes;
    this.entriesPerTable = clusterBytes / ENTRY_BYTES;
    this.#l1Clusters = Math.ceil(l1Entries / this.entriesPerTable);
    this.#l1 = new EntryCluster(clusterBytes);
    this.l2 = new EntryCluster(clusterBytes);
  }

  get table(): number {
    return this.#table;
  }

  get tableAtBytes(): number {
    return this.#tableAtBytes;
  }

  /** Leaves the open table for an empty one at `atBytes`. */
  async open(table: number, atBytes: number): Promise<void> {
    if (this.#table >= 0) {
      await this.#target.write(this.#tableAtBytes, this.l2.bytes);
      if (this.#l1ClusterOf(table) !== this.#l1ClusterOf(this.#table)) {
        await this.#target.write(this.#l1AtOf(this.#table), this.#l1.bytes);
        this.#l1.clearFrom(0);
      }
    }
    this.l2.clearFrom(0);
    this.#table = table;
    this.#tableAtBytes = atBytes;
    this.#l1.setOwn(table % this.entriesPerTable, atBytes);
  }

  /** Puts both open clusters in their places. */
  async flush(): Promise<void> {
    if (this.#table < 0) return;
    await this.#target.write(this.#tableAtBytes, this.l2.bytes);
    await this.#target.write(this.#l1AtOf(this.#table), this.#l1.bytes);
  }

  /** Opens a table that a checkpoint left open; what the L1 table says of later ones is forgotten. */
  async resume(table: number, atBytes: number): Promise<void> {
    this.#table = table;
    this.#tableAtBytes = atBytes;
    for (let cluster = this.#l1ClusterOf(table) + 1; cluster < this.#l1Clusters; cluster++) {
      const at = this.#l1AtBytes + cluster * this.#clusterBytes;
      await this.#target.read(at, this.#l1.bytes);
      if (this.#l1.bytes.some((byte) => byte !== 0)) await this.#target.write(at, new Uint8Array(this.#clusterBytes));
    }
    await this.#target.read(this.#l1AtOf(table), this.#l1.bytes);
    this.#l1.clearFrom((table % this.entriesPerTable) + 1);
    await this.#target.read(atBytes, this.l2.bytes);
  }

  #l1ClusterOf(table: number): number {
    return Math.floor(table / this.entriesPerTable);
  }

  #l1AtOf(table: number): number {
    return this.#l1AtBytes + this.#l1ClusterOf(table) * this.#clusterBytes;
  }
}
