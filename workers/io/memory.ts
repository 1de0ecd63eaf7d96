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

/** What a target holds: pages that are not there are zeros. */
interface Held {
  readonly pages: Map<number, Uint8Array>;
  sizeBytes: number;
}

/** A growing target; pages never written take no memory, so that offsets may be large. `start`, not to be changed, is its first content. */
export function memoryTarget(name: string, start: Uint8Array = new Uint8Array(0)): MemoryTarget {
  const held: Held = { pages: new Map(), sizeBytes: 0 };
  /** Shares the pages that did not change since. */
  let durable: Held = { pages: new Map(), sizeBytes: 0 };

  /** A page to be changed: a copy where the durable content has it too. */
  const own = (index: number): Uint8Array => {
    const kept = held.pages.get(index);
    if (kept !== undefined && kept !== durable.pages.get(index)) return kept;
    const page = kept?.slice() ?? new Uint8Array(PAGE_BYTES);
    held.pages.set(index, page);
    return page;
  };
  const put = (offset: number, bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length; ) {
      const at = offset + done;
      const inPage = at % PAGE_BYTES;
      const length = Math.min(bytes.length - done, PAGE_BYTES - inPage);
      own((at - inPage) / PAGE_BYTES).set(bytes.subarray(done, done + length), inPage);
      done += length;
    }
    held.sizeBytes = Math.max(held.sizeBytes, offset + bytes.length);
  };
  const makeDurable = (): void => {
    durable = { pages: new Map(held.pages), sizeBytes: held.sizeBytes };
  };
  // Whole pages of the beginning are shared with it until they change.
  const wholeBytes = start.length - (start.length % PAGE_BYTES);
  for (let at = 0; at < wholeBytes; at += PAGE_BYTES)
    held.pages.set(at / PAGE_BYTES, start.subarray(at, at + PAGE_BYTES));
  put(wholeBytes, start.subarray(wholeBytes));
  makeDurable();

  return {
    name,
    get sizeBytes() {
      return held.sizeBytes;
    },
    content: () => contentOf(name, held),
    durableContent: () => contentOf(name, durable),
    async write(offset, bytes) {
      put(offset, bytes);
    },
    async read(offset, into) {
      copyPages(name, held, offset, into);
    },
    async resize(size) {
      if (size < held.sizeBytes) {
        const inPage = size % PAGE_BYTES;
        const last = (size - inPage) / PAGE_BYTES;
        for (const index of [...held.pages.keys()]) {
          if (index > last || (index === last && inPage === 0)) held.pages.delete(index);
        }
        if (held.pages.has(last)) own(last).fill(0, inPage);
      }
      held.sizeBytes = size;
    },
    async sync() {
      makeDurable();
    },
    async close() {},
  };
}

function copyPages(name: string, { pages, sizeBytes }: Held, offset: number, into: Uint8Array): void {
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
}

/** All of it; as new memory is zeros, only what is there is copied. */
function contentOf(name: string, held: Held): Uint8Array {
  const all = new Uint8Array(held.sizeBytes);
  for (const index of held.pages.keys()) {
    const at = index * PAGE_BYTES;
    copyPages(name, held, at, all.subarray(at, at + PAGE_BYTES));
  }
  return all;
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
