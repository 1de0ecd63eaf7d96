/**
 * Writes a VHDX as a stream of ascending writes, in constant memory.
 *
 *   0         identifier, headers, region tables     last: until then the file begins with zeros and is no image
 *   1 Mi      log                                    empty: a hole
 *   2 Mi      metadata region
 *   3 Mi      BAT                                    its length follows from the disk's size
 *   …         block, block …                         each on a MiB border, in the order of the guest
 *
 * Dynamic (../block-map/block-writer.ts): blocks that are never written are marked ZERO: a block that is merely not present may
 * hold anything (specification, section 2.5.1.1). Fixed (../block-map/flat-writer.ts): every block has its place.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { BlockWriter } from "../block-map/block-writer.ts";
import { FlatWriter } from "../block-map/flat-writer.ts";
import { type BlockTable, PAGE_BYTES, writeTable } from "../block-map/table.ts";
import type { CreateContext, DiskWriter, WritePlan } from "../format.ts";
import { LAYOUT, type NewImage, writeIdentifier, writeTables } from "./new-image.ts";
import { BAT_ENTRY_BYTES, BLOCK_SIZES, chunkRatio, MAX_VIRTUAL_BYTES, MIB, PAYLOAD } from "./structures.ts";

/** "vhdxfile" and its beginning sector. */
const HEAD_BYTES = 512;

/**
 * Begins an image, or goes on from a checkpoint of the same disk. A size that is no multiple of the logical sector is rounded up;
 * the tail reads as zeros.
 * @throws AppError disk.too-large over 64 TiB; disk.truncated when the target is shorter than the checkpoint says
 */
export async function createVhdx(target: ByteTarget, plan: WritePlan, { resume }: CreateContext): Promise<DiskWriter> {
  const { sectorBytes } = plan;
  const virtualSizeBytes = Math.max(1, Math.ceil(plan.virtualSizeBytes / sectorBytes)) * sectorBytes;
  if (virtualSizeBytes > MAX_VIRTUAL_BYTES) {
    throw new AppError(
      "disk.too-large",
      `${target.name}: VHDX disks of more than ${MAX_VIRTUAL_BYTES} bytes (64 TiB) do not exist`,
    );
  }
  const isFixed = plan.subformat === "fixed";
  const blockBytes = plan.blockBytes ?? BLOCK_SIZES.usual;
  const table = batOf(virtualSizeBytes, blockBytes, sectorBytes, isFixed);
  const batBytes = Math.ceil(table.sizeBytes / MIB) * MIB;
  const kind = [virtualSizeBytes, plan.subformat, blockBytes, sectorBytes] as const;
  const { writer, complete } = isFixed
    ? fixedWriter(target, table, blockBytes, { kind, atBytes: LAYOUT.batAt + batBytes })
    : dynamicWriter(target, table, blockBytes, { kind, atBytes: LAYOUT.batAt + batBytes });
  if (resume) await writer.resume(resume);
  return {
    grainBytes: writer.grainBytes,
    encoding: null,
    write: (offset, bytes) => writer.write(offset, bytes),
    checkpoint: (doneBytes) => writer.checkpoint(doneBytes),
    async finish() {
      const { writtenBytes, identity } = writer;
      const fileSizeBytes = await complete();
      const image: NewImage = { virtualSizeBytes, blockBytes, sectorBytes, isFixed, batBytes, identity };
      await writeTables(target, image);
      await target.sync();
      await writeIdentifier(target);
      await target.sync();
      return { writtenBytes, fileSizeBytes };
    },
  };
}

interface Place {
  readonly kind: readonly [number, string, number, number];
  /** Where the blocks begin. */
  readonly atBytes: number;
}

interface Made {
  readonly writer: BlockWriter | FlatWriter;
  /** Completes the BAT and makes it and the blocks durable. @returns the length of the file */
  complete(): Promise<number>;
}

function dynamicWriter(target: ByteTarget, table: BlockTable, blockBytes: number, { kind, atBytes }: Place): Made {
  const writer = new BlockWriter(target, {
    format: "vhdx",
    kind,
    blockBytes,
    prefix: new Uint8Array(0),
    table,
    headBytes: HEAD_BYTES,
    blocksAtBytes: atBytes,
  });
  return { writer, complete: () => writer.finishBlocks() };
}

function fixedWriter(target: ByteTarget, table: BlockTable, blockBytes: number, { kind, atBytes }: Place): Made {
  const blocks = Math.ceil(kind[0] / blockBytes);
  const dataBytes = blocks * blockBytes;
  const writer = new FlatWriter(target, {
    format: "vhdx",
    kind,
    dataAtBytes: atBytes,
    dataBytes,
    headBytes: HEAD_BYTES,
  });
  const ratio = chunkRatio(kind[3], blockBytes);
  return {
    writer,
    async complete() {
      await writeTable(target, table, (page, first) => {
        for (let at = 0; at < page.byteLength; at += BAT_ENTRY_BYTES) {
          const entry = first + at / BAT_ENTRY_BYTES;
          const chunk = Math.floor(entry / (ratio + 1));
          if (entry % (ratio + 1) === ratio) putEntry(page, at, 0);
          else putEntry(page, at, atBytes + (entry - chunk) * blockBytes + PAYLOAD.fullyPresent);
        }
      });
      return writer.finishData();
    },
  };
}

/** After each chunk of blocks comes an entry for a sector bitmap, of which there is none. */
function batOf(virtualSizeBytes: number, blockBytes: number, sectorBytes: number, isFixed: boolean): BlockTable {
  const ratio = chunkRatio(sectorBytes, blockBytes);
  const entryOf = (block: number): number => block + Math.floor(block / ratio);
  const entries = entryOf(Math.ceil(virtualSizeBytes / blockBytes) - 1) + 1;
  const none = new Uint8Array(PAGE_BYTES);
  if (!isFixed) for (let at = 0; at < PAGE_BYTES; at += BAT_ENTRY_BYTES) none[at] = PAYLOAD.zero;
  return {
    atBytes: LAYOUT.batAt,
    sizeBytes: entries * BAT_ENTRY_BYTES,
    entryBytes: BAT_ENTRY_BYTES,
    entryOf,
    put: (page, at, hostOffset) => putEntry(page, at, hostOffset + PAYLOAD.fullyPresent),
    clear(page, from, firstEntry) {
      page.set(none.subarray(from), from);
      const first = firstEntry + from / BAT_ENTRY_BYTES;
      const beforeBitmap = ratio - (first % (ratio + 1));
      for (let at = from + beforeBitmap * BAT_ENTRY_BYTES; at < PAGE_BYTES; at += (ratio + 1) * BAT_ENTRY_BYTES)
        page[at] = 0;
    },
  };
}

/** A multiple of 1 MiB and a state: more than 32 bits, fewer than 53. */
function putEntry(page: DataView, at: number, value: number): void {
  page.setUint32(at, value % 2 ** 32, true);
  page.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}
