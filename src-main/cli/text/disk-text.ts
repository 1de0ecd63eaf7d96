/** A disk as `hypersdk info` prints it for people. */
import type { AllocationMap, DiskInfo, ExtentTotals } from "../../../src-core/model/disk.ts";
import { exactSizeText, percentText, sizeText } from "./size.ts";
import { pairs, plainText, table } from "./table.ts";

/** Everything the headers say, in blocks divided by empty lines. */
export function diskText(disk: DiskInfo): string[] {
  const summary: [string, string][] = [
    ["Format", [...new Set([disk.format, disk.subformat])].join(", ")],
    ["Virtual size", exactSizeText(disk.virtualSizeBytes)],
    ["Size of files", exactSizeText(disk.fileSizeBytes)],
    ["Allocated", exactSizeText(disk.allocatedBytes)],
    ["Grain", exactSizeText(disk.grainBytes)],
  ];
  if (disk.backing !== null) {
    const { name, path, problem } = disk.backing;
    summary.push(["Parent", problem === null ? (path ?? name) : `${name} (${problem})`]);
  }
  const lines = [plainText(disk.path), ...pairs(summary)];
  for (const warning of disk.warnings) lines.push(`  Warning: ${plainText(warning)}`);

  if (disk.chain.length > 0) {
    const rows = disk.chain.map((layer) => [layer.format, sizeText(layer.virtualSizeBytes), layer.path]);
    lines.push("", ...table([{ title: "CHAIN" }, { title: "SIZE", align: "right" }, { title: "PATH" }], rows));
  }
  if (disk.snapshots.length > 0) {
    const rows = disk.snapshots.map(({ id, name, createdAt }) => [id, name, createdAt ?? ""]);
    lines.push("", ...table([{ title: "SNAPSHOT" }, { title: "NAME" }, { title: "CREATED" }], rows));
  }
  if (disk.files.length > 0) {
    const columns = [
      { title: "FILE" },
      { title: "SIZE", align: "right" },
      { title: "ALLOCATED", align: "right" },
      { title: "PATH" },
    ] as const;
    const rows = disk.files.map((file) => [
      file.role,
      sizeText(file.sizeBytes),
      sizeText(file.allocatedBytes),
      file.path,
    ]);
    lines.push("", ...table(columns, rows));
  }
  for (const group of new Set(disk.facts.map((fact) => fact.group))) {
    const facts = disk.facts.filter((fact) => fact.group === group);
    lines.push("", plainText(group), ...pairs(facts.map(({ name, value }) => [name, value] as const)));
  }
  return lines;
}

/** One character a slice: what lies in it. */
function sliceSign({ dataBytes, zeroBytes, holeBytes }: ExtentTotals): string {
  if (dataBytes > 0) return zeroBytes + holeBytes > 0 ? "+" : "#";
  return zeroBytes > 0 ? "0" : ".";
}

/** The allocation as one line of signs. */
export function mapText(map: AllocationMap): string[] {
  return [`[${map.slices.map(sliceSign).join("")}]`, "  # data   + data and empty   0 zero   . hole"];
}

/** The exact sums, and how much the data is scattered over the disk. */
export function allocationText(map: AllocationMap): string[] {
  const { totals, extentCount, dataExtentCount } = map;
  const share = (bytes: number) => `${exactSizeText(bytes)}, ${percentText(bytes, map.virtualSizeBytes)}`;
  const average = dataExtentCount === 0 ? "" : `, ${sizeText(totals.dataBytes / dataExtentCount)} on average`;
  return pairs([
    ["Data", share(totals.dataBytes)],
    ["Zero", share(totals.zeroBytes)],
    ["Hole", share(totals.holeBytes)],
    ["Extents", String(extentCount)],
    ["Fragmentation", `${dataExtentCount} ${dataExtentCount === 1 ? "run" : "runs"} of data${average}`],
  ]);
}
