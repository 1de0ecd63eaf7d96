/**
 * Writes a dynamic VDI of version 1.1 in one ascending pass (../block-map/block-writer.ts).
 *
 *   0        header      written last: until then the file begins with zeros and is no image
 *   1 Mi     block map
 *   … Mi     blocks of 1 MiB, in guest order; map and data begin at multiples of 1 MiB, as VirtualBox has it
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { BlockWriter } from "../block-map/block-writer.ts";
import { identityUuid } from "../block-map/image-identity.ts";
import type { CreateContext, DiskWriter, WritePlan } from "../format.ts";
import { MAX_BLOCKS } from "./header.ts";
import {
  ENTRY_BYTES,
  headerTable,
  IMAGE_TYPE,
  PREHEADER_BYTES,
  SECTOR_BYTES,
  SIGNATURE,
  VERSION_1_1,
} from "./structures.ts";

/** QEMU reads no other size. */
const BLOCK_BYTES = 1024 * 1024;
const MAP_AT_BYTES = BLOCK_BYTES;
const MAX_VIRTUAL_BYTES = MAX_BLOCKS * BLOCK_BYTES;

/**
 * Begins an image, or goes on from a checkpoint of the same disk. A size that is no multiple of 512 is rounded up; the tail
 * reads as zeros.
 * @throws AppError disk.too-large; as BlockWriter.resume
 */
export async function createVdi(target: ByteTarget, plan: WritePlan, { resume }: CreateContext): Promise<DiskWriter> {
  const virtualSizeBytes = Math.ceil(plan.virtualSizeBytes / SECTOR_BYTES) * SECTOR_BYTES;
  if (virtualSizeBytes > MAX_VIRTUAL_BYTES) {
    throw new AppError(
      "disk.too-large",
      `${target.name}: VDI disks of more than ${MAX_VIRTUAL_BYTES} bytes are not written`,
    );
  }
  const blocksInImage = Math.max(1, Math.ceil(virtualSizeBytes / BLOCK_BYTES));
  const offsetData = MAP_AT_BYTES + Math.ceil((blocksInImage * ENTRY_BYTES) / BLOCK_BYTES) * BLOCK_BYTES;
  const blocks = new BlockWriter(target, {
    format: "vdi",
    virtualSizeBytes,
    blockBytes: BLOCK_BYTES,
    prefix: new Uint8Array(0),
    tableAtBytes: MAP_AT_BYTES,
    tableBytes: blocksInImage * ENTRY_BYTES,
    littleEndian: true,
    blocksAtBytes: offsetData,
    entry: (hostOffset) => (hostOffset - offsetData) / BLOCK_BYTES,
  });
  if (resume) await blocks.resume(resume);
  return {
    grainBytes: blocks.grainBytes,
    encoding: null,
    write: (offset, bytes) => blocks.write(offset, bytes),
    checkpoint: (doneBytes) => blocks.checkpoint(doneBytes),
    async finish() {
      const fileSizeBytes = await blocks.finishBlocks();
      const header = headerTable.encode({
        text: "<<< HyperSDK Virtual Disk Image >>>\n",
        signature: SIGNATURE,
        version: VERSION_1_1,
        headerSize: headerTable.sizeBytes - PREHEADER_BYTES,
        imageType: IMAGE_TYPE.dynamic,
        imageFlags: 0,
        description: "",
        offsetBlocks: MAP_AT_BYTES,
        offsetData,
        // No geometry: VirtualBox and the guest's firmware choose one.
        cylinders: 0,
        heads: 0,
        sectors: 0,
        sectorSize: SECTOR_BYTES,
        diskSize: virtualSizeBytes,
        blockSize: BLOCK_BYTES,
        blockExtra: 0,
        blocksInImage,
        blocksAllocated: blocks.storedBlocks,
        uuidImage: identityUuid(blocks.identity, "image"),
        uuidLastSnap: identityUuid(blocks.identity, "last snapshot"),
        uuidLink: new Uint8Array(16),
        uuidParent: new Uint8Array(16),
        logicalCylinders: 0,
        logicalHeads: 0,
        logicalSectors: 0,
        logicalSectorSize: SECTOR_BYTES,
      });
      await target.write(0, header);
      await target.sync();
      return { writtenBytes: blocks.writtenBytes, fileSizeBytes };
    },
  };
}
