/**
 * seSparse: what ESXi keeps snapshots in from VMFS 6 on. VMware has not published it; QEMU's documentation of its reader
 * (block/vmdk.c) is what is known. Numbers of 64 bits, little endian, in sectors unless said.
 *
 *   sector 0   constant header            directory entry   0 = no table, else 0x1000_0000_nnnn_nnnn: number of the table
 *   …          volatile header            table entry       top four bits 0 = not allocated, 1 = unmapped, 2 = zeros: both read
 *   …          journal                                      as zeros; 3 = grain: its number is bits 0-47 × 4096 + bits 48-59
 *   …          grain directory
 *   …          grain tables, 64 sectors (4096 entries) each
 *   …          free bitmap, back map      not needed for reading
 *   …          grains of 8 sectors
 */
import type { Fact } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { bytes, fieldTable, flags64, u64 } from "../../binary/field-table.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { type GrainTables, grainProblem, HOLE, ZERO } from "./grain-map.ts";
import { SE_SPARSE_MAGIC } from "./recognize.ts";
import { SECTOR_BYTES } from "./structures.ts";

export const SE_SPARSE_VOLATILE_MAGIC = 0x0000_0000_cafe_cafen;
/** 2.1, the only one known. */
export const SE_SPARSE_VERSION = 0x0000_0002_0000_0001n;
export const SE_SPARSE_GRAIN_SECTORS = 8;
export const SE_SPARSE_TABLE_SECTORS = 64;

const ENTRY_BYTES = 8;
const TABLE_BYTES = SE_SPARSE_TABLE_SECTORS * SECTOR_BYTES;
const ENTRIES_PER_TABLE = TABLE_BYTES / ENTRY_BYTES;
/** A little below 64 TiB is the largest such disk of VMware's. */
const MAX_CAPACITY_SECTORS = 2 ** 37;

export const seSparseHeader = fieldTable("seSparse header", 512, "little", {
  magic: flags64(),
  version: flags64(),
  capacity: u64(),
  grainSize: u64(),
  grainTableSize: u64(),
  flags: flags64(),
  reserved1: flags64(),
  reserved2: flags64(),
  reserved3: flags64(),
  reserved4: flags64(),
  volatileHeaderOffset: u64(),
  volatileHeaderSize: u64(),
  journalHeaderOffset: u64(),
  journalHeaderSize: u64(),
  journalOffset: u64(),
  journalSize: u64(),
  grainDirOffset: u64(),
  grainDirSize: u64(),
  grainTablesOffset: u64(),
  grainTablesSize: u64(),
  freeBitmapOffset: u64(),
  freeBitmapSize: u64(),
  backmapOffset: u64(),
  backmapSize: u64(),
  grainsOffset: u64(),
  grainsSize: u64(),
  pad: bytes(304),
});

export const seSparseVolatileHeader = fieldTable("seSparse volatile header", 512, "little", {
  magic: flags64(),
  freeGtNumber: flags64(),
  nextTxnSeqNumber: flags64(),
  replayJournal: flags64(),
  pad: bytes(480),
});

export interface SeSparseExtent {
  readonly header: SeSparseHeader;
  readonly tables: GrainTables;
  readonly facts: readonly Fact[];
}

type SeSparseHeader = ReturnType<(typeof seSparseHeader)["decode"]>;

