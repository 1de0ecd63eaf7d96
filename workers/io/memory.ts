/** Byte sources and targets in memory, for images made on the fly and for tests of everything above io/. */
import { AppError } from "../../src-core/model/error.ts";
import type { ByteSource, ByteTarget } from "./byte-source.ts";

/** A source over bytes that stay as they are. */
export function memorySource(name: string, content: Uint8Array): ByteSource {
  return {
    name,
    sizeBytes: content.length,
    allocatedBytes: content.length,
    async read(offset, into) {
      copyOut(name, content, content.length, offset, into);
    },
    async close() {},
  };
}

export interface MemoryTarget extends ByteTarget {
  readonly sizeBytes: number;
  /** Everything written so far (a copy). */
  content(): Uint8Array;
  /** What would be left after a power loss: the content at the last `sync`. */
  durableContent(): Uint8Array;
}

const PAGE_BYTES = 64 * 1024;

/** A growing target; pages never written take no memory, so that offsets may be large. `start` is its first content. */
export function memoryTarget(name: string, start: Uint8Array = new Uint8Array(0)): MemoryTarget {
  const pages = new Map<number, Uint8Array>();
  let sizeBytes = 0;
  let durable: Uint8Array = new Uint8Array(start);

  const put = (offset: number, bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length; ) {
      const at = offset + done;
      const inPage = at % PAGE_BYTES;
      const index = (at - inPage) / PAGE_BYTES;
      const page = pages.get(index) ?? new Uint8Array(PAGE_BYTES);
      const length = Math.min(bytes.length - done, PAGE_BYTES - inPage);
      page.set(bytes.subarray(done, done + length), inPage);
      pages.set(index, page);
      done += length;
    }
    sizeBytes = Math.max(sizeBytes, offset + bytes.length);
  };
  const get = (offset: number, into: Uint8Array): void => {
    if (offset + into.length > sizeBytes) throw ends(name, sizeBytes, offset, into.length);
    for (let done = 0; done < into.length; ) {
      const at = offset + done;
      const inPage = at % PAGE_BYTES;
      const length = Math.min(into.length - done, PAGE_BYTES - inPage);
      const page = pages.get((at - inPage) / PAGE_BYTES);
      if (page) into.set(page.subarray(inPage, inPage + length), done);
      else into.fill(0, done, done + length);
      done += length;
    }
  };
  const content = (): Uint8Array => {
    const all = new Uint8Array(sizeBytes);
    get(0, all);
    return all;
  };
  put(0, start);

  return {
    name,
    get sizeBytes() {
      return sizeBytes;
    },
    content,
    durableContent: () => durable.slice(),
    async write(offset, bytes) {
      put(offset, bytes);
    },
    async read(offset, into) {
      get(offset, into);
    },
    async resize(size) {
      if (size < sizeBytes) {
        const inPage = size % PAGE_BYTES;
        const last = (size - inPage) / PAGE_BYTES;
        for (const index of [...pages.keys()]) {
          if (index > last || (index === last && inPage === 0)) pages.delete(index);
        }
        pages.get(last)?.fill(0, inPage);
      }
      sizeBytes = size;
    },
    async sync() {
      durable = content();
    },
    async close() {},
  };
}

function copyOut(name: string, content: Uint8Array, sizeBytes: number, offset: number, into: Uint8Array): void {
  if (offset + into.length > sizeBytes) throw ends(name, sizeBytes, offset, into.length);
  into.set(content.subarray(offset, offset + into.length));
}

function ends(name: string, sizeBytes: number, offset: number, length: number): AppError {
  const missingBytes = offset + length - Math.max(sizeBytes, offset);
  return new AppError(
    "disk.truncated",
    `${name} ends at ${sizeBytes}; ${length} bytes at offset ${offset} were asked for`,
    {
      details: { file: name, offset, missingBytes },
    },
  );
}
