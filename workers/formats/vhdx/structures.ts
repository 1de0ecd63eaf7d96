/**
 * VHDX on disk: the field tables and numbers of "[MS-VHDX]: Virtual Hard Disk v2 (VHDX) File Format", sections 2.2 "Header
 * Section", 2.3 "Log", 2.5 "BAT", 2.6 "Metadata Region". Little endian; offsets in bytes of the file unless said otherwise.
 */

import { crc32c } from "../../binary/crc32c.ts";
import { ascii, bytes, fieldTable, flags32, flags64, reserved, u16, u32, u64 } from "../../binary/field-table.ts";
import { guid } from "./guid.ts";

export const KIB = 1024;
export const MIB = 1024 * KIB;

/** Everything below is reserved for the header section. */
export const HEADER_SECTION_BYTES = 1024 * KIB;
export const HEADERS_AT = [64 * KIB, 128 * KIB] as const;
/** What the checksum of a header covers. */
export const HEADER_BYTES = 4 * KIB;
export const REGION_TABLES_AT = [192 * KIB, 256 * KIB] as const;
/** Region tables and the metadata table, entries included. */
export const TABLE_BYTES = 64 * KIB;
/** Entries that fit such a table. */
export const MAX_TABLE_ENTRIES = 2047;

export const MAGIC = "vhdxfile";

export const fileIdentifier = fieldTable("VHDX file identifier", 520, "little", {
  signature: ascii(8),
  /** UTF-16, for people. */
  creator: bytes(512),
});

export const header = fieldTable("VHDX header", 80, "little", {
  signature: ascii(4),
  checksum: u32(),
  sequenceNumber: flags64(),
  fileWriteGuid: guid(),
  dataWriteGuid: guid(),
  logGuid: guid(),
  logVersion: u16(),
  version: u16(),
  logLength: u32(),
  logOffset: u64(),
});

export const regionTableHeader = fieldTable("VHDX region table", 16, "little", {
  signature: ascii(4),
  checksum: u32(),
  entryCount: u32(),
  padding: reserved(4),
});

export const regionTableEntry = fieldTable("VHDX region table entry", 32, "little", {
  guid: guid(),
  fileOffset: u64(),
  length: u32(),
  required: flags32(),
});

export const REGION = {
  bat: "2dc27766-f623-4200-9d64-115e9bfd4a08",
  metadata: "8b7ca206-4790-4b9a-b8fe-575f050f886e",
} as const;

export const metadataTableHeader = fieldTable("VHDX metadata table", 32, "little", {
  signature: ascii(8),
  padding: reserved(2),
  entryCount: u16(),
  padding2: reserved(20),
});

export const metadataTableEntry = fieldTable("VHDX metadata table entry", 32, "little", {
  itemId: guid(),
  /** From the start of the metadata region. */
  offset: u32(),
  length: u32(),
  flags: flags32(),
  padding: reserved(4),
});

/** Bits of a metadata table entry's `flags`. */
export const ITEM_FLAG = { isUser: 1n, isVirtualDisk: 2n, isRequired: 4n } as const;

export const ITEM = {
  fileParameters: "caa16737-fa36-4d43-b3b6-33f0aa44e76b",
  virtualDiskSize: "2fa54224-cd1b-4876-b211-5dbed83bf4b8",
  virtualDiskId: "beca12ab-b2e6-4523-93ef-c309e000c746",
  logicalSectorSize: "8141bf1d-a96f-4709-ba47-f233a8faab5f",
  physicalSectorSize: "cda348c7-445d-4471-9cc9-e9885251c556",
  parentLocator: "a8d35f2d-b30b-454d-abf7-d3d84834ab0c",
} as const;

export const fileParameters = fieldTable("VHDX file parameters", 8, "little", { blockSize: u32(), flags: flags32() });
/** Bits of the file parameters. */
export const FILE_FLAG = { leaveBlockAllocated: 1n, hasParent: 2n } as const;

export const virtualDiskSize = fieldTable("VHDX virtual disk size", 8, "little", { size: u64() });
export const virtualDiskId = fieldTable("VHDX virtual disk id", 16, "little", { id: guid() });
export const sectorSize = fieldTable("VHDX sector size", 4, "little", { size: u32() });

