/** An open disk as lanes are told to open it, when they are worth it, and who prepares or compares its windows. */
import type { FormatId } from "../../src-core/model/disk.ts";
import type { Layer } from "../disk/chain.ts";
import { type Comparer, localComparer } from "../disk/compare.ts";
import { localPreparer, type Preparer } from "../disk/preparer.ts";
import type { Profile } from "../disk/window.ts";
import { filesOf, type OpenDisk } from "../image/open-disk.ts";
import { openIdentity } from "../image/open-identity.ts";
import { laneComparer } from "../lanes/lane-comparer.ts";
import { lanePreparer } from "../lanes/lane-preparer.ts";
import type { LaneAccess } from "../lanes/lane-thread.ts";
import type { LaneDisk } from "../lanes/messages.ts";
import type { TaskContext } from "../task.ts";

/** Starting lanes takes about as long as copying this much. */
const WORTH_BYTES = 64 * 1024 * 1024;

/** Whether so many bytes of data are done sooner with the help of lanes. */
export function worthLanes(dataBytes: number): boolean {
  return dataBytes >= WORTH_BYTES;
}

export function laneDisk(
  disk: OpenDisk,
  roots: readonly string[],
  asked: { readonly format?: FormatId | undefined; readonly snapshot?: string | undefined } = {},
): LaneDisk {
  return {
    path: disk.layers[0].path,
    format: asked.format,
    snapshot: asked.snapshot ?? null,
    roots,
    identity: openIdentity(filesOf(disk)),
  };
}

/**
 * Who prepares what only this thread can read (over a connection, from a pipe): lanes compress what it reads, where there are any and
 * something is compressed.
 * @param sizeBytes of the disk, as far as is known
 * @param most lanes, where several disks share them
 */
export function feedingPreparer(
  reader: Pick<Layer, "read">,
  profiles: readonly Profile[],
  sizeBytes: number,
  lanes: LaneAccess | null,
  most?: number,
): Preparer {
  const compresses = profiles.some(({ encoding }) => encoding !== null);
  if (lanes === null || !compresses || !worthLanes(sizeBytes)) return localPreparer(reader, null, profiles);
  const work = { kind: "prepare", disk: null, parent: null, profiles, targets: [] } as const;
  const limit = most === undefined ? {} : { most };
  return lanePreparer(lanes, work, { reader, parent: null, behind: null, feeds: true, ...limit });
}

interface Compared {
  readonly disk: OpenDisk;
  /** The disk as lanes are told of it; asked only when there are some. */
  told(): LaneDisk;
}

/**
 * Who compares so many bytes of two disks: lanes where there are any and it is worth it, else this thread.
 * @param takesPart false: beside lanes the calling thread has other work just now
 */
export function comparerFor(
  ctx: TaskContext,
  a: Compared,
  b: Compared,
  takesPart = () => true,
): (totalBytes: number) => Comparer {
  return (totalBytes) => {
    const own = localComparer(a.disk.guest, b.disk.guest);
    if (ctx.lanes === null || !worthLanes(totalBytes)) return own;
    return laneComparer(ctx.lanes, { kind: "compare", a: a.told(), b: b.told() }, own, takesPart);
  };
}
