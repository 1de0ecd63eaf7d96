/** Headers, facts, files and chain of one disk; as much as can be told when a parent is missing or refused. */

import { describeDisk } from "../image/disk-summary.ts";
import { openDisk } from "../image/open-disk.ts";
import type { TaskRunner } from "../task.ts";

export const inspect: TaskRunner<"inspect"> = async (spec, ctx) => {
  ctx.started(null);
  const disk = await openDisk(spec.path, { format: spec.format, roots: spec.roots, brokenChain: "tell" });
  try {
    return { kind: "inspect", disk: await describeDisk(disk, ctx.gate) };
  } finally {
    await disk.close();
  }
};
