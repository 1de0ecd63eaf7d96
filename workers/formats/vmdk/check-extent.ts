/** Structural check of one sparse extent of any kind. Two walks of its tables or more, in constant memory; no guest data is read. */
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import { claimFindings, finding, findingOf, type NamedClaim } from "../block-map/findings.ts";
import type { CheckContext } from "../format.ts";
import { anatomyOf, type ExtentAnatomy } from "./anatomy.ts";
import type { SparseType } from "./descriptor.ts";
import { GrainMap, type GrainTables } from "./grain-map.ts";
import { GRAIN_MARKER_BYTES, SECTOR_BYTES } from "./structures.ts";

/** 1 MiB of directory and tables, for each copy. */
const TABLE_PAGES = 16;
/** After so many entries of a directory without tables others get a word in. */
const GATE_ENTRIES = 4096;
/** Method (deflate) and flags that a zlib stream begins with. */
const ZLIB_HEAD_BYTES = 2;

/** @param lengthBytes what the descriptor says the extent holds, where there is one */
export async function* checkExtent(
  source: ByteSource,
  type: SparseType,
  context: CheckContext,
  lengthBytes?: number,
): AsyncIterable<CheckFinding> {
  const anatomy = await anatomyOf(source, type);
  const { tables, redundant } = anatomy;
  for (const message of anatomy.warnings) yield finding("warning", anatomy.headerName, 0, message);
  if (lengthBytes !== undefined && lengthBytes > tables.capacityBytes) {
    const words = `${source.name} holds ${tables.capacityBytes} bytes, the descriptor says ${lengthBytes}`;
    yield finding("error", anatomy.headerName, 0, words);
  }
  await new GrainMap(source, tables).assertDirectoryFits();
  yield* new ExtentCheck(source, anatomy, context).findings();
  if (redundant !== null) yield* compareCopies(source, tables, redundant, context);
}

/** A table that a directory entry names, as far as it lies inside the file. */
interface FoundTable {
  readonly index: number;
  readonly atBytes: number;
}

/** A table entry that names a grain. */
interface FoundGrain {
  readonly grain: number;
  readonly atBytes: number;
  /** Bytes of the file that are the grain's; 0 where its marker makes no sense. */
  readonly storedBytes: number;
  readonly entryAtBytes: number;
}

class ExtentCheck {
  readonly #source: ByteSource;
  readonly #anatomy: ExtentAnatomy;
  readonly #tables: GrainTables;
  readonly #context: CheckContext;
  readonly #pages: PagedBytes;
  readonly #tableBytes: number;
  /** Only the first walk tells; the others find the same again. */
  #complaints: CheckFinding[] | null = [];

  constructor(source: ByteSource, anatomy: ExtentAnatomy, context: CheckContext) {
    this.#source = source;
    this.#anatomy = anatomy;
    this.#tables = anatomy.tables;
    this.#context = context;
    this.#pages = new PagedBytes(source, TABLE_PAGES);
    this.#tableBytes = anatomy.tables.entriesPerTable * anatomy.tables.entryBytes;
  }

