/**
 * What the writers of images that grow block by block share (VHD, VHDX and VDI, dynamic): a table with an entry for each block,
 * and blocks of one size that follow it in ascending order.
 *
 *   0              headers     the format writes them after `finishBlocks`
 *   table.atBytes  table       written page by page (64 KiB) as the guest offsets pass it; one page is held
 *   blocksAtBytes  blocks      each with the same prefix; what is never written in a block stays a hole of the file
 *
 * A block is allocated by the first write into it, so blocks lie in guest order and the open one is the last of the file. Going
 * on from a checkpoint cuts the file inside the open block and lengthens it again: later bytes are zeros, as if never written.
 * Neighbours: flat-writer.ts (images with a place for every block), table.ts, content-identity.ts.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { type DiskWriter, parseResumeState, type WriterCheckpoint } from "../format.ts";
import { ContentIdentity, GRAIN_BYTES } from "./content-identity.ts";
import type { BlockState } from "./resume-states.ts";
import { assertPlace, type BlockTable, PAGE_BYTES, withdraw } from "./table.ts";

const resumeState = async () => (await import("./resume-states.ts")).BlockState;

export interface BlockLayout {
  /** Format id, for messages. */
  readonly format: string;
  /** Everything that was chosen for this image, its size first: a checkpoint of another is refused by it. */
  readonly kind: readonly [number, ...(string | number | null)[]];
  /** A power of two. */
  readonly blockBytes: number;
  /** Stored before the data of every block; may be empty. */
  readonly prefix: Uint8Array;
  readonly table: BlockTable;
  /** Of the head without which no program takes the file for an image. */
  readonly headBytes: number;
  readonly blocksAtBytes: number;
}

export class BlockWriter implements Pick<DiskWriter, "grainBytes" | "write" | "checkpoint"> {
  readonly grainBytes = GRAIN_BYTES;
  readonly #target: ByteTarget;
  readonly #layout: BlockLayout;
  readonly #virtualSizeBytes: number;
  /** The page of the table that holds the open block's entry. */
  readonly #page = new Uint8Array(PAGE_BYTES);
  readonly #view = new DataView(this.#page.buffer);
  #pageIndex = 0;
  #block = -1;
  #cursorBytes: number;
  #endBytes = 0;
  #writtenBytes = 0;
  #identity: ContentIdentity;

  constructor(target: ByteTarget, layout: BlockLayout) {
    this.#target = target;
    this.#layout = layout;
    this.#virtualSizeBytes = layout.kind[0];
    this.#cursorBytes = layout.blocksAtBytes;
    this.#identity = new ContentIdentity([layout.format, ...layout.kind]);
    layout.table.clear(this.#page, 0, 0);
  }

  /** Final after the last write. */
  get identity(): ContentIdentity {
    return this.#identity;
  }

  /** Guest bytes stored so far. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  get storedBlocks(): number {
    const { blocksAtBytes, prefix, blockBytes } = this.#layout;
    return (this.#cursorBytes - blocksAtBytes) / (prefix.length + blockBytes);
  }

  /** @throws AppError state.conflict, or disk.truncated when the target is shorter than the checkpoint says */
  async resume(checkpoint: WriterCheckpoint): Promise<void> {
    const state = await parseResumeState(resumeState, checkpoint, this.#target.name);
    const { format, kind, blockBytes, table, headBytes } = this.#layout;
    if (state.kind !== kind.join(" ") || state.block * blockBytes >= this.#virtualSizeBytes) {
      throw new AppError("state.conflict", `the checkpoint for ${this.#target.name} belongs to another disk`);
    }
    await this.#target.read(state.cursorBytes - 1, new Uint8Array(1));
    await withdraw(this.#target, headBytes);
    this.#block = state.block;
    this.#cursorBytes = state.cursorBytes;
    this.#endBytes = state.endBytes;
    this.#writtenBytes = state.writtenBytes;
    this.#identity = new ContentIdentity([format, ...kind], state.identity);
    if (state.block >= 0) {
      const at = table.entryOf(state.block) * table.entryBytes;
      this.#pageIndex = Math.floor(at / PAGE_BYTES);
      await this.#target.read(table.atBytes + this.#pageIndex * PAGE_BYTES, this.#stored());
      this.#clear((at % PAGE_BYTES) + table.entryBytes);
      await this.#target.resize(state.cursorBytes - blockBytes + state.endBytes - state.block * blockBytes);
    }
    await this.#target.resize(state.cursorBytes);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const { format, blockBytes } = this.#layout;
    assertPlace(format, { offset, length: bytes.length, after: this.#endBytes, sizeBytes: this.#virtualSizeBytes });
    for (let done = 0; done < bytes.length; ) {
      const at = offset + done;
      const inBlock = at % blockBytes;
      const block = (at - inBlock) / blockBytes;
      const part = bytes.subarray(done, done + Math.min(bytes.length - done, blockBytes - inBlock));
      if (block !== this.#block) await this.#openBlock(block);
      await this.#target.write(this.#cursorBytes - blockBytes + inBlock, part);
      done += part.length;
    }
    this.#identity.add(offset, bytes);
    this.#writtenBytes += bytes.length;
    this.#endBytes = offset + bytes.length;
  }

  async checkpoint(doneBytes: number): Promise<WriterCheckpoint> {
    await this.#flushPage();
    await this.#target.resize(this.#cursorBytes);
    await this.#target.sync();
    const state: BlockState = {
      kind: this.#layout.kind.join(" "),
      cursorBytes: this.#cursorBytes,
      block: this.#block,
      endBytes: this.#endBytes,
      writtenBytes: this.#writtenBytes,
      identity: this.#identity.state,
    };
    return { doneBytes, state };
  }

  /** Completes the table and makes it and the blocks durable. @returns the length of the file */
  async finishBlocks(): Promise<number> {
    await this.#turnTo(Math.ceil(this.#layout.table.sizeBytes / PAGE_BYTES) - 1);
    await this.#flushPage();
    await this.#target.resize(this.#cursorBytes);
    await this.#target.sync();
    return this.#cursorBytes;
  }

  async #openBlock(block: number): Promise<void> {
    const { prefix, blockBytes, table } = this.#layout;
    const at = table.entryOf(block) * table.entryBytes;
    await this.#turnTo(Math.floor(at / PAGE_BYTES));
    table.put(this.#view, at % PAGE_BYTES, this.#cursorBytes);
    if (prefix.length > 0) await this.#target.write(this.#cursorBytes, prefix);
    this.#block = block;
    this.#cursorBytes += prefix.length + blockBytes;
  }

  async #turnTo(page: number): Promise<void> {
    while (this.#pageIndex < page) {
      await this.#flushPage();
      this.#pageIndex++;
      this.#clear(0);
    }
  }

  #clear(from: number): void {
    const { table } = this.#layout;
    table.clear(this.#page, from, (this.#pageIndex * PAGE_BYTES) / table.entryBytes);
  }

  async #flushPage(): Promise<void> {
    await this.#target.write(this.#layout.table.atBytes + this.#pageIndex * PAGE_BYTES, this.#stored());
  }

  /** The held page, as far as the table goes there. */
  #stored(): Uint8Array {
    return this.#page.subarray(0, Math.min(PAGE_BYTES, this.#layout.table.sizeBytes - this.#pageIndex * PAGE_BYTES));
  }
}
