/** A machine that was found in a folder, as the inventory shows it. */
import { basename, dirname, extname } from "node:path";
import type { GuestFamily, Machine, MachineDetail, MachineDisk, Obstacle } from "../../../src-core/model/inventory.ts";
import { clip, clipLines, INVENTORY_COUNT, INVENTORY_TEXT } from "../../../src-core/model/inventory-limits.ts";
import type { FoundDisk, FoundMachine } from "../../machine/machine-reader.ts";

/** Path of the description; the systems of one OVF are told apart by a number. */
export function machineId(path: string, part: number): string {
  return part === 0 ? path : `${path}#${part + 1}`;
}

/** Path and part of an id; the whole id as path comes first, for a file may be called like that. */
export function machinePlaces(id: string): { path: string; part: number }[] {
  const numbered = /^(.+)#([1-9]\d{0,3})$/s.exec(id);
  const whole = { path: id, part: 0 };
  return numbered === null ? [whole] : [whole, { path: numbered[1] ?? id, part: Number(numbered[2]) - 1 }];
}

/** Null for a path that is too long to be an id. */
export function machineRow(found: FoundMachine): Machine | null {
  const id = machineId(found.path, found.part);
  if (id.length > INVENTORY_TEXT.id) return null;
  const { machine, disks } = found;
  const name = machine?.name ?? basename(found.path, extname(found.path));
  const folders = [
    ...new Set(disks.flatMap(({ path, summary }) => (summary === null ? [] : [basename(dirname(path))]))),
  ];
  return {
    id,
    parentId: dirname(found.path),
    hostId: null,
    name: clip(name, INVENTORY_TEXT.name),
    path: clip(found.path, INVENTORY_TEXT.path),
    power: machine?.hardware?.suspended === true ? "suspended" : "off",
    os: machine?.guestOs == null ? null : clip(machine.guestOs, INVENTORY_TEXT.value),
    family: familyOf(machine?.guestOs ?? null),
    cpus: machine?.cpuCount ?? null,
    memoryBytes: machine?.memoryBytes ?? null,
    diskCount: disks.length,
    provisionedBytes: sum(disks.map(({ summary }) => summary?.virtualSizeBytes)),
    usedBytes: sum(disks.map(({ summary }) => summary?.fileSizeBytes)),
    snapshotCount: found.snapshotCount,
    changedBlockTracking: null,
    agent: "unknown",
    datastores: folders.slice(0, INVENTORY_COUNT.labels).map((folder) => clip(folder, INVENTORY_TEXT.name)),
    tags: [],
    template: false,
  };
}

/** As {@link machineRow}. */
export function machineDetail(found: FoundMachine): MachineDetail | null {
  const row = machineRow(found);
  if (row === null) return null;
  const hardware = found.machine?.hardware ?? {};
  const label = (text: string | null | undefined) => (text == null ? null : clip(text, INVENTORY_TEXT.name));
  return {
    ...row,
    disks: uniqueKeys(found.disks).map(diskOf),
    nics: (hardware.nics ?? []).slice(0, INVENTORY_COUNT.nics),
    firmware: found.machine?.firmware ?? "unknown",
    secureBoot: hardware.secureBoot ?? null,
    tpm: hardware.tpm ?? null,
    hardwareVersion: label(hardware.hardwareVersion),
    guestId: label(hardware.guestId),
    notes: clipLines(hardware.notes ?? "", INVENTORY_TEXT.notes),
    snapshots: found.snapshots.slice(0, INVENTORY_COUNT.snapshots).map((one) => ({
      ...one,
      name: clip(one.name, INVENTORY_TEXT.name),
      description: clip(one.description, INVENTORY_TEXT.value),
    })),
    obstacles: obstaclesOf(found).slice(0, INVENTORY_COUNT.obstacles),
  };
}

interface KeyedDisk extends FoundDisk {
  readonly key: string;
}

