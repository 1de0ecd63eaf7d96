/** Builds small VDI images of every kind; QEMU reads only those with blocks of 1 MiB. */
import {
  ENTRY_BYTES,
  FREE,
  headerTable,
  IMAGE_TYPE,
  oldHeaderTable,
  PREHEADER_BYTES,
  SECTOR_BYTES,
  SIGNATURE,
  VERSION_1_1,
  ZERO,
} from "../vdi/structures.ts";
import { type Fixture, type FixtureStructure, fieldsOf } from "./fixture.ts";
import { contentOf, type TestDisk } from "./test-disk.ts";

const FILE = "disk.vdi";
const MAP_AT = 512;
const VERSION_0_1 = 1;

export interface VdiOptions {
  readonly kind: keyof typeof IMAGE_TYPE;
  readonly blockBytes?: number;
  readonly blockExtra?: number;
  /** Guest blocks marked as zeros. */
  readonly zeroBlocks?: ReadonlySet<number>;
  /** Blocks in the file in this order; else ascending. */
  readonly order?: "descending";
  readonly uuidImage?: Uint8Array;
  readonly uuidLastSnap?: Uint8Array;
  readonly uuidLink?: Uint8Array;
  readonly uuidParent?: Uint8Array;
  /** Version 0.1: no places in the header. */
  readonly old?: boolean;
  /** In place of the number of stored blocks. */
  readonly blocksAllocated?: number;
}

export function vdiImage(
  disk: TestDisk,
  options: VdiOptions,
): Pick<Fixture, "structures" | "fields"> & { bytes: Uint8Array } {
  const content = contentOf(disk);
  const blockSize = options.blockBytes ?? 4096;
  const blockExtra = options.blockExtra ?? 0;
  const blocksInImage = Math.ceil(content.length / blockSize);
  const { old = false } = options;
  const table = old ? oldHeaderTable : headerTable;
  const mapAt = old ? oldHeaderTable.sizeBytes : MAP_AT;
  const mapBytes = blocksInImage * ENTRY_BYTES;
  const offsetData = mapAt + (old ? mapBytes : Math.ceil(mapBytes / SECTOR_BYTES) * SECTOR_BYTES);
  const map = new Uint8Array(offsetData - mapAt);
  const entries = new DataView(map.buffer);
  const structures: FixtureStructure[] = [
    { name: "header", file: FILE, start: 0, length: table.sizeBytes },
    { name: "map", file: FILE, start: mapAt, length: blocksInImage * ENTRY_BYTES },
  ];
  const parts: Uint8Array[] = [];
  let stored = 0;
  const numbers = Array.from({ length: blocksInImage }, (_, block) => block);
  for (const block of options.order === "descending" ? numbers.reverse() : numbers) {
    const part = new Uint8Array(blockExtra + blockSize).fill(0xee, 0, blockExtra);
    part.set(content.subarray(block * blockSize, (block + 1) * blockSize), blockExtra);
    const isZero = part.subarray(blockExtra).every((byte) => byte === 0);
    if (isZero && options.kind !== "static") {
      entries.setUint32(block * ENTRY_BYTES, options.zeroBlocks?.has(block) ? ZERO : FREE, true);
      continue;
    }
    const here = blockExtra + Math.min(blockSize, content.length - block * blockSize);
    structures.push({ name: `block ${block}`, file: FILE, start: offsetData + stored * part.length, length: here });
    entries.setUint32(block * ENTRY_BYTES, stored++, true);
    parts.push(part);
  }
  const common = {
    text: "<<< Oracle VM VirtualBox Disk Image >>>\n",
    signature: SIGNATURE,
    version: old ? VERSION_0_1 : VERSION_1_1,
    imageType: IMAGE_TYPE[options.kind],
    imageFlags: 0,
    description: "",
    cylinders: 0,
    heads: 0,
    sectors: 0,
    sectorSize: SECTOR_BYTES,
    diskSize: disk.virtualSizeBytes,
    blockSize,
    blocksInImage,
    blocksAllocated: options.blocksAllocated ?? stored,
    uuidImage: options.uuidImage ?? new Uint8Array(16).fill(0xd1),
    uuidLastSnap: options.uuidLastSnap ?? new Uint8Array(16).fill(0xd2),
    uuidLink: options.uuidLink ?? new Uint8Array(16),
  };
  const newer = {
    headerSize: headerTable.sizeBytes - PREHEADER_BYTES,
    offsetBlocks: mapAt,
    offsetData,
    blockExtra,
    uuidParent: options.uuidParent ?? new Uint8Array(16),
    logicalCylinders: 0,
    logicalHeads: 0,
    logicalSectors: 0,
    logicalSectorSize: SECTOR_BYTES,
  };
  const header = old ? oldHeaderTable.encode(common) : headerTable.encode({ ...common, ...newer });
  const head = new Uint8Array(mapAt);
  head.set(header);
  const fields = fieldsOf(table, FILE, 0, "little");
  for (let block = 0; block < Math.min(12, blocksInImage); block++) {
    const offset = mapAt + block * ENTRY_BYTES;
    fields.push({ name: `map entry ${block}`, file: FILE, offset, sizeBytes: 4, endian: "little" });
  }
  return { bytes: new Uint8Array(Buffer.concat([head, map, ...parts])), structures, fields };
}

/** Blocks that are missing and a last one that the disk's end cuts. */
export const VDI_DISK: TestDisk = {
  virtualSizeBytes: 20 * 4096 + 3 * 512,
  data: [
    { start: 0, length: 700 },
    { start: 3 * 4096 - 600, length: 1500 },
    { start: 7 * 4096 + 100, length: 9000 },
    { start: 20 * 4096 + 512, length: 2 * 512 },
  ],
};

/** One fixture a kind and a way to store blocks. */
export function vdiFixtures(): Fixture[] {
  const make = (name: string, options: VdiOptions, disk: TestDisk = VDI_DISK): Fixture => {
    const { bytes, structures, fields } = vdiImage(disk, options);
    return { name, format: "vdi", main: FILE, files: new Map([[FILE, bytes]]), disk, structures, fields };
  };
  const MIB = 1024 * 1024;
  const large: TestDisk = {
    virtualSizeBytes: 3 * MIB + 512,
    data: [
      { start: MIB + 100, length: 3000 },
      { start: 3 * MIB, length: 512 },
    ],
  };
  return [
    make("dynamic", { kind: "dynamic" }),
    make("extra bytes, blocks in disorder", {
      kind: "dynamic",
      blockExtra: 512,
      order: "descending",
      zeroBlocks: new Set([5, 6]),
    }),
    make("static", { kind: "static" }),
    make("version 0.1", { kind: "dynamic", old: true, order: "descending" }),
    make("differencing", {
      kind: "differencing",
      zeroBlocks: new Set([12]),
      uuidLink: new Uint8Array(16).fill(0xa1),
      uuidParent: new Uint8Array(16).fill(0xa2),
    }),
    make("blocks of 1 MiB", { kind: "dynamic", blockBytes: MIB, zeroBlocks: new Set([2]) }, large),
  ];
}
