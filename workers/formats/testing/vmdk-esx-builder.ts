/** Builds small extents of the kinds that only ESX writes: vmfsSparse (COWD) and seSparse. Grains of zeros are left out. */
import { COWD_GTES_PER_GT, cowdHeader } from "../vmdk/cowd.ts";
import { COWD_MAGIC, SE_SPARSE_MAGIC } from "../vmdk/recognize.ts";
import {
  SE_SPARSE_GRAIN_SECTORS,
  SE_SPARSE_TABLE_SECTORS,
  SE_SPARSE_VERSION,
  SE_SPARSE_VOLATILE_MAGIC,
  seSparseHeader,
  seSparseVolatileHeader,
} from "../vmdk/se-sparse.ts";
import { type FixtureField, type FixtureStructure, fieldsOf } from "./fixture.ts";

const SECTOR = 512;

/** A file with its structures and number fields. */
export interface Built {
  readonly bytes: Uint8Array;
  readonly structures: FixtureStructure[];
  readonly fields: FixtureField[];
}

/** The first entries of directories and tables. */
export function entryFields(
  file: string,
  structures: readonly FixtureStructure[],
  sizeBytes: 4 | 8 = 4,
): FixtureField[] {
  return structures
    .filter(({ name }) => name === "grain directory" || name === "grain tables")
    .flatMap(({ name, start, length }) =>
      Array.from(
        { length: Math.min(8, length / sizeBytes) },
        (_, i): FixtureField => ({
          name: `${name} entry ${i}`,
          file,
          offset: start + i * sizeBytes,
          sizeBytes,
          endian: "little",
        }),
      ),
    );
}

/** The grains of `content` that are not zero, with their numbers. */
function grainsOf(content: Uint8Array, grainBytes: number): { grain: number; bytes: Uint8Array }[] {
  const count = Math.ceil(content.length / grainBytes);
  return Array.from({ length: count }, (_, grain) => ({
    grain,
    bytes: content.subarray(grain * grainBytes, (grain + 1) * grainBytes),
  })).filter(({ bytes }) => bytes.some((byte) => byte !== 0));
}

/** A root of ESX's older kind, in grains of one sector; tables without grains are left out. */
export function cowdExtent(file: string, content: Uint8Array): Built {
  const tableBytes = COWD_GTES_PER_GT * SECTOR;
  const directoryEntries = Math.ceil(content.length / tableBytes);
  const directoryAt = cowdHeader.sizeBytes;
  const grains = grainsOf(content, SECTOR);
  const used = [...new Set(grains.map(({ grain }) => Math.floor(grain / COWD_GTES_PER_GT)))];
  const tablesAt = directoryAt + Math.ceil((directoryEntries * 4) / SECTOR) * SECTOR;
  const grainsAt = tablesAt + used.length * COWD_GTES_PER_GT * 4;
  const bytes = new Uint8Array(grainsAt + grains.length * SECTOR);
  const view = new DataView(bytes.buffer);
  bytes.set(
    cowdHeader.encode({
      magicNumber: COWD_MAGIC,
      version: 1,
      flags: 3n,
      numSectors: content.length / SECTOR,
      grainSize: 1,
      gdOffset: directoryAt / SECTOR,
      numGdEntries: directoryEntries,
      freeSector: bytes.length / SECTOR,
      parentFileName: "",
      parentGeneration: 0,
      generation: 1,
      name: "",
      description: "",
      savedGeneration: 1,
      uncleanShutdown: 0,
    }),
  );
  for (const [i, { grain, bytes: stored }] of grains.entries()) {
    const table = used.indexOf(Math.floor(grain / COWD_GTES_PER_GT));
    const tableAt = tablesAt + table * COWD_GTES_PER_GT * 4;
    view.setUint32(directoryAt + Math.floor(grain / COWD_GTES_PER_GT) * 4, tableAt / SECTOR, true);
    view.setUint32(tableAt + (grain % COWD_GTES_PER_GT) * 4, grainsAt / SECTOR + i, true);
    bytes.set(stored, grainsAt + i * SECTOR);
  }
  const structures: FixtureStructure[] = [
    { name: "header", file, start: 0, length: cowdHeader.sizeBytes },
    { name: "grain directory", file, start: directoryAt, length: directoryEntries * 4 },
    { name: "grain tables", file, start: tablesAt, length: grainsAt - tablesAt },
    { name: "grains", file, start: grainsAt, length: bytes.length - grainsAt },
  ];
  return { bytes, structures, fields: [...fieldsOf(cowdHeader, file, 0, "little"), ...entryFields(file, structures)] };
}