  async *findings(): AsyncIterable<CheckFinding> {
    const { directoryEntries } = this.#tables;
    for await (const table of this.#foundTables()) {
      for await (const _ of this.#foundGrains(table)) yield* this.#takeComplaints();
      yield* this.#takeComplaints();
      this.#context.progress(table.index + 1, directoryEntries);
    }
    yield* this.#takeComplaints();
    this.#complaints = null;
    const { sizeBytes, leakBytes } = this.#anatomy;
    yield* claimFindings({ sizeBytes, unitBytes: SECTOR_BYTES, leakBytes }, () => this.#claims());
    this.#context.progress(directoryEntries, directoryEntries);
  }

  *#takeComplaints(): Iterable<CheckFinding> {
    yield* this.#complaints ?? [];
    if (this.#complaints) this.#complaints.length = 0;
  }

  #complain(structure: string, offset: number, words: string): void {
    this.#complaints?.push(finding("error", structure, offset, words));
  }

  async *#claims(): AsyncIterable<readonly NamedClaim[]> {
    const { fixed, redundant } = this.#anatomy;
    yield fixed;
    const tableClaim = ({ index, atBytes }: FoundTable, name: string, said: number): NamedClaim[] => [
      { structure: `${name} ${index}`, start: atBytes, length: this.#tableBytes, saidAtBytes: said },
    ];
    for await (const table of this.#foundTables()) {
      yield tableClaim(table, "grain table", entryAt(this.#tables, table.index));
      for await (const grains of this.#foundGrains(table)) {
        yield grains
          .filter(({ storedBytes }) => storedBytes > 0)
          .map(({ grain, atBytes, storedBytes, entryAtBytes }) => ({
            structure: `grain ${grain}`,
            start: atBytes,
            length: storedBytes,
            saidAtBytes: entryAtBytes,
          }));
      }
    }
    if (redundant === null) return;
    for await (const table of this.#foundTables(redundant)) {
      yield tableClaim(table, "redundant grain table", entryAt(redundant, table.index));
    }
  }

  /** The tables of a directory that lie inside the file; the others are complained about. */
  async *#foundTables(tables: GrainTables = this.#tables): AsyncIterable<FoundTable> {
    const { directoryEntries, directoryAtBytes, entryBytes } = tables;
    for (let index = 0; index < directoryEntries; index++) {
      if (index % GATE_ENTRIES === 0) await this.#context.gate();
      const offset = directoryAtBytes + index * entryBytes;
      const view = await this.#pages.view(offset, entryBytes, "grain directory");
      let atBytes = 0;
      try {
        atBytes = tables.tableAt(view, 0, index);
      } catch (error) {
        this.#complaints?.push(findingOf(error));
      }
      if (atBytes === 0) continue;
      if (atBytes + this.#tableBytes > this.#source.sizeBytes) {
        const words = `grain table ${index} at offset ${atBytes} goes beyond the end of the file`;
        this.#complain("grain directory", offset, words);
      } else {
        await this.#context.gate();
        yield { index, atBytes };
      }
    }
  }

  /** The stored grains of a table, page by page. */
  async *#foundGrains({ index, atBytes }: FoundTable): AsyncIterable<FoundGrain[]> {
    const { capacityBytes, grainBytes, entriesPerTable, entryBytes, compressed } = this.#tables;
    const first = index * entriesPerTable;
    const entries = Math.min(entriesPerTable, Math.ceil(capacityBytes / grainBytes) - first);
    for (let entry = 0; entry < entries; ) {
      const pageAt = atBytes + entry * entryBytes;
      const view = await this.#pages.view(pageAt, (entries - entry) * entryBytes, `grain table ${index}`);
      // Reading markers does not touch the window on the tables.
      const found: FoundGrain[] = [];
      for (let at = 0; at < view.byteLength; at += entryBytes, entry++) {
        const grain = first + entry;
        let place = 0;
        try {
          place = this.#tables.grainAt(view, at, grain);
        } catch (error) {
          this.#complaints?.push({ ...findingOf(error), structure: `grain table ${index}`, offsetBytes: pageAt + at });
        }
        if (place <= 0) continue;
        const storedBytes = compressed
          ? await this.#compressedLength(grain, place)
          : this.#plainLength(grain, place, pageAt + at);
        found.push({ grain, atBytes: place, storedBytes, entryAtBytes: pageAt + at });
      }
      yield found;
    }
  }

  /** Of a plain grain, as far as the file goes: the disk's last need not be stored whole. */
  #plainLength(grain: number, atBytes: number, entryAtBytes: number): number {
    const { capacityBytes, grainBytes } = this.#tables;
    const { sizeBytes } = this.#source;
    const needed = Math.min(grainBytes, capacityBytes - grain * grainBytes);
    if (atBytes + needed > sizeBytes) {
      this.#complain(
        `grain ${grain}`,
        entryAtBytes,
        `grain ${grain} at offset ${atBytes} goes beyond the end of the file`,
      );
    }
    return Math.max(0, Math.min(grainBytes, sizeBytes - atBytes));
  }

  /** Of a compressed grain with its marker, up to the next sector; 0 where the marker cannot be believed. */
  async #compressedLength(grain: number, atBytes: number): Promise<number> {
    const { grainBytes } = this.#tables;
    const { sizeBytes } = this.#source;
    const bad = (what: string): number => {
      this.#complain(`grain ${grain}`, atBytes, `grain ${grain} at offset ${atBytes} ${what}`);
      return 0;
    };
    const head = new Uint8Array(GRAIN_MARKER_BYTES + ZLIB_HEAD_BYTES);
    if (atBytes + head.length > sizeBytes) return bad("goes beyond the end of the file");
    await this.#source.read(atBytes, head);
    const view = new DataView(head.buffer);
    const sector = view.getBigUint64(0, true);
    const due = (grain * grainBytes) / SECTOR_BYTES;
    if (sector !== BigInt(due)) return bad(`has the marker of guest sector ${sector}, not of ${due}`);
    const length = view.getUint32(8, true);
    if (length === 0 || length > 2 * grainBytes) return bad(`says it has ${length} compressed bytes`);
    if (atBytes + GRAIN_MARKER_BYTES + length > sizeBytes) return bad("goes beyond the end of the file");
    const zlib = view.getUint16(GRAIN_MARKER_BYTES);
    if (zlib % 31 !== 0 || Math.floor(zlib / 256) % 16 !== 8) return bad("does not begin like a zlib stream");
    return Math.ceil((GRAIN_MARKER_BYTES + length) / SECTOR_BYTES) * SECTOR_BYTES;
  }
}

