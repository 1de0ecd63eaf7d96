/** All that the plan of a conversion asks of the engine, answered by one thread with the disk opened once. */
import { allocationMap } from "../disk/allocation-map.ts";
import { FORMATS, formatById } from "../formats/registry.ts";
import { describeDisk } from "../image/disk-summary.ts";
import { openDisk } from "../image/open-disk.ts";
import { warmLanes } from "../lanes/lane-thread.ts";
import type { TaskRunner } from "../task.ts";

export const survey: TaskRunner<"survey"> = async (spec, ctx) => {
  ctx.started(null);
  // What is planned is done soon, as a rule by this very thread.
  warmLanes(ctx.lanes);
  const { path, format, roots, snapshot = null } = spec;
  const disk = await openDisk(path, { format, roots, brokenChain: "tell", snapshot });
  try {
    const [top] = disk.layers;
    return {
      kind: "survey",
      disk: await describeDisk(disk, ctx.gate),
      map: { path: top.path, ...(await allocationMap(disk.guest, 1, ctx.gate)) },
      formats: FORMATS.map(({ info }) => info),
      companions: spec.targets.flatMap(({ format, name }) => {
        const { info, companions } = formatById(format);
        return info.variants.map(({ id }) => ({
          format,
          subformat: id,
          name,
          files: [...(companions?.(id, name) ?? [])],
        }));
      }),
    };
  } finally {
    await disk.close();
  }
};
