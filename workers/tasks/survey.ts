/** All that the plan of a conversion asks of the engine, answered by one thread with the disk opened once. */
import { allocationMap } from "../disk/allocation-map.ts";
import { FORMATS, formatById } from "../formats/registry.ts";
import { describeDisk } from "../image/disk-summary.ts";
import { filesOf, type OpenDisk, openDisk } from "../image/open-disk.ts";
import { warmLanes } from "../lanes/lane-thread.ts";
import type { TaskRunner } from "../task.ts";
import { worthLanes } from "./lane-disk.ts";

/** So much smaller than its data a compressed disk may be. */
const PACKED = 4;

export const survey: TaskRunner<"survey"> = async (spec, ctx) => {
  ctx.started(null);
  const { path, format, roots, snapshot = null } = spec;
  const disk = await openDisk(path, { format, roots, brokenChain: "tell", snapshot });
  try {
    // What is planned is done soon, as a rule by this very thread.
    if (worthLanes(PACKED * storedBytes(disk))) warmLanes(ctx.lanes);
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

function storedBytes(disk: OpenDisk): number {
  return filesOf(disk).reduce((sum, { allocatedBytes, sizeBytes }) => sum + (allocatedBytes ?? sizeBytes), 0);
}
