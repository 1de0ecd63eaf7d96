/**
 * Writes VHDs in one ascending pass. Dynamic (../block-map/block-writer.ts): headers and table first, blocks behind.
 *
 *   0      copy of the footer       written last, with the footer: until then nothing takes the file for an image
 *   512    dynamic disk header
 *   1536   block allocation table
 *   …      bitmap │ data, …
 *   end    footer
 *
 * The bitmap of a stored block is all ones: what was not written in it is zeros.
 *
 * Fixed (../block-map/flat-writer.ts): the disk as it is, then the footer. Azure takes only those whose size is a whole number of
 * MiB, so sizes are rounded up to that; the added end reads as zeros.
 *
 * Every program is to see the disk's own size: the creator is the one of Hyper-V, for which QEMU too goes by the current size, not
 * by the geometry.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { BlockWriter } from "../block-map/block-writer.ts";
import { FlatWriter } from "../block-map/flat-writer.ts";
import { type BlockTable, FREE_ENTRIES } from "../block-map/table.ts";
import type { CreateContext, DiskWriter, WritePlan } from "../format.ts";
import {
  BLOCK_SIZES,
  bitmapBytesOf,
  DISK_TYPE,
  ENTRY_BYTES,
  FIXED_UNIT_BYTES,
  FOOTER_COOKIE,
  footerTable,
  geometryOf,
  HEADER_COOKIE,
  headerTable,
  NO_OFFSET,
  SECTOR_BYTES,
  sealed,
} from "./structures.ts";

const MIB = 1024 * 1024;
const HEADER_AT_BYTES = footerTable.sizeBytes;
const TABLE_AT_BYTES = HEADER_AT_BYTES + headerTable.sizeBytes;
/** Hyper-V's and Virtual PC's limit, 2040 GiB: sector numbers have 32 bits. */
const MAX_VIRTUAL_BYTES = 2040 * 1024 * MIB;
/** Bit 1 of the features is reserved and always set. */
const FEATURES = 2;
const VERSION_1_0 = 0x00010000;

/**
 * Begins an image, or goes on from a checkpoint of the same disk. The size is rounded up to whole sectors, that of fixed disks to
 * whole MiB; the tail reads as zeros.
 * @throws AppError disk.too-large; as BlockWriter.resume
 */
export async function createVhd(target: ByteTarget, plan: WritePlan, { resume }: CreateContext): Promise<DiskWriter> {
  const isFixed = plan.subformat === "fixed";
  const unitBytes = isFixed ? FIXED_UNIT_BYTES : SECTOR_BYTES;
  const virtualSizeBytes = Math.max(1, Math.ceil(plan.virtualSizeBytes / unitBytes)) * unitBytes;
  if (virtualSizeBytes > MAX_VIRTUAL_BYTES) {
    throw new AppError(
      "disk.too-large",
      `${target.name}: a VHD holds at most 2040 GiB (${MAX_VIRTUAL_BYTES} bytes), the disk has ${virtualSizeBytes}`,
      { hint: "Convert to another format." },
    );
  }
  const make = isFixed ? fixedWriter : dynamicWriter;
  const { writer, complete } = make(target, virtualSizeBytes, plan.blockBytes ?? BLOCK_SIZES.usual);
  if (resume) await writer.resume(resume);
  return {
    grainBytes: writer.grainBytes,
    encoding: null,
    write: (offset, bytes) => writer.write(offset, bytes),
    checkpoint: (doneBytes) => writer.checkpoint(doneBytes),
    async finish() {
      const fileSizeBytes = await complete();
      await target.sync();
      return { writtenBytes: writer.writtenBytes, fileSizeBytes };
    },
  };
}

interface Made<W> {
  readonly writer: W;
  /** Writes what makes the file an image. @returns its length */
  complete(): Promise<number>;
}

function fixedWriter(target: ByteTarget, virtualSizeBytes: number): Made<FlatWriter> {
  const writer = new FlatWriter(target, {
    format: "vhd",
    kind: [virtualSizeBytes, "fixed"],
    dataAtBytes: 0,
    dataBytes: virtualSizeBytes,
    headBytes: 0,
  });
  return {
    writer,
    async complete() {
      const footer = footerOf("fixed", virtualSizeBytes, writer.identity.uuid("unique id"));
      const footerAtBytes = await writer.finishData();
      await target.write(footerAtBytes, footer);
      return footerAtBytes + footer.length;
    },
  };
}

function dynamicWriter(target: ByteTarget, virtualSizeBytes: number, blockBytes: number): Made<BlockWriter> {
  const entries = Math.ceil(virtualSizeBytes / blockBytes);
  const sizeBytes = Math.ceil((entries * ENTRY_BYTES) / SECTOR_BYTES) * SECTOR_BYTES;
  const table: BlockTable = {
    ...FREE_ENTRIES,
    atBytes: TABLE_AT_BYTES,
    sizeBytes,
    put: (page, at, hostOffset) => page.setUint32(at, hostOffset / SECTOR_BYTES),
  };
  const writer = new BlockWriter(target, {
    format: "vhd",
    kind: [virtualSizeBytes, "dynamic", blockBytes],
    blockBytes,
    prefix: new Uint8Array(bitmapBytesOf(blockBytes)).fill(0xff, 0, blockBytes / SECTOR_BYTES / 8),
    table,
    // Without header the footer at the end leads to nothing either.
    headBytes: TABLE_AT_BYTES,
    blocksAtBytes: TABLE_AT_BYTES + sizeBytes,
  });
  return {
    writer,
    async complete() {
      const footerAtBytes = await writer.finishBlocks();
      await target.write(HEADER_AT_BYTES, dynamicHeader(entries, blockBytes));
      await target.sync();
      const footer = footerOf("dynamic", virtualSizeBytes, writer.identity.uuid("unique id"));
      await target.write(0, footer);
      await target.write(footerAtBytes, footer);
      return footerAtBytes + footer.length;
    },
  };
}

function dynamicHeader(maxTableEntries: number, blockSize: number): Uint8Array {
  const header = headerTable.encode({
    cookie: HEADER_COOKIE,
    dataOffset: NO_OFFSET,
    tableOffset: TABLE_AT_BYTES,
    headerVersion: VERSION_1_0,
    maxTableEntries,
    blockSize,
    checksum: 0,
    parentUniqueId: new Uint8Array(16),
    parentTimeStamp: 0,
    parentUnicodeName: new Uint8Array(512),
    parentLocators: new Uint8Array(192),
  });
  return sealed(header, headerTable.offsets.checksum);
}

function footerOf(kind: keyof typeof DISK_TYPE, virtualSizeBytes: number, uniqueId: Uint8Array): Uint8Array {
  const footer = footerTable.encode({
    cookie: FOOTER_COOKIE,
    features: FEATURES,
    fileFormatVersion: VERSION_1_0,
    dataOffset: kind === "fixed" ? NO_OFFSET : BigInt(HEADER_AT_BYTES),
    // No clock: the same disk gives the same bytes.
    timeStamp: 0,
    creatorApplication: "win ",
    creatorVersion: 0x000a0000,
    creatorHostOs: "Wi2k",
    originalSize: BigInt(virtualSizeBytes),
    currentSize: virtualSizeBytes,
    ...geometryOf(virtualSizeBytes / SECTOR_BYTES),
    diskType: DISK_TYPE[kind],
    checksum: 0,
    uniqueId,
    savedState: 0,
  });
  return sealed(footer, footerTable.offsets.checksum);
}
