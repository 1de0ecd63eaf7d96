/** Words about a run, from its facts. Pure. */
import type { RunSummary, WorkKind } from "../../../src-core/model/run.ts";
import { formatBytes, formatPercent, formatRate } from "../../format/bytes.ts";
import { formatDuration, formatEta } from "../../format/duration.ts";

/** Share done, 0 to 1; null while unknown. */
export function runShare(progress: RunSummary["progress"]): number | null {
  if (progress === null || progress.totalBytes === 0) return null;
  return Math.min(1, progress.doneBytes / progress.totalBytes);
}

/** "1.2 GiB of 5 GiB (24 %)"; of a check, which counts tables, "24 %". */
export function progressWords(progress: RunSummary["progress"], kind: WorkKind = "convert"): string {
  if (progress === null) return "";
  const { doneBytes, totalBytes } = progress;
  if (kind === "check") return formatPercent(doneBytes, totalBytes);
  return `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)} (${formatPercent(doneBytes, totalBytes)})`;
}

/** Rate and time left, or why there is neither. */
export function paceWords(
  run: Pick<RunSummary, "state" | "progress" | "reason"> & { readonly kind?: WorkKind },
  paused: boolean,
): string {
  if (run.state === "canceling") return "stopping and removing the unfinished file";
  if (run.state === "queued" || run.state === "waiting") return run.reason ?? "waiting for its turn";
  if (paused) return "paused";
  const { progress } = run;
  if (progress === null) return "starting";
  if (run.kind === "check") return progress.eta === null ? "" : formatEta(progress.eta);
  const left = progress.eta === null ? "measuring time left" : formatEta(progress.eta);
  return progress.rateBytesPerSecond === 0 ? "not moving" : `${formatRate(progress.rateBytesPerSecond)} · ${left}`;
}

/** How long a run took, or has taken until `nowMs`. Null before it started. */
export function runDuration(run: Pick<RunSummary, "startedAt" | "endedAt">, nowMs: number): string | null {
  if (run.startedAt === null) return null;
  const endMs = run.endedAt === null ? nowMs : Date.parse(run.endedAt);
  return formatDuration(Math.max(0, endMs - Date.parse(run.startedAt)));
}
