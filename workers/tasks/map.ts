/** The allocation picture of one disk: its own layer, where a hole is what it leaves to its parent, or the disk as its guest sees it. */
import { allocationMap } from "../disk/allocation-map.ts";
import { openDisk } from "../image/open-disk.ts";
import type { TaskRunner } from "../task.ts";

export const map: TaskRunner<"map"> = async (spec, ctx) => {
  ctx.started(null);
  const disk = await openDisk(spec.path, {
    format: spec.format,
    roots: spec.roots,
    brokenChain: "tell",
    snapshot: spec.snapshot ?? null,
  });
  try {
    const [top] = disk.layers;
    const seen = spec.view === "guest" ? disk.guest : top.reader;
    return { kind: "map", map: { path: top.path, ...(await allocationMap(seen, spec.slices, ctx.gate)) } };
  } finally {
    await disk.close();
  }
};
