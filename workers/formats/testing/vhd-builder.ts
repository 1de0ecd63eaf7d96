/** Builds small VHD images of every kind, with blocks of 4 KiB, and with the marks of the programs that write them. */
import {
  DISK_TYPE,
  ENTRY_BYTES,
  FOOTER_COOKIE,
  footerTable,
  geometryOf,
  HEADER_COOKIE,
  headerTable,
  locatorTable,
  NO_OFFSET,
  SECTOR_BYTES,
  sealed,
} from "../vhd/structures.ts";
import { type Fixture, type FixtureField, type FixtureStructure, fieldsOf } from "./fixture.ts";
import { contentOf, type TestDisk } from "./test-disk.ts";

const FILE = "disk.vhd";

export interface VhdOptions {
  readonly kind: keyof typeof DISK_TYPE;
  readonly blockBytes?: number;
  readonly creator?: string;
  /** In place of the disk's size. */
  readonly currentSize?: number;
  readonly savedState?: number;
  readonly uniqueId?: Uint8Array;
  readonly parent?: VhdParent;
  /** Bits of stored blocks: where the data is not zero, or everywhere. */
  readonly bitmaps?: "exact" | "full";
  /** Blocks in the file in this order; else ascending. */
  readonly order?: "descending";
}

export interface VhdParent {
  readonly uniqueId: Uint8Array;
  readonly unicodeName?: string;
  readonly relative?: string;
  readonly absolute?: string;
}

export interface VhdImage {
  readonly bytes: Uint8Array;
  readonly structures: FixtureStructure[];
  readonly fields: FixtureField[];
}

export function vhdImage(disk: TestDisk, options: VhdOptions): VhdImage {
  const content = contentOf(disk);
  const structures: FixtureStructure[] = [];
  const fields: FixtureField[] = [];
  const add = (name: string, start: number, length: number): void => {
    structures.push({ name, file: FILE, start, length });
  };
  if (options.kind === "fixed") {
    add("data", 0, content.length);
    // A footer may be a byte shorter.
    add("footer", content.length, footerTable.sizeBytes - 1);
    fields.push(...fieldsOf(footerTable, FILE, content.length, "big"));
    return { bytes: joined([content, footerOf(disk, options)]), structures, fields };
  }
  const blockBytes = options.blockBytes ?? 4096;
  const blocks = Math.ceil(content.length / blockBytes);
  const footer = footerOf(disk, options);
  const headerAt = footer.length;
  const names = parentNames(options.parent, headerAt + headerTable.sizeBytes);
  const tableAt = headerAt + headerTable.sizeBytes + names.bytes.length;
  const table = new Uint8Array(Math.ceil((blocks * ENTRY_BYTES) / SECTOR_BYTES) * SECTOR_BYTES).fill(0xff);
  const entries = new DataView(table.buffer);
  const parts: Uint8Array[] = [];
  let at = tableAt + table.length;
  const numbers = Array.from({ length: blocks }, (_, block) => block);
  for (const block of options.order === "descending" ? numbers.reverse() : numbers) {
    const data = new Uint8Array(blockBytes);
    data.set(content.subarray(block * blockBytes, (block + 1) * blockBytes));
    if (data.every((byte) => byte === 0)) continue;
    const bitmap = bitmapOf(data, options.bitmaps ?? "full");
    entries.setUint32(block * ENTRY_BYTES, at / SECTOR_BYTES);
    const here = Math.min(blockBytes, content.length - block * blockBytes);
    add(`block ${block}`, at, bitmap.length + here);
    parts.push(bitmap, data);
    at += bitmap.length + blockBytes;
  }
  for (let block = 0; block < Math.min(12, blocks); block++) {
    fields.push(entryField(`table entry ${block}`, tableAt + block * ENTRY_BYTES));
  }
  const header = sealed(
    headerTable.encode({
      cookie: HEADER_COOKIE,
      dataOffset: NO_OFFSET,
      tableOffset: tableAt,
      headerVersion: 0x00010000,
      maxTableEntries: blocks,
      blockSize: blockBytes,
      checksum: 0,
      parentUniqueId: options.parent?.uniqueId ?? new Uint8Array(16),
      parentTimeStamp: options.parent ? 700_000_000 : 0,
      parentUnicodeName: unicodeName(options.parent?.unicodeName ?? ""),
      parentLocators: names.locators,
    }),
    headerTable.offsets.checksum,
  );
  add("header", headerAt, header.length);
  add("table", tableAt, blocks * ENTRY_BYTES);
  if (names.bytes.length > 0) add("parent names", headerAt + headerTable.sizeBytes, names.bytes.length);
  fields.push(...fieldsOf(footerTable, FILE, 0, "big"), ...fieldsOf(headerTable, FILE, headerAt, "big"));
  fields.push(...fieldsOf(footerTable, FILE, at, "big"));
  for (let row = 0; row < names.rows; row++) {
    const rowAt = headerAt + headerTable.offsets.parentLocators + row * locatorTable.sizeBytes;
    fields.push(...fieldsOf(locatorTable, FILE, rowAt, "big"));
  }
  return { bytes: joined([footer, header, names.bytes, table, ...parts, footer]), structures, fields };
}

function entryField(name: string, offset: number): FixtureField {
  return { name, file: FILE, offset, sizeBytes: 4, endian: "big" };
}

