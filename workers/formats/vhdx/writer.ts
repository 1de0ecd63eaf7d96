/**
 * Writes a dynamic VHDX as a stream of ascending blocks, in constant memory.
 *
 *   0         identifier, headers, region tables     last: until then the file begins with zeros and is no image
 *   1 Mi      log                                    empty: a hole
 *   2 Mi      metadata region
 *   3 Mi      BAT                                    its length follows from the disk's size; 64 KiB of it are held at a time
 *   …         block, block …                         each on a MiB border, in the order of the guest
 *
 * A block takes its place with its first byte; what is not written of it stays a hole of the file. Blocks that are never written
 * are marked ZERO: a block that is merely not present may hold anything (specification, section 2.5.1.1). Going on from a
 * checkpoint cuts the file back to where its last write ended and drops later entries of the BAT, so that the result does not
 * depend on where an earlier attempt ended.
 */
import { crc32 } from "node:zlib";
import { z } from "zod";
import { Bytes } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import {
  type CreateContext,
  type DiskWriter,
  parseResumeState,
  type WritePlan,
  type WriterCheckpoint,
  type WriteSummary,
} from "../format.ts";
import { contentDigest, nextDigest } from "./identity.ts";
import { blockBytesFor, LAYOUT, LOGICAL_SECTOR_BYTES, writeIdentifier, writeTables } from "./new-image.ts";
import { BAT_ENTRY_BYTES, chunkRatio, fileIdentifier, MAX_VIRTUAL_BYTES, MIB, PAYLOAD } from "./structures.ts";

/** The physical sector: runs of zeros of this size stay holes. */
const WRITE_GRAIN_BYTES = 4096;

const PAGE_BYTES = 64 * 1024;
const ENTRIES_PER_PAGE = PAGE_BYTES / BAT_ENTRY_BYTES;

const ResumeState = z.object({
  virtualSizeBytes: Bytes,
  /** Number of the block written last; -1 before the first write. */
  block: z.number().int().min(-1),
  /** Where in the file it is. */
  blockAtBytes: Bytes,
  /** Where the last write ended: the length of the durable file. */
  endBytes: Bytes,
  writtenBytes: Bytes,
  /** Of the blocks before. */
  digest: z.string(),
  /** CRC-32 of what was written of this block. */
  blockCrc: z.number().int().min(0),
});
type ResumeState = z.infer<typeof ResumeState>;

/**
 * Begins an image, or goes on from a checkpoint of the same disk. A size that is no multiple of 512 is rounded up to a sector; the
 * tail reads as zeros.
 * @throws AppError disk.too-large over 64 TiB; disk.truncated when the target is shorter than the checkpoint says
 */
export async function createVhdx(target: ByteTarget, plan: WritePlan, { resume }: CreateContext): Promise<DiskWriter> {
  const virtualSizeBytes = Math.ceil(plan.virtualSizeBytes / LOGICAL_SECTOR_BYTES) * LOGICAL_SECTOR_BYTES;
  if (virtualSizeBytes > MAX_VIRTUAL_BYTES) {
    throw new AppError(
      "disk.too-large",
      `${target.name}: VHDX disks of more than ${MAX_VIRTUAL_BYTES} bytes (64 TiB) do not exist`,
    );
  }
  const writer = new VhdxWriter(target, virtualSizeBytes);
  if (resume) await writer.resume(resume);
  return writer;
}

class VhdxWriter implements DiskWriter {
  readonly grainBytes = WRITE_GRAIN_BYTES;
  readonly encoding = null;
  readonly #target: ByteTarget;
  readonly #blockBytes: number;
  readonly #bat: Bat;
  #state: ResumeState;

