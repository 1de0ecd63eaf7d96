/**
 * How much space the files of a conversion take, from what is known before a byte is read: the allocation of the source.
 * The bounds hold: at least the target's own tables, at most every allocated byte rounded up to the target's grain. Likely is
 * that all data of the source really is data, and that it packs as it did in a packed source, else to a usual share.
 */
import type { SizeEstimate } from "../../src-core/contract/runs.ts";
import type { AllocationMap, FormatId } from "../../src-core/model/disk.ts";
import type { ResolvedTarget } from "../../src-core/model/resolve-target.ts";

/** The allocation of the source as its guest sees it. */
export type SourceMap = Pick<AllocationMap, "virtualSizeBytes" | "totals" | "extentCount">;

/** What the size depends on. */
export interface TargetShape {
  readonly format: FormatId;
  /** Null: as the format's specification has it. */
  readonly blockBytes: number | null;
  readonly compression: ResolvedTarget["compression"]["method"];
  readonly preallocation: ResolvedTarget["preallocation"];
}

/** What compressed data of machines comes to where nothing better is known. */
const USUAL_SHARE = { none: 1, zlib: 0.55, zstd: 0.5 } as const;

/**
 * Space the target takes on its file system.
 * @param packedShare what the source's data takes in the source, 0 to 1, where it is compressed there; null where it is not
 */
export function estimateSize(map: SourceMap, shape: TargetShape, packedShare: number | null = null): SizeEstimate {
  const share = shape.compression === "none" ? 1 : Math.min(1, packedShare ?? USUAL_SHARE[shape.compression]);
  if (shape.format === "qcow2") return qcow2Size(map, shape, share);
  if (shape.format === "vhdx") return vhdxSize(map, shape.blockBytes);
  if (shape.format === "vmdk") return vmdkSize(map, shape, share);
  const block = BLOCKS[shape.format];
  if (block === undefined) return sparseSize(map);
  return blockMapSize(map, { ...block, bytes: shape.blockBytes ?? block.bytes });
}

/** Formats of blocks that stay sparse inside: what one maps, and what lies before its data. */
const BLOCKS: Partial<Record<FormatId, { bytes: number; prefixBytes: number }>> = {
  vhd: { bytes: 2 * 1024 * 1024, prefixBytes: 512 },
  vdi: { bytes: 1024 * 1024, prefixBytes: 0 },
};

/** A table entry for every block, and the data as in a sparse file; blocks need not begin where the file system's do. */
function blockMapSize(map: SourceMap, { bytes, prefixBytes }: { bytes: number; prefixBytes: number }): SizeEstimate {
  const blocks = Math.ceil(map.virtualSizeBytes / bytes);
  const table = blocks * 4;
  const { likelyBytes, highBytes } = sparseSize(map);
  const likelyBlocks = Math.min(blocks, Math.ceil(map.totals.dataBytes / bytes));
  const highBlocks = Math.min(blocks, likelyBlocks + map.extentCount * 2);
  return {
    lowBytes: table,
    likelyBytes: likelyBytes + table + likelyBlocks * prefixBytes,
    // Headers and the table's ends touch four blocks of the file system.
    highBytes: highBytes + table + 4 * 4096 + (prefixBytes > 0 ? highBlocks * 2 * 4096 : 0),
  };
}

/** raw (and whatever keeps guest offsets): holes of the file take no space. */
function sparseSize({ virtualSizeBytes, totals, extentCount }: SourceMap): SizeEstimate {
  const data = totals.dataBytes;
  // A file system allocates in blocks: either end of an extent may touch one more.
  const high = Math.min(virtualSizeBytes, data + extentCount * 2 * 4096);
  return { lowBytes: 0, likelyBytes: data, highBytes: Math.max(data, high) };
}

/** Blocks are holes of the file where nothing was written; headers, metadata and one page of the BAT are always there. */
function vhdxSize(map: SourceMap, chosenBlock: number | null): SizeEstimate {
  const data = sparseSize(map);
  const blockBytes = chosenBlock ?? Math.max(2 ** 21, 2 ** Math.ceil(Math.log2(map.virtualSizeBytes / 2 ** 20)));
  const batPages = Math.max(1, Math.ceil(((map.virtualSizeBytes / blockBytes) * 8 * (1 + 1 / 64)) / 65_536));
  const tables = 256 * 1024 + batPages * 65_536;
  return {
    lowBytes: data.lowBytes + Math.min(tables, 256 * 1024),
    likelyBytes: data.likelyBytes + tables,
    highBytes: data.highBytes + tables + 65_536,
  };
}

/** Grains of 64 KiB, a table of 512 entries for each 32 MiB, both twice; flat ones are a file of the disk's own bytes. */
function vmdkSize(map: SourceMap, { blockBytes, compression }: TargetShape, share: number): SizeEstimate {
  const grain = blockBytes ?? 65_536;
  const grains = Math.ceil(map.virtualSizeBytes / grain);
  const likely = Math.min(grains, Math.ceil(map.totals.dataBytes / grain));
  const high = Math.min(grains, likely + map.extentCount * 2);
  const tables = 2 * Math.ceil(grains / 512) * 2048 + 65_536;
  // A stored grain begins on a sector, behind a marker.
  const each = compression === "none" ? 0 : 512;
  return {
    lowBytes: 512,
    likelyBytes: Math.ceil(map.totals.dataBytes * share) + likely * each + tables,
    highBytes: high * (grain + each) + tables,
  };
}

function qcow2Size(
  map: SourceMap,
  { blockBytes, preallocation, compression }: TargetShape,
  share: number,
): SizeEstimate {
  const { virtualSizeBytes, totals, extentCount } = map;
  const cluster = blockBytes ?? 65_536;
  // An entry of an L2 table has 8 bytes, one of a refcount block 2.
  const l2Entries = cluster / 8;
  const refcountEntries = cluster / 2;
  const clusters = (bytes: number) => Math.ceil(bytes / cluster);
  const all = clusters(virtualSizeBytes);
  const likely = Math.min(all, clusters(totals.dataBytes));
  const high = Math.min(all, likely + extentCount * 2);
  const l1 = Math.max(1, clusters(Math.ceil(all / l2Entries) * 8));
  const file = (data: number, l2: number) => {
    const used = 1 + l1 + l2 + data;
    const refcountBlocks = Math.ceil(used / (refcountEntries - 1)) + 1;
    const refcountTable = Math.max(1, clusters(refcountBlocks * 8));
    return (used + refcountBlocks + refcountTable) * cluster;
  };
  const tables = Math.ceil(all / l2Entries);
  const made = preallocation === "metadata" ? tables : 0;
  return {
    // Header, L1 table, refcount table and one block.
    lowBytes: (3 + l1 + made) * cluster,
    likelyBytes: file(
      compression === "none" ? likely : Math.ceil(likely * share),
      Math.max(made, Math.min(tables, Math.ceil(likely / l2Entries))),
    ),
    highBytes: file(high, Math.max(made, Math.min(tables, high))),
  };
}
