/**
 * vmfsSparse: what ESX keeps snapshots in ("Virtual Disk Format 1.1", section "ESX Server Sparse Extents"); known by its magic as
 * COWD. Numbers of 32 bits, little endian, in sectors unless said.
 *
 *   sector 0   header, 4 sectors
 *   4          grain directory ─► grain tables of 4096 entries ─► sector of the grain; 0 = not allocated
 *   …          grains, usually of one sector
 */
import type { Fact } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { ascii, fieldTable, flags32, reserved, u32 } from "../../binary/field-table.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { type GrainTables, grainProblem, HOLE } from "./grain-map.ts";
import { COWD_MAGIC } from "./recognize.ts";
import { SECTOR_BYTES } from "./structures.ts";

/** The specification knows no other number. */
export const COWD_GTES_PER_GT = 4096;

/** Largest grain that is read. */
const MAX_GRAIN_SECTORS = 4096;

/** Bits of `flags`. */
const FLAG = { root: 1n, checkCapable: 2n, inconsistent: 4n } as const;
const KNOWN_FLAGS = FLAG.root | FLAG.checkCapable | FLAG.inconsistent;

/** COWDisk_Header. Where the flag for a root is set, the parent's name is replaced by a geometry. */
export const cowdHeader = fieldTable("COWD header", 2048, "little", {
  magicNumber: u32(),
  version: u32(),
  flags: flags32(),
  numSectors: u32(),
  grainSize: u32(),
  gdOffset: u32(),
  numGdEntries: u32(),
  freeSector: u32(),
  parentFileName: ascii(1024),
  parentGeneration: u32(),
  generation: u32(),
  name: ascii(60),
  description: ascii(512),
  savedGeneration: u32(),
  reserved: reserved(8),
  uncleanShutdown: u32(),
  padding: reserved(396),
});

export interface CowdExtent {
  readonly tables: GrainTables;
  readonly facts: readonly Fact[];
  readonly warnings: readonly string[];
  /** Behind this is space that ESX has set aside. */
  readonly usedBytes: number;
  /** Name of the parent as the header gives it; null for a root. */
  readonly parentName: string | null;
}

/** @throws AppError disk.damaged, disk.unsupported, disk.truncated naming the field */
export async function readCowd(source: ByteSource): Promise<CowdExtent> {
  const bytes = new Uint8Array(Math.min(cowdHeader.sizeBytes, source.sizeBytes));
  await source.read(0, bytes);
  const header = cowdHeader.decode(bytes, { file: source.name, atBytes: 0 });
  const refuse = (code: "disk.damaged" | "disk.unsupported", field: keyof typeof cowdHeader.offsets, what: string) =>
    new AppError(code, `COWD header of ${source.name}: ${field} at offset ${cowdHeader.offsets[field]}: ${what}`, {
      details: { file: source.name, structure: "COWD header", field, offset: cowdHeader.offsets[field] },
    });
  const { version, flags, numSectors, grainSize, gdOffset, numGdEntries } = header;
  if (header.magicNumber !== COWD_MAGIC) throw refuse("disk.damaged", "magicNumber", 'is not "COWD"');
  if (version !== 1) throw refuse("disk.unsupported", "version", `${version} is not known`);
  if (flags & ~KNOWN_FLAGS) throw refuse("disk.unsupported", "flags", `0x${flags.toString(16)} has unknown bits`);
  if (numSectors === 0) throw refuse("disk.damaged", "numSectors", "0: the disk has no size");
  if (!(grainSize >= 1 && grainSize <= MAX_GRAIN_SECTORS && Number.isInteger(Math.log2(grainSize)))) {
    throw refuse("disk.damaged", "grainSize", `${grainSize} is not a power of two up to ${MAX_GRAIN_SECTORS} sectors`);
  }
  if (gdOffset < cowdHeader.sizeBytes / SECTOR_BYTES) {
    throw refuse("disk.damaged", "gdOffset", `${gdOffset} lies inside the header`);
  }
  const directoryEntries = Math.ceil(numSectors / (grainSize * COWD_GTES_PER_GT));
  if (numGdEntries < directoryEntries) {
    throw refuse("disk.damaged", "numGdEntries", `${numGdEntries}, the disk's size needs ${directoryEntries}`);
  }
  if (!(flags & FLAG.root) && header.parentFileName === "") {
    throw refuse("disk.damaged", "parentFileName", "is empty, and the disk is no root");
  }
  const tables: GrainTables = {
    capacityBytes: numSectors * SECTOR_BYTES,
    grainBytes: grainSize * SECTOR_BYTES,
    entriesPerTable: COWD_GTES_PER_GT,
    entryBytes: 4,
    directoryAtBytes: gdOffset * SECTOR_BYTES,
    directoryEntries,
    compressed: false,
    tableAt: (view, at) => view.getUint32(at, true) * SECTOR_BYTES,
    grainAt(view, at, grain) {
      const sector = view.getUint32(at, true);
      if (sector === 0) return HOLE;
      if (sector >= gdOffset) return sector * SECTOR_BYTES;
      throw grainProblem("disk.damaged", source, grain, sector * SECTOR_BYTES, "lies inside the header");
    },
  };
  const fact = (name: string, value: string | number): Fact => ({ group: "COWD header", name, value: String(value) });
  return {
    tables,
    facts: [
      fact("version", version),
      fact("flags", `0x${flags.toString(16)}`),
      fact("numSectors", `${numSectors} sectors`),
      fact("grainSize", `${grainSize} sectors`),
      fact("gdOffset", `sector ${gdOffset}`),
      fact("numGDEntries", numGdEntries),
      fact("freeSector", `sector ${header.freeSector}`),
      fact("generation", header.generation),
      fact("uncleanShutdown", header.uncleanShutdown),
    ],
    warnings: [
      ...(flags & FLAG.inconsistent ? ["The disk is marked inconsistent."] : []),
      ...(header.uncleanShutdown ? ["The disk was not closed cleanly; its last writes may be missing."] : []),
    ],
    usedBytes: header.freeSector * SECTOR_BYTES,
    parentName: flags & FLAG.root ? null : header.parentFileName,
  };
}
