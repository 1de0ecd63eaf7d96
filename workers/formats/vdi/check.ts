/**
 * Structural check of a VDI, as strict as qemu-img's: every entry of the block map, places used twice, and the number of allocated
 * blocks; further places that no block has.
 */
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import { type Claim, findClaimTrouble } from "../block-map/claims.ts";
import { finding, findingOf } from "../block-map/findings.ts";
import type { CheckContext } from "../format.ts";
import { readHeader, type VdiHeader } from "./header.ts";
import { ENTRY_BYTES, headerTable, ZERO } from "./structures.ts";

/** 1 MiB of the map. */
const MAP_PAGES = 16;
const MAP = "VDI block map";

/** Places are counted, not bytes: each is claimed by the one block it belongs to. */
interface PlaceClaim extends Claim {
  readonly block: number;
}

export async function* checkVdi(source: ByteSource, context: CheckContext): AsyncIterable<CheckFinding> {
  try {
    yield* new MapCheck(source, await readHeader(source), context).findings();
  } catch (error) {
    yield findingOf(error);
  }
}

class MapCheck {
  readonly #header: VdiHeader;
  readonly #context: CheckContext;
  readonly #map: PagedBytes;
  readonly #sizeBytes: number;

  constructor(source: ByteSource, header: VdiHeader, context: CheckContext) {
    this.#header = header;
    this.#context = context;
    this.#map = new PagedBytes(source, MAP_PAGES);
    this.#sizeBytes = source.sizeBytes;
  }

  async *findings(): AsyncIterable<CheckFinding> {
    const { blocks, blocksAllocated, blocksInImage } = this.#header;
    const placeBytes = this.#header.blockExtra + this.#header.blockSize;
    let stored = 0;
    for await (const entries of this.#entries()) {
      for (const { start: place, block } of entries) {
        stored++;
        const words = this.#complaint(block, place);
        if (words !== null) yield finding("error", MAP, this.#entryAt(block), words);
      }
      this.#context.progress(Math.min(blocks, (entries.at(-1)?.block ?? 0) + 1), blocks);
    }
    if (stored !== blocksAllocated) {
      const words = `the header counts ${blocksAllocated} allocated blocks, the block map ${stored}`;
      yield finding("error", headerTable.name, headerTable.offsets.blocksAllocated, words);
    }
    // Only whole places of the file can leak; behind the last one that the image may have, nothing is the image's.
    const places = Math.floor((this.#sizeBytes - this.#header.offsetData) / placeBytes);
    const sizeBytes = Math.max(0, Math.min(places, blocksInImage));
    for await (const trouble of findClaimTrouble({ sizeBytes, unitBytes: 1 }, () => this.#entries())) {
      if (trouble.kind === "gap") {
        const at = this.#header.offsetData + trouble.start * placeBytes;
        yield finding("leak", "file", at, `${trouble.length} places from ${trouble.start} on belong to no block`);
      } else {
        const { block, start: place } = trouble.claim;
        const words = `place ${place} of guest block ${block} is taken by another block already`;
        yield finding("error", MAP, this.#entryAt(block), words);
      }
    }
    this.#context.progress(blocks, blocks);
  }

  #complaint(block: number, place: number): string | null {
    const { blocksInImage, blockExtra, blockSize, offsetData, diskSize } = this.#header;
    if (place >= blocksInImage) return `place ${place} of guest block ${block}; the image has ${blocksInImage} blocks`;
    const needed = blockExtra + Math.min(blockSize, diskSize - block * blockSize);
    if (offsetData + place * (blockExtra + blockSize) + needed <= this.#sizeBytes) return null;
    return `place ${place} of guest block ${block} goes beyond the end of the file`;
  }

  /** The blocks that are stored, page by page of the map. */
  async *#entries(): AsyncIterable<readonly PlaceClaim[]> {
    const { blocks } = this.#header;
    for (let block = 0; block < blocks; ) {
      await this.#context.gate();
      const view = await this.#map.view(this.#entryAt(block), (blocks - block) * ENTRY_BYTES, MAP);
      const found: PlaceClaim[] = [];
      for (let at = 0; at < view.byteLength; at += ENTRY_BYTES, block++) {
        const start = view.getUint32(at, true);
        if (start < ZERO) found.push({ start, length: 1, block });
      }
      yield found;
    }
  }

  #entryAt(block: number): number {
    return this.#header.offsetBlocks + block * ENTRY_BYTES;
  }
}
