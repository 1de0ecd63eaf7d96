/**
 * Builds small VHDX images with what our writer has no use for: fixed and differencing disks, sectors of 4 KiB, damaged copies of
 * headers and tables, and a log that must be replayed.
 */
import { NO_GUID } from "../vhdx/guid.ts";
import {
  BAT_ENTRY_BYTES,
  BITMAP_BYTES,
  BITMAP_PRESENT,
  chunkRatio,
  FILE_FLAG,
  fileIdentifier,
  fileParameters,
  HEADER_BYTES,
  HEADERS_AT,
  header,
  ITEM,
  LOG_SECTOR_BYTES,
  MAGIC,
  MIB,
  metadataTableEntry,
  metadataTableHeader,
  PAYLOAD,
  parentLocatorEntry,
  parentLocatorHeader,
  REGION,
  REGION_TABLES_AT,
  regionTableEntry,
  regionTableHeader,
  seal,
  sectorSize,
  TABLE_BYTES,
  VHDX_LOCATOR,
  virtualDiskId,
  virtualDiskSize,
} from "../vhdx/structures.ts";
import { type Fixture, type FixtureField, type FixtureStructure, fieldsOf } from "./fixture.ts";
import { contentOf, type TestDisk } from "./test-disk.ts";
import { BAT_AT, FILE, LOG_AT, LOG_BYTES, LOG_GUID, METADATA_AT, moveIntoLog, named } from "./vhdx-log-builder.ts";

const BLOCKS_AT = 4 * MIB;

/** What the images of this builder remember as the identity of their content. */
export const DATA_WRITE_GUID = "0b7e5a52-94f1-4d6e-8a5c-3f1d2c4b6a79";

export interface VhdxOptions {
  readonly blockBytes?: number;
  readonly logicalSectorBytes?: 512 | 4096;
  /** All blocks stored, in falling order. */
  readonly fixed?: boolean;
  /** Keys and values of the parent locator; makes a differencing disk. */
  readonly parent?: Readonly<Record<string, string>>;
  readonly locatorType?: string;
  /** States of blocks that are not stored, by their number; 0 otherwise. */
  readonly states?: Readonly<Record<number, number>>;
  /** Further entries of the region table and of the metadata table. */
  readonly region?: { readonly guid: string; readonly required: bigint; readonly atBytes?: number };
  readonly item?: { readonly itemId: string; readonly flags: bigint };
  readonly log?: boolean;
}

interface Built {
  readonly bytes: Uint8Array;
  readonly structures: FixtureStructure[];
  readonly fields: FixtureField[];
}

