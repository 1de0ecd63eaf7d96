/** Exports for people: what they would be, what was asked for, what came of them. */
import type { ExportPlan, PlannedExport } from "../../../src-core/contract/exports.ts";
import type { ExportRequest, ExportResult, TimedLimit } from "../../../src-core/model/export.ts";
import { problemText } from "./error-text.ts";
import { durationText, exactSizeText, rateText, sizeText } from "./size.ts";
import { pairs, plainText } from "./table.ts";

type Range = { readonly lowBytes: number; readonly highBytes: number };

/** One block a machine, then the space all of them need and what is wrong with all of them. */
export function planText({ machines, space, problems }: ExportPlan): string[] {
  const blocks = machines.flatMap((machine) => [...plannedText(machine), ""]);
  const free = space.freeBytes === null ? "" : `, ${sizeText(space.freeBytes)} free`;
  return [
    ...blocks,
    plainText(space.folder),
    ...pairs([["Space", `${rangeText(space)} needed${free}`]]),
    ...problems.flatMap(({ severity, error }) => problemText(null, severity, error)),
  ];
}

function plannedText({ machineName, files, disks, estimate, problems }: PlannedExport): string[] {
  const facts = disks.map(({ label, capacityBytes, wanted, obstacle }): [string, string] => {
    const why = obstacle === null ? "left out" : `left out: ${obstacle}`;
    return ["Disk", `${label}, ${sizeText(capacityBytes)}${wanted ? "" : `, ${why}`}`];
  });
  return [
    plainText(machineName),
    ...pairs([
      ...files.map((file): [string, string] => ["File", file]),
      ...facts,
      ["Space", `${rangeText(estimate)} needed`],
    ]),
    ...problems.flatMap(({ severity, error }) => problemText(machineName, severity, error)),
  ];
}

function rangeText({ lowBytes, highBytes }: Range): string {
  return lowBytes === highBytes ? sizeText(highBytes) : `${sizeText(lowBytes)} to ${sizeText(highBytes)}`;
}

/** @param machine its name, where the reader may not know it */
export function exportText(result: ExportResult, machine?: string): string[] {
  const { disks, leftOut, durationMs, resumedFromBytes } = result;
  const capacity = disks.reduce((sum, disk) => sum + disk.capacityBytes, 0);
  const rows: [string, string][] = machine === undefined ? [] : [["Machine", machine]];
  rows.push(["Made", result.output]);
  for (const disk of disks) {
    rows.push(
      ["Disk", `${disk.label}, ${sizeText(disk.capacityBytes)}, ${disk.transport}`],
      ...(disk.path === result.path ? [] : ([["File", disk.path]] as [string, string][])),
      ["Size", `${exactSizeText(disk.fileSizeBytes)}, ${sizeText(disk.writtenBytes)} of guest data`],
      ["SHA-256", disk.sha256],
    );
  }
  for (const { label, reason } of leftOut) rows.push(["Left out", `${label}: ${reason}`]);
  rows.push(["Manifest", result.manifestPath]);
  const rate = rateText((capacity / Math.max(1, durationMs)) * 1000);
  rows.push(["Exported in", `${durationText(durationMs)} (${rate} of virtual disk)`]);
  if (resumedFromBytes !== null) rows.push(["Resumed at", exactSizeText(resumedFromBytes)]);
  return [plainText(result.path), ...pairs(rows)];
}

/** What was asked for, as rows of a run. */
export function exportRequestRows(request: ExportRequest): [string, string][] {
  const { output, folder, diskKeys, quiesce, power, limitsByTime } = request;
  const made = output.kind === "disks" ? `disks as ${output.format}` : output.kind.toUpperCase();
  return [
    ["Source", request.sourceId],
    ["Machine", request.machineId],
    ["Target", `${folder} (${made})`],
    ...(output.kind === "disks" || output.digest === undefined
      ? []
      : ([["Digest", output.digest]] as [string, string][])),
    ...(diskKeys ?? []).map((key): [string, string] => ["Disk", key]),
    ["Quiesce", quiesce],
    ...(power === "leave" ? [] : ([["Power", power]] as [string, string][])),
    ...limitsByTime.map((limit): [string, string] => ["Limit by time", timedLimitText(limit)]),
  ];
}

/** "10.0 MiB/s from 08:00 to 18:00" */
function timedLimitText({ from, to, maxBytesPerSecond }: TimedLimit): string {
  return `${rateText(maxBytesPerSecond)} ${from === to ? "all day" : `from ${from} to ${to}`}`;
}
