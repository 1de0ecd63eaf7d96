/** Is there room for what a conversion makes? Targets on one file system share what is free there. */
import { dirname } from "node:path";
import type { ConvertPlan, PlannedTarget } from "../../src-core/contract/runs.ts";
import { mebibytes, wholeMebibytes } from "../../src-core/job/reason.ts";
import type { DiskInfo } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import { fileSystemOf, freeSpace } from "../files/free-space.ts";

type Space = ConvertPlan["space"][number];

/** What the targets need on each file system, and what is free there. */
export async function spaceFor(targets: readonly Pick<PlannedTarget, "path" | "estimate">[]): Promise<Space[]> {
  const spaces = new Map<string, Space>();
  for (const { path, estimate } of targets) {
    const folder = dirname(path);
    const key = (await fileSystemOf(folder)) ?? `unknown ${folder}`;
    const known = spaces.get(key) ?? { folder, freeBytes: await freeSpace(folder), ...NOTHING };
    spaces.set(key, {
      ...known,
      lowBytes: known.lowBytes + estimate.lowBytes,
      likelyBytes: known.likelyBytes + estimate.likelyBytes,
      highBytes: known.highBytes + estimate.highBytes,
    });
  }
  return [...spaces.values()];
}

const NOTHING = { lowBytes: 0, likelyBytes: 0, highBytes: 0 };

/**
 * Too little space for what is likely needed is an error, unless the source may store zero runs as data (raw and flat images) or
 * the target is compressed: then the result can be much smaller, and it is a warning. So is too little for the worst case.
 */
export function spaceProblem(
  { folder, freeBytes, lowBytes, likelyBytes, highBytes }: Space,
  disk: Pick<DiskInfo, "format" | "subformat">,
  compressed: boolean,
): ConvertPlan["problems"][number] | null {
  if (freeBytes === null || freeBytes >= highBytes) return null;
  const certain = freeBytes < lowBytes;
  const likely = freeBytes < likelyBytes;
  const mayShrink = compressed || disk.format === "raw" || /flat/i.test(disk.subformat);
  const text = likely
    ? `${folder} has ${mebibytes(freeBytes)} free; about ${wholeMebibytes(likelyBytes)} are needed.`
    : `${folder} has ${mebibytes(freeBytes)} free; up to ${wholeMebibytes(highBytes)} may be needed.`;
  const details = { folder, freeBytes, likelyBytes, highBytes };
  return {
    severity: certain || (likely && !mayShrink) ? "error" : "warning",
    target: null,
    error: new AppError("target.no-space", text, { details }).toData(),
  };
}
