/** The metadata region (specification, section 2.6): a table of items by GUID, and the items that describe the disk. */
import type { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import type { Region } from "./header.ts";
import { type ParentLocator, parseParentLocator } from "./parent-locator.ts";
import { problem } from "./problem.ts";
import {
  FILE_FLAG,
  fileParameters,
  ITEM,
  ITEM_FLAG,
  MAX_BLOCK_BYTES,
  MAX_TABLE_ENTRIES,
  MAX_VIRTUAL_BYTES,
  MIB,
  MIN_BLOCK_BYTES,
  metadataTableEntry,
  metadataTableHeader,
  sectorSize,
  TABLE_BYTES,
  virtualDiskId,
  virtualDiskSize,
} from "./structures.ts";

export interface VhdxMetadata {
  readonly blockBytes: number;
  /** Set for fixed disks: blocks stay allocated. */
  readonly leaveBlockAllocated: boolean;
  readonly parent: ParentLocator | null;
  readonly virtualSizeBytes: number;
  readonly virtualDiskId: string;
  readonly logicalSectorBytes: number;
  readonly physicalSectorBytes: number;
}

/** More than any item of this format's needs; the specification's own limit. */
const MAX_ITEM_BYTES = MIB;

interface Item {
  readonly atBytes: number;
  readonly bytes: Uint8Array;
}

/** @param source with the log replayed @throws AppError disk.* */
export async function readMetadata(source: ByteSource, region: Region): Promise<VhdxMetadata> {
  const items = await readItems(source, region);
  const item = (id: keyof typeof ITEM): Item => {
    const found = items.get(ITEM[id]);
    if (found) return found;
    throw problem("disk.damaged", source, "VHDX metadata table", region.start, `has no item ${id} (${ITEM[id]})`);
  };
  const place = ({ atBytes }: Item) => ({ file: source.name, atBytes });
  const refuse = (code: "disk.damaged" | "disk.too-large", at: Item, words: string): AppError =>
    problem(code, source, "VHDX metadata item", at.atBytes, words);

  const parametersItem = item("fileParameters");
  const { blockSize, flags } = fileParameters.decode(parametersItem.bytes, place(parametersItem));
  if (!Number.isInteger(Math.log2(blockSize)) || blockSize < MIN_BLOCK_BYTES || blockSize > MAX_BLOCK_BYTES) {
    throw refuse(
      "disk.damaged",
      parametersItem,
      `says blocks of ${blockSize} bytes: no power of two from 1 to 256 MiB`,
    );
  }
  const sectorBytes = (id: "logicalSectorSize" | "physicalSectorSize"): number => {
    const found = item(id);
    const { size } = sectorSize.decode(found.bytes, place(found));
    if (size === 512 || size === 4096) return size;
    throw refuse("disk.damaged", found, `says a ${id} of ${size}; there are 512 and 4096`);
  };
  const logicalSectorBytes = sectorBytes("logicalSectorSize");
  const sizeItem = item("virtualDiskSize");
  const { size } = virtualDiskSize.decode(sizeItem.bytes, place(sizeItem));
  if (size > MAX_VIRTUAL_BYTES) throw refuse("disk.too-large", sizeItem, `says a disk of ${size} bytes, over 64 TiB`);
  if (size === 0 || size % logicalSectorBytes !== 0) {
    throw refuse("disk.damaged", sizeItem, `says a disk of ${size} bytes: no whole sectors of ${logicalSectorBytes}`);
  }
  const idItem = item("virtualDiskId");
  const hasParent = (flags & FILE_FLAG.hasParent) !== 0n;
  const locator = hasParent ? item("parentLocator") : null;
  return {
    blockBytes: blockSize,
    leaveBlockAllocated: (flags & FILE_FLAG.leaveBlockAllocated) !== 0n,
    parent: locator ? parseParentLocator(source, locator.bytes, locator.atBytes) : null,
    virtualSizeBytes: size,
    virtualDiskId: virtualDiskId.decode(idItem.bytes, place(idItem)).id,
    logicalSectorBytes,
    physicalSectorBytes: sectorBytes("physicalSectorSize"),
  };
}

/** The known items; others are passed over unless the table says that a reader must know them. */
async function readItems(source: ByteSource, region: Region): Promise<Map<string, Item>> {
  const table = new Uint8Array(TABLE_BYTES);
  await source.read(region.start, table);
  const { signature, entryCount } = metadataTableHeader.decode(table, { file: source.name, atBytes: region.start });
  const refuse = (code: "disk.damaged" | "disk.unsupported", words: string, at = region.start): AppError =>
    problem(code, source, "VHDX metadata table", at, words);
  if (signature !== "metadata") throw refuse("disk.damaged", 'does not say "metadata"');
  if (entryCount > MAX_TABLE_ENTRIES) throw refuse("disk.damaged", `claims ${entryCount} entries`);
  const known = new Set<string>(Object.values(ITEM));
  const items = new Map<string, Item>();
  for (let index = 0; index < entryCount; index++) {
    const inTable = metadataTableHeader.sizeBytes + index * metadataTableEntry.sizeBytes;
    const entryAt = region.start + inTable;
    const entry = metadataTableEntry.decode(table.subarray(inTable), { file: source.name, atBytes: entryAt });
    const isUser = (entry.flags & ITEM_FLAG.isUser) !== 0n;
    if (isUser || !known.has(entry.itemId)) {
      if ((entry.flags & ITEM_FLAG.isRequired) === 0n) continue;
      throw refuse("disk.unsupported", `requires an item of unknown kind, ${entry.itemId}`, entryAt);
    }
    if (items.has(entry.itemId)) throw refuse("disk.damaged", `lists the item ${entry.itemId} twice`, entryAt);
    const { offset, length } = entry;
    if (offset < TABLE_BYTES || length > MAX_ITEM_BYTES || offset + length > region.length) {
      throw refuse("disk.damaged", `puts an item at ${offset}, ${length} bytes, outside the region`, entryAt);
    }
    const bytes = new Uint8Array(length);
    await source.read(region.start + offset, bytes);
    items.set(entry.itemId, { atBytes: region.start + offset, bytes });
  }
  return items;
}