/** A description may name one disk twice. */
export function uniqueKeys(disks: readonly FoundDisk[]): KeyedDisk[] {
  const seen = new Map<string, number>();
  return disks.map((disk) => {
    const times = (seen.get(disk.path) ?? 0) + 1;
    seen.set(disk.path, times);
    const path = disk.path.slice(-(INVENTORY_TEXT.id - 8)) || "disk";
    return { ...disk, key: times === 1 ? path : `${path} (${times})` };
  });
}

function diskOf(disk: KeyedDisk): MachineDisk {
  const { summary } = disk;
  return {
    key: disk.key,
    label: clip(disk.name, INVENTORY_TEXT.name),
    capacityBytes: summary?.virtualSizeBytes ?? 0,
    usedBytes: summary?.fileSizeBytes ?? null,
    controller: disk.controller === null ? null : clip(disk.controller, INVENTORY_TEXT.name),
    datastore: summary === null ? null : clip(basename(dirname(disk.path)), INVENTORY_TEXT.name),
    path: clip(disk.path, INVENTORY_TEXT.path),
    chain: disk.chain
      .slice(0, INVENTORY_COUNT.chain)
      .map(({ path, format }) => ({ path: clip(path, INVENTORY_TEXT.path), format })),
    thin: summary === null ? null : summary.allocatedBytes < summary.virtualSizeBytes,
    mode: "persistent",
  };
}

function obstaclesOf(found: FoundMachine): Obstacle[] {
  const obstacles: Obstacle[] = [];
  const add = (code: string, severity: Obstacle["severity"], diskKey: string | null, message: string, remedy: string) =>
    obstacles.push({ code, severity, diskKey, message: clip(message, INVENTORY_TEXT.message), remedy });
  if (found.error !== null && found.kind !== "disk") {
    add(
      "machine.damaged",
      "blocking",
      null,
      found.error.message,
      "Repair or replace the description, or export its disks on their own.",
    );
  }
  const { hardware } = found.machine ?? {};
  if (hardware?.encrypted === true) {
    add(
      "machine.encrypted",
      "blocking",
      null,
      "The machine is encrypted.",
      "Remove the encryption in the program that made it.",
    );
  }
  if (hardware?.suspended === true) {
    add(
      "machine.suspended",
      "warning",
      null,
      "The machine was put to sleep: its memory is not exported.",
      "Start it and shut it down first, so that its file systems are in order.",
    );
  }
  for (const disk of uniqueKeys(found.disks)) {
    const broken = disk.summary?.backing?.problem;
    if (disk.error?.code === "path.not-found") {
      const remedy = "Put the file back where the description looks for it.";
      add("disk.unreadable", "blocking", disk.key, `The file ${disk.name} is not there.`, remedy);
    } else if (disk.error !== null) {
      const remedy = disk.error.hint ?? "Bring the file back or repair it.";
      add("disk.unreadable", "blocking", disk.key, disk.error.message, remedy);
    } else if (broken != null) {
      add("disk.chain", "blocking", disk.key, broken, "Put the parent back where the disk looks for it.");
    }
  }
  if (found.disks.length === 0 && found.error === null) {
    add(
      "machine.no-disks",
      "blocking",
      null,
      "The machine has no disks that could be exported.",
      "Check that its disks lie in this folder.",
    );
  }
  for (const warning of found.warnings) {
    add("machine.note", "warning", null, warning, "Check the exported machine.");
  }
  return obstacles;
}

function sum(sizes: readonly (number | undefined)[]): number | null {
  const known = sizes.filter((size) => size !== undefined);
  const total = known.reduce((all, size) => all + size, 0);
  return known.length === 0 ? null : Math.min(total, Number.MAX_SAFE_INTEGER);
}

const LINUX = /linux|ubuntu|debian|centos|fedora|rhel|red ?hat|suse|sles|rocky|alma|oracle|photon|arch|gentoo/i;

function familyOf(os: string | null): GuestFamily {
  if (os === null) return "unknown";
  if (/windows|^win/i.test(os)) return "windows";
  return LINUX.test(os) ? "linux" : "other";
}