  constructor(target: ByteTarget, virtualSizeBytes: number) {
    this.#target = target;
    this.#blockBytes = blockBytesFor(virtualSizeBytes);
    this.#bat = new Bat(target, Math.ceil(virtualSizeBytes / this.#blockBytes), this.#blockBytes);
    this.#state = {
      virtualSizeBytes,
      block: -1,
      blockAtBytes: 0,
      endBytes: 0,
      writtenBytes: 0,
      digest: contentDigest(virtualSizeBytes),
      blockCrc: 0,
    };
  }

  async resume(checkpoint: WriterCheckpoint): Promise<void> {
    const state = parseResumeState(ResumeState, checkpoint, this.#target.name);
    if (
      state.virtualSizeBytes !== this.#state.virtualSizeBytes ||
      state.block * this.#blockBytes >= state.virtualSizeBytes
    ) {
      throw new AppError("state.conflict", `the checkpoint for ${this.#target.name} belongs to another disk`);
    }
    // The earlier attempt may have died between its last two steps.
    await this.#target.write(0, new Uint8Array(fileIdentifier.sizeBytes));
    if (state.block >= 0) {
      await this.#target.read(state.endBytes - 1, new Uint8Array(1));
      await this.#bat.load(state.block);
    }
    await this.#target.resize(state.endBytes);
    this.#state = state;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const { virtualSizeBytes, block, endBytes, blockAtBytes } = this.#state;
    const toEnd = offset + bytes.length > virtualSizeBytes - LOGICAL_SECTOR_BYTES;
    if (offset % WRITE_GRAIN_BYTES !== 0 || (bytes.length % WRITE_GRAIN_BYTES !== 0 && !toEnd)) {
      throw new AppError(
        "internal.bug",
        `VHDX writes are whole sectors of 4 KiB; got ${bytes.length} bytes at ${offset}`,
      );
    }
    if (block >= 0 && offset < block * this.#blockBytes + endBytes - blockAtBytes) {
      throw new AppError("internal.bug", `VHDX writes ascend; offset ${offset} came too late`);
    }
    for (let done = 0; done < bytes.length; ) {
      const inBlock = (offset + done) % this.#blockBytes;
      const length = Math.min(bytes.length - done, this.#blockBytes - inBlock);
      await this.#writeInBlock(
        (offset + done - inBlock) / this.#blockBytes,
        inBlock,
        bytes.subarray(done, done + length),
      );
      done += length;
    }
  }

  async #writeInBlock(block: number, inBlock: number, bytes: Uint8Array): Promise<void> {
    const state = this.#state;
    if (block !== state.block) {
      const blockAtBytes = this.#nextBlockAt();
      await this.#bat.set(block, blockAtBytes);
      state.digest = this.#digest();
      state.block = block;
      state.blockAtBytes = blockAtBytes;
      state.blockCrc = 0;
    }
    const at = state.blockAtBytes + inBlock;
    await this.#target.write(at, bytes);
    state.blockCrc = crc32(bytes, state.blockCrc);
    state.endBytes = at + bytes.length;
    state.writtenBytes += bytes.length;
  }

  async checkpoint(doneBytes: number): Promise<WriterCheckpoint> {
    await this.#bat.flush();
    await this.#target.sync();
    return { doneBytes, state: { ...this.#state } };
  }

  async finish(): Promise<WriteSummary> {
    const { virtualSizeBytes, writtenBytes } = this.#state;
    const fileSizeBytes = this.#nextBlockAt();
    await this.#bat.finish();
    await this.#target.resize(fileSizeBytes);
    await writeTables(this.#target, { virtualSizeBytes, batBytes: this.#bat.regionBytes, digest: this.#digest() });
    await this.#target.sync();
    await writeIdentifier(this.#target);
    await this.#target.sync();
    return { writtenBytes, fileSizeBytes };
  }

  #nextBlockAt(): number {
    const { block, blockAtBytes } = this.#state;
    return block < 0 ? LAYOUT.batAt + this.#bat.regionBytes : blockAtBytes + this.#blockBytes;
  }

  /** The digest with the open block in it. */
  #digest(): string {
    const { digest, block, blockCrc } = this.#state;
    return block < 0 ? digest : nextDigest(digest, block, blockCrc);
  }
}

/** The table of blocks, a page of it at a time; pages pass in ascending order. */
class Bat {
  readonly regionBytes: number;
  readonly #target: ByteTarget;
  readonly #blocks: number;
  readonly #ratio: number;
  readonly #bytes = new Uint8Array(PAGE_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #page = 0;

  constructor(target: ByteTarget, blocks: number, blockBytes: number) {
    this.#target = target;
    this.#blocks = blocks;
    this.#ratio = chunkRatio(LOGICAL_SECTOR_BYTES, blockBytes);
    this.regionBytes = Math.max(1, Math.ceil((this.#entries() * BAT_ENTRY_BYTES) / MIB)) * MIB;
    this.#clearFrom(0);
  }

  async set(block: number, atBytes: number): Promise<void> {
    const entry = this.#entryOf(block);
    await this.#turnTo(Math.floor(entry / ENTRIES_PER_PAGE));
    this.#put(entry % ENTRIES_PER_PAGE, BigInt(atBytes + PAYLOAD.fullyPresent));
  }

  /** Takes up the page of the block written last; what it says of later blocks is dropped. */
  async load(block: number): Promise<void> {
    const entry = this.#entryOf(block);
    this.#page = Math.floor(entry / ENTRIES_PER_PAGE);
    await this.#target.read(this.#pageAt(), this.#bytes);
    this.#clearFrom((entry % ENTRIES_PER_PAGE) + 1);
  }

  async flush(): Promise<void> {
    await this.#target.write(this.#pageAt(), this.#bytes);
  }

  async finish(): Promise<void> {
    await this.#turnTo(Math.ceil(this.#entries() / ENTRIES_PER_PAGE) - 1);
    await this.flush();
  }

  async #turnTo(page: number): Promise<void> {
    while (this.#page < page) {
      await this.flush();
      this.#page++;
      this.#clearFrom(0);
    }
  }

  #clearFrom(index: number): void {
    for (let i = index; i < ENTRIES_PER_PAGE; i++) {
      const entry = this.#page * ENTRIES_PER_PAGE + i;
      const isBlock = entry < this.#entries() && entry % (this.#ratio + 1) !== this.#ratio;
      this.#put(i, isBlock ? BigInt(PAYLOAD.zero) : 0n);
    }
  }

  #put(index: number, value: bigint): void {
    this.#view.setBigUint64(index * BAT_ENTRY_BYTES, value, true);
  }

  /** After each chunk of blocks comes an entry for a sector bitmap, of which there is none. */
  #entryOf(block: number): number {
    return block + Math.floor(block / this.#ratio);
  }

  #entries(): number {
    return this.#blocks === 0 ? 0 : this.#entryOf(this.#blocks - 1) + 1;
  }

  #pageAt(): number {
    return LAYOUT.batAt + this.#page * PAGE_BYTES;
  }
}