export const parentLocatorHeader = fieldTable("VHDX parent locator", 20, "little", {
  locatorType: guid(),
  padding: reserved(2),
  keyValueCount: u16(),
});

/** Offsets from the start of the locator; lengths in bytes of UTF-16. */
export const parentLocatorEntry = fieldTable("VHDX parent locator entry", 12, "little", {
  keyOffset: u32(),
  valueOffset: u32(),
  keyLength: u16(),
  valueLength: u16(),
});

/** The parent is a VHDX file too. */
export const VHDX_LOCATOR = "b04aefb7-d19e-4a81-b789-25b8e9445913";

/** The log is made of sectors of this size. */
export const LOG_SECTOR_BYTES = 4 * KIB;

export const logEntryHeader = fieldTable("VHDX log entry", 64, "little", {
  signature: ascii(4),
  checksum: u32(),
  entryLength: u32(),
  tail: u32(),
  sequenceNumber: flags64(),
  descriptorCount: u32(),
  padding: reserved(4),
  logGuid: guid(),
  flushedFileOffset: u64(),
  lastFileOffset: u64(),
});

/** Descriptors of both kinds have this size. */
export const DESCRIPTOR_BYTES = 32;

export const zeroDescriptor = fieldTable("VHDX zero descriptor", DESCRIPTOR_BYTES, "little", {
  signature: ascii(4),
  padding: reserved(4),
  zeroLength: u64(),
  fileOffset: u64(),
  sequenceNumber: flags64(),
});

export const dataDescriptor = fieldTable("VHDX data descriptor", DESCRIPTOR_BYTES, "little", {
  signature: ascii(4),
  /** The last four bytes of the sector; in the log the sequence number stands in their place. */
  trailingBytes: bytes(4),
  leadingBytes: bytes(8),
  fileOffset: u64(),
  sequenceNumber: flags64(),
});

/** A sector of the log: the guarded sector without its first 8 and last 4 bytes. */
export const dataSector = fieldTable("VHDX log data sector", LOG_SECTOR_BYTES, "little", {
  signature: ascii(4),
  sequenceHigh: u32(),
  data: bytes(LOG_SECTOR_BYTES - 12),
  sequenceLow: u32(),
});

/** Entries of the BAT: the state in bits 0-2, the place in MiB in bits 20-63. */
export const BAT_ENTRY_BYTES = 8;

export const PAYLOAD = {
  notPresent: 0,
  undefined: 1,
  zero: 2,
  unmapped: 3,
  fullyPresent: 6,
  partiallyPresent: 7,
} as const;
export const BITMAP_PRESENT = 6;

/** A sector bitmap block: a bit for each sector of its chunk. */
export const BITMAP_BYTES = 1024 * KIB;

/** Payload blocks whose sectors one sector bitmap block covers; each such chunk of BAT entries is followed by the bitmap's. */
export function chunkRatio(logicalSectorBytes: number, blockBytes: number): number {
  return (BITMAP_BYTES * 8 * logicalSectorBytes) / blockBytes;
}

export const MIN_BLOCK_BYTES = 1024 * KIB;
export const MAX_BLOCK_BYTES = 256 * MIB;
/** Blocks that are written: 2 MiB, so that scattered data stays a small file; Hyper-V's own choice is 32 MiB. */
export const BLOCK_SIZES = {
  choices: Array.from({ length: Math.log2(MAX_BLOCK_BYTES / MIB) + 1 }, (_, power) => MIB * 2 ** power),
  usual: 2 * MIB,
};
/** 64 TiB. */
export const MAX_VIRTUAL_BYTES = 64 * 2 ** 40;

/** The checksum of a structure that has it in bytes 4 to 7: computed as if these were zero. */
export function checksumOf(structure: Uint8Array): number {
  return crc32c(structure.subarray(8), crc32c(new Uint8Array(4), crc32c(structure.subarray(0, 4))));
}

/** Puts the checksum in its place. */
export function seal(structure: Uint8Array): Uint8Array {
  new DataView(structure.buffer, structure.byteOffset).setUint32(4, checksumOf(structure), true);
  return structure;
}
