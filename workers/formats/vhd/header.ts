/** The header of dynamic and differencing disks, checked, and the parent a differencing disk names. */
import type { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import type { BackingRef } from "../format.ts";
import { type FoundFooter, hex, problem, type VhdCode } from "./footer.ts";
import {
  checksumOf,
  ENTRY_BYTES,
  HEADER_COOKIE,
  type Header,
  headerTable,
  LOCATORS,
  locatorTable,
  SECTOR_BYTES,
} from "./structures.ts";

/** Blocks have 2 MiB, with old programs 512 KiB; the bounds keep bitmaps and tables small. */
const MIN_BLOCK_BYTES = 4096;
const MAX_BLOCK_BYTES = 256 * 1024 * 1024;
/** 2040 GiB in blocks of 512 KiB: a table of 16 MiB. */
const MAX_BLOCKS = 2 ** 22;
const MAX_LOCATOR_BYTES = 64 * 1024;

export interface DynamicHeader {
  readonly header: Header;
  readonly atBytes: number;
  /** Blocks the disk's size needs. */
  readonly blocks: number;
}

/** @throws AppError disk.* naming the field and its offset */
export async function readHeader(source: ByteSource, found: FoundFooter): Promise<DynamicHeader> {
  const { footer, contentEndBytes, virtualSizeBytes } = found;
  const atBytes = Number(footer.dataOffset);
  if (atBytes + headerTable.sizeBytes > contentEndBytes) {
    throw problem("disk.truncated", source, headerTable.name, atBytes, "lies beyond the end of the file");
  }
  const stored = new Uint8Array(headerTable.sizeBytes);
  await source.read(atBytes, stored);
  const header = headerTable.decode(stored, { file: source.name, atBytes });
  const refuse = (code: VhdCode, field: keyof typeof headerTable.offsets, words: string): AppError =>
    problem(code, source, headerTable.name, atBytes + headerTable.offsets[field], `${field}: ${words}`);
  if (header.cookie !== HEADER_COOKIE) throw refuse("disk.damaged", "cookie", `is not "${HEADER_COOKIE}"`);
  const computed = checksumOf(stored, headerTable.offsets.checksum);
  if (computed !== header.checksum) {
    throw refuse("disk.damaged", "checksum", `${hex(header.checksum)} is recorded, ${hex(computed)} was computed`);
  }
  if (Math.floor(header.headerVersion / 0x10000) !== 1) {
    throw refuse("disk.unsupported", "headerVersion", `${hex(header.headerVersion)} is not known`);
  }
  const { blockSize, tableOffset, maxTableEntries } = header;
  if (blockSize < MIN_BLOCK_BYTES || blockSize > MAX_BLOCK_BYTES || !Number.isInteger(Math.log2(blockSize))) {
    throw refuse(
      "disk.damaged",
      "blockSize",
      `${blockSize} is not a power of two from ${MIN_BLOCK_BYTES} to ${MAX_BLOCK_BYTES}`,
    );
  }
  const blocks = Math.ceil(virtualSizeBytes / blockSize);
  if (blocks > MAX_BLOCKS) throw refuse("disk.too-large", "blockSize", `more than ${MAX_BLOCKS} blocks are not read`);
  if (maxTableEntries < blocks) {
    throw refuse("disk.damaged", "maxTableEntries", `${maxTableEntries} entries; the disk's size needs ${blocks}`);
  }
  if (tableOffset % SECTOR_BYTES !== 0 || tableOffset < SECTOR_BYTES) {
    throw refuse("disk.damaged", "tableOffset", `${tableOffset} is no place for the block allocation table`);
  }
  if (tableOffset + blocks * ENTRY_BYTES > contentEndBytes) {
    throw refuse(
      "disk.truncated",
      "tableOffset",
      `the block allocation table at ${tableOffset} goes beyond the end of the file`,
    );
  }
  return { header, atBytes, blocks };
}

/** What the parent is called, and where it was found at: the first of these that the image has. */
export interface ParentNames {
  readonly relative: string | null;
  readonly unicode: string | null;
  readonly absolute: string | null;
}

/**
 * The parent of a differencing disk. A relative path counts as it is; of absolute ones, which belong to another computer, only
 * the file's name: the parent is looked for beside the child.
 * @throws AppError disk.damaged where there is no name at all
 */
export async function readParent(source: ByteSource, { header, atBytes }: DynamicHeader): Promise<BackingRef> {
  const names = await readNames(source, header, atBytes);
  const name = names.relative ?? lastPart(names.unicode) ?? lastPart(names.absolute);
  if (name === null) {
    throw problem("disk.damaged", source, headerTable.name, atBytes, "a differencing disk that names no parent");
  }
  return { name, format: "vhd", mark: uniqueIdText(header.parentUniqueId) };
}

/** A row of the header that is in use. */
interface Locator {
  readonly platformCode: string;
  /** Of its path. */
  readonly atBytes: number;
  readonly length: number;
}

/** The rows that name the parent. @throws AppError disk.* */
export function readLocators(source: ByteSource, header: Header, headerAtBytes: number): Locator[] {
  const found: Locator[] = [];
  for (let row = 0; row < LOCATORS; row++) {
    const rowAt = headerAtBytes + headerTable.offsets.parentLocators + row * locatorTable.sizeBytes;
    const stored = header.parentLocators.subarray(row * locatorTable.sizeBytes);
    const locator = locatorTable.decode(stored, { file: source.name, atBytes: rowAt });
    const { platformCode, platformDataLength: length, platformDataOffset: atBytes } = locator;
    if (platformCode !== "W2ru" && platformCode !== "W2ku") continue;
    if (length > MAX_LOCATOR_BYTES || length % 2 !== 0) {
      throw problem("disk.damaged", source, locatorTable.name, rowAt, `a path of ${length} bytes`);
    }
    if (atBytes + length > source.sizeBytes) {
      throw problem("disk.truncated", source, locatorTable.name, rowAt, "its path lies beyond the end of the file");
    }
    found.push({ platformCode, atBytes, length });
  }
  return found;
}

async function readNames(source: ByteSource, header: Header, headerAtBytes: number): Promise<ParentNames> {
  const found = new Map<string, string>();
  for (const { platformCode, atBytes, length } of readLocators(source, header, headerAtBytes)) {
    const path = new Uint8Array(length);
    await source.read(atBytes, path);
    found.set(platformCode, utf16("utf-16le", path));
  }
  return {
    relative: posix(found.get("W2ru")),
    unicode: posix(utf16("utf-16be", header.parentUnicodeName)),
    absolute: posix(found.get("W2ku")),
  };
}

function utf16(encoding: "utf-16le" | "utf-16be", stored: Uint8Array): string {
  return new TextDecoder(encoding).decode(stored).replace(/\0.*$/s, "");
}

/** With slashes; null for nothing. */
function posix(path: string | undefined): string | null {
  return path === undefined || path === "" ? null : path.replaceAll("\\", "/");
}

function lastPart(path: string | null): string | null {
  return path?.split("/").at(-1) || null;
}

export function uniqueIdText(id: Uint8Array): string {
  return Buffer.from(id).toString("hex");
}
