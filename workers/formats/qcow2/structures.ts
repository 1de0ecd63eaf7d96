/**
 * QCOW2 on disk: the field tables and bits of the specification "QCow2 Image File Format" (docs/interop/qcow2 in QEMU),
 * sections "Header", "Header extensions", "Cluster mapping" and "Snapshots". Big endian, offsets in bytes.
 */
import { fieldTable, flags32, flags64, reserved, u8, u16, u32, u64 } from "../../binary/field-table.ts";

/** "QFI\xfb" */
export const MAGIC = 0x514649fb;

/** Header fields of versions 2 and 3. */
const headerStart = {
  magic: u32(),
  version: u32(),
  backingFileOffset: u64(),
  backingFileSize: u32(),
  clusterBits: u32(),
  size: u64(),
  cryptMethod: u32(),
  l1Size: u32(),
  l1TableOffset: u64(),
  refcountTableOffset: u64(),
  refcountTableClusters: u32(),
  nbSnapshots: u32(),
  snapshotsOffset: u64(),
} as const;

export const headerV2 = fieldTable("qcow2 header", 72, "big", headerStart);

export const headerV3 = fieldTable("qcow2 header", 104, "big", {
  ...headerStart,
  incompatibleFeatures: flags64(),
  compatibleFeatures: flags64(),
  autoclearFeatures: flags64(),
  refcountOrder: u32(),
  headerLength: u32(),
});

/** How compressed clusters are stored; without the field it is zlib. */
export const COMPRESSION_TYPE = { zlib: 0, zstd: 1 } as const;

/** Present where `headerLength` is 112 or more. */
export const headerAdditional = fieldTable("qcow2 additional header fields", 8, "big", {
  compressionType: u8(),
  padding: reserved(7),
});

export const headerExtension = fieldTable("qcow2 header extension", 8, "big", { type: u32(), length: u32() });

export const EXTENSION = {
  end: 0x00000000,
  backingFormat: 0xe2792aca,
  featureNames: 0x6803f857,
  bitmaps: 0x23852875,
  encryptionHeader: 0x0537be77,
  externalDataFile: 0x44415441,
} as const;

/** Data of the extension `bitmaps`. */
export const bitmapsExtension = fieldTable("qcow2 bitmaps extension", 24, "big", {
  count: u32(),
  padding: reserved(4),
  directoryBytes: u64(),
  directoryAtBytes: u64(),
});

/** Row of the bitmap directory; extra data and name follow, each row padded to 8 bytes. */
export const bitmapRow = fieldTable("qcow2 bitmap", 24, "big", {
  tableAtBytes: u64(),
  tableSize: u32(),
  flags: flags32(),
  type: u8(),
  granularityBits: u8(),
  nameLength: u16(),
  extraDataSize: u32(),
});

/** Bits of a bitmap's `flags`. */
export const BITMAP = { inUse: 1n << 0n, auto: 1n << 1n } as const;

/** Bits of `incompatibleFeatures`: an image with another bit must not be read. */
export const INCOMPATIBLE = {
  dirty: 1n << 0n,
  corrupt: 1n << 1n,
  externalDataFile: 1n << 2n,
  compressionType: 1n << 3n,
  extendedL2: 1n << 4n,
} as const;

/** Bits of `autoclearFeatures`: what a program that does not know them makes stale by writing, and so clears. */
export const AUTOCLEAR = { bitmaps: 1n << 0n, rawExternalData: 1n << 1n } as const;

/** Row of the snapshot table; id, name and extra data follow, each row padded to 8 bytes. */
export const snapshotHeader = fieldTable("qcow2 snapshot", 40, "big", {
  l1TableOffset: u64(),
  l1Size: u32(),
  idLength: u16(),
  nameLength: u16(),
  seconds: u32(),
  nanoseconds: u32(),
  vmClockNanoseconds: flags64(),
  vmStateSize: u32(),
  extraDataSize: u32(),
});

/** Beginning of a snapshot's extra data, as far as there is any (version 3: at least this much). */
export const snapshotExtra = fieldTable("qcow2 snapshot extra data", 16, "big", {
  vmStateSize: u64(),
  virtualSizeBytes: u64(),
});

export const MIN_CLUSTER_BITS = 9;
export const MAX_CLUSTER_BITS = 21;

/** Subclusters of extended L2 entries are at least a sector. */
export const MIN_EXTENDED_CLUSTER_BITS = 14;

/** "The maximum length is 1023 bytes." */
export const MAX_BACKING_NAME_BYTES = 1023;

/** Entries of L1 and L2 tables are 8 bytes. */
export const ENTRY_BYTES = 8;

/** Extended L2 entries: the usual one, then two bitmaps of 32 subclusters. */
export const EXTENDED_ENTRY_BYTES = 16;
export const SUBCLUSTERS = 32;

/** A cluster that reads as zeros, whatever a backing file holds there (bit 0 of L2 entries, version 3). */
export const ZERO_BIT = 1n;

/** A compressed cluster (bit 62 of L2 entries). */
export const COMPRESSED_BIT = 1n << 62n;

/** Lengths of compressed clusters are counted in these. */
export const SECTOR_BYTES = 512;

/** How many bits of a compressed cluster's L2 entry hold its offset; the others count sectors. */
export function compressedOffsetBits(clusterBits: number): number {
  return 62 - (clusterBits - 8);
}
