/**
 * Opens a VDI image for reading. Guest offset → entry `offset / block` of the block map → data offset + entry × (extra + block),
 * behind the block's extra bytes. The map is read through a window; opening walks it once.
 */
import type { Fact } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import { addRun, extentsOf, MOST_RUNS, type Run, type RunWalk, readRuns } from "../block-map/runs.ts";
import { assertInside, type BackingRef, type DiskReader } from "../format.ts";
import { problem, readHeader, type VdiHeader } from "./header.ts";
import { ENTRY_BYTES, FREE, headerTable, IMAGE_TYPE, isNil, uuidText, ZERO } from "./structures.ts";

/** 1 MiB of the map: 256 GiB of guest at the usual block size. */
const MAP_PAGES = 16;
const MAP = "VDI block map";

/** @throws AppError disk.* naming the structure */
export async function openVdi(source: ByteSource): Promise<DiskReader> {
  const header = await readHeader(source);
  const map = new BlockMap(source, header);
  const walk: RunWalk = (start, end) => map.walk(start, end);
  const stored = await map.check();
  const { diskSize, blockSize, imageType } = header;
  const isChild = imageType === IMAGE_TYPE.differencing;
  const warnings: string[] = [];
  if (stored !== header.blocksAllocated) {
    warnings.push(`The header counts ${header.blocksAllocated} allocated blocks, the block map ${stored}.`);
  }
  return {
    format: "vdi",
    subformat: isChild ? "differencing" : imageType === IMAGE_TYPE.static ? "static" : "dynamic",
    virtualSizeBytes: diskSize,
    grainBytes: blockSize,
    backing: isChild ? parentOf(source, header) : null,
    mark: markOf(header.uuidImage, header.uuidLastSnap),
    snapshots: [],
    facts: facts(header),
    warnings,
    allocatedBytes: Math.min(stored * blockSize, diskSize),
    files: [],
    extents(start, length) {
      assertInside(source.name, diskSize, start, length);
      return extentsOf(walk, start, start + length);
    },
    async read(offset, into) {
      assertInside(source.name, diskSize, offset, into.length);
      await readRuns(source, walk, offset, into);
    },
    async close() {},
  };
}

class BlockMap {
  readonly #source: ByteSource;
  readonly #header: VdiHeader;
  readonly #map: PagedBytes;

  constructor(source: ByteSource, header: VdiHeader) {
    this.#source = source;
    this.#header = header;
    this.#map = new PagedBytes(source, MAP_PAGES);
  }

  /**
   * Walks the map: every block must lie inside the file, and no two guest blocks in one place.
   * @returns the number of blocks that are stored
   * @throws AppError disk.damaged, disk.truncated
   */
  async check(): Promise<number> {
    const { blocks, blocksInImage } = this.#header;
    const taken = new Uint8Array(Math.ceil(blocksInImage / 8));
    let stored = 0;
    for (let block = 0; block < blocks; ) {
      const view = await this.#view(block, blocks - block);
      for (let at = 0; at < view.byteLength; at += ENTRY_BYTES, block++) {
        const entry = view.getUint32(at, true);
        if (entry >= ZERO) continue;
        this.#assertPlace(block, entry);
        const [byte, bit] = [Math.floor(entry / 8), 2 ** (entry % 8)];
        const before = taken[byte] ?? 0;
        if (Math.floor(before / bit) % 2 === 1)
          throw this.#damage(block, `place ${entry} is taken by another block already`);
        taken[byte] = before + bit;
        stored++;
      }
    }
    return stored;
  }

  /** As {@link RunWalk}. */
  async walk(start: number, end: number): Promise<readonly Run[]> {
    const { blockSize, blockExtra, offsetData } = this.#header;
    const first = Math.floor(start / blockSize);
    const view = await this.#view(first, Math.ceil(end / blockSize) - first);
    const runs: Run[] = [];
    let at = start;
    for (let i = 0; i < view.byteLength && runs.length < MOST_RUNS; i += ENTRY_BYTES) {
      const block = first + i / ENTRY_BYTES;
      const length = Math.min(end, (block + 1) * blockSize) - at;
      const entry = view.getUint32(i, true);
      if (entry >= ZERO) addRun(runs, at, length, entry === FREE ? "hole" : "zero");
      else {
        this.#assertPlace(block, entry);
        const hostOffset = offsetData + entry * (blockExtra + blockSize) + blockExtra + (at - block * blockSize);
        addRun(runs, at, length, "data", hostOffset);
      }
      at += length;
    }
    return runs;
  }

  #view(block: number, count: number): Promise<DataView> {
    return this.#map.view(this.#entryAt(block), count * ENTRY_BYTES, MAP);
  }

  #entryAt(block: number): number {
    return this.#header.offsetBlocks + block * ENTRY_BYTES;
  }

  #assertPlace(block: number, entry: number): void {
    const { blockSize, blockExtra, offsetData, blocksInImage, diskSize } = this.#header;
    if (entry >= blocksInImage) {
      throw this.#damage(block, `place ${entry} of guest block ${block}; the image has ${blocksInImage} blocks`);
    }
    // The last block of a disk may be stored short.
    const needed = blockExtra + Math.min(blockSize, diskSize - block * blockSize);
    if (offsetData + entry * (blockExtra + blockSize) + needed <= this.#source.sizeBytes) return;
    const words = `place ${entry} of guest block ${block} goes beyond the end of the file`;
    throw problem("disk.truncated", this.#source, MAP, this.#entryAt(block), words);
  }

  #damage(block: number, words: string): Error {
    return problem("disk.damaged", this.#source, MAP, this.#entryAt(block), words);
  }
}

/** The image's UUID and that of its last change: what a child remembers of its parent. */
function markOf(image: Uint8Array, lastChange: Uint8Array): string {
  return `${uuidText(image)}/${uuidText(lastChange)}`;
}

function parentOf(source: ByteSource, { uuidLink, uuidParent }: VdiHeader): BackingRef {
  if (isNil(uuidLink)) {
    const at = headerTable.offsets.uuidLink;
    throw problem("disk.damaged", source, headerTable.name, at, "uuidLink: a differencing image that names no parent");
  }
  const uuid = uuidText(uuidLink);
  // Old versions of VirtualBox did not record the parent's last change.
  const mark = isNil(uuidParent) ? null : markOf(uuidLink, uuidParent);
  return { name: `{${uuid}}.vdi`, format: "vdi", mark, markStart: `${uuid}/` };
}

function facts(header: VdiHeader): Fact[] {
  const fact = (name: string, value: string | number): Fact => ({ group: "VDI header", name, value: String(value) });
  return [
    fact("version", `${Math.floor(header.version / 0x10000)}.${header.version % 0x10000}`),
    fact("imageType", header.imageType),
    fact("imageFlags", `0x${header.imageFlags.toString(16)}`),
    fact("offsetBlocks", header.offsetBlocks),
    fact("offsetData", header.offsetData),
    fact("diskSize", header.diskSize),
    fact("blockSize", header.blockSize),
    fact("blockExtra", header.blockExtra),
    fact("blocksInImage", header.blocksInImage),
    fact("blocksAllocated", header.blocksAllocated),
    fact("uuidImage", uuidText(header.uuidImage)),
    fact("uuidLastSnap", uuidText(header.uuidLastSnap)),
    fact("uuidLink", uuidText(header.uuidLink)),
    fact("uuidParent", uuidText(header.uuidParent)),
  ];
}