/** An image holding `disk`; blocks of zeros are left out unless it is fixed. */
export function vhdxImage(disk: TestDisk, options: VhdxOptions = {}): Built {
  const { blockBytes = MIB, logicalSectorBytes = 512, fixed = false, parent } = options;
  const content = contentOf(disk);
  const blocks = Math.ceil(content.length / blockBytes);
  const ratio = chunkRatio(logicalSectorBytes, blockBytes);
  const bat = new BigUint64Array(ratio + 1);
  const bitmap = new Uint8Array(BITMAP_BYTES);
  const stored: Uint8Array[] = [];
  let at = BLOCKS_AT;
  let needsBitmap = false;
  const order = Array.from({ length: blocks }, (_, block) => (fixed ? blocks - 1 - block : block));
  for (const block of order) {
    const whole = new Uint8Array(blockBytes);
    whole.set(content.subarray(block * blockBytes, (block + 1) * blockBytes));
    const perBlock = blockBytes / logicalSectorBytes;
    const sectors = Array.from({ length: perBlock }, (_, i) =>
      whole.subarray(i * logicalSectorBytes, (i + 1) * logicalSectorBytes).some((byte) => byte !== 0),
    );
    if (!fixed && !sectors.includes(true)) {
      bat[block] = BigInt(options.states?.[block] ?? PAYLOAD.notPresent);
      continue;
    }
    const partial = parent !== undefined && sectors.includes(false);
    needsBitmap ||= partial;
    for (const [i, present] of sectors.entries()) {
      const bit = block * perBlock + i;
      if (present) bitmap[Math.floor(bit / 8)] = (bitmap[Math.floor(bit / 8)] ?? 0) + 2 ** (bit % 8);
      // What the bitmap does not claim must never be read.
      else if (partial) whole.fill(0xee, i * logicalSectorBytes, (i + 1) * logicalSectorBytes);
    }
    bat[block] = BigInt(at + (partial ? PAYLOAD.partiallyPresent : PAYLOAD.fullyPresent));
    stored.push(whole);
    at += blockBytes;
  }
  if (needsBitmap) {
    bat[ratio] = BigInt(at + BITMAP_PRESENT);
    stored.push(bitmap);
  }
  const bytes = new Uint8Array(Buffer.concat([new Uint8Array(BLOCKS_AT), ...stored]));
  const structures: FixtureStructure[] = [];
  const fields: FixtureField[] = [];
  const structure = (name: string, start: number, length: number): void => {
    structures.push({ name, file: FILE, start, length });
  };

  const creator = new Uint8Array(512);
  bytes.set(fileIdentifier.encode({ signature: MAGIC, creator }));
  structure("file identifier", 0, MAGIC.length);
  for (const [index, start] of HEADERS_AT.entries()) {
    const values = {
      signature: "head",
      checksum: 0,
      sequenceNumber: BigInt(7 + index),
      fileWriteGuid: NO_GUID,
      dataWriteGuid: DATA_WRITE_GUID,
      logGuid: options.log ? LOG_GUID : NO_GUID,
      logVersion: 0,
      version: 1,
      logLength: LOG_BYTES,
      logOffset: LOG_AT,
    };
    bytes.set(header.encode(values), start);
    structure(`header ${index}`, start, HEADER_BYTES);
  }
  fields.push(...fieldsOf(header, FILE, HEADERS_AT[1], "little"));

  const regions = [
    { guid: REGION.bat, fileOffset: BAT_AT, length: MIB, required: 1n },
    { guid: REGION.metadata, fileOffset: METADATA_AT, length: MIB, required: 1n },
    ...(options.region
      ? [
          {
            guid: options.region.guid,
            fileOffset: options.region.atBytes ?? 2 ** 40,
            length: MIB,
            required: options.region.required,
          },
        ]
      : []),
  ];
  for (const [copy, start] of REGION_TABLES_AT.entries()) {
    bytes.set(regionTableHeader.encode({ signature: "regi", checksum: 0, entryCount: regions.length }), start);
    for (const [index, region] of regions.entries()) {
      const entryAt = start + regionTableHeader.sizeBytes + index * regionTableEntry.sizeBytes;
      bytes.set(regionTableEntry.encode(region), entryAt);
      if (copy === 0) fields.push(...named(index, fieldsOf(regionTableEntry, FILE, entryAt, "little")));
    }
    if (copy === 0) {
      fields.push(...fieldsOf(regionTableHeader, FILE, start, "little"));
      structure("region table", start, TABLE_BYTES);
    }
  }

  const items = [
    {
      itemId: ITEM.fileParameters,
      flags: 4n,
      table: fileParameters,
      value: fileParameters.encode({
        blockSize: blockBytes,
        flags: (fixed ? FILE_FLAG.leaveBlockAllocated : 0n) + (parent ? FILE_FLAG.hasParent : 0n),
      }),
    },
    {
      itemId: ITEM.virtualDiskSize,
      flags: 6n,
      table: virtualDiskSize,
      value: virtualDiskSize.encode({ size: content.length }),
    },
    { itemId: ITEM.virtualDiskId, flags: 6n, table: virtualDiskId, value: virtualDiskId.encode({ id: LOG_GUID }) },
    {
      itemId: ITEM.logicalSectorSize,
      flags: 6n,
      table: sectorSize,
      value: sectorSize.encode({ size: logicalSectorBytes }),
    },
    { itemId: ITEM.physicalSectorSize, flags: 6n, table: sectorSize, value: sectorSize.encode({ size: 4096 }) },
    ...(parent
      ? [
          {
            itemId: ITEM.parentLocator,
            flags: 4n,
            table: parentLocatorHeader,
            value: locator(parent, options.locatorType),
          },
        ]
      : []),
    ...(options.item ? [{ ...options.item, table: virtualDiskId, value: new Uint8Array(16) }] : []),
  ];
  bytes.set(metadataTableHeader.encode({ signature: "metadata", entryCount: items.length }), METADATA_AT);
  fields.push(...fieldsOf(metadataTableHeader, FILE, METADATA_AT, "little"));
  let offset = TABLE_BYTES;
  for (const [index, { itemId, flags, table, value }] of items.entries()) {
    const entryAt = METADATA_AT + metadataTableHeader.sizeBytes + index * metadataTableEntry.sizeBytes;
    bytes.set(metadataTableEntry.encode({ itemId, offset, length: value.length, flags }), entryAt);
    bytes.set(value, METADATA_AT + offset);
    fields.push(
      ...named(index, fieldsOf(metadataTableEntry, FILE, entryAt, "little")),
      ...named(index, fieldsOf(table, FILE, METADATA_AT + offset, "little")),
    );
    if (table === parentLocatorHeader) {
      for (let i = 0; i < Object.keys(parent ?? {}).length; i++) {
        const keyAt = METADATA_AT + offset + parentLocatorHeader.sizeBytes + i * parentLocatorEntry.sizeBytes;
        fields.push(...named(i, fieldsOf(parentLocatorEntry, FILE, keyAt, "little")));
      }
    }
    offset += value.length;
  }
  structure("metadata table", METADATA_AT, TABLE_BYTES);
  structure("metadata items", METADATA_AT + TABLE_BYTES, offset - TABLE_BYTES);

  bytes.set(new Uint8Array(bat.buffer), BAT_AT);
  structure("BAT", BAT_AT, blocks * BAT_ENTRY_BYTES);
  for (const index of [...Array(blocks).keys(), ...(needsBitmap ? [ratio] : [])]) {
    const entryAt = BAT_AT + index * BAT_ENTRY_BYTES;
    fields.push({ name: `BAT entry ${index}`, file: FILE, offset: entryAt, sizeBytes: 8, endian: "little" });
  }
  if (at > BLOCKS_AT) structure("blocks", BLOCKS_AT, bytes.length - BLOCKS_AT);
  if (options.log) moveIntoLog(bytes, fields);
  return { bytes: resealed(bytes), structures, fields };
}

