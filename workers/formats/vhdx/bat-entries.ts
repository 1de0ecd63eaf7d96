/** The BAT entry by entry (specification, section 2.5), for whoever looks at the whole table: what it claims of the file. */
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import type { NamedClaim } from "../block-map/findings.ts";
import type { Region } from "./header.ts";
import { placeOf } from "./mapping.ts";
import type { VhdxMetadata } from "./metadata.ts";
import { BAT_ENTRY_BYTES, BITMAP_BYTES, BITMAP_PRESENT, chunkRatio, MIB, PAYLOAD } from "./structures.ts";

/** 1 MiB of the table. */
const TABLE_PAGES = 16;

export interface BatEntry {
  /** "payload block 7" or "sector bitmap 0". */
  readonly name: string;
  readonly isBitmap: boolean;
  readonly chunk: number;
  /** Where in the file the entry is. */
  readonly atBytes: number;
  readonly state: number;
  /** Where in the file what it names is, and how long that is; 0 where it names no place. */
  readonly place: number;
  readonly length: number;
  readonly reservedBits: boolean;
}

export class BatEntries {
  readonly #source: ByteSource;
  readonly #metadata: VhdxMetadata;
  readonly #bat: Region;
  readonly #reserved: readonly Region[];
  readonly #ratio: number;
  /** Entries that the disk's size needs. */
  readonly count: number;

  /** @param source with the log replayed @param reserved ranges of the file that are not for blocks */
  constructor(source: ByteSource, metadata: VhdxMetadata, bat: Region, reserved: readonly Region[]) {
    this.#source = source;
    this.#metadata = metadata;
    this.#bat = bat;
    this.#reserved = reserved;
    this.#ratio = chunkRatio(metadata.logicalSectorBytes, metadata.blockBytes);
    const blocks = Math.ceil(metadata.virtualSizeBytes / metadata.blockBytes);
    const chunks = Math.ceil(blocks / this.#ratio);
    this.count = metadata.parent ? chunks * (this.#ratio + 1) : blocks + chunks - 1;
  }

  /** Page by page, those that are more than an empty state. */
  async *pages(): AsyncIterable<readonly BatEntry[]> {
    const tables = new PagedBytes(this.#source, TABLE_PAGES);
    for (let index = 0; index < this.count; ) {
      const atBytes = this.#bat.start + index * BAT_ENTRY_BYTES;
      const view = await tables.view(atBytes, (this.count - index) * BAT_ENTRY_BYTES, "VHDX BAT");
      const found: BatEntry[] = [];
      for (let at = 0; at < view.byteLength; at += BAT_ENTRY_BYTES, index++) {
        const [low, high] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
        if (high > 0 || low > PAYLOAD.unmapped) found.push(this.#entry(index, atBytes + at, low, high));
      }
      yield found;
    }
  }

  #entry(index: number, atBytes: number, low: number, high: number): BatEntry {
    const chunk = Math.floor(index / (this.#ratio + 1));
    const isBitmap = index % (this.#ratio + 1) === this.#ratio;
    return {
      name: isBitmap ? `sector bitmap ${chunk}` : `payload block ${index - chunk}`,
      isBitmap,
      chunk,
      atBytes,
      state: low % 8,
      place: placeOf(low, high),
      length: isBitmap ? BITMAP_BYTES : this.#metadata.blockBytes,
      reservedBits: low % MIB >= 8,
    };
  }

  /** Header section, log, regions and everything that is stored. */
  async *claims(): AsyncIterable<readonly NamedClaim[]> {
    yield this.#reserved.map(({ name, start, length }) => ({ structure: name, start, length, saidAtBytes: null }));
    yield* this.stored();
  }

  /** Blocks and sector bitmaps in the file. */
  async *stored(): AsyncIterable<readonly NamedClaim[]> {
    for await (const page of this.pages()) yield page.filter(isStored).map(claimOf);
  }

  /** Places that entries keep for blocks that are not stored at present: nobody's, but not lost either. */
  async *kept(): AsyncIterable<readonly NamedClaim[]> {
    for await (const page of this.pages()) {
      yield page.filter((entry) => !isStored(entry) && entry.place > 0).map(claimOf);
    }
  }
}

/** Whether what the entry is for is in the file. */
export function isStored({ state, isBitmap }: BatEntry): boolean {
  return isBitmap ? state === BITMAP_PRESENT : state === PAYLOAD.fullyPresent || state === PAYLOAD.partiallyPresent;
}

function claimOf({ name, place, length, atBytes }: BatEntry): NamedClaim {
  return { structure: name, start: place, length, saidAtBytes: atBytes };
}
