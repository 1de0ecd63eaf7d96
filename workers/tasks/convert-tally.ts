/** How far a conversion is, and of what: data looked at where its sum is known beforehand, the way through the disk where it is not. */
import type { ExtentTotals } from "../../src-core/model/disk.ts";
import { sumRange } from "../disk/allocation-map.ts";
import type { Layer } from "../disk/chain.ts";
import type { CopySource } from "../disk/copy.ts";
import type { PipedDisk } from "../disk/piped-disk.ts";
import type { TaskContext } from "../task.ts";

export interface Tally {
  /** Data bytes an earlier attempt has done. */
  readonly doneDataBytes: number;
  /** Data bytes of the whole disk; null = nobody knows. */
  readonly dataBytes: number | null;
  /** What progress counts up to. */
  readonly totalBytes: number;
  /** What progress is at, once so many data bytes are copied. */
  doneBytes(copiedDataBytes: number): number;
  /** The sums of the source's extents; of a pipe, once all of it came. */
  totals(): ExtentTotals;
}

/** Sums the extents of a disk that can be walked again: of all of it, and of the part an earlier attempt has done. */
export async function measured(
  source: CopySource & Pick<Layer, "virtualSizeBytes">,
  startBytes: number,
  ctx: Pick<TaskContext, "gate">,
): Promise<Tally> {
  const before = await sumRange(source, 0, startBytes, ctx.gate);
  const rest = await sumRange(source, startBytes, source.virtualSizeBytes - startBytes, ctx.gate);
  const all = {
    dataBytes: before.dataBytes + rest.dataBytes,
    zeroBytes: before.zeroBytes + rest.zeroBytes,
    holeBytes: before.holeBytes + rest.holeBytes,
  };
  return {
    doneDataBytes: before.dataBytes,
    dataBytes: all.dataBytes,
    totalBytes: all.dataBytes,
    doneBytes: (copied) => copied,
    totals: () => all,
  };
}

/** Of a pipe only the disk's size is known: progress is how far into the disk it has come, holes included. */
export function onTheWay(disk: PipedDisk): Tally {
  return {
    doneDataBytes: 0,
    dataBytes: null,
    totalBytes: disk.virtualSizeBytes,
    doneBytes: () => disk.walkedBytes,
    totals: () => disk.totals,
  };
}
