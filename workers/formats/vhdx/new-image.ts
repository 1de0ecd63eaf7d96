/** What a new image says about itself: the parts of the file that follow from what was chosen for it and from its identity. */
import type { ByteTarget } from "../../io/byte-source.ts";
import type { ContentIdentity } from "../block-map/content-identity.ts";
import { NO_GUID } from "./guid.ts";
import {
  FILE_FLAG,
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

/** Drives with sectors of 4 KiB, whatever size they answer to: the common case, and what partitions are aligned for. */
const PHYSICAL_SECTOR_BYTES = 4096;

export const LAYOUT = { logAt: MIB, metadataAt: 2 * MIB, batAt: 3 * MIB } as const;
const LOG_BYTES = MIB;
const METADATA_BYTES = MIB;

export interface NewImage {
  readonly virtualSizeBytes: number;
  readonly blockBytes: number;
  /** The logical sector. */
  readonly sectorBytes: number;
  readonly isFixed: boolean;
  /** Of its region, in whole MiB. */
  readonly batBytes: number;
  readonly identity: ContentIdentity;
}

/** Metadata, region tables and headers. The file still is no image afterwards. */
export async function writeTables(target: ByteTarget, image: NewImage): Promise<void> {
  await target.write(LAYOUT.metadataAt, metadataRegion(image));
  const regions = regionTable(image.batBytes);
  for (const at of REGION_TABLES_AT) await target.write(at, regions);
  for (const [index, at] of HEADERS_AT.entries()) await target.write(at, header(BigInt(index + 1), image.identity));
}

/** Makes it an image. */
export async function writeIdentifier(target: ByteTarget): Promise<void> {
  const creator = new Uint8Array(512);
  creator.set(Buffer.from("HyperSDK Desktop", "utf16le"));
  await target.write(0, fileIdentifier.encode({ signature: MAGIC, creator }));
}

function header(sequenceNumber: bigint, identity: ContentIdentity): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set(
    headerTable.encode({
      signature: "head",
      checksum: 0,
      sequenceNumber,
      fileWriteGuid: guidFrom(identity, "file write"),
      dataWriteGuid: guidFrom(identity, "data write"),
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
function metadataRegion({ virtualSizeBytes, blockBytes, sectorBytes, isFixed, identity }: NewImage): Uint8Array {
  const { isRequired, isVirtualDisk } = ITEM_FLAG;
  const items = [
    {
      itemId: ITEM.fileParameters,
      flags: isRequired,
      value: fileParameters.encode({ blockSize: blockBytes, flags: isFixed ? FILE_FLAG.leaveBlockAllocated : 0n }),
    },
    ...[
      { itemId: ITEM.virtualDiskSize, value: virtualDiskSize.encode({ size: virtualSizeBytes }) },
      { itemId: ITEM.virtualDiskId, value: virtualDiskId.encode({ id: guidFrom(identity, "virtual disk") }) },
      { itemId: ITEM.logicalSectorSize, value: sectorSize.encode({ size: sectorBytes }) },
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

function guidFrom(identity: ContentIdentity, purpose: string): string {
  const hex = Buffer.from(identity.uuid(purpose)).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
