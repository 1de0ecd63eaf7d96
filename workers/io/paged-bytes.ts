/**
 * A bounded window on the tables of a large image: aligned pages, the least recently used one goes first and lends its memory to
 * the next. Walking every table of a disk of any size costs this much memory, no garbage, and one read per page.
 */
import { AppError } from "../../src-core/model/error.ts";
import type { ByteSource } from "./byte-source.ts";

const PAGE_BYTES = 64 * 1024;

interface Page {
  readonly bytes: DataView<ArrayBuffer>;
  /** When it was used last, counted in uses of any page. */
  used: number;
}

export class PagedBytes {
  /** Whole table entries must not straddle a border of this many bytes. */
  static readonly pageBytes = PAGE_BYTES;

  readonly #source: ByteSource;
  readonly #maxPages: number;
  readonly #pages = new Map<number, Page>();
  #uses = 0;

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
    const start = offset - (offset % PAGE_BYTES);
    const page = this.#kept(start) ?? (await this.#read(start, offset, what));
    const view = viewOf(page, offset - start, length);
    if (view === null) throw this.#ends(offset, length, what);
    return view;
  }

  /**
   * The same where the page is at hand, and null where it is not, or the file ends before: a walk over millions of entries waits
   * for nothing, and leaves no promise behind, but where a page is read.
   */
  viewNow(offset: number, length: number): DataView | null {
    const start = offset - (offset % PAGE_BYTES);
    const page = this.#kept(start);
    return page === null ? null : viewOf(page, offset - start, length);
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

  #kept(start: number): DataView<ArrayBuffer> | null {
    const page = this.#pages.get(start);
    if (page === undefined) return null;
    page.used = ++this.#uses;
    return page.bytes;
  }

  async #read(start: number, offset: number, what: string): Promise<DataView<ArrayBuffer>> {
    const length = Math.min(PAGE_BYTES, this.#source.sizeBytes - start);
    if (!(length > 0)) throw this.#ends(offset, 1, what);
    const memory = this.#pages.size < this.#maxPages ? new ArrayBuffer(PAGE_BYTES) : this.#takeOldest();
    await this.#source.read(start, new Uint8Array(memory, 0, length));
    const bytes = new DataView(memory, 0, length);
    this.#pages.set(start, { bytes, used: ++this.#uses });
    return bytes;
  }

  /** Drops the page unused for longest; its memory is free for another. */
  #takeOldest(): ArrayBuffer {
    let oldest: { start: number; page: Page } | null = null;
    for (const [start, page] of this.#pages) {
      if (oldest === null || page.used < oldest.page.used) oldest = { start, page };
    }
    if (oldest === null) throw new AppError("internal.bug", "a window on tables without a single page");
    this.#pages.delete(oldest.start);
    return oldest.page.bytes.buffer;
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

/** Up to `length` bytes of a page; null where the file ends before. */
function viewOf(page: DataView<ArrayBuffer>, inPage: number, length: number): DataView | null {
  const available = page.byteLength - inPage;
  if (available <= 0 || (available < length && page.byteLength < PAGE_BYTES)) return null;
  return new DataView(page.buffer, page.byteOffset + inPage, Math.min(length, available));
}
