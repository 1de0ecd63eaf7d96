/** The part of `check` that walks the L1 and L2 tables of one state of the disk ("Cluster mapping"). */
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import type { CheckContext } from "../format.ts";
import {
  compressedPlace,
  hasHighReserved,
  hostOffset,
  isCompressed,
  isCopied,
  isOnCluster,
  lowFlags,
} from "./entries.ts";
import type { Layer, Qcow2Header } from "./header.ts";
import { type HostWindow, USE } from "./host-window.ts";
import { compressedOffsetBits, ENTRY_BYTES } from "./structures.ts";

/** Pages of L1 and L2 tables kept. */
const TABLE_PAGES = 8;

/** L1 entries whose place in the file is remembered together: of an L1 table of 32 MiB that makes 65,536 spans. */
const GROUP_ENTRIES = 64;

type Span = HostWindow["span"];

export interface CheckedLayer {
  /** Before the names of its structures: "" for the active state, else which snapshot's. */
  readonly name: string;
  readonly layer: Layer;
  /** The flag "copied" means something in the active state only. */
  readonly isActive: boolean;
}

export class LayerCheck {
  readonly #source: ByteSource;
  readonly #header: Qcow2Header;
  readonly #window: HostWindow;
  readonly #tables: PagedBytes;
  readonly #offsetBits: number;
  /** Where what a group of L1 entries leads to lies in the file: groups that do not meet a window need no second walk. */
  readonly #spans = new Map<Layer, Span[]>();
  #found: CheckFinding[] = [];

  constructor(source: ByteSource, header: Qcow2Header, window: HostWindow) {
    this.#source = source;
    this.#header = header;
    this.#window = window;
    this.#tables = new PagedBytes(source, TABLE_PAGES);
    this.#offsetBits = compressedOffsetBits(header.clusterBits);
  }

  /**
   * Counts the layer's clusters in the window. What is wrong with an entry is told in the first window only.
   * @param walked told how many entries of the L1 table are done
   */
  async *walk(
    { name, layer, isActive }: CheckedLayer,
    context: CheckContext,
    walked: (entries: number) => void,
  ): AsyncIterable<CheckFinding> {
    const inFile = Math.floor((this.#source.sizeBytes - layer.l1AtBytes) / ENTRY_BYTES);
    const entries = Math.min(layer.l1Size, inFile);
    if (entries < layer.l1Size) this.#tell(`${name}L1 table`, layer.l1AtBytes, "goes on beyond the end of the file");
    for (let first = 0; first < entries; first += GROUP_ENTRIES) {
      const group = first / GROUP_ENTRIES;
      const known = this.#spans.get(layer)?.[group];
      if (known && !this.#window.meets(known)) continue;
      this.#window.beginSpan();
      const count = Math.min(GROUP_ENTRIES, entries - first);
      yield* this.#group({ name, layer, isActive }, first, count, context);
      if (!known) this.#remember(layer, group);
      walked(first + count);
    }
    yield* this.#drain();
    walked(layer.l1Size);
  }

  /** For the next windows: where the group's tables and clusters lie. */
  #remember(layer: Layer, group: number): void {
    const spans = this.#spans.get(layer) ?? [];
    spans[group] = this.#window.span;
    this.#spans.set(layer, spans);
  }

  async *#group(
    { name, layer, isActive }: CheckedLayer,
    first: number,
    count: number,
    context: CheckContext,
  ): AsyncIterable<CheckFinding> {
    const at = layer.l1AtBytes + first * ENTRY_BYTES;
    const l1 = await this.#tables.copy(at, count * ENTRY_BYTES, "qcow2 L1 table");
    const view = new DataView(l1.buffer);
    for (let i = 0; i < count; i++) {
      const [high, low] = [view.getUint32(i * ENTRY_BYTES), view.getUint32(i * ENTRY_BYTES + 4)];
      if (high === 0 && low === 0) continue;
      await context.gate();
      const index = first + i;
      const l2At = this.#l1Entry(`${name}L1 entry ${index}`, at + i * ENTRY_BYTES, high, low, isActive);
      if (l2At !== null) await this.#l2Table(`${name}L2 table ${index}`, l2At, isActive);
      yield* this.#drain();
    }
  }

  *#drain(): Iterable<CheckFinding> {
    const found = this.#found;
    this.#found = [];
    yield* found;
  }

