/** Where a disk has data, zeros and holes: exact sums, and a picture of equal slices. One pass over the extents, constant memory. */
import type { AllocationMap, ExtentState, ExtentTotals } from "../../src-core/model/disk.ts";
import { type Extent, mergeExtents } from "../formats/format.ts";
import { gated } from "./hooks.ts";

/** Slices begin on sectors, so that a slice never shows half a sector. */
const SECTOR_BYTES = 512;

const FIELD = { data: "dataBytes", zero: "zeroBytes", hole: "holeBytes" } as const satisfies Record<
  ExtentState,
  keyof ExtentTotals
>;

/** What the sums are made from: any reader, or a chain of them. */
export interface ExtentSource {
  readonly virtualSizeBytes: number;
  extents(start: number, length: number): AsyncIterable<Extent>;
}

/** Sums of all extents of the disk. Their total is the virtual size. */
export async function sumExtents(
  disk: ExtentSource,
  gate: () => Promise<void> = async () => {},
): Promise<ExtentTotals> {
  return sumRange(disk, 0, disk.virtualSizeBytes, gate);
}

/** Sums of the extents of [start, start+length). */
export async function sumRange(
  disk: ExtentSource,
  start: number,
  length: number,
  gate: () => Promise<void> = async () => {},
): Promise<ExtentTotals> {
  const totals = { dataBytes: 0, zeroBytes: 0, holeBytes: 0 };
  if (length === 0) return totals;
  for await (const extent of gated(disk.extents(start, length), gate)) {
    totals[FIELD[extent.state]] += extent.length;
  }
  return totals;
}

/**
 * The picture of a disk in at most `slices` equal slices (the last may be shorter; a disk of fewer sectors has fewer slices).
 * @param slices 1 to 4096
 */
export async function allocationMap(
  disk: ExtentSource,
  slices: number,
  gate: () => Promise<void> = async () => {},
): Promise<Omit<AllocationMap, "path">> {
  const sizeBytes = disk.virtualSizeBytes;
  const sliceBytes = Math.max(1, Math.ceil(sizeBytes / slices / SECTOR_BYTES)) * SECTOR_BYTES;
  const pictures = Array.from({ length: Math.ceil(sizeBytes / sliceBytes) }, (_, index) => ({
    start: index * sliceBytes,
    lengthBytes: Math.min(sliceBytes, sizeBytes - index * sliceBytes),
    dataBytes: 0,
    zeroBytes: 0,
    holeBytes: 0,
  }));
  const totals = { dataBytes: 0, zeroBytes: 0, holeBytes: 0 };
  let extentCount = 0;
  let dataExtentCount = 0;
  if (sizeBytes > 0) {
    for await (const extent of mergeExtents(gated(disk.extents(0, sizeBytes), gate))) {
      const field = FIELD[extent.state];
      extentCount += 1;
      if (extent.state === "data") dataExtentCount += 1;
      totals[field] += extent.length;
      const end = extent.start + extent.length;
      for (let at = extent.start; at < end; ) {
        const picture = pictures[Math.floor(at / sliceBytes)];
        if (picture === undefined) break;
        const stop = Math.min(end, picture.start + picture.lengthBytes);
        picture[field] += stop - at;
        at = stop;
      }
    }
  }
  return { virtualSizeBytes: sizeBytes, totals, extentCount, dataExtentCount, slices: pictures };
}
