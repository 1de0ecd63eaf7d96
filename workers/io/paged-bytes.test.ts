import { describe, expect, it } from "vitest";
import type { ByteSource } from "./byte-source.ts";
import { memorySource } from "./memory.ts";
import { PagedBytes } from "./paged-bytes.ts";
import { ReadAhead } from "./read-ahead.ts";

const PAGE = PagedBytes.pageBytes;

/** Each byte follows from its offset. */
const content = Uint8Array.from({ length: 5 * PAGE + 100 }, (_, i) => (i * 31 + Math.floor(i / 251)) % 256);

function counted(): { source: ByteSource; reads: { offset: number; length: number }[] } {
  const reads: { offset: number; length: number }[] = [];
  const inner = memorySource("tables", content);
  return {
    reads,
    source: {
      ...inner,
      async read(offset, into) {
        reads.push({ offset, length: into.length });
        await inner.read(offset, into);
      },
    },
  };
}

const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

describe("PagedBytes", () => {
  it("gives views up to the end of their page and copies across pages", async () => {
    const { source } = counted();
    const pages = new PagedBytes(source, 2);
    const view = await pages.view(PAGE - 8, 100, "table");
    expect(bytesOf(view)).toEqual(content.subarray(PAGE - 8, PAGE));
    expect(await pages.copy(PAGE - 8, 2 * PAGE, "table")).toEqual(content.slice(PAGE - 8, 3 * PAGE - 8));
    expect(bytesOf(await pages.view(5 * PAGE + 90, 10, "table"))).toEqual(content.subarray(5 * PAGE + 90));
  });

  it("keeps no more pages than it was told, the most recently used ones", async () => {
    const { source, reads } = counted();
    const pages = new PagedBytes(source, 2);
    for (const page of [0, 1, 0, 2, 0, 1]) await pages.view(page * PAGE, 8, "table");
    expect(reads.map(({ offset }) => offset / PAGE)).toEqual([0, 1, 2, 1]);
  });

  it("walks any number of pages in the memory of those it keeps, and none of a failed read is believed", async () => {
    const { source } = counted();
    let failing = false;
    const pages = new PagedBytes(
      {
        ...source,
        async read(offset, into) {
          await source.read(offset, into);
          if (!failing) return;
          into.fill(0xff);
          throw new Error("read failed");
        },
      },
      2,
    );
    const memory = new Set<unknown>();
    for (const page of [0, 1, 2, 3, 5, 4, 0]) {
      const view = await pages.view(page * PAGE + 16, 64, "table");
      expect(bytesOf(view)).toEqual(content.subarray(page * PAGE + 16, page * PAGE + 80));
      memory.add(view.buffer);
    }
    expect(memory.size).toBe(2);
    failing = true;
    await expect(pages.view(PAGE, 8, "table")).rejects.toThrow("read failed");
    failing = false;
    for (const page of [1, 4, 0]) {
      expect(bytesOf(await pages.view(page * PAGE, 8, "table"))).toEqual(
        content.subarray(page * PAGE, page * PAGE + 8),
      );
    }
  });

  it("names what lies beyond the end", async () => {
    const pages = new PagedBytes(counted().source, 2);
    for (const [offset, length] of [
      [5 * PAGE + 96, 8],
      [6 * PAGE, 8],
      [2 ** 52, 8],
    ] as const) {
      await expect(pages.view(offset, length, "L2 table 3")).rejects.toMatchObject({
        code: "disk.truncated",
        message: expect.stringContaining(`L2 table 3 of tables at offset ${offset}`),
      });
    }
    await expect(pages.copy(5 * PAGE, 101, "row")).rejects.toMatchObject({ code: "disk.truncated" });
  });
});

describe("ReadAhead", () => {
  it("serves neighbours from one read once they come in order", async () => {
    const { source, reads } = counted();
    const ahead = new ReadAhead(source, 3 * PAGE);
    for (let offset = 10; offset + 3000 <= content.length; offset += 3000) {
      expect(await ahead.bytes(offset, 3000, "grain")).toEqual(content.subarray(offset, offset + 3000));
    }
    expect(reads.length).toBeLessThanOrEqual(4);
  });

  it("reads little where nothing shows that neighbours are wanted", async () => {
    const { source, reads } = counted();
    const ahead = new ReadAhead(source, PAGE + 8);
    await ahead.bytes(4 * PAGE, 12, "grain");
    await ahead.bytes(100, 12, "grain");
    expect(reads.map(({ length }) => length)).toEqual([PAGE, PAGE]);
  });

  it("does not serve what a failed read left behind", async () => {
    const inner = memorySource("m", content);
    let fails = false;
    const ahead = new ReadAhead(
      {
        ...inner,
        async read(offset, into) {
          into.fill(0xee);
          if (fails) throw new Error("broken");
          await inner.read(offset, into);
        },
      },
      PAGE + 8,
    );
    await ahead.bytes(0, 10, "grain");
    fails = true;
    await expect(ahead.bytes(3 * PAGE, 10, "grain")).rejects.toThrow("broken");
    fails = false;
    expect(await ahead.bytes(0, 10, "grain")).toEqual(content.subarray(0, 10));
  });

  it("names what lies beyond the end", async () => {
    const ahead = new ReadAhead(counted().source, PAGE);
    await expect(ahead.bytes(content.length - 5, 6, "grain 9")).rejects.toMatchObject({
      code: "disk.truncated",
      message: expect.stringContaining("grain 9 of tables"),
    });
  });
});
