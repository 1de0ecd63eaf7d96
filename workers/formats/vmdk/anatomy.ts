/** For check.ts: what a sparse extent of each kind has besides tables and grains, and where. */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import type { NamedClaim } from "../block-map/findings.ts";
import { cowdHeader, readCowd } from "./cowd.ts";
import type { SparseType } from "./descriptor.ts";
import { GrainMap, type GrainTables } from "./grain-map.ts";
import { readSeSparse, seSparseHeader } from "./se-sparse.ts";
import { readSparseLayout } from "./sparse-header.ts";
import { FLAG, SECTOR_BYTES, sparseHeader } from "./structures.ts";

export interface ExtentAnatomy {
  readonly headerName: string;
  readonly tables: GrainTables;
  /** The redundant directory with its tables; they say the same of the same grains. Null where there is none that could be read. */
  readonly redundant: GrainTables | null;
  /** Structures with one place. */
  readonly fixed: readonly NamedClaim[];
  /** How much of the file is in use as its header says. */
  readonly sizeBytes: number;
  /** A range that belongs to nothing counts from this size on; infinite where the extent keeps free space. */
  readonly leakBytes: number;
  readonly warnings: readonly string[];
}

/** @throws AppError disk.* where the header cannot be read */
export async function anatomyOf(source: ByteSource, type: SparseType): Promise<ExtentAnatomy> {
  if (type === "VMFSSPARSE") return cowdAnatomy(source);
  return type === "SESPARSE" ? seSparseAnatomy(source) : hostedAnatomy(source);
}

async function hostedAnatomy(source: ByteSource): Promise<ExtentAnatomy> {
  const layout = await readSparseLayout(source);
  const { header, directoryAtBytes, directoryEntries, directoryInFooter, grainBytes } = layout;
  const directoryBytes = directoryEntries * layout.entryBytes;
  const warnings: string[] = [];
  if (header.uncleanShutdown !== 0) warnings.push("The disk was not closed cleanly; its last writes may be missing.");
  let redundant: GrainTables | null = null;
  if (header.flags & FLAG.redundantGrainTable && header.rgdOffset !== 0n) {
    redundant = { ...layout, directoryAtBytes: Number(header.rgdOffset) * SECTOR_BYTES };
    try {
      await new GrainMap(source, redundant).assertDirectoryFits();
    } catch (error) {
      if (!(error instanceof AppError) || !error.code.startsWith("disk.")) throw error;
      warnings.push(`The redundant grain directory cannot be used: ${error.message}`);
      redundant = null;
    }
  }
  const fixed = [claim(sparseHeader.name, 0, sparseHeader.sizeBytes)];
  fixed.push(claim("descriptor", header.descriptorOffset * SECTOR_BYTES, header.descriptorSize * SECTOR_BYTES));
  fixed.push(claim("grain directory", directoryAtBytes, directoryBytes));
  if (redundant) fixed.push(claim("redundant grain directory", redundant.directoryAtBytes, directoryBytes));
  if (directoryInFooter) fixed.push(claim("footer", source.sizeBytes - 3 * SECTOR_BYTES, 3 * SECTOR_BYTES));
  return {
    headerName: sparseHeader.name,
    tables: layout,
    redundant,
    fixed: real(fixed),
    sizeBytes: source.sizeBytes,
    leakBytes: grainBytes,
    warnings,
  };
}

async function cowdAnatomy(source: ByteSource): Promise<ExtentAnatomy> {
  const { tables, usedBytes, warnings } = await readCowd(source);
  const directory = claim("grain directory", tables.directoryAtBytes, tables.directoryEntries * tables.entryBytes);
  return {
    headerName: cowdHeader.name,
    tables,
    redundant: null,
    fixed: [claim(cowdHeader.name, 0, cowdHeader.sizeBytes), directory],
    sizeBytes: Math.min(source.sizeBytes, usedBytes),
    // The directory may be a sector longer than it has entries.
    leakBytes: Math.max(tables.grainBytes, 2 * SECTOR_BYTES),
    warnings,
  };
}

async function seSparseAnatomy(source: ByteSource): Promise<ExtentAnatomy> {
  const { header, tables } = await readSeSparse(source);
  const sectors = (structure: string, offset: number, size: number): NamedClaim =>
    claim(structure, offset * SECTOR_BYTES, size * SECTOR_BYTES);
  return {
    headerName: seSparseHeader.name,
    tables,
    redundant: null,
    fixed: real([
      claim(seSparseHeader.name, 0, seSparseHeader.sizeBytes),
      sectors("seSparse volatile header", header.volatileHeaderOffset, 1),
      sectors("journal header", header.journalHeaderOffset, header.journalHeaderSize),
      sectors("journal", header.journalOffset, header.journalSize),
      sectors("grain directory", header.grainDirOffset, header.grainDirSize),
      sectors("free bitmap", header.freeBitmapOffset, header.freeBitmapSize),
      sectors("back map", header.backmapOffset, header.backmapSize),
    ]),
    sizeBytes: source.sizeBytes,
    leakBytes: Number.POSITIVE_INFINITY,
    warnings: [],
  };
}

function claim(structure: string, start: number, length: number): NamedClaim {
  return { structure, start, length, saidAtBytes: null };
}

/** Without those that an extent does not have: they are at 0 or have no length. */
function real(claims: readonly NamedClaim[]): NamedClaim[] {
  return claims.filter(({ start, length }, index) => length > 0 && (start > 0 || index === 0));
}
