/**
 * Writes VDIs of version 1.1 in one ascending pass: dynamic (../block-map/block-writer.ts) with the blocks that hold data, static
 * (../block-map/flat-writer.ts) with all of them.
 *
 *   0        header      written last: until then the file begins with zeros and is no image
 *   1 Mi     block map
 *   … Mi     blocks of 1 MiB, in guest order; map and data begin at multiples of 1 MiB, as VirtualBox has it
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { BlockWriter } from "../block-map/block-writer.ts";
import type { ContentIdentity } from "../block-map/content-identity.ts";
import { FlatWriter } from "../block-map/flat-writer.ts";
import { FREE_ENTRIES, writeTable } from "../block-map/table.ts";
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
  const diskSize = Math.max(1, Math.ceil(plan.virtualSizeBytes / SECTOR_BYTES)) * SECTOR_BYTES;
  if (diskSize > MAX_VIRTUAL_BYTES) {
    throw new AppError(
      "disk.too-large",
      `${target.name}: VDI disks of more than ${MAX_VIRTUAL_BYTES} bytes are not written`,
    );
  }
  const imageType = plan.subformat === "static" ? IMAGE_TYPE.static : IMAGE_TYPE.dynamic;
  const blocksInImage = Math.ceil(diskSize / BLOCK_BYTES);
  const offsetData = MAP_AT_BYTES + Math.ceil((blocksInImage * ENTRY_BYTES) / BLOCK_BYTES) * BLOCK_BYTES;
  const layout: Layout = { target, diskSize, blocksInImage, offsetData };
  const { writer, complete } = imageType === IMAGE_TYPE.static ? staticWriter(layout) : dynamicWriter(layout);
  if (resume) await writer.resume(resume);
  return {
    grainBytes: writer.grainBytes,
    encoding: null,
    write: (offset, bytes) => writer.write(offset, bytes),
    checkpoint: (doneBytes) => writer.checkpoint(doneBytes),
    async finish() {
      const { fileSizeBytes, blocksAllocated } = await complete();
      const { identity, writtenBytes } = writer;
      await target.write(0, headerOf({ imageType, diskSize, blocksInImage, blocksAllocated, offsetData, identity }));
      await target.sync();
      return { writtenBytes, fileSizeBytes };
    },
  };
}

interface Layout {
  readonly target: ByteTarget;
  readonly diskSize: number;
  readonly blocksInImage: number;
  readonly offsetData: number;
}

interface Made {
  readonly writer: BlockWriter | FlatWriter;
  /** Completes all but the header, and makes it durable. */
  complete(): Promise<{ fileSizeBytes: number; blocksAllocated: number }>;
}

function dynamicWriter({ target, diskSize, blocksInImage, offsetData }: Layout): Made {
  const writer = new BlockWriter(target, {
    format: "vdi",
    kind: [diskSize, "dynamic"],
    blockBytes: BLOCK_BYTES,
    prefix: new Uint8Array(0),
    table: {
      ...FREE_ENTRIES,
      atBytes: MAP_AT_BYTES,
      sizeBytes: blocksInImage * ENTRY_BYTES,
      put: (page, at, hostOffset) => page.setUint32(at, (hostOffset - offsetData) / BLOCK_BYTES, true),
    },
    headBytes: headerTable.sizeBytes,
    blocksAtBytes: offsetData,
  });
  return {
    writer,
    async complete() {
      return { fileSizeBytes: await writer.finishBlocks(), blocksAllocated: writer.storedBlocks };
    },
  };
}

function staticWriter({ target, diskSize, blocksInImage, offsetData }: Layout): Made {
  const writer = new FlatWriter(target, {
    format: "vdi",
    kind: [diskSize, "static"],
    dataAtBytes: offsetData,
    dataBytes: blocksInImage * BLOCK_BYTES,
    headBytes: headerTable.sizeBytes,
  });
  const map = { atBytes: MAP_AT_BYTES, sizeBytes: blocksInImage * ENTRY_BYTES, entryBytes: ENTRY_BYTES };
  return {
    writer,
    async complete() {
      await writeTable(target, map, (page, first) => {
        for (let at = 0; at < page.byteLength; at += ENTRY_BYTES) page.setUint32(at, first + at / ENTRY_BYTES, true);
      });
      return { fileSizeBytes: await writer.finishData(), blocksAllocated: blocksInImage };
    },
  };
}

function headerOf(image: {
  readonly imageType: number;
  readonly diskSize: number;
  readonly blocksInImage: number;
  readonly blocksAllocated: number;
  readonly offsetData: number;
  readonly identity: ContentIdentity;
}): Uint8Array {
  const { identity, ...fields } = image;
  return headerTable.encode({
    ...fields,
    text: "<<< HyperSDK Virtual Disk Image >>>\n",
    signature: SIGNATURE,
    version: VERSION_1_1,
    headerSize: headerTable.sizeBytes - PREHEADER_BYTES,
    imageFlags: 0,
    description: "",
    offsetBlocks: MAP_AT_BYTES,
    // No geometry: VirtualBox and the guest's firmware choose one.
    cylinders: 0,
    heads: 0,
    sectors: 0,
    sectorSize: SECTOR_BYTES,
    blockSize: BLOCK_BYTES,
    blockExtra: 0,
    uuidImage: identity.uuid("image"),
    uuidLastSnap: identity.uuid("last snapshot"),
    uuidLink: new Uint8Array(16),
    uuidParent: new Uint8Array(16),
    logicalCylinders: 0,
    logicalHeads: 0,
    logicalSectors: 0,
    logicalSectorSize: SECTOR_BYTES,
  });
}
