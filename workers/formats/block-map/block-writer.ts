/**
 * The part that the writers of block-mapped images (VHD dynamic, VDI dynamic) share: one table of 32-bit entries, all ones for a
 * block that is not stored, and blocks of one size that follow it in ascending order.
 *
 *   0              headers     the format writes them after `finishBlocks`
 *   tableAtBytes   table       written page by page (64 KiB) as the guest offsets pass it; one page is held
 *   blocksAtBytes  blocks      each with the same prefix; what is never written in a block stays a hole of the file
 *
 * A block is allocated by the first write into it, so blocks lie in guest order and the open one is the last of the file. Going
 * on from a checkpoint cuts the file inside the open block and lengthens it again: later bytes are zeros, as if never written.
 */
import { z } from "zod";
import { Bytes } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { type DiskWriter, parseResumeState, type WriterCheckpoint } from "../format.ts";
import { firstIdentity, nextIdentity } from "./image-identity.ts";

/** Runs of zeros of this size inside a block stay holes of the file. */
const GRAIN_BYTES = 4096;
const HEAD_BYTES = 512;
const ENTRY_BYTES = 4;
const PAGE_BYTES = 64 * 1024;
const ENTRIES_PER_PAGE = PAGE_BYTES / ENTRY_BYTES;

const ResumeState = z.object({
  virtualSizeBytes: Bytes,
  /** Where the next block goes: the length of the durable file. */
  cursorBytes: Bytes,
  /** Number of the open block; -1 before the first write. */
  block: z.number().int().min(-1),
  writtenBytes: Bytes,
  identity: z.string().regex(/^[0-9a-f]{64}$/),
});
type ResumeState = z.infer<typeof ResumeState>;

export interface BlockLayout {
  /** Format id, for messages and for the image's identity. */
  readonly format: string;
  readonly virtualSizeBytes: number;
  /** A power of two. */
  readonly blockBytes: number;
  /** Stored before the data of every block; may be empty. */
  readonly prefix: Uint8Array;
  readonly tableAtBytes: number;
  /** With padding, which is all ones too. */
  readonly tableBytes: number;
  readonly littleEndian: boolean;
  readonly blocksAtBytes: number;
  /** The table's entry for a block (its prefix) at `hostOffset`. */
  entry(hostOffset: number): number;
}

export class BlockWriter implements Pick<DiskWriter, "grainBytes" | "write" | "checkpoint"> {
  readonly grainBytes = GRAIN_BYTES;
  readonly #target: ByteTarget;
  readonly #layout: BlockLayout;
  /** The page of the table that holds the open block's entry. */
  readonly #page = new DataView(new ArrayBuffer(PAGE_BYTES));
  #state: ResumeState;

  constructor(target: ByteTarget, layout: BlockLayout) {
    this.#target = target;
    this.#layout = layout;
    this.#clearPage(0);
    const { format, virtualSizeBytes, blocksAtBytes } = layout;
    const identity = firstIdentity(format, virtualSizeBytes);
    this.#state = { virtualSizeBytes, cursorBytes: blocksAtBytes, block: -1, writtenBytes: 0, identity };
  }

  /** Changes with every block stored; final after the last write. */
  get identity(): string {
    return this.#state.identity;
  }

  /** Guest bytes stored so far. */
  get writtenBytes(): number {
    return this.#state.writtenBytes;
  }

