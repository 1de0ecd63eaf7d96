/** Machines of sources, for people. */
import type { MachineDetail } from "../../../src-core/model/inventory.ts";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import { sizeText } from "./size.ts";
import { pairs, plainText, table } from "./table.ts";

const size = (bytes: number | null) => (bytes === null ? "" : sizeText(bytes));

export function machinesText(
  machines: readonly MachineRow[],
  total: number,
  sourceName: (id: string) => string,
): string[] {
  if (total === 0) return ["No machines."];
  const columns = [
    { title: "NAME" },
    { title: "POWER" },
    { title: "GUEST" },
    { title: "CPUS", align: "right" },
    { title: "MEMORY", align: "right" },
    { title: "DISKS", align: "right" },
    { title: "PROVISIONED", align: "right" },
    { title: "SNAPSHOTS", align: "right" },
    { title: "SOURCE" },
  ] as const;
  const lines = table(
    columns,
    machines.map((machine) => [
      machine.name,
      machine.power,
      machine.os ?? "",
      machine.cpus === null ? "" : String(machine.cpus),
      size(machine.memoryBytes),
      String(machine.diskCount),
      size(machine.provisionedBytes),
      String(machine.snapshotCount),
      sourceName(machine.sourceId),
    ]),
  );
  return total > machines.length ? [...lines, `… ${total - machines.length} more; see --limit`] : lines;
}

export function machineText(machine: MachineDetail): string[] {
  const facts: [string, string][] = [
    ["Path", machine.path],
    ["Power", machine.power],
    ["Guest", machine.os ?? "not known"],
    ["CPUs", machine.cpus === null ? "not known" : String(machine.cpus)],
    ["Memory", size(machine.memoryBytes) || "not known"],
    [
      "Firmware",
      `${machine.firmware}${machine.secureBoot === true ? ", secure boot" : ""}${machine.tpm === true ? ", TPM" : ""}`,
    ],
    ["Agent", machine.agent],
    ["Id", machine.id],
  ];
  if (machine.notes !== "") facts.push(["Notes", machine.notes.split("\n")[0] ?? ""]);
  const lines = [plainText(machine.name), ...pairs(facts)];
  if (machine.disks.length > 0) lines.push("Disks");
  for (const disk of machine.disks) {
    const facts = [size(disk.capacityBytes), disk.controller, disk.mode === "persistent" ? null : disk.mode];
    lines.push(`  ${disk.label}  ${facts.filter((fact) => fact !== null).join(", ")}`);
    for (const { path } of disk.chain) lines.push(`    ${path}`);
  }
  if (machine.nics.length > 0) lines.push("Network");
  for (const nic of machine.nics) {
    const facts = [nic.mac, nic.network, nic.model, nic.connected ? null : "not connected"];
    lines.push(`  ${nic.label}  ${facts.filter((fact) => fact !== null).join(", ")}`);
  }
  if (machine.snapshots.length > 0) lines.push("Snapshots");
  for (const one of machine.snapshots) {
    lines.push(`  ${one.name}${one.createdAt === null ? "" : `  ${one.createdAt}`}${one.current ? "  (current)" : ""}`);
  }
  if (machine.obstacles.length > 0) lines.push("Before an export");
  for (const { severity, message, remedy } of machine.obstacles) {
    lines.push(`  ${severity === "blocking" ? "blocked" : "note"}: ${message}`, `    ${remedy}`);
  }
  return lines.map(plainText);
}
