/** What an image tells of itself beside its content: header fields by their specified names, snapshots, bitmaps. */
import type { Fact } from "../../../src-core/model/disk.ts";
import type { BitmapRow } from "./bitmaps.ts";
import { isRawDataFile, type Qcow2Header } from "./header.ts";
import type { SnapshotRow } from "./snapshots.ts";
import { AUTOCLEAR, BITMAP } from "./structures.ts";

/** Of more snapshots or bitmaps than this the first are told. */
const MAX_ROWS = 100;

/** @param read the snapshot that is read instead of the active state */
export function factsOf(
  header: Qcow2Header,
  snapshots: readonly SnapshotRow[],
  bitmaps: readonly BitmapRow[],
  read: SnapshotRow | null,
): Fact[] {
  const facts: Fact[] = [];
  let group = "qcow2 header";
  const fact = (name: string, value: string | number | bigint): unknown =>
    facts.push({ group, name, value: String(value) });
  const hex = (bits: bigint): string => `0x${bits.toString(16)}`;
  if (read !== null) fact("snapshot read", `${read.id} (${read.name})`);
  fact("version", header.version);
  fact("cluster_bits", `${header.clusterBits} (${header.clusterBytes} bytes)`);
  fact("l1_size", header.l1Size);
  fact("l1_table_offset", header.l1TableOffset);
  fact("refcount_table_offset", header.refcountTableOffset);
  fact("refcount_table_clusters", header.refcountTableClusters);
  fact("refcount_order", `${header.refcountOrder} (${2 ** header.refcountOrder} bits)`);
  fact("nb_snapshots", header.nbSnapshots);
  fact("incompatible_features", hex(header.incompatibleFeatures));
  fact("compatible_features", hex(header.compatibleFeatures));
  fact("autoclear_features", hex(header.autoclearFeatures));
  fact("header_length", header.headerLength);
  fact("compression_type", header.compression);
  fact("extended L2 entries", header.extendedL2 ? "yes" : "no");
  if (header.dataFileName !== null) {
    fact("external data file", header.dataFileName);
    fact("external data file is raw", isRawDataFile(header) ? "yes" : "no");
  }
  fact("bitmaps", header.bitmaps?.count ?? 0);
  for (const row of snapshots.slice(0, MAX_ROWS)) {
    group = `snapshot ${row.id}`;
    fact("name", row.name);
    fact("disk size", row.layer.virtualSizeBytes);
    fact("vm_state_size", row.vmStateBytes);
    fact("l1_size", row.layer.l1Size);
    fact("l1_table_offset", row.layer.l1AtBytes);
  }
  const consistent = (header.autoclearFeatures & AUTOCLEAR.bitmaps) !== 0n;
  for (const row of bitmaps.slice(0, MAX_ROWS)) {
    group = `bitmap ${row.name}`;
    fact("granularity", row.granularityBytes);
    const words = [
      ...((row.flags & BITMAP.inUse) !== 0n ? ["in use: not saved to its end"] : []),
      ...((row.flags & BITMAP.auto) !== 0n ? ["recording"] : []),
      ...(consistent ? [] : ["stale: the image was written by a program that does not know bitmaps"]),
    ];
    fact("flags", [hex(row.flags), ...words].join(", "));
    fact("bitmap_table_offset", row.tableAtBytes);
    fact("bitmap_table_size", row.tableSize);
  }
  return facts;
}
