/**
 * VMware virtual disks ("Virtual Disk Format 5.0"): one file, or a descriptor with the extent files it names.
 *
 *   monolithicSparse, streamOptimized   one sparse extent with the descriptor inside it
 *   twoGbMaxExtentSparse                descriptor + sparse extents           ┐
 *   twoGbMaxExtentFlat, monolithicFlat  descriptor + flat extents             │ parts in order make the disk
 *   vmfs                                descriptor + one flat extent (ESXi)   │
 *   vmfsSparse, seSparse                descriptor + one sparse extent (ESXi) ┘
 *
 * Reading: recognize.ts (what it begins with), reader.ts, descriptor.ts (text), extent-kind.ts, sparse-header.ts, cowd.ts, se-sparse.ts (what says where grains are), grain-map.ts (tables),
 * sparse-extent.ts (grains), parts.ts (the disk), stream-reader.ts (from a pipe), check.ts. Writing: variants.ts, sparse-writer.ts,
 * stream-writer.ts, flat-writer.ts, descriptor-text.ts.
 */
import type { Format } from "../format.ts";
import { extentTypeOf, HEAD_BYTES, looksLikeDescriptor } from "./recognize.ts";
import { FLAT_VARIANTS, flatNameOf, VARIANTS } from "./variants.ts";

export const vmdk: Format = {
  info: {
    id: "vmdk",
    label: "VMDK image",
    extensions: ["vmdk"],
    can: { read: true, write: true, differencing: true, compressed: true },
    variants: VARIANTS,
  },
  probeBytes: { head: HEAD_BYTES, tail: 0 },
  probe: (head) => (extentTypeOf(head) !== null || looksLikeDescriptor(head) ? "yes" : "no"),
  open: async (...asked) => (await import("./reader.ts")).openVmdk(...asked),
  openStream: async (source) => (await import("./stream-reader.ts")).openStream(source),
  async create(target, plan, context) {
    if (FLAT_VARIANTS.has(plan.subformat)) return (await import("./flat-writer.ts")).createFlat(target, plan, context);
    if (plan.subformat !== "streamOptimized") {
      return (await import("./sparse-writer.ts")).createSparse(target, plan, context);
    }
    return (await import("./stream-writer.ts")).createStream(target, plan, context);
  },
  companions: (subformat, name) => (FLAT_VARIANTS.has(subformat) ? [flatNameOf(name)] : []),
  async *check(...asked) {
    yield* (await import("./check.ts")).checkVmdk(...asked);
  },
};
