/**
 * A small encoder of streamOptimized VMDK files, kept apart from the engine so that the sample is not made by the code it tests.
 * VMware "Virtual Disk Format 5.0": hosted sparse extents, stream-optimized compressed sparse extents.
 *
 *   header | descriptor | pad to a grain | grain marker + deflate … | GT marker + table … | GD marker + directory |
 *   footer marker + footer | end-of-stream marker          (all pieces start on sectors)
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { basename } from "node:path";
import { deflateSync } from "node:zlib";

const SECTOR_BYTES = 512;
const GRAIN_SECTORS = 128;
const GRAIN_BYTES = GRAIN_SECTORS * SECTOR_BYTES;
const ENTRIES_PER_TABLE = 512;
const DESCRIPTOR_SECTORS = 20;
const DATA_SECTOR = 128;
/** valid newline test, compressed grains, markers */
const FLAGS = 0x3_0001;
const GD_AT_END = 0xffff_ffff_ffff_ffffn;
const MARKER = { endOfStream: 0, grainTable: 1, grainDirectory: 2, footer: 3 } as const;

export interface StreamImage {
  /** A multiple of 64 KiB. */
  readonly virtualSizeBytes: number;
  /** Content of a grain of 64 KiB, or null where nothing is stored. */
  grain(index: number): Uint8Array | null;
}

/** Writes a new file. The same image gives the same bytes. @returns its length in bytes */
export function writeStreamOptimized(path: string, image: StreamImage): number {
  const capacity = image.virtualSizeBytes / SECTOR_BYTES;
  const grains = image.virtualSizeBytes / GRAIN_BYTES;
  if (!Number.isInteger(grains)) throw new RangeError(`${image.virtualSizeBytes} bytes are not whole grains`);
  const tables = Math.ceil(grains / ENTRIES_PER_TABLE);
  const directory = Buffer.alloc(roundUp(tables * 4));
  const fd = openSync(path, "wx");
  let sector = 0;
  const put = (bytes: Uint8Array): void => {
    const padded = bytes.length % SECTOR_BYTES === 0 ? bytes : Buffer.concat([bytes], roundUp(bytes.length));
    writeSync(fd, padded);
    sector += padded.length / SECTOR_BYTES;
  };
  try {
    put(header(capacity, GD_AT_END));
    put(Buffer.concat([descriptor(capacity, basename(path))], DESCRIPTOR_SECTORS * SECTOR_BYTES));
    put(Buffer.alloc((DATA_SECTOR - sector) * SECTOR_BYTES));
    for (let table = 0; table < tables; table += 1) {
      const entries = Buffer.alloc(ENTRIES_PER_TABLE * 4);
      let used = false;
      for (let entry = 0; entry < ENTRIES_PER_TABLE && table * ENTRIES_PER_TABLE + entry < grains; entry += 1) {
        const index = table * ENTRIES_PER_TABLE + entry;
        const content = image.grain(index);
        if (content === null) continue;
        entries.writeUInt32LE(sector, entry * 4);
        used = true;
        const packed = deflateSync(content, { level: 1 });
        const head = Buffer.alloc(12);
        head.writeBigUInt64LE(BigInt(index * GRAIN_SECTORS), 0);
        head.writeUInt32LE(packed.length, 8);
        put(Buffer.concat([head, packed]));
      }
      if (!used) continue;
      put(marker(MARKER.grainTable, entries.length / SECTOR_BYTES));
      directory.writeUInt32LE(sector, table * 4);
      put(entries);
    }
    put(marker(MARKER.grainDirectory, directory.length / SECTOR_BYTES));
    const directorySector = sector;
    put(directory);
    put(marker(MARKER.footer, 1));
    put(header(capacity, BigInt(directorySector)));
    put(marker(MARKER.endOfStream, 0));
  } finally {
    closeSync(fd);
  }
  return sector * SECTOR_BYTES;
}

function roundUp(length: number): number {
  return Math.ceil(length / SECTOR_BYTES) * SECTOR_BYTES;
}

/** SparseExtentHeader; as the footer it says where the grain directory is. */
function header(capacity: number, directorySector: bigint): Buffer {
  const bytes = Buffer.alloc(SECTOR_BYTES);
  bytes.write("KDMV", 0, "ascii");
  bytes.writeUInt32LE(3, 4); // version
  bytes.writeUInt32LE(FLAGS, 8);
  bytes.writeBigUInt64LE(BigInt(capacity), 12);
  bytes.writeBigUInt64LE(BigInt(GRAIN_SECTORS), 20);
  bytes.writeBigUInt64LE(1n, 28); // descriptorOffset
  bytes.writeBigUInt64LE(BigInt(DESCRIPTOR_SECTORS), 36);
  bytes.writeUInt32LE(ENTRIES_PER_TABLE, 44);
  bytes.writeBigUInt64LE(directorySector, 56);
  bytes.writeBigUInt64LE(BigInt(DATA_SECTOR), 64); // overHead
  bytes.write("\n \r\n", 73, "ascii");
  bytes.writeUInt16LE(1, 77); // deflate
  return bytes;
}

function marker(type: number, sectors: number): Buffer {
  const bytes = Buffer.alloc(SECTOR_BYTES);
  bytes.writeBigUInt64LE(BigInt(sectors), 0);
  bytes.writeUInt32LE(type, 12);
  return bytes;
}

function descriptor(capacity: number, name: string): Buffer {
  const cylinders = Math.min(Math.ceil(capacity / (255 * 63)), 65535);
  return Buffer.from(
    `# Disk DescriptorFile
version=1
CID=5a4d91e1
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RW ${capacity} SPARSE "${name}"

# The Disk Data Base
#DDB

ddb.virtualHWVersion = "13"
ddb.adapterType = "lsilogic"
ddb.geometry.cylinders = "${cylinders}"
ddb.geometry.heads = "255"
ddb.geometry.sectors = "63"
`,
    "utf8",
  );
}
