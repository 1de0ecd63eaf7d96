/** Opens a VHD image for reading. */
import type { Fact } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { extentsOf, type RunWalk, readRuns } from "../block-map/runs.ts";
import { assertInside, type DiskReader, storedExtents } from "../format.ts";
import { Blocks } from "./blocks.ts";
import { type FoundFooter, hex, problem, readFooter } from "./footer.ts";
import { type DynamicHeader, readHeader, readParent, uniqueIdText } from "./header.ts";
import { DISK_TYPE, footerTable, SECTOR_BYTES } from "./structures.ts";

/** @throws AppError disk.* naming the structure */
export async function openVhd(source: ByteSource): Promise<DiskReader> {
  const found = await readFooter(source);
  return found.footer.diskType === DISK_TYPE.fixed ? openFixed(source, found) : openDynamic(source, found);
}

function openFixed(source: ByteSource, found: FoundFooter): DiskReader {
  const { virtualSizeBytes, contentEndBytes } = found;
  if (virtualSizeBytes > contentEndBytes) {
    const words = `a disk of ${virtualSizeBytes} bytes; the file holds ${contentEndBytes}`;
    throw problem("disk.truncated", source, footerTable.name, found.atBytes, words);
  }
  return {
    ...common(found),
    subformat: "fixed",
    grainBytes: SECTOR_BYTES,
    backing: null,
    facts: facts(found, null),
    allocatedBytes: source.allocatedBytes === null ? null : Math.min(source.allocatedBytes, virtualSizeBytes),
    extents(start, length) {
      assertInside(source.name, virtualSizeBytes, start, length);
      return storedExtents(source, 0, start, length, "zero");
    },
    async read(offset, into) {
      assertInside(source.name, virtualSizeBytes, offset, into.length);
      await source.read(offset, into);
    },
  };
}

async function openDynamic(source: ByteSource, found: FoundFooter): Promise<DiskReader> {
  const { footer, virtualSizeBytes } = found;
  const dynamic = await readHeader(source, found);
  const blocks = new Blocks(source, found, dynamic);
  const stored = await blocks.check();
  const isChild = footer.diskType === DISK_TYPE.differencing;
  const walk: RunWalk = (start, end) => blocks.walk(start, end);
  return {
    ...common(found),
    subformat: isChild ? "differencing" : "dynamic",
    grainBytes: dynamic.header.blockSize,
    backing: isChild ? await readParent(source, dynamic) : null,
    facts: facts(found, dynamic),
    allocatedBytes: Math.min(stored * dynamic.header.blockSize, virtualSizeBytes),
    extents(start, length) {
      assertInside(source.name, virtualSizeBytes, start, length);
      return extentsOf(walk, start, start + length);
    },
    async read(offset, into) {
      assertInside(source.name, virtualSizeBytes, offset, into.length);
      await readRuns(source, walk, offset, into);
    },
  };
}

/** What all kinds have in common; a parent is recognized by its unique ID. */
function common({ footer, virtualSizeBytes, warnings }: FoundFooter) {
  return {
    format: "vhd",
    virtualSizeBytes,
    mark: uniqueIdText(footer.uniqueId),
    snapshots: [],
    warnings,
    files: [],
    async close() {},
  } as const;
}

/** Seconds from 1970 to the specification's epoch, the beginning of 2000. */
const EPOCH_SECONDS = 946_684_800;

function facts({ footer }: FoundFooter, dynamic: DynamicHeader | null): Fact[] {
  const fact = (group: string, name: string, value: string | number | bigint): Fact => ({
    group,
    name,
    value: String(value),
  });
  const ofFooter = (name: string, value: string | number | bigint): Fact => fact("VHD footer", name, value);
  const all = [
    ofFooter("File Format Version", hex(footer.fileFormatVersion)),
    ofFooter("Features", hex(footer.features)),
    ofFooter("Time Stamp", new Date((EPOCH_SECONDS + footer.timeStamp) * 1000).toISOString()),
    ofFooter("Creator Application", footer.creatorApplication),
    ofFooter("Creator Version", hex(footer.creatorVersion)),
    ofFooter("Creator Host OS", footer.creatorHostOs),
    ofFooter("Original Size", footer.originalSize),
    ofFooter("Current Size", footer.currentSize),
    ofFooter("Disk Geometry", `${footer.cylinders} / ${footer.heads} / ${footer.sectorsPerTrack}`),
    ofFooter("Disk Type", footer.diskType),
    ofFooter("Unique Id", uniqueIdText(footer.uniqueId)),
  ];
  if (dynamic === null) return all;
  const { header } = dynamic;
  return [
    ...all,
    fact("VHD dynamic disk header", "Table Offset", header.tableOffset),
    fact("VHD dynamic disk header", "Max Table Entries", header.maxTableEntries),
    fact("VHD dynamic disk header", "Block Size", header.blockSize),
  ];
}
