/** How much space exports take, from what their sources say of the disks, and whether there is room. */
import type { ExportPlan, ExportProblem, PlannedExport } from "../../src-core/contract/exports.ts";
import { mebibytes, wholeMebibytes } from "../../src-core/job/reason.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { ExportOutput } from "../../src-core/model/export.ts";
import { freeSpace } from "../files/free-space.ts";

type Estimate = PlannedExport["estimate"];

/** What compressed data of machines comes to, likely and at best, where nothing better is known. */
const PACKED = { likely: 0.55, low: 0.15 } as const;
/** A disk whose use nobody tells is likely half full. */
const UNKNOWN_USE = 0.5;
/** Tables and headers, as a share of what they describe. */
const TABLES = 1.01;

/** Of one machine. */
export function exportEstimate(
  disks: readonly Pick<PlannedExport["disks"][number], "capacityBytes" | "usedBytes">[],
  output: ExportOutput,
): Estimate {
  const packed = output.kind !== "disks" || (output.options.compression?.method ?? "none") !== "none";
  const sums = { lowBytes: 0, likelyBytes: 0, highBytes: 0 };
  for (const { capacityBytes, usedBytes } of disks) {
    const used = Math.min(capacityBytes, usedBytes ?? capacityBytes);
    const likely = usedBytes === null ? capacityBytes * UNKNOWN_USE : used;
    sums.lowBytes += Math.floor((usedBytes === null ? 0 : used) * (packed ? PACKED.low : 0.5));
    sums.likelyBytes += Math.ceil(likely * (packed ? PACKED.likely : 1));
    // A thin disk may hold more than the source has counted yet, never more than its size.
    sums.highBytes += Math.ceil(used * TABLES);
  }
  return sums;
}

/** Of all of them on the one file system that they are made on. */
export async function exportSpace(
  folder: string,
  machines: readonly { readonly plan: Pick<PlannedExport, "estimate"> }[],
  output: ExportOutput,
): Promise<{ space: ExportPlan["space"]; problem: ExportProblem | null }> {
  const sum = (bound: keyof Estimate) => machines.reduce((all, { plan }) => all + plan.estimate[bound], 0);
  const [lowBytes, likelyBytes, highBytes] = [sum("lowBytes"), sum("likelyBytes"), sum("highBytes")];
  const freeBytes = await freeSpace(folder);
  const space = { folder, freeBytes, lowBytes, likelyBytes, highBytes };
  if (freeBytes === null || freeBytes >= highBytes) return { space, problem: null };
  const text =
    freeBytes < likelyBytes
      ? `${folder} has ${mebibytes(freeBytes)} free; about ${wholeMebibytes(likelyBytes)} are needed.`
      : `${folder} has ${mebibytes(freeBytes)} free; up to ${wholeMebibytes(highBytes)} may be needed.`;
  const details = { folder, freeBytes, likelyBytes, highBytes };
  const tooLittle = freeBytes < lowBytes || (output.kind === "disks" && freeBytes < likelyBytes / 2);
  const error = new AppError("target.no-space", text, { details }).toData();
  return { space, problem: { severity: tooLittle ? "error" : "warning", error } };
}
