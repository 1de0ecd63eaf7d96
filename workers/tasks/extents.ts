/** The extents of one disk, a page at a time: neighbours of one state are one extent, however long. */

import { gated } from "../disk/hooks.ts";
import { type Extent, mergeExtents } from "../formats/format.ts";
import { openDisk } from "../image/open-disk.ts";
import type { TaskRunner } from "../task.ts";

export const extents: TaskRunner<"extents"> = async (spec, ctx) => {
  ctx.started(null);
  const disk = await openDisk(spec.path, {
    format: spec.format,
    roots: spec.roots,
    // What a guest would see of a disk without its parent is nothing to be told.
    brokenChain: spec.view === "guest" ? "refuse" : "tell",
    snapshot: spec.snapshot ?? null,
  });
  try {
    const seen = spec.view === "guest" ? disk.guest : disk.layers[0].reader;
    const { virtualSizeBytes } = seen;
    const found: Extent[] = [];
    if (spec.start < virtualSizeBytes) {
      const rest = gated(seen.extents(spec.start, virtualSizeBytes - spec.start), ctx.gate);
      for await (const extent of mergeExtents(rest)) {
        found.push(extent);
        if (found.length === spec.limit) break;
      }
    }
    const last = found.at(-1);
    const end = last === undefined ? virtualSizeBytes : last.start + last.length;
    return { kind: "extents", virtualSizeBytes, extents: found, nextStart: end < virtualSizeBytes ? end : null };
  } finally {
    await disk.close();
  }
};