  get storedBlocks(): number {
    const { blocksAtBytes, prefix, blockBytes } = this.#layout;
    return (this.#state.cursorBytes - blocksAtBytes) / (prefix.length + blockBytes);
  }

  /** @throws AppError state.conflict, or disk.truncated when the target is shorter than the checkpoint says */
  async resume(checkpoint: WriterCheckpoint): Promise<void> {
    const state = parseResumeState(ResumeState, checkpoint, this.#target.name);
    const { virtualSizeBytes, blockBytes, tableBytes } = this.#layout;
    if (state.virtualSizeBytes !== virtualSizeBytes || state.block * ENTRY_BYTES >= tableBytes) {
      throw new AppError("state.conflict", `the checkpoint for ${this.#target.name} belongs to another disk`);
    }
    await this.#target.read(state.cursorBytes - 1, new Uint8Array(1));
    await this.#withdrawHead();
    this.#state = state;
    if (state.block >= 0) {
      const page = pageOf(state.block);
      await this.#target.read(this.#layout.tableAtBytes + page * PAGE_BYTES, this.#pageBytes(page));
      this.#clearPage((state.block % ENTRIES_PER_PAGE) + 1);
      const done = checkpoint.doneBytes - state.block * blockBytes;
      await this.#target.resize(state.cursorBytes - blockBytes + Math.max(0, Math.min(done, blockBytes)));
    }
    await this.#target.resize(state.cursorBytes);
  }

  /**
   * The earlier attempt may have died after its last write and left a valid image. It stops being one before anything of it is
   * cut off, and for sure: a power loss may keep the later change and lose the earlier one.
   */
  async #withdrawHead(): Promise<void> {
    const [head, zeros] = [new Uint8Array(HEAD_BYTES), new Uint8Array(HEAD_BYTES)];
    await this.#target.read(0, head);
    if (Buffer.compare(head, zeros) === 0) return;
    await this.#target.write(0, zeros);
    await this.#target.sync();
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const { format, virtualSizeBytes, blockBytes } = this.#layout;
    const toEnd = offset + bytes.length > virtualSizeBytes - HEAD_BYTES;
    if (offset % GRAIN_BYTES !== 0 || (bytes.length % GRAIN_BYTES !== 0 && !toEnd)) {
      throw new AppError("internal.bug", `${format} writes are whole grains; got ${bytes.length} bytes at ${offset}`);
    }
    for (let done = 0; done < bytes.length; ) {
      const at = offset + done;
      const inBlock = at % blockBytes;
      const part = bytes.subarray(done, done + Math.min(bytes.length - done, blockBytes - inBlock));
      const block = (at - inBlock) / blockBytes;
      if (block !== this.#state.block) await this.#openBlock(block, part);
      await this.#target.write(this.#state.cursorBytes - blockBytes + inBlock, part);
      this.#state.writtenBytes += part.length;
      done += part.length;
    }
  }

  async checkpoint(doneBytes: number): Promise<WriterCheckpoint> {
    await this.#flushPage(pageOf(this.#state.block));
    await this.#target.resize(this.#state.cursorBytes);
    await this.#target.sync();
    return { doneBytes, state: { ...this.#state } };
  }

  /** Completes the table and makes it and the blocks durable. @returns the length of the file */
  async finishBlocks(): Promise<number> {
    const page = pageOf(this.#state.block);
    await this.#flushPage(page);
    await this.#writeEmptyPages(page + 1, Math.ceil(this.#layout.tableBytes / PAGE_BYTES));
    await this.#target.resize(this.#state.cursorBytes);
    await this.#target.sync();
    return this.#state.cursorBytes;
  }

  async #openBlock(block: number, first: Uint8Array): Promise<void> {
    const state = this.#state;
    const { format, prefix, blockBytes, littleEndian, entry } = this.#layout;
    if (block < state.block)
      throw new AppError("internal.bug", `${format} writes ascend; block ${block} came too late`);
    const [before, page] = [pageOf(state.block), pageOf(block)];
    if (page !== before) {
      await this.#flushPage(before);
      await this.#writeEmptyPages(before + 1, page);
    }
    this.#page.setUint32((block % ENTRIES_PER_PAGE) * ENTRY_BYTES, entry(state.cursorBytes), littleEndian);
    if (prefix.length > 0) await this.#target.write(state.cursorBytes, prefix);
    state.block = block;
    state.cursorBytes += prefix.length + blockBytes;
    state.identity = nextIdentity(state.identity, block, first.subarray(0, GRAIN_BYTES));
  }

  /** Pages in which no block is stored; the held page is empty afterwards. */
  async #writeEmptyPages(first: number, end: number): Promise<void> {
    this.#clearPage(0);
    for (let page = first; page < end; page++) await this.#flushPage(page);
  }

  async #flushPage(page: number): Promise<void> {
    await this.#target.write(this.#layout.tableAtBytes + page * PAGE_BYTES, this.#pageBytes(page));
  }

  /** The held page, as far as the table goes there. */
  #pageBytes(page: number): Uint8Array {
    return new Uint8Array(this.#page.buffer, 0, Math.min(PAGE_BYTES, this.#layout.tableBytes - page * PAGE_BYTES));
  }

  #clearPage(fromEntry: number): void {
    new Uint8Array(this.#page.buffer).fill(0xff, fromEntry * ENTRY_BYTES);
  }
}

/** Page of the table with the entry of a block; the first before any block. */
function pageOf(block: number): number {
  return Math.floor(Math.max(0, block) / ENTRIES_PER_PAGE);
}
