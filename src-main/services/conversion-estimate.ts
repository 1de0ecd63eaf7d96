/**
 * How large the file of a conversion gets, from what is known before a byte is read: the allocation of the source.
 * The bounds hold: at least the target's own tables, at most every allocated byte rounded up to the target's grain. Likely is
 * that all data of the source really is data; a source that stores zero runs as data (raw, flat) ends up smaller.
 */
import type { AllocationMap, FormatId } from "../../src-core/model/disk.ts";

export interface SizeEstimate {
  readonly lowBytes: number;
  readonly likelyBytes: number;
  readonly highBytes: number;
}

/** The clusters the qcow2 writer makes. */
const CLUSTER = 65_536;
/** One L2 table or refcount block is a cluster; an entry of theirs is 8 and 2 bytes. */
const L2_ENTRIES = CLUSTER / 8;
const REFCOUNT_ENTRIES = CLUSTER / 2;

/** Space the target takes on its file system. `map` is the source's, chain included. */
export function estimateSize(
  map: Pick<AllocationMap, "virtualSizeBytes" | "totals" | "extentCount">,
  target: FormatId,
) {
  // A VMDK has two tables of four bytes a grain, where QCOW2 has one of eight; it lacks the reference counts.
  if (target === "qcow2" || target === "vmdk") return qcow2Size(map);
  if (target === "vhdx") return vhdxSize(map);
  const block = BLOCKS[target];
  return block === undefined ? sparseSize(map) : blockMapSize(map, block);
}

/** Formats of blocks that stay sparse inside: what one maps, and what lies before its data. */
const BLOCKS: Partial<Record<FormatId, { bytes: number; prefixBytes: number }>> = {
  vhd: { bytes: 2 * 1024 * 1024, prefixBytes: 512 },
  vdi: { bytes: 1024 * 1024, prefixBytes: 0 },
};

/** A table entry for every block, and the data as in a sparse file; blocks need not begin where the file system's do. */
function blockMapSize(
  map: Parameters<typeof estimateSize>[0],
  { bytes, prefixBytes }: { bytes: number; prefixBytes: number },
): SizeEstimate {
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
function sparseSize({ virtualSizeBytes, totals, extentCount }: Parameters<typeof estimateSize>[0]): SizeEstimate {
  const data = totals.dataBytes;
  // A file system allocates in blocks: either end of an extent may touch one more.
  const high = Math.min(virtualSizeBytes, data + extentCount * 2 * 4096);
  return { lowBytes: 0, likelyBytes: data, highBytes: Math.max(data, high) };
}

/** Blocks are holes of the file where nothing was written; headers, metadata and one page of the BAT are always there. */
function vhdxSize(map: Parameters<typeof estimateSize>[0]): SizeEstimate {
  const data = sparseSize(map);
  const blockBytes = Math.max(2 ** 21, 2 ** Math.ceil(Math.log2(map.virtualSizeBytes / 2 ** 20)));
  const batPages = Math.max(1, Math.ceil(((map.virtualSizeBytes / blockBytes) * 8 * (1 + 1 / 64)) / 65_536));
  const tables = 256 * 1024 + batPages * 65_536;
  return {
    lowBytes: data.lowBytes + tables - 65_536,
    likelyBytes: data.likelyBytes + tables,
    highBytes: data.highBytes + tables + 65_536,
  };
}

function qcow2Size({ virtualSizeBytes, totals, extentCount }: Parameters<typeof estimateSize>[0]): SizeEstimate {
  const clusters = (bytes: number) => Math.ceil(bytes / CLUSTER);
  const all = clusters(virtualSizeBytes);
  const likely = Math.min(all, clusters(totals.dataBytes));
  const high = Math.min(all, likely + extentCount * 2);
  const l1 = Math.max(1, clusters(Math.ceil(all / L2_ENTRIES) * 8));
  const file = (data: number, l2: number) => {
    const used = 1 + l1 + l2 + data;
    const refcountBlocks = Math.ceil(used / (REFCOUNT_ENTRIES - 1)) + 1;
    const refcountTable = Math.max(1, clusters(refcountBlocks * 8));
    return (used + refcountBlocks + refcountTable) * CLUSTER;
  };
  const tables = Math.ceil(all / L2_ENTRIES);
  return {
    // Header, L1 table, refcount table and one block.
    lowBytes: (3 + l1) * CLUSTER,
    likelyBytes: file(likely, Math.min(tables, Math.ceil(likely / L2_ENTRIES))),
    highBytes: file(high, Math.min(tables, high)),
  };
}
