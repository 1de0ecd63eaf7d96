/**
 * QEMU's copy-on-write images ("QCow2 Image File Format"), versions 2 and 3; written as version 3.
 *
 *   0        header, extensions, backing file name            (one cluster)
 *   …        L1 table ─► L2 tables ─► data clusters           any order, each on a cluster border
 *   …        refcount table ─► refcount blocks                a count for every cluster of the file
 *   …        snapshot table, each snapshot with an L1 table of its own
 *
 * Neighbours: header.ts (checks), mapping.ts (L1, L2), reader.ts, snapshots.ts, writer.ts, structures.ts (bytes).
 */
import type { Format } from "../format.ts";
import { MAGIC } from "./structures.ts";

/** 4 KiB to 2 MiB. Smaller ones can be read; nobody should want to write them. */
const CLUSTER_BYTES = Array.from({ length: 10 }, (_, i) => 4096 * 2 ** i);

export const qcow2: Format = {
  info: {
    id: "qcow2",
    label: "QCOW2 image",
    extensions: ["qcow2", "qcow"],
    can: { read: true, write: true, differencing: true, compressed: true },
    variants: [
      {
        id: "v3",
        label: "QCOW2, version 3",
        blockBytes: { choices: CLUSTER_BYTES, usual: 65_536 },
        sectorBytes: [512],
        compression: [
          { method: "none", levels: null },
          { method: "zlib", levels: { min: 1, max: 9, usual: 6 } },
          { method: "zstd", levels: { min: 1, max: 19, usual: 3 } },
        ],
        preallocation: ["off", "metadata"],
        backing: true,
        sizeUnitBytes: 512,
      },
    ],
  },
  probeBytes: { head: 4, tail: 0 },
  // Also version 1, another format with the same magic: opening it says so, taking it for raw would be wrong.
  probe: (head) =>
    head.length >= 4 && new DataView(head.buffer, head.byteOffset, 4).getUint32(0) === MAGIC ? "yes" : "no",
  open: async (...asked) => (await import("./reader.ts")).openQcow2(...asked),
  create: async (...asked) => (await import("./writer.ts")).createQcow2(...asked),
  async *check(...asked) {
    yield* (await import("./check.ts")).checkQcow2(...asked);
  },
};