  /** @returns where the table lies; null when it cannot be read */
  #l1Entry(structure: string, entryAt: number, high: number, low: number, isActive: boolean): number | null {
    const hasReserved = hasHighReserved(high, "L1") || lowFlags(low) !== 0;
    if (hasReserved) this.#tell(structure, entryAt, "has reserved bits set");
    const offset = hostOffset(high, low);
    if (offset === 0) {
      if (!hasReserved) this.#tell(structure, entryAt, "has flags, but no table");
      return null;
    }
    const { clusterBytes } = this.#header;
    const onCluster = isOnCluster(low, clusterBytes);
    if (!onCluster || offset >= this.#source.sizeBytes) {
      this.#tell(structure, entryAt, onCluster ? beyond(offset) : unaligned(offset));
      return null;
    }
    this.#window.use(offset, clusterBytes, USE.l2);
    if (isActive) this.#assertCopied(structure, entryAt, high, offset);
    if (offset + clusterBytes <= this.#source.sizeBytes) return offset;
    this.#tell(structure, entryAt, "points to a table that the file does not hold to its end");
    return null;
  }

  async #l2Table(name: string, l2At: number, isActive: boolean): Promise<void> {
    const { clusterBytes, entryBytes, extendedL2 } = this.#header;
    for (let done = 0; done < clusterBytes; ) {
      const view = await this.#tables.view(l2At + done, clusterBytes - done, `qcow2 ${name}`);
      for (let i = 0; i < view.byteLength; i += entryBytes) {
        const high = view.getUint32(i);
        const low = view.getUint32(i + 4);
        const zeros = extendedL2 ? view.getUint32(i + 8) : 0;
        const stored = extendedL2 ? view.getUint32(i + 12) : 0;
        if (high === 0 && low === 0 && stored === 0) continue;
        const problem = this.#l2Entry(name, l2At + done + i, high, low, zeros, stored, isActive);
        if (problem !== null) this.#tell(entryName(name, (done + i) / entryBytes), l2At + done + i, problem);
      }
      done += view.byteLength;
    }
  }

  /** Counts what the entry points to. @returns what is wrong with it, or null */
  #l2Entry(
    name: string,
    entryAt: number,
    high: number,
    low: number,
    zeros: number,
    stored: number,
    isActive: boolean,
  ): string | null {
    const { version, extendedL2, dataFileName, clusterBytes } = this.#header;
    if (isCompressed(high)) return this.#compressed(high, low, zeros !== 0 || stored !== 0);
    const flags = lowFlags(low);
    const offset = hostOffset(high, low);
    const aligned = isOnCluster(low, clusterBytes);
    if (dataFileName === null && offset > 0) {
      if (offset >= this.#source.sizeBytes) return beyond(offset);
      this.#window.use(offset, clusterBytes, USE.data);
      if (isActive && aligned) this.#assertCopied(name, entryAt, high, offset);
    }
    if (!aligned) return unaligned(offset);
    if (hasHighReserved(high, "L2") || flags > (extendedL2 ? 0 : 1)) return "has reserved bits set";
    if (flags === 1 && version < 3) return "marks zeros, which version 2 does not know";
    if ((zeros & stored) !== 0) return "says of a subcluster that it is stored and that it is zero";
    const isStored = offset > 0 || (dataFileName !== null && isCopied(high));
    return stored === 0 || isStored ? null : "says that subclusters are stored, but not where";
  }

  #compressed(high: number, low: number, hasBitmaps: boolean): string | null {
    if (this.#header.dataFileName !== null) return "is compressed, which an external data file cannot hold";
    const { atBytes, length } = compressedPlace(high, low, this.#offsetBits);
    if (atBytes >= this.#source.sizeBytes) return beyond(atBytes);
    this.#window.use(atBytes, length, USE.data);
    if (isCopied(high)) return "is compressed and says that nobody shares its cluster";
    return hasBitmaps ? "is compressed and has subclusters" : null;
  }

  /** The flag lets a program write in place: it must stand where, and only where, the count is one. */
  #assertCopied(structure: string, entryAt: number, high: number, offset: number): void {
    const count = this.#window.storedCount(offset);
    const copied = isCopied(high);
    if (count === null || copied === (count === 1)) return;
    const words = copied ? "allows writing in place" : "does not allow writing in place";
    const message = `The entry at ${entryAt} (${structure}) ${words}, though its cluster at ${offset} is counted ${count}×.`;
    this.#found.push({ severity: "error", structure, offsetBytes: entryAt, message });
  }

  #tell(structure: string, offsetBytes: number, words: string): void {
    if (this.#window.firstCluster > 0) return;
    this.#found.push({ severity: "error", structure, offsetBytes, message: `The ${structure} ${words}.` });
  }
}

function beyond(offset: number): string {
  return `points to ${offset}, beyond the end of the file`;
}

function unaligned(offset: number): string {
  return `points to ${offset}, which is not the start of a cluster`;
}

function entryName(table: string, index: number): string {
  return `${table}, entry ${index}`;
}
