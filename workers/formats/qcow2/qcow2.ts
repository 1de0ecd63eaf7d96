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
import { type Format, PLAIN_VARIANT } from "../format.ts";
import { openQcow2 } from "./reader.ts";
import { MAGIC } from "./structures.ts";
import { createQcow2 } from "./writer.ts";

export const qcow2: Format = {
  info: {
    id: "qcow2",
    label: "QCOW2 image",
    extensions: ["qcow2", "qcow"],
    can: { read: true, write: true, differencing: true, compressed: true },
    variants: [{ ...PLAIN_VARIANT, id: "v3", label: "QCOW2, version 3" }],
  },
  probeBytes: { head: 4, tail: 0 },
  // Also version 1, another format with the same magic: opening it says so, taking it for raw would be wrong.
  probe: (head) =>
    head.length >= 4 && new DataView(head.buffer, head.byteOffset, 4).getUint32(0) === MAGIC ? "yes" : "no",
  open: (source) => openQcow2(source),
  create: createQcow2,
};
