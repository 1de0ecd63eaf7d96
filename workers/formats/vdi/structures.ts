/**
 * VDI on disk: VirtualBox's "Virtual Disk Image" has no specification of its own; the field tables follow the structures that
 * VirtualBox names VDIPREHEADER, VDIHEADER1PLUS (version 1.1) and VDIHEADER0 (the versions before). Little endian, offsets in bytes.
 */
import { ascii, bytes, fieldTable, reserved, u32, u64 } from "../../binary/field-table.ts";

export const SIGNATURE = 0xbeda107f;
export const SIGNATURE_AT_BYTES = 64;
export const VERSION_1_1 = 0x00010001;
export const SECTOR_BYTES = 512;
export const ENTRY_BYTES = 4;
/** Entries of the block map: not allocated (the parent's, else zeros), and zeros whatever the parent holds. */
export const FREE = 0xffffffff;
export const ZERO = 0xfffffffe;

export const IMAGE_TYPE = { dynamic: 1, static: 2, undo: 3, differencing: 4 } as const;

/** Where `headerSize` begins to count; version 1.1 without the last four fields has 384 bytes. */
export const PREHEADER_BYTES = 72;
export const MIN_HEADER_BYTES = 384;

/** What all versions begin with. */
export const preheaderTable = fieldTable("VDI header", PREHEADER_BYTES, "little", {
  text: ascii(64),
  signature: u32(),
  version: u32(),
});

/** Both structures in one: the first counts 72 bytes, `headerSize` counts the rest. */
export const headerTable = fieldTable("VDI header", 472, "little", {
  text: ascii(64),
  signature: u32(),
  version: u32(),
  headerSize: u32(),
  imageType: u32(),
  imageFlags: u32(),
  description: ascii(256),
  offsetBlocks: u32(),
  offsetData: u32(),
  cylinders: u32(),
  heads: u32(),
  sectors: u32(),
  sectorSize: u32(),
  unused: reserved(4),
  diskSize: u64(),
  blockSize: u32(),
  blockExtra: u32(),
  blocksInImage: u32(),
  blocksAllocated: u32(),
  uuidImage: bytes(16),
  /** Changes with every change of the content. */
  uuidLastSnap: bytes(16),
  /** The parent's `uuidImage`. */
  uuidLink: bytes(16),
  /** The parent's `uuidLastSnap` when this image was made. */
  uuidParent: bytes(16),
  logicalCylinders: u32(),
  logicalHeads: u32(),
  logicalSectors: u32(),
  logicalSectorSize: u32(),
});
export type Header = ReturnType<(typeof headerTable)["decode"]>;

/** Versions 0.x, of the first VirtualBox: no places in the header, the map follows it and the blocks follow the map. */
export const oldHeaderTable = fieldTable("VDI header (version 0)", 420, "little", {
  text: ascii(64),
  signature: u32(),
  version: u32(),
  imageType: u32(),
  imageFlags: u32(),
  description: ascii(256),
  cylinders: u32(),
  heads: u32(),
  sectors: u32(),
  sectorSize: u32(),
  diskSize: u64(),
  blockSize: u32(),
  blocksInImage: u32(),
  blocksAllocated: u32(),
  uuidImage: bytes(16),
  uuidLastSnap: bytes(16),
  uuidLink: bytes(16),
});

/** A UUID as VirtualBox writes it out: the first three fields are little endian. */
export function uuidText(uuid: Uint8Array): string {
  const hex = (from: number, to: number): string => Buffer.from(uuid.subarray(from, to)).toString("hex");
  const swapped = (from: number, to: number): string => Buffer.from(uuid.slice(from, to)).reverse().toString("hex");
  return `${swapped(0, 4)}-${swapped(4, 6)}-${swapped(6, 8)}-${hex(8, 10)}-${hex(10, 16)}`;
}

export function isNil(uuid: Uint8Array): boolean {
  return uuid.every((byte) => byte === 0);
}
