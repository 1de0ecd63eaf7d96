/** Fills the disks of a package as an export does: from raw images, by the one copy loop, into the stream-optimized VMDK writer. */
import { copyDisk } from "../../disk/copy.ts";
import { localPreparer } from "../../disk/preparer.ts";
import { profileOf, windowBytesOf } from "../../disk/window.ts";
import type { WriterCheckpoint, WriteSummary } from "../../formats/format.ts";
import { formatById } from "../../formats/registry.ts";
import { begin } from "../../formats/testing/begin.ts";
import { openDisk } from "../../image/open-disk.ts";
import type { PackageWriter } from "../../machine/package-writer.ts";
import { MiB } from "./rig.ts";

export interface CopyPoint {
  readonly point: WriterCheckpoint;
  readonly state: Record<string, unknown>;
}

export const noHooks = { async gate() {}, progress() {} };

/**
 * Writes a disk and completes it.
 * @param resume where an earlier attempt made its last resume point
 * @param stopAfter resume points after which it throws, as if the program had ended
 */
export async function fillDisk(
  writer: PackageWriter,
  key: string,
  rawPath: string,
  resume: WriterCheckpoint | null = null,
  stopAfter: { points: number; seen: CopyPoint[] } | null = null,
): Promise<WriteSummary> {
  const source = await openDisk(rawPath, { format: "raw", roots: ["/"], brokenChain: "refuse" });
  try {
    const target = { ...(await writer.openDisk(key, resume !== null)), name: writer.fileName(key) };
    const options = { subformat: "streamOptimized" };
    const disk = await begin(formatById("vmdk"), target, source.guest, resume, options);
    const profiles = [profileOf(disk, false)];
    const preparer = localPreparer(source.guest, null, profiles);
    try {
      await copyDisk(source.guest, [{ writer: disk, profile: 0, endBytes: source.guest.virtualSizeBytes }], preparer, {
        startBytes: resume?.doneBytes ?? 0,
        doneDataBytes: 0,
        windowBytes: windowBytesOf(profiles),
        hooks: { async gate() {}, async spend() {}, progress() {} },
        now: () => 0,
        checkpointRule: stopAfter === null ? null : { everyBytes: MiB / 4, everyMs: 1 },
        checkpoint([point]) {
          if (stopAfter === null || point === undefined) return;
          stopAfter.seen.push({ point, state: JSON.parse(JSON.stringify(writer.state)) });
          if (stopAfter.seen.length >= stopAfter.points) throw new Error("the program ended");
        },
      });
    } finally {
      await preparer.close();
    }
    const summary = await disk.finish();
    await writer.finishDisk(key, summary, noHooks);
    return summary;
  } finally {
    await source.close();
  }
}