/**
 * ESX's newer kind.
 * @param special grains that are not stored but of type 1 (unmapped) or 2 (zeros)
 */
export function seSparseExtent(file: string, content: Uint8Array, special: ReadonlyMap<number, number>): Built {
  const grainBytes = SE_SPARSE_GRAIN_SECTORS * SECTOR;
  const entriesPerTable = (SE_SPARSE_TABLE_SECTORS * SECTOR) / 8;
  const directoryEntries = Math.ceil(content.length / (grainBytes * entriesPerTable));
  const directorySectors = Math.ceil((directoryEntries * 8) / SECTOR);
  const grains = grainsOf(content, grainBytes);
  const directoryAt = 2;
  const tablesAt = directoryAt + directorySectors;
  const grainsAt = tablesAt + directoryEntries * SE_SPARSE_TABLE_SECTORS;
  const bytes = new Uint8Array(grainsAt * SECTOR + grains.length * grainBytes);
  const view = new DataView(bytes.buffer);
  const zeros = { reserved1: 0n, reserved2: 0n, reserved3: 0n, reserved4: 0n };
  bytes.set(
    seSparseHeader.encode({
      magic: SE_SPARSE_MAGIC,
      version: SE_SPARSE_VERSION,
      capacity: content.length / SECTOR,
      grainSize: SE_SPARSE_GRAIN_SECTORS,
      grainTableSize: SE_SPARSE_TABLE_SECTORS,
      flags: 0n,
      ...zeros,
      volatileHeaderOffset: 1,
      volatileHeaderSize: 1,
      journalHeaderOffset: 0,
      journalHeaderSize: 0,
      journalOffset: 0,
      journalSize: 0,
      grainDirOffset: directoryAt,
      grainDirSize: directorySectors,
      grainTablesOffset: tablesAt,
      grainTablesSize: directoryEntries * SE_SPARSE_TABLE_SECTORS,
      freeBitmapOffset: 0,
      freeBitmapSize: 0,
      backmapOffset: 0,
      backmapSize: 0,
      grainsOffset: grainsAt,
      grainsSize: grains.length * SE_SPARSE_GRAIN_SECTORS,
      pad: new Uint8Array(304),
    }),
  );
  bytes.set(
    seSparseVolatileHeader.encode({
      magic: SE_SPARSE_VOLATILE_MAGIC,
      freeGtNumber: BigInt(directoryEntries),
      nextTxnSeqNumber: 1n,
      replayJournal: 0n,
      pad: new Uint8Array(480),
    }),
    SECTOR,
  );
  const put = (grain: number, entry: bigint): void => {
    const table = Math.floor(grain / entriesPerTable);
    view.setBigUint64(directoryAt * SECTOR + table * 8, 0x1000_0000_0000_0000n | BigInt(table), true);
    view.setBigUint64(tablesAt * SECTOR + grain * 8, entry, true);
  };
  for (const [grain, type] of special) put(grain, BigInt(type) << 60n);
  for (const [i, { grain, bytes: stored }] of grains.entries()) {
    const number = BigInt(i);
    put(grain, 0x3000_0000_0000_0000n | ((number % 4096n) << 48n) | (number / 4096n));
    bytes.set(stored, grainsAt * SECTOR + i * grainBytes);
  }
  const structures: FixtureStructure[] = [
    { name: "header", file, start: 0, length: SECTOR },
    { name: "volatile header", file, start: SECTOR, length: SECTOR },
    { name: "grain directory", file, start: directoryAt * SECTOR, length: directoryEntries * 8 },
    {
      name: "grain tables",
      file,
      start: tablesAt * SECTOR,
      length: directoryEntries * SE_SPARSE_TABLE_SECTORS * SECTOR,
    },
  ];
  const fields = [
    ...fieldsOf(seSparseHeader, file, 0, "little"),
    ...fieldsOf(seSparseVolatileHeader, file, SECTOR, "little"),
    ...entryFields(file, structures, 8),
  ];
  return { bytes, structures, fields };
}