/** The redundant directory and tables say the same as the primary ones, which are the ones that are read. */
async function* compareCopies(
  source: ByteSource,
  primary: GrainTables,
  redundant: GrainTables,
  context: CheckContext,
): AsyncIterable<CheckFinding> {
  const [pages, others] = [new PagedBytes(source, TABLE_PAGES), new PagedBytes(source, TABLE_PAGES)];
  const tableBytes = primary.entriesPerTable * primary.entryBytes;
  for (let index = 0; index < primary.directoryEntries; index++) {
    if (index % GATE_ENTRIES === 0) await context.gate();
    const [offset, otherOffset] = [entryAt(primary, index), entryAt(redundant, index)];
    const at = primary.tableAt(await pages.view(offset, primary.entryBytes, "grain directory"), 0, index);
    const name = "redundant grain directory";
    const otherAt = redundant.tableAt(await others.view(otherOffset, redundant.entryBytes, name), 0, index);
    if (at + tableBytes > source.sizeBytes || (at === 0 && otherAt === 0)) continue;
    if (at === 0 || otherAt === 0 || otherAt + tableBytes > source.sizeBytes) {
      const words = `grain table ${index}: the directory says offset ${at}, the redundant one ${otherAt}`;
      yield finding("warning", name, otherOffset, words);
      continue;
    }
    await context.gate();
    const [table, other] = [
      await pages.copy(at, tableBytes, `grain table ${index}`),
      await others.copy(otherAt, tableBytes, `redundant grain table ${index}`),
    ];
    if (Buffer.compare(table, other) === 0) continue;
    const entry = table.findIndex((byte, i) => byte !== other[i]);
    const words = `grain table ${index} at offset ${at} and its copy at offset ${otherAt} are not the same`;
    yield finding("warning", `redundant grain table ${index}`, otherAt + entry - (entry % primary.entryBytes), words);
  }
}

/** Where a directory's entry lies. */
function entryAt({ directoryAtBytes, entryBytes }: GrainTables, index: number): number {
  return directoryAtBytes + index * entryBytes;
}
