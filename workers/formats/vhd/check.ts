/**
 * Structural check of a VHD: both footers, the header, every entry of the block allocation table and every bitmap. qemu-img has no
 * check for this format.
 */
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import { claimFindings, finding, findingOf, type NamedClaim } from "../block-map/findings.ts";
import type { CheckContext } from "../format.ts";
import { type FoundFooter, readFooter, readFooters } from "./footer.ts";
import { type DynamicHeader, readHeader, readLocators } from "./header.ts";
import { bitmapBytesOf, DISK_TYPE, ENTRY_BYTES, footerTable, headerTable, SECTOR_BYTES, UNUSED } from "./structures.ts";

/** 1 MiB of the table. */
const TABLE_PAGES = 16;
const TABLE = "VHD block allocation table";

export async function* checkVhd(source: ByteSource, context: CheckContext): AsyncIterable<CheckFinding> {
  try {
    const { tail, head } = await readFooters(source);
    const found = await readFooter(source);
    const isFixed = found.footer.diskType === DISK_TYPE.fixed;
    if (tail.complaint !== null)
      yield finding("error", footerTable.name, tail.atBytes, `The footer ${tail.complaint}.`);
    else if (!isFixed && head.complaint !== null) {
      yield finding("error", "VHD copy of the footer", 0, `The copy of the footer at the beginning ${head.complaint}.`);
    } else if (!isFixed && Buffer.compare(tail.bytes, head.bytes) !== 0) {
      yield finding(
        "warning",
        "VHD copy of the footer",
        0,
        "The footer and its copy at the beginning are not the same.",
      );
    }
    for (const message of found.warnings) {
      if (tail.complaint === null) yield finding("warning", footerTable.name, found.atBytes, message);
    }
    if (isFixed) yield* checkFixed(found);
    else yield* new TableCheck(source, found, await readHeader(source, found), context).findings();
  } catch (error) {
    yield findingOf(error);
  }
}

function* checkFixed({ virtualSizeBytes, contentEndBytes, atBytes }: FoundFooter): Iterable<CheckFinding> {
  const extraBytes = contentEndBytes - virtualSizeBytes;
  const words = `a disk of ${virtualSizeBytes} bytes; the file holds ${contentEndBytes}`;
  if (extraBytes < 0) yield finding("error", footerTable.name, atBytes, words);
  else if (extraBytes > 0) yield finding("leak", "file", virtualSizeBytes, words);
}

class TableCheck {
  readonly #source: ByteSource;
  readonly #found: FoundFooter;
  readonly #dynamic: DynamicHeader;
  readonly #context: CheckContext;
  readonly #table: PagedBytes;
  readonly #bitmapBytes: number;

  constructor(source: ByteSource, found: FoundFooter, dynamic: DynamicHeader, context: CheckContext) {
    this.#source = source;
    this.#found = found;
    this.#dynamic = dynamic;
    this.#context = context;
    this.#table = new PagedBytes(source, TABLE_PAGES);
    this.#bitmapBytes = bitmapBytesOf(dynamic.header.blockSize);
  }

  async *findings(): AsyncIterable<CheckFinding> {
    const { contentEndBytes } = this.#found;
    const { blocks, header } = this.#dynamic;
    for await (const entries of this.#entries()) {
      for (const { block, sector } of entries) {
        const endBytes = sector * SECTOR_BYTES + this.#lengthOf(block);
        if (endBytes > contentEndBytes) {
          const words = `block ${block} at sector ${sector} goes beyond the end of the file, ${contentEndBytes}`;
          yield finding("error", TABLE, this.#entryAt(block), words);
        } else if (await this.#storesNothing(sector)) {
          const words = `block ${block} at sector ${sector} is stored, but its bitmap marks no sector of it`;
          yield finding("leak", "VHD sector bitmap", sector * SECTOR_BYTES, words);
        }
      }
      this.#context.progress((entries.at(-1)?.block ?? 0) + 1, blocks);
    }
    const leakBytes = this.#bitmapBytes + header.blockSize;
    yield* claimFindings({ sizeBytes: contentEndBytes, unitBytes: SECTOR_BYTES, leakBytes }, () => this.#claims());
    this.#context.progress(blocks, blocks);
  }

  async #storesNothing(sector: number): Promise<boolean> {
    const bitmap = new Uint8Array(this.#bitmapBytes);
    await this.#source.read(sector * SECTOR_BYTES, bitmap);
    return bitmap.every((byte) => byte === 0);
  }

  /** Entries of blocks that are stored, page by page. */
  async *#entries(): AsyncIterable<{ block: number; sector: number }[]> {
    const { blocks } = this.#dynamic;
    for (let block = 0; block < blocks; ) {
      await this.#context.gate();
      const view = await this.#table.view(this.#entryAt(block), (blocks - block) * ENTRY_BYTES, TABLE);
      const found: { block: number; sector: number }[] = [];
      for (let at = 0; at < view.byteLength; at += ENTRY_BYTES, block++) {
        const sector = view.getUint32(at);
        if (sector !== UNUSED) found.push({ block, sector });
      }
      yield found;
    }
  }

  async *#claims(): AsyncIterable<readonly NamedClaim[]> {
    const { header, atBytes, blocks } = this.#dynamic;
    const fixed = (structure: string, start: number, length: number): NamedClaim => ({
      structure,
      start,
      length,
      saidAtBytes: null,
    });
    const locators = readLocators(this.#source, header, atBytes);
    yield [
      fixed("VHD copy of the footer", 0, footerTable.sizeBytes),
      fixed(headerTable.name, atBytes, headerTable.sizeBytes),
      fixed(TABLE, header.tableOffset, blocks * ENTRY_BYTES),
      ...locators
        .filter(({ length }) => length > 0)
        .map(({ atBytes: start, length }) => fixed("VHD parent locator", start, length)),
    ];
    for await (const entries of this.#entries()) {
      yield entries.map(({ block, sector }) => ({
        structure: `block ${block}`,
        start: sector * SECTOR_BYTES,
        length: this.#lengthOf(block),
        saidAtBytes: this.#entryAt(block),
      }));
    }
  }

  /** Of a block with its bitmap, as far as the disk goes: the last may be stored short. */
  #lengthOf(block: number): number {
    const { blockSize } = this.#dynamic.header;
    return this.#bitmapBytes + Math.min(blockSize, this.#found.virtualSizeBytes - block * blockSize);
  }

  #entryAt(block: number): number {
    return this.#dynamic.header.tableOffset + block * ENTRY_BYTES;
  }
}
