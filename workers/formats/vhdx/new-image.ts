/** What a new image says about itself: the parts of the file that follow from the disk's size and the digest of its content. */
import type { ByteTarget } from "../../io/byte-source.ts";
import { NO_GUID } from "./guid.ts";
import { guidFrom } from "./identity.ts";
import {
  fileIdentifier,
  fileParameters,
  HEADER_BYTES,
  HEADERS_AT,
  header as headerTable,
  ITEM,
  ITEM_FLAG,
  MAGIC,
  MIB,
  metadataTableEntry,
  metadataTableHeader,
  REGION,
  REGION_TABLES_AT,
  regionTableEntry,
  regionTableHeader,
  seal,
  sectorSize,
  TABLE_BYTES,
  virtualDiskId,
  virtualDiskSize,
} from "./structures.ts";

/** Every guest boots from such disks; drives with sectors of 4 KiB that answer to 512 ("512e") are the common case. */
export const LOGICAL_SECTOR_BYTES = 512;
const PHYSICAL_SECTOR_BYTES = 4096;

export const LAYOUT = { logAt: MIB, metadataAt: 2 * MIB, batAt: 3 * MIB } as const;
const LOG_BYTES = MIB;
const METADATA_BYTES = MIB;

const SMALLEST_BLOCK_BYTES = 2 * MIB;
/** 8 MiB of BAT, which programs that run the disk hold in memory. */
const MAX_BLOCKS = 2 ** 20;

/** 2 MiB for disks up to 2 TiB, so that scattered data stays a small file; beyond, what keeps the BAT at 8 MiB: 64 MiB at most. */
export function blockBytesFor(virtualSizeBytes: number): number {
  let blockBytes = SMALLEST_BLOCK_BYTES;
  while (blockBytes * MAX_BLOCKS < virtualSizeBytes) blockBytes *= 2;
  return blockBytes;
}

/** Metadata, region tables and headers. The file still is no image afterwards. */
export async function writeTables(
  target: ByteTarget,
  image: { readonly virtualSizeBytes: number; readonly batBytes: number; readonly digest: string },
): Promise<void> {
  await target.write(LAYOUT.metadataAt, metadataRegion(image.virtualSizeBytes, guidFrom(image.digest, "virtual disk")));
  const regions = regionTable(image.batBytes);
  for (const at of REGION_TABLES_AT) await target.write(at, regions);
  for (const [index, at] of HEADERS_AT.entries()) await target.write(at, header(BigInt(index + 1), image.digest));
}

/** Makes it an image. */
export async function writeIdentifier(target: ByteTarget): Promise<void> {
  const creator = new Uint8Array(512);
  creator.set(Buffer.from("HyperSDK Desktop", "utf16le"));
  await target.write(0, fileIdentifier.encode({ signature: MAGIC, creator }));
}

function header(sequenceNumber: bigint, digest: string): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set(
    headerTable.encode({
      signature: "head",
      checksum: 0,
      sequenceNumber,
      fileWriteGuid: guidFrom(digest, "file write"),
      dataWriteGuid: guidFrom(digest, "data write"),
      logGuid: NO_GUID,
      logVersion: 0,
      version: 1,
      logLength: LOG_BYTES,
      logOffset: LAYOUT.logAt,
    }),
  );
  return seal(bytes);
}

function regionTable(batBytes: number): Uint8Array {
  const regions = [
    { guid: REGION.bat, fileOffset: LAYOUT.batAt, length: batBytes },
    { guid: REGION.metadata, fileOffset: LAYOUT.metadataAt, length: METADATA_BYTES },
  ];
  const bytes = new Uint8Array(TABLE_BYTES);
  bytes.set(regionTableHeader.encode({ signature: "regi", checksum: 0, entryCount: regions.length }));
  for (const [index, region] of regions.entries()) {
    const at = regionTableHeader.sizeBytes + index * regionTableEntry.sizeBytes;
    bytes.set(regionTableEntry.encode({ ...region, required: 1n }), at);
  }
  return seal(bytes);
}

/** The table and its items; the rest of the region is zeros. */
function metadataRegion(virtualSizeBytes: number, diskId: string): Uint8Array {
  const { isRequired, isVirtualDisk } = ITEM_FLAG;
  const items = [
    {
      itemId: ITEM.fileParameters,
      flags: isRequired,
      value: fileParameters.encode({ blockSize: blockBytesFor(virtualSizeBytes), flags: 0n }),
    },
    ...[
      { itemId: ITEM.virtualDiskSize, value: virtualDiskSize.encode({ size: virtualSizeBytes }) },
      { itemId: ITEM.virtualDiskId, value: virtualDiskId.encode({ id: diskId }) },
      { itemId: ITEM.logicalSectorSize, value: sectorSize.encode({ size: LOGICAL_SECTOR_BYTES }) },
      { itemId: ITEM.physicalSectorSize, value: sectorSize.encode({ size: PHYSICAL_SECTOR_BYTES }) },
    ].map((item) => ({ ...item, flags: isRequired + isVirtualDisk })),
  ];
  const values = Buffer.concat(items.map(({ value }) => value));
  const bytes = new Uint8Array(TABLE_BYTES + values.length);
  bytes.set(metadataTableHeader.encode({ signature: "metadata", entryCount: items.length }));
  let offset = TABLE_BYTES;
  for (const [index, { itemId, flags, value }] of items.entries()) {
    const at = metadataTableHeader.sizeBytes + index * metadataTableEntry.sizeBytes;
    bytes.set(metadataTableEntry.encode({ itemId, offset, length: value.length, flags }), at);
    bytes.set(value, offset);
    offset += value.length;
  }
  return bytes;
}
