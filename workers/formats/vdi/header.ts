/** Reads the header and refuses what cannot be read, by name, before anything relies on it. */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import {
  ENTRY_BYTES,
  type Header,
  headerTable,
  IMAGE_TYPE,
  MIN_HEADER_BYTES,
  oldHeaderTable,
  PREHEADER_BYTES,
  preheaderTable,
  SECTOR_BYTES,
  SIGNATURE,
} from "./structures.ts";

/** VirtualBox writes blocks of 1 MiB; the bounds keep tables and overlaps small. */
const MIN_BLOCK_BYTES = 4096;
const MAX_BLOCK_BYTES = 256 * 1024 * 1024;
/** 32 TiB at the usual block size: a map of 128 MiB, which opening walks once. */
export const MAX_BLOCKS = 2 ** 25;

export type VdiCode = "disk.damaged" | "disk.unsupported" | "disk.too-large" | "disk.truncated";

export interface VdiHeader extends Header {
  /** Blocks the disk's size needs. */
  readonly blocks: number;
}

/** A refusal that names structure, file and offset. */
export function problem(code: VdiCode, source: ByteSource, structure: string, offset: number, words: string): AppError {
  return new AppError(code, `${structure} of ${source.name} at offset ${offset}: ${words}`, {
    details: { file: source.name, structure, offset },
  });
}

/** @throws AppError disk.* naming the field and its offset */
export async function readHeader(source: ByteSource): Promise<VdiHeader> {
  const stored = new Uint8Array(Math.min(headerTable.sizeBytes, source.sizeBytes));
  await source.read(0, stored);
  const place = { file: source.name, atBytes: 0 };
  const { signature, version } = preheaderTable.decode(stored, place);
  const { name, offsets } = preheaderTable;
  if (signature !== SIGNATURE) {
    throw problem("disk.damaged", source, name, offsets.signature, "signature: is not the one of VDI");
  }
  const [major, minor] = [Math.floor(version / 0x10000), version % 0x10000];
  if (major === 0 && minor > 0) return checked(source, oldHeaderTable, fromOld(oldHeaderTable.decode(stored, place)));
  if (major === 1 && minor > 0) return checked(source, headerTable, headerTable.decode(stored, place));
  throw problem("disk.unsupported", source, name, offsets.version, `version: ${major}.${minor} is not known`);
}

/** What version 1.1 says in its header followed from the layout before. */
function fromOld(old: ReturnType<(typeof oldHeaderTable)["decode"]>): Header {
  const offsetBlocks = oldHeaderTable.sizeBytes;
  return {
    ...old,
    headerSize: oldHeaderTable.sizeBytes - PREHEADER_BYTES,
    offsetBlocks,
    offsetData: offsetBlocks + old.blocksInImage * ENTRY_BYTES,
    blockExtra: 0,
    uuidParent: new Uint8Array(16),
    logicalCylinders: 0,
    logicalHeads: 0,
    logicalSectors: 0,
    logicalSectorSize: 0,
  };
}

/** @param table where the image has its fields, for messages */
function checked(source: ByteSource, table: typeof headerTable | typeof oldHeaderTable, header: Header): VdiHeader {
  const offsets: Readonly<Partial<Record<keyof Header, number>>> = table.offsets;
  const refuse = (code: VdiCode, field: keyof Header, words: string): AppError =>
    problem(code, source, table.name, offsets[field] ?? 0, `${field}: ${words}`);
  const minHeaderBytes = table === headerTable ? MIN_HEADER_BYTES : header.headerSize;
  if (header.headerSize < minHeaderBytes)
    throw refuse("disk.damaged", "headerSize", `${header.headerSize} is too small`);
  if (header.imageType === IMAGE_TYPE.undo)
    throw refuse("disk.unsupported", "imageType", "undo images are not supported");
  if (!Object.values<number>(IMAGE_TYPE).includes(header.imageType)) {
    throw refuse("disk.unsupported", "imageType", `${header.imageType} is not known`);
  }
  if (header.sectorSize !== SECTOR_BYTES) throw refuse("disk.unsupported", "sectorSize", `${header.sectorSize} bytes`);
  if (header.diskSize === 0) throw refuse("disk.damaged", "diskSize", "0: the disk has no size");
  const { blockSize, blockExtra, offsetBlocks, offsetData, blocksInImage } = header;
  if (blockSize < MIN_BLOCK_BYTES || blockSize > MAX_BLOCK_BYTES || !Number.isInteger(Math.log2(blockSize))) {
    throw refuse(
      "disk.damaged",
      "blockSize",
      `${blockSize} is not a power of two from ${MIN_BLOCK_BYTES} to ${MAX_BLOCK_BYTES}`,
    );
  }
  if (blockExtra > blockSize) throw refuse("disk.damaged", "blockExtra", `${blockExtra} is more than a block`);
  const blocks = Math.ceil(header.diskSize / blockSize);
  if (blocks > MAX_BLOCKS || blocksInImage > MAX_BLOCKS) {
    throw refuse("disk.too-large", "blocksInImage", `more than ${MAX_BLOCKS} blocks are not read`);
  }
  if (blocksInImage < blocks) {
    throw refuse("disk.damaged", "blocksInImage", `${blocksInImage} blocks; the disk's size needs ${blocks}`);
  }
  if (offsetBlocks < PREHEADER_BYTES + minHeaderBytes || offsetBlocks % ENTRY_BYTES !== 0) {
    throw refuse("disk.damaged", "offsetBlocks", `${offsetBlocks} is no place for the block map`);
  }
  const mapEnd = offsetBlocks + blocksInImage * ENTRY_BYTES;
  if (mapEnd > source.sizeBytes) {
    throw refuse("disk.truncated", "offsetBlocks", `the block map at ${offsetBlocks} goes beyond the end of the file`);
  }
  if (offsetData < mapEnd)
    throw refuse("disk.damaged", "offsetData", `${offsetData} lies before the end of the block map`);
  return { ...header, blocks };
}
