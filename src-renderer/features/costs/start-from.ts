/** From something real to the fields of the form: what is known of it, and what had to be assumed, in sentences. */
import type { ExportSize } from "../../../src-core/model/export-size.ts";
import type { LibraryItem } from "../../../src-core/model/library.ts";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import { formatBytes } from "../../format/bytes.ts";
import { baseName } from "../../format/path.ts";
import type { Assumption, CostForm } from "../../ui-state/cost-plan.ts";
import { SIZE_LIMITS } from "./cost-form.ts";

export type StartFields = Partial<CostForm> & Pick<CostForm, "name" | "assumed" | "kind">;

const USUAL = { changePercent: 2, keepAll: false, daily: 7, weekly: 4, monthly: 12, yearly: 0, fullEveryDays: 0 };
const { changePercent, fullEveryDays: _full, ...KEPT } = USUAL;

const CHANGE: Assumption = {
  text: `How much changes each day is not known: ${changePercent} % of the size is assumed.`,
  while: { changePercent },
};
const RETENTION: Assumption = {
  text: `How long restore points are kept is not known: ${KEPT.daily} daily, ${KEPT.weekly} weekly and ${KEPT.monthly} monthly are assumed.`,
  while: KEPT,
};

function start(name: string, bytes: number, ofSize: string, more: readonly Assumption[] = []): StartFields {
  const sizeBytes = Math.min(SIZE_LIMITS.max, Math.max(SIZE_LIMITS.min, Math.round(bytes)));
  const size = [
    ofSize,
    ...(sizeBytes > bytes ? [`It is ${formatBytes(bytes)}; the plan is for ${formatBytes(sizeBytes)}.`] : []),
    "No compression is assumed.",
  ];
  return {
    kind: "job",
    name,
    diskPath: "",
    sizeBytes,
    ...USUAL,
    assumed: [...size.map((text) => ({ text, while: { sizeBytes } })), ...more, CHANGE, RETENTION],
  };
}

/** A disk of the library: what its file has allocated is what a backup would store. Null where it could not be read. */
export function fromDisk(path: string, items: readonly LibraryItem[]): StartFields | null {
  const disk = items.flatMap(({ disks }) => disks).find((each) => each.path === path);
  if (!disk?.summary) return null;
  const { allocatedBytes, virtualSizeBytes } = disk.summary;
  const fields = start(
    disk.name || baseName(path),
    allocatedBytes,
    `The size is what the disk has allocated, ${formatBytes(allocatedBytes)} of ${formatBytes(virtualSizeBytes)}.`,
  );
  return { ...fields, diskPath: path };
}

/** The size that a sample of the disk has shown, in place of what was assumed of it. */
export function withMeasured(form: CostForm, { size, target, state }: ExportSize): Partial<CostForm> {
  const sizeBytes = Math.min(SIZE_LIMITS.max, Math.max(SIZE_LIMITS.min, size.likelyBytes));
  const how = `${target.format}, ${target.compression}${target.level === null ? "" : ` ${target.level}`}`;
  const range = `${formatBytes(size.lowBytes)} to ${formatBytes(size.highBytes)}`;
  const sure = state === "exact" ? "All of it was compressed" : "A sample of it was compressed";
  const text = `${sure}: ${formatBytes(size.likelyBytes)} as ${how}, with 95 % confidence ${range}.`;
  return {
    sizeBytes,
    assumed: [
      { text, while: { sizeBytes } },
      ...(sizeBytes > size.likelyBytes
        ? [{ text: `The plan is for ${formatBytes(sizeBytes)}, the least there is.`, while: { sizeBytes } }]
        : []),
      ...form.assumed.filter((each) => !("sizeBytes" in each.while)),
    ],
  };
}

/** A machine of the library: all its disks that could be read. Null where none could. */
export function fromLibraryMachine({ name, disks }: LibraryItem): StartFields | null {
  const read = disks.flatMap(({ summary }) => (summary === null ? [] : [summary]));
  if (read.length === 0) return null;
  const bytes = read.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0);
  const which = read.length === disks.length ? "its disks have" : `${read.length} of its ${disks.length} disks have`;
  return start(name, bytes, `The size is what ${which} allocated, ${formatBytes(bytes)}.`);
}

/** A machine of a source. Null where neither what it uses nor what it was given is known. */
export function fromMachine({ name, usedBytes, provisionedBytes }: MachineRow): StartFields | null {
  if (usedBytes !== null) {
    return start(name, usedBytes, `The size is what the machine uses on its datastores, ${formatBytes(usedBytes)}.`);
  }
  if (provisionedBytes === null) return null;
  return start(
    name,
    provisionedBytes,
    `What the machine uses is not known: the size is all that it was given, ${formatBytes(provisionedBytes)}.`,
  );
}

/** Machines of a schedule together, and the days from run to run where its clock tells them. */
export function fromSchedule(
  schedule: { name: string },
  machines: readonly MachineRow[],
  everyDays: number | null,
): StartFields | null {
  const sizes = machines.map(({ usedBytes, provisionedBytes }) => usedBytes ?? provisionedBytes);
  const known = sizes.filter((size): size is number => size !== null);
  if (known.length === 0) return null;
  const bytes = known.reduce((sum, size) => sum + size, 0);
  const of = known.length === machines.length ? `${machines.length}` : `${known.length} of ${machines.length}`;
  const often =
    everyDays === null
      ? "How often it runs is not told by its clock alone: once a day is assumed."
      : `It runs every ${everyDays === 1 ? "day" : `${everyDays} days`}.`;
  const fields = start(schedule.name, bytes, `The size is what ${of} of its machines use, ${formatBytes(bytes)}.`, [
    { text: often, while: { everyDays: everyDays ?? 1 } },
  ]);
  return { ...fields, everyDays: everyDays ?? 1 };
}