function footerOf(disk: TestDisk, options: VhdOptions): Uint8Array {
  const currentSize = options.currentSize ?? disk.virtualSizeBytes;
  const footer = footerTable.encode({
    cookie: FOOTER_COOKIE,
    features: 2,
    fileFormatVersion: 0x00010000,
    dataOffset: options.kind === "fixed" ? NO_OFFSET : BigInt(footerTable.sizeBytes),
    timeStamp: 700_000_000,
    creatorApplication: options.creator ?? "win ",
    creatorVersion: 0x00060003,
    creatorHostOs: "Wi2k",
    originalSize: BigInt(currentSize),
    currentSize,
    ...geometryOf(disk.virtualSizeBytes / SECTOR_BYTES),
    diskType: DISK_TYPE[options.kind],
    checksum: 0,
    uniqueId: options.uniqueId ?? new Uint8Array(16).fill(0xc1),
    savedState: options.savedState ?? 0,
  });
  return sealed(footer, footerTable.offsets.checksum);
}

function bitmapOf(data: Uint8Array, kind: "exact" | "full"): Uint8Array {
  const sectors = data.length / SECTOR_BYTES;
  const bitmap = new Uint8Array(Math.ceil(sectors / 8 / SECTOR_BYTES) * SECTOR_BYTES);
  for (let sector = 0; sector < sectors; sector++) {
    const stored = data.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
    const byte = Math.floor(sector / 8);
    if (kind === "full" || stored.some((value) => value !== 0))
      bitmap[byte] = (bitmap[byte] ?? 0) + 2 ** (7 - (sector % 8));
  }
  return bitmap;
}

/** Locator rows and, a sector each, the paths they point to. */
function parentNames(
  parent: VhdParent | undefined,
  at: number,
): { locators: Uint8Array; bytes: Uint8Array; rows: number } {
  const locators = new Uint8Array(192);
  const paths: Uint8Array[] = [];
  const codes = [
    ["W2ru", parent?.relative],
    ["W2ku", parent?.absolute],
  ] as const;
  for (const [platformCode, path] of codes) {
    if (path === undefined) continue;
    const text = Buffer.from(path, "utf16le");
    const row = locatorTable.encode({
      platformCode,
      platformDataSpace: SECTOR_BYTES,
      platformDataLength: text.length,
      platformDataOffset: at + paths.length * SECTOR_BYTES,
    });
    locators.set(row, paths.length * locatorTable.sizeBytes);
    const padded = new Uint8Array(SECTOR_BYTES);
    padded.set(text);
    paths.push(padded);
  }
  return { locators, bytes: joined(paths), rows: paths.length };
}

function unicodeName(name: string): Uint8Array {
  const field = new Uint8Array(512);
  field.set(Buffer.from(name, "utf16le").swap16());
  return field;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Blocks that are missing, partly zero, and a last one that the disk's end cuts. */
export const VHD_DISK: TestDisk = {
  virtualSizeBytes: 20 * 4096 + 3 * 512,
  data: [
    { start: 0, length: 700 },
    { start: 3 * 4096 - 600, length: 1500 },
    { start: 7 * 4096 + 100, length: 9000 },
    { start: 20 * 4096 + 512, length: 2 * 512 },
  ],
};

/** A sound image again after its fields were changed: footers and header get the checksums of what they now hold. */
function resealed(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes);
  const seal = (at: number, cookie: string, table: { sizeBytes: number; offsets: { checksum: number } }): void => {
    const structure = out.subarray(at, at + table.sizeBytes);
    if (at < 0 || structure.length < table.sizeBytes) return;
    if (Buffer.from(structure.subarray(0, 8)).toString("latin1") === cookie) sealed(structure, table.offsets.checksum);
  };
  seal(0, FOOTER_COOKIE, footerTable);
  seal(footerTable.sizeBytes, HEADER_COOKIE, headerTable);
  seal(out.length - footerTable.sizeBytes, FOOTER_COOKIE, footerTable);
  return out;
}

/** One fixture a kind, a creator and a way to fill bitmaps. */
export function vhdFixtures(): Fixture[] {
  const make = (name: string, options: VhdOptions, disk: TestDisk = VHD_DISK): Fixture => {
    const { bytes, structures, fields } = vhdImage(disk, options);
    const files = new Map([[FILE, bytes]]);
    return { name, format: "vhd", main: FILE, files, disk, structures, fields, resealed };
  };
  // 68 sectors are one cylinder of the smallest geometry: here geometry and size agree.
  const byGeometry = { ...VHD_DISK, virtualSizeBytes: 3 * 68 * 512 };
  return [
    make("fixed", { kind: "fixed" }),
    make("dynamic", { kind: "dynamic" }),
    make("dynamic, exact bitmaps, blocks in disorder", { kind: "dynamic", bitmaps: "exact", order: "descending" }),
    make(
      "Virtual PC",
      { kind: "dynamic", creator: "vpc ", currentSize: byGeometry.virtualSizeBytes + 5 * 512 },
      byGeometry,
    ),
    make("differencing", {
      kind: "differencing",
      bitmaps: "exact",
      parent: {
        uniqueId: new Uint8Array(16).fill(0xa7),
        unicodeName: "C:\\VMs\\base.vhd",
        relative: ".\\base.vhd",
        absolute: "C:\\VMs\\base.vhd",
      },
    }),
  ];
}
