/** An open disk as lanes are told to open it, and when they are worth it. */
import type { FormatId } from "../../src-core/model/disk.ts";
import { type Comparer, localComparer } from "../disk/compare.ts";
import { filesOf, type OpenDisk } from "../image/open-disk.ts";
import { openIdentity } from "../image/open-identity.ts";
import { laneComparer } from "../lanes/lane-comparer.ts";
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