function locator(entries: Readonly<Record<string, string>>, locatorType = VHDX_LOCATOR): Uint8Array {
  const rows = Object.entries(entries);
  const texts: Uint8Array[] = [];
  let at = parentLocatorHeader.sizeBytes + rows.length * parentLocatorEntry.sizeBytes;
  const add = (text: string): { offset: number; length: number } => {
    const bytes = Buffer.from(text, "utf16le");
    texts.push(bytes);
    at += bytes.length;
    return { offset: at - bytes.length, length: bytes.length };
  };
  const table = rows.map(([key, value]) => {
    const [k, v] = [add(key), add(value)];
    return parentLocatorEntry.encode({
      keyOffset: k.offset,
      valueOffset: v.offset,
      keyLength: k.length,
      valueLength: v.length,
    });
  });
  const head = parentLocatorHeader.encode({ locatorType, keyValueCount: rows.length });
  return new Uint8Array(Buffer.concat([head, ...table, ...texts]));
}

/** A copy with the checksums put right: those of headers, region tables and the log entries of `moveIntoLog`; not of images cut off there. */
function resealed(content: Uint8Array): Uint8Array {
  const image = new Uint8Array(content);
  if (image.length < LOG_AT + LOG_BYTES) return image;
  for (const at of HEADERS_AT) seal(image.subarray(at, at + HEADER_BYTES));
  for (const at of REGION_TABLES_AT) seal(image.subarray(at, at + TABLE_BYTES));
  const tail = LOG_BYTES - 5 * LOG_SECTOR_BYTES;
  if (Buffer.from(image.subarray(LOG_AT + tail, LOG_AT + tail + 4)).toString("latin1") !== "loge") return image;
  const firstAt = LOG_AT + tail;
  seal(image.subarray(firstAt, firstAt + 3 * LOG_SECTOR_BYTES));
  const secondAt = firstAt + 3 * LOG_SECTOR_BYTES;
  const inEnd = image.subarray(secondAt, LOG_AT + LOG_BYTES);
  const inStart = image.subarray(LOG_AT, LOG_AT + 2 * LOG_SECTOR_BYTES);
  const second = seal(new Uint8Array(Buffer.concat([inEnd, inStart])));
  inEnd.set(second.subarray(0, inEnd.length));
  return image;
}

/** Three blocks of 1 MiB, the second of which is empty, the third cut off by the disk's end. */
export const VHDX_DISK: TestDisk = {
  virtualSizeBytes: 2 * MIB + 20 * 4096,
  data: [
    { start: 0, length: 700 },
    { start: 300_000, length: 100_000 },
    { start: MIB - 600, length: 600 },
    { start: 2 * MIB, length: 9 * 512 },
    { start: 2 * MIB + 19 * 4096, length: 4096 },
  ],
};

/** One fixture a kind of disk, and one that a crash left. */
export function vhdxFixtures(): Fixture[] {
  // What all of them have in common is fuzzed in one of them only: copying and sealing images of megabytes takes its time.
  const make = (name: string, options: VhdxOptions, own = /./): Fixture => {
    const { bytes, structures, fields: all } = vhdxImage(VHDX_DISK, options);
    const fields = all.filter((field) => own.test(field.name));
    return {
      name,
      format: "vhdx",
      main: FILE,
      files: new Map([[FILE, bytes]]),
      disk: VHDX_DISK,
      structures,
      fields,
      resealed,
    };
  };
  const parent = { parent_linkage: `{${DATA_WRITE_GUID}}`, relative_path: ".\\base.vhdx" };
  return [
    make("dynamic", { states: { 1: PAYLOAD.zero } }),
    make("fixed", { fixed: true }, /BAT/),
    make("differencing", { parent, states: { 1: PAYLOAD.unmapped } }, /BAT|locator|parameters/),
    make("differencing, sectors of 4 KiB", { parent, logicalSectorBytes: 4096 }, /BAT|size/),
    make("log to replay", { log: true }, /log|descriptor|header/),
  ];
}