/** @throws AppError disk.damaged, disk.unsupported, disk.too-large, disk.truncated naming the field */
export async function readSeSparse(source: ByteSource): Promise<SeSparseExtent> {
  const sector = await sectorAt(source, 0);
  const refuse = (code: Refusal, field: keyof typeof seSparseHeader.offsets, what: string) =>
    refusal(code, source.name, "seSparse header", field, seSparseHeader.offsets[field], what);
  // Before the rest is decoded: in what is no such extent any number may be too large.
  const magic = sector.length < 8 ? SE_SPARSE_MAGIC : new DataView(sector.buffer).getBigUint64(0, true);
  if (magic !== SE_SPARSE_MAGIC) throw refuse("disk.damaged", "magic", "is not 0xcafebabe");
  const header = seSparseHeader.decode(sector, { file: source.name, atBytes: 0 });
  if (header.version !== SE_SPARSE_VERSION) {
    throw refuse("disk.unsupported", "version", `0x${header.version.toString(16)} is not known`);
  }
  if (header.grainSize !== SE_SPARSE_GRAIN_SECTORS) {
    throw refuse("disk.unsupported", "grainSize", `${header.grainSize}; only ${SE_SPARSE_GRAIN_SECTORS} is known`);
  }
  if (header.grainTableSize !== SE_SPARSE_TABLE_SECTORS) {
    const what = `${header.grainTableSize}; only ${SE_SPARSE_TABLE_SECTORS} is known`;
    throw refuse("disk.unsupported", "grainTableSize", what);
  }
  for (const field of ["flags", "reserved1", "reserved2", "reserved3", "reserved4"] as const) {
    const value = header[field];
    if (value !== 0n) throw refuse("disk.unsupported", field, `0x${value.toString(16)} is not known`);
  }
  if (header.pad.some((byte) => byte !== 0)) throw refuse("disk.unsupported", "pad", "holds what is not known");
  const { capacity, grainDirSize, grainTablesOffset, grainsOffset } = header;
  if (capacity === 0) throw refuse("disk.damaged", "capacity", "0: the disk has no size");
  if (capacity > MAX_CAPACITY_SECTORS) throw refuse("disk.too-large", "capacity", `${capacity} sectors`);
  const directoryEntries = Math.ceil(capacity / (SE_SPARSE_GRAIN_SECTORS * ENTRIES_PER_TABLE));
  if (directoryEntries * ENTRY_BYTES > grainDirSize * SECTOR_BYTES) {
    throw refuse("disk.damaged", "grainDirSize", `${grainDirSize} sectors cannot hold ${directoryEntries} entries`);
  }
  const last = source.sizeBytes / SECTOR_BYTES;
  for (const field of ["volatileHeaderOffset", "grainDirOffset", "grainTablesOffset", "grainsOffset"] as const) {
    const sector = header[field];
    if (sector === 0) throw refuse("disk.damaged", field, "0 is the header's place");
    if (sector > last) throw refuse("disk.truncated", field, `sector ${sector} lies beyond the end of the file`);
  }
  await assertClosed(source, header.volatileHeaderOffset * SECTOR_BYTES);
  const tables: GrainTables = {
    capacityBytes: capacity * SECTOR_BYTES,
    grainBytes: SE_SPARSE_GRAIN_SECTORS * SECTOR_BYTES,
    entriesPerTable: ENTRIES_PER_TABLE,
    entryBytes: ENTRY_BYTES,
    directoryAtBytes: header.grainDirOffset * SECTOR_BYTES,
    directoryEntries,
    compressed: false,
    tableAt(view, at, index) {
      const [low, high] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
      if (low === 0 && high === 0) return 0;
      if (high === 0x1000_0000) return grainTablesOffset * SECTOR_BYTES + low * TABLE_BYTES;
      const offset = header.grainDirOffset * SECTOR_BYTES + index * ENTRY_BYTES;
      throw new AppError(
        "disk.damaged",
        `grain directory entry ${index} of ${source.name} at offset ${offset} is no number of a table`,
        { details: { file: source.name, structure: "grain directory", offset } },
      );
    },
    grainAt(view, at, grain) {
      const [low, high] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
      const type = high >>> 28;
      if (type === 3) {
        const number = ((high % 0x1_0000) * 2 ** 32 + low) * 4096 + (Math.floor(high / 0x1_0000) % 4096);
        return (grainsOffset + number * SE_SPARSE_GRAIN_SECTORS) * SECTOR_BYTES;
      }
      if (type === 1 || type === 2) return ZERO;
      if (low === 0 && high === 0) return HOLE;
      throw grainProblem("disk.damaged", source, grain, 0, "has a table entry of a kind that is not known");
    },
  };
  return { header, tables, facts: facts(header) };
}

/** What an unclean end left in the journal is not in the tables yet. */
async function assertClosed(source: ByteSource, atBytes: number): Promise<void> {
  const volatile = seSparseVolatileHeader.decode(await sectorAt(source, atBytes), { file: source.name, atBytes });
  const refuse = (code: Refusal, field: keyof typeof seSparseVolatileHeader.offsets, what: string) =>
    refusal(
      code,
      source.name,
      "seSparse volatile header",
      field,
      atBytes + seSparseVolatileHeader.offsets[field],
      what,
    );
  if (volatile.magic !== SE_SPARSE_VOLATILE_MAGIC) throw refuse("disk.damaged", "magic", "is not 0xcafecafe");
  if (volatile.replayJournal !== 0n) {
    throw refuse("disk.unsupported", "replayJournal", "the disk was not closed: its journal would have to be replayed");
  }
  if (volatile.pad.some((byte) => byte !== 0)) throw refuse("disk.unsupported", "pad", "holds what is not known");
}

async function sectorAt(source: ByteSource, atBytes: number): Promise<Uint8Array> {
  const sector = new Uint8Array(Math.max(0, Math.min(SECTOR_BYTES, source.sizeBytes - atBytes)));
  await source.read(atBytes, sector);
  return sector;
}

type Refusal = "disk.damaged" | "disk.unsupported" | "disk.too-large" | "disk.truncated";

function refusal(
  code: Refusal,
  file: string,
  structure: string,
  field: string,
  offset: number,
  what: string,
): AppError {
  return new AppError(code, `${structure} of ${file}: ${field} at offset ${offset}: ${what}`, {
    details: { file, structure, field, offset },
  });
}

function facts(header: SeSparseHeader): Fact[] {
  const fact = (name: string, value: string | number): Fact => ({
    group: "seSparse header",
    name,
    value: String(value),
  });
  return [
    fact("version", `0x${header.version.toString(16)}`),
    fact("capacity", `${header.capacity} sectors`),
    fact("grain_size", `${header.grainSize} sectors`),
    fact("grain_table_size", `${header.grainTableSize} sectors`),
    fact("grain_dir_offset", `sector ${header.grainDirOffset}`),
    fact("grain_tables_offset", `sector ${header.grainTablesOffset}`),
    fact("grains_offset", `sector ${header.grainsOffset}`),
    fact("grains_size", `${header.grainsSize} sectors`),
  ];
}
