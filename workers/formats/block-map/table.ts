/** A table of blocks on its way into the file: how its entries look, and the parts that all writers do alike. */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { GRAIN_BYTES } from "./content-identity.ts";

export const PAGE_BYTES = 64 * 1024;

/** How a format stores its table. */
export interface BlockTable {
  readonly atBytes: number;
  /** Of all that is written, padding included. */
  readonly sizeBytes: number;
  /** A power of two. */
  readonly entryBytes: number;
  /** Which entry is a block's. */
  entryOf(block: number): number;
  /** Puts the entry of a block (its prefix) at `hostOffset` into `page` at byte `at`. */
  put(page: DataView, at: number, hostOffset: number): void;
  /** Makes the page's bytes from `from` on what they are where no block is stored. @param firstEntry of the page */
  clear(page: Uint8Array, from: number, firstEntry: number): void;
}

/** Tables of 32-bit entries in the order of the blocks, all ones where none is stored. */
export const FREE_ENTRIES: Pick<BlockTable, "entryBytes" | "entryOf" | "clear"> = {
  entryBytes: 4,
  entryOf: (block) => block,
  clear: (page, from) => void page.fill(0xff, from),
};

/** Writes a whole table page by page. @param fill puts in what a page holds, given its first entry */
export async function writeTable(
  target: ByteTarget,
  table: Pick<BlockTable, "atBytes" | "sizeBytes" | "entryBytes">,
  fill: (page: DataView, firstEntry: number) => void,
): Promise<void> {
  const page = new Uint8Array(PAGE_BYTES);
  const view = new DataView(page.buffer);
  for (let at = 0; at < table.sizeBytes; at += PAGE_BYTES) {
    fill(view, at / table.entryBytes);
    await target.write(table.atBytes + at, page.subarray(0, Math.min(PAGE_BYTES, table.sizeBytes - at)));
  }
}

/**
 * An earlier attempt may have died after its last write and left a valid image. It stops being one before anything of it is cut
 * off, and for sure: a power loss may keep the later change and lose the earlier one.
 * @param headBytes what no program does without to take the file for an image; 0: it was cut off, which is to be made durable
 */
export async function withdraw(target: ByteTarget, headBytes: number): Promise<void> {
  const [head, zeros] = [new Uint8Array(headBytes), new Uint8Array(headBytes)];
  await target.read(0, head);
  if (headBytes > 0 && Buffer.compare(head, zeros) === 0) return;
  await target.write(0, zeros);
  await target.sync();
}

/** @throws AppError internal.bug when a write does not begin with a grain, comes too late or goes beyond the disk's end */
export function assertPlace(
  format: string,
  write: { readonly offset: number; readonly length: number; readonly after: number; readonly sizeBytes: number },
): void {
  const { offset, length, after, sizeBytes } = write;
  if (offset % GRAIN_BYTES === 0 && offset >= after && offset + length <= sizeBytes) return;
  throw new AppError(
    "internal.bug",
    `${format}: ${length} bytes at ${offset} do not begin a grain after ${after} and end by ${sizeBytes}`,
  );
}
