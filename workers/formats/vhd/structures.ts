/**
 * VHD on disk: the field tables of the "Virtual Hard Disk Image Format Specification" (Microsoft, version 1.0), sections "Hard
 * Disk Footer Format", "Dynamic Disk Header Format" and "Parent Locator Entries", with its checksum and its table of geometries.
 * Big endian; offsets in bytes, but for the block allocation table, which counts sectors.
 */
import { ascii, bytes, fieldTable, flags64, reserved, u8, u16, u32, u64 } from "../../binary/field-table.ts";

export const SECTOR_BYTES = 512;
export const FOOTER_COOKIE = "conectix";
export const HEADER_COOKIE = "cxsparse";
/** All ones: no dynamic header (`dataOffset`), and a field without use (the header's `dataOffset`). */
export const NO_OFFSET = 2n ** 64n - 1n;
/** Entry of the block allocation table for a block that is not stored. */
export const UNUSED = 0xffffffff;
export const ENTRY_BYTES = 4;

const KIB = 1024;
const MIB = 1024 * KIB;
/** Blocks that are written: what Hyper-V and Virtual PC make; old programs took smaller ones. */
export const BLOCK_SIZES = { choices: [512 * KIB, 2 * MIB], usual: 2 * MIB };
/** Sizes of fixed disks that are written are whole numbers of this. */
export const FIXED_UNIT_BYTES = MIB;

export const DISK_TYPE = { fixed: 2, dynamic: 3, differencing: 4 } as const;

export const footerTable = fieldTable("VHD footer", 512, "big", {
  cookie: ascii(8),
  features: u32(),
  fileFormatVersion: u32(),
  dataOffset: flags64(),
  timeStamp: u32(),
  creatorApplication: ascii(4),
  creatorVersion: u32(),
  creatorHostOs: ascii(4),
  originalSize: flags64(),
  currentSize: u64(),
  cylinders: u16(),
  heads: u8(),
  sectorsPerTrack: u8(),
  diskType: u32(),
  checksum: u32(),
  uniqueId: bytes(16),
  savedState: u8(),
  reserved: reserved(427),
});
export type Footer = ReturnType<(typeof footerTable)["decode"]>;

export const headerTable = fieldTable("VHD dynamic disk header", 1024, "big", {
  cookie: ascii(8),
  dataOffset: flags64(),
  tableOffset: u64(),
  headerVersion: u32(),
  maxTableEntries: u32(),
  blockSize: u32(),
  checksum: u32(),
  parentUniqueId: bytes(16),
  parentTimeStamp: u32(),
  reserved1: reserved(4),
  /** UTF-16, big endian. */
  parentUnicodeName: bytes(512),
  /** Eight rows of `locatorTable`. */
  parentLocators: bytes(192),
  reserved2: reserved(256),
});
export type Header = ReturnType<(typeof headerTable)["decode"]>;

export const locatorTable = fieldTable("VHD parent locator", 24, "big", {
  platformCode: ascii(4),
  /** Sectors, or bytes with some writers: not relied upon. */
  platformDataSpace: u32(),
  platformDataLength: u32(),
  reserved: reserved(4),
  platformDataOffset: u64(),
});
export const LOCATORS = 8;

/** Ones' complement of the sum of all bytes, the checksum's own left out. */
export function checksumOf(structure: Uint8Array, checksumAtBytes: number): number {
  let sum = 0;
  for (const [at, byte] of structure.entries()) {
    if (at < checksumAtBytes || at >= checksumAtBytes + 4) sum += byte;
  }
  return 0xffffffff - sum;
}

/** A structure with its checksum put in. */
export function sealed(structure: Uint8Array, checksumAtBytes: number): Uint8Array {
  const view = new DataView(structure.buffer, structure.byteOffset, structure.length);
  view.setUint32(checksumAtBytes, checksumOf(structure, checksumAtBytes));
  return structure;
}

/** A bit for each sector of a block, padded to a sector. */
export function bitmapBytesOf(blockBytes: number): number {
  return Math.ceil(blockBytes / SECTOR_BYTES / 8 / SECTOR_BYTES) * SECTOR_BYTES;
}

export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectorsPerTrack: number;
}

/** Cylinders, heads and sectors of the largest geometry there is: 127 GiB, and for everything beyond. */
export const MAX_GEOMETRY_SECTORS = 65535 * 16 * 255;

/** The geometry for a disk of so many sectors (appendix "CHS Calculation"); it may describe a little less. */
export function geometryOf(diskSectors: number): Geometry {
  const sectors = Math.min(diskSectors, MAX_GEOMETRY_SECTORS);
  const laidOut = (heads: number, sectorsPerTrack: number): Geometry => ({
    cylinders: Math.floor(Math.floor(sectors / sectorsPerTrack) / heads),
    heads,
    sectorsPerTrack,
  });
  if (sectors >= 65535 * 16 * 63) return laidOut(16, 255);
  const tracks = Math.floor(sectors / 17);
  const heads = Math.max(4, Math.ceil(tracks / 1024));
  if (tracks < heads * 1024 && heads <= 16) return laidOut(heads, 17);
  return Math.floor(sectors / 31) < 16 * 1024 ? laidOut(16, 31) : laidOut(16, 63);
}
