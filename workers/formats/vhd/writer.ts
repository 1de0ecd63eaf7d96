/**
 * Writes a dynamic VHD in one ascending pass: headers and table first, blocks of 2 MiB behind (../block-map/block-writer.ts).
 *
 *   0      copy of the footer       written last, with the footer: until then nothing takes the file for an image
 *   512    dynamic disk header
 *   1536   block allocation table
 *   …      bitmap │ data, …
 *   end    footer
 *
 * The bitmap of a stored block is all ones: what was not written in it is zeros. Every program is to see the disk's own size: the
 * creator is the one of Hyper-V, for which QEMU too goes by the current size, not by the geometry.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { BlockWriter } from "../block-map/block-writer.ts";
import { identityUuid } from "../block-map/image-identity.ts";
import type { CreateContext, DiskWriter, WritePlan } from "../format.ts";
import {
  DISK_TYPE,
  ENTRY_BYTES,
  FOOTER_COOKIE,
  footerTable,
  geometryOf,
  HEADER_COOKIE,
  headerTable,
  NO_OFFSET,
  SECTOR_BYTES,
  sealed,
} from "./structures.ts";

const BLOCK_BYTES = 2 * 1024 * 1024;
/** A bit for each of the 4,096 sectors of a block. */
const BITMAP_BYTES = BLOCK_BYTES / SECTOR_BYTES / 8;
const HEADER_AT_BYTES = footerTable.sizeBytes;
const TABLE_AT_BYTES = HEADER_AT_BYTES + headerTable.sizeBytes;
/** Hyper-V's and Virtual PC's limit, 2040 GiB: sector numbers have 32 bits. */
const MAX_VIRTUAL_BYTES = 2040 * 1024 * 1024 * 1024;
/** Bit 1 of the features is reserved and always set. */
const FEATURES = 2;
const VERSION_1_0 = 0x00010000;

/**
 * Begins an image, or goes on from a checkpoint of the same disk. A size that is no multiple of 512 is rounded up; the tail
 * reads as zeros.
 * @throws AppError disk.too-large; as BlockWriter.resume
 */
export async function createVhd(target: ByteTarget, plan: WritePlan, { resume }: CreateContext): Promise<DiskWriter> {
  const virtualSizeBytes = Math.ceil(plan.virtualSizeBytes / SECTOR_BYTES) * SECTOR_BYTES;
  if (virtualSizeBytes > MAX_VIRTUAL_BYTES) {
    throw new AppError(
      "disk.too-large",
      `${target.name}: a VHD holds at most 2040 GiB (${MAX_VIRTUAL_BYTES} bytes), the disk has ${virtualSizeBytes}`,
      { hint: "Convert to another format." },
    );
  }
  const entries = Math.max(1, Math.ceil(virtualSizeBytes / BLOCK_BYTES));
  const tableBytes = Math.ceil((entries * ENTRY_BYTES) / SECTOR_BYTES) * SECTOR_BYTES;
  const blocks = new BlockWriter(target, {
    format: "vhd",
    virtualSizeBytes,
    blockBytes: BLOCK_BYTES,
    prefix: new Uint8Array(BITMAP_BYTES).fill(0xff),
    tableAtBytes: TABLE_AT_BYTES,
    tableBytes,
    littleEndian: false,
    blocksAtBytes: TABLE_AT_BYTES + tableBytes,
    entry: (hostOffset) => hostOffset / SECTOR_BYTES,
  });
  if (resume) await blocks.resume(resume);
  return {
    grainBytes: blocks.grainBytes,
    encoding: null,
    write: (offset, bytes) => blocks.write(offset, bytes),
    checkpoint: (doneBytes) => blocks.checkpoint(doneBytes),
    async finish() {
      const footerAtBytes = await blocks.finishBlocks();
      await target.write(HEADER_AT_BYTES, dynamicHeader(entries));
      await target.sync();
      const footer = footerOf(virtualSizeBytes, identityUuid(blocks.identity, "unique id"));
      await target.write(0, footer);
      await target.write(footerAtBytes, footer);
      await target.sync();
      return { writtenBytes: blocks.writtenBytes, fileSizeBytes: footerAtBytes + footer.length };
    },
  };
}

function dynamicHeader(maxTableEntries: number): Uint8Array {
  const header = headerTable.encode({
    cookie: HEADER_COOKIE,
    dataOffset: NO_OFFSET,
    tableOffset: TABLE_AT_BYTES,
    headerVersion: VERSION_1_0,
    maxTableEntries,
    blockSize: BLOCK_BYTES,
    checksum: 0,
    parentUniqueId: new Uint8Array(16),
    parentTimeStamp: 0,
    parentUnicodeName: new Uint8Array(512),
    parentLocators: new Uint8Array(192),
  });
  return sealed(header, headerTable.offsets.checksum);
}

function footerOf(virtualSizeBytes: number, uniqueId: Uint8Array): Uint8Array {
  const footer = footerTable.encode({
    cookie: FOOTER_COOKIE,
    features: FEATURES,
    fileFormatVersion: VERSION_1_0,
    dataOffset: BigInt(HEADER_AT_BYTES),
    // No clock: the same disk gives the same bytes.
    timeStamp: 0,
    creatorApplication: "win ",
    creatorVersion: 0x000a0000,
    creatorHostOs: "Wi2k",
    originalSize: BigInt(virtualSizeBytes),
    currentSize: virtualSizeBytes,
    ...geometryOf(virtualSizeBytes / SECTOR_BYTES),
    diskType: DISK_TYPE.dynamic,
    checksum: 0,
    uniqueId,
    savedState: 0,
  });
  return sealed(footer, footerTable.offsets.checksum);
}
