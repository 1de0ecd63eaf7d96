/**
 * A bounded window on the tables of a large image: aligned pages, the least recently used one goes first and lends its memory to
 * the next. Walking every table of a disk of any size costs this much memory, no garbage, and one read per page.
 */
import { AppError } from "../../src-core/model/error.ts";
import type { ByteSource } from "./byte-source.ts";

const PAGE_BYTES = 64 * 1024;

export class PagedBytes {
  /** Whole table entries must not straddle a border of this many bytes. */
  static readonly pageBytes = PAGE_BYTES;

  readonly #source: ByteSource;
  readonly #maxPages: number;
  /** In order of use: the first is the one to drop. */
  readonly #pages = new Map<number, DataView<ArrayBuffer>>();

  /** @param maxPages pages of 64 KiB kept */
  constructor(source: ByteSource, maxPages: number) {
    this.#source = source;
    this.#maxPages = maxPages;
  }

  /**
   * The bytes from `offset` to the end of its page or of `length`, whichever comes first: at least one byte, so a caller
   * walks a table by asking again from where the view ended. Valid until the next call of this object: then another page may
   * take its place.
   * @param what the structure, for the error
   * @throws AppError disk.truncated where the file ends before `offset`
   */
  async view(offset: number, length: number, what: string): Promise<DataView> {
    const inPage = offset % PAGE_BYTES;
    const page = await this.#page(offset - inPage, offset, what);
    const available = page.byteLength - inPage;
    if (available <= 0 || (available < length && page.byteLength < PAGE_BYTES)) throw this.#ends(offset, length, what);
    return new DataView(page.buffer, page.byteOffset + inPage, Math.min(length, available));
  }

  /**
   * Exactly `length` bytes as a copy; for structures that may straddle pages.
   * @throws AppError disk.truncated where the file ends before
   */
  async copy(offset: number, length: number, what: string): Promise<Uint8Array> {
    if (offset + length > this.#source.sizeBytes) throw this.#ends(offset, length, what);
    const out = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const view = await this.view(offset + done, length - done, what);
      out.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), done);
      done += view.byteLength;
    }
    return out;
  }

  async #page(start: number, offset: number, what: string): Promise<DataView<ArrayBuffer>> {
    const kept = this.#pages.get(start);
    if (kept) {
      this.#pages.delete(start);
      this.#pages.set(start, kept);
      return kept;
    }
    const length = Math.min(PAGE_BYTES, this.#source.sizeBytes - start);
    if (!(length > 0)) throw this.#ends(offset, 1, what);
    const memory = this.#pages.size < this.#maxPages ? new ArrayBuffer(PAGE_BYTES) : this.#takeOldest();
    await this.#source.read(start, new Uint8Array(memory, 0, length));
    const page = new DataView(memory, 0, length);
    this.#pages.set(start, page);
    return page;
  }

  /** Drops the page unused for longest; its memory is free for another. */
  #takeOldest(): ArrayBuffer {
    for (const [start, { buffer }] of this.#pages) {
      this.#pages.delete(start);
      return buffer;
    }
    throw new AppError("internal.bug", "a window on tables without a single page");
  }

  #ends(offset: number, length: number, what: string): AppError {
    const { name, sizeBytes } = this.#source;
    return new AppError(
      "disk.truncated",
      `${what} of ${name} at offset ${offset} lies beyond the end of the file (${sizeBytes} bytes)`,
      { details: { file: name, structure: what, offset, missingBytes: Math.max(0, offset + length - sizeBytes) } },
    );
  }
}
