/**
 * VMDK on disk: the field tables of "Virtual Disk Format 5.0" (VMware technical note), sections "Hosted Sparse Extents" and
 * "Stream-Optimized Compressed Sparse Extents". Little endian; offsets and sizes in sectors of 512 bytes unless said.
 */
import { AppError } from "../../../src-core/model/error.ts";
import { bytes, fieldTable, flags32, flags64, reserved, u8, u16, u32, u64 } from "../../binary/field-table.ts";

export const SECTOR_BYTES = 512;

/** `parentCID` of a disk without a parent. */
export const NO_PARENT = "ffffffff";

/** The largest disk of VMware's products, 62 TiB: no larger one is written. */
const MAX_VIRTUAL_BYTES = 62 * 2 ** 40;

/** @throws AppError disk.too-large, target.unsupported: sizes no VMDK is written with */
export function assertSizeWritable(targetName: string, virtualSizeBytes: number): void {
  if (virtualSizeBytes === 0) throw new AppError("target.unsupported", `${targetName}: a VMDK cannot hold 0 bytes`);
  if (virtualSizeBytes <= MAX_VIRTUAL_BYTES) return;
  throw new AppError("disk.too-large", `${targetName}: VMDKs of more than ${MAX_VIRTUAL_BYTES} bytes are not written`);
}

/** Entries of directories and tables count sectors in 32 bits: a file beyond 2 TiB cannot be pointed into. */
export const MAX_FILE_SECTORS = 2 ** 32;

/** What is set aside for a descriptor inside an extent, as VMware's products do. */
export const DESCRIPTOR_SECTORS = 20;

/** Entries of a grain table: the specification knows no other number. */
export const GTES_PER_GT = 512;

/** "KDMV", the magic of a hosted sparse extent. */
export const SPARSE_MAGIC = 0x564d444b;

/** SparseExtentHeader, first sector of a sparse extent and (stream-optimized) again near its end as the footer. */
export const sparseHeader = fieldTable("VMDK sparse header", 512, "little", {
  magicNumber: u32(),
  version: u32(),
  flags: flags32(),
  /** Sectors of guest data; a multiple of the grain except in stream-optimized extents. */
  capacity: u64(),
  grainSize: u64(),
  descriptorOffset: u64(),
  descriptorSize: u64(),
  numGTEsPerGT: u32(),
  rgdOffset: flags64(),
  /** All ones: the grain directory's place is in the footer. */
  gdOffset: flags64(),
  overHead: flags64(),
  uncleanShutdown: u8(),
  /** "\n", " ", "\r", "\n" as written: a transfer in text mode changes them. */
  lineEndTest: bytes(4),
  compressAlgorithm: u16(),
  pad: reserved(433),
});

/** `lineEndTest` as written. */
export const LINE_END_TEST: Uint8Array = Buffer.from("\n \r\n", "latin1");

/** `gdOffset` of a header whose footer holds the real one. */
export const GD_AT_END = 0xffff_ffff_ffff_ffffn;

/** Bits of `flags`. */
export const FLAG = {
  lineEndTest: 1n << 0n,
  redundantGrainTable: 1n << 1n,
  zeroedGrain: 1n << 2n,
  compressedGrains: 1n << 16n,
  markers: 1n << 17n,
} as const;

/** Marker before a metadata block or a compressed grain; `size` 0 means metadata of `type`, else a grain of `size` bytes. */
export const marker = fieldTable("VMDK marker", 16, "little", {
  /** Metadata: sectors that follow. Grain: first guest sector. */
  value: u64(),
  size: u32(),
  /** Grains have none: their data begins here. */
  type: u32(),
});

/** Grains of stream-optimized extents that are written, and where the first of them goes: behind header and descriptor. */
export const STREAM_GRAIN_BYTES = 64 * 1024;
export const STREAM_GRAINS_AT_BYTES = 64 * 1024;

/** Bytes of a grain marker before the compressed data. */
export const GRAIN_MARKER_BYTES = 12;

export const MARKER_TYPE = { endOfStream: 0, grainTable: 1, grainDirectory: 2, footer: 3 } as const;

/** `compressAlgorithm` */
export const COMPRESSION = { none: 0, deflate: 1 } as const;
