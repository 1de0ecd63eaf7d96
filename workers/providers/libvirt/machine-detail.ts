/** Everything about one machine of libvirt: its disks with their chains, snapshots, and what stands in an export's way. */

import { AppError } from "../../../src-core/model/error.ts";
import type { MachineDetail, MachineDisk, MachineSnapshot, Obstacle } from "../../../src-core/model/inventory.ts";
import { clip, clipLines, INVENTORY_COUNT, INVENTORY_TEXT } from "../../../src-core/model/inventory-limits.ts";
import { currentBackup } from "./backup-job.ts";
import type { Daemon } from "./daemon.ts";
import type { DiskSource, DomainDisk } from "./domain-xml.ts";
import { dataDisks, machineRow, type ReadMachine, readMachine } from "./machine-row.ts";
import type { PoolPlaces } from "./places.ts";
import { CALL, type DomainRef } from "./rpc/procedures.ts";
import { parseXml, textOf } from "./xml-tree.ts";

/** libvirt has backups from 6.0 on, and they work without switches from 7.2 on. */
export function canBackUp(libvirtVersion: string): boolean {
  const [major = 0, minor = 0] = libvirtVersion.split(".").map(Number);
  return major > 7 || (major === 7 && minor >= 2);
}

export interface DetailedMachine {
  readonly read: ReadMachine;
  readonly detail: MachineDetail;
}

/** @throws AppError source.no-machine, source.lost, source.protocol */
export async function readDetail(daemon: Daemon, ref: DomainRef, pools: PoolPlaces): Promise<DetailedMachine> {
  const read = await readMachine(daemon, ref);
  const [snapshots, job] = await Promise.all([
    readSnapshots(daemon, ref),
    read.power === "off" ? null : currentBackup(daemon, ref),
  ]);
  const { xml } = read;
  const name = (text: string | null) => (text === null ? null : clip(text, INVENTORY_TEXT.name));
  const detail: MachineDetail = {
    ...machineRow(read, pools),
    snapshotCount: snapshots.length,
    disks: dataDisks(xml).map((disk) => diskOf(disk, read, pools)),
    nics: xml.nics.map((nic, index) => ({
      label: `NIC ${index + 1}`,
      mac: name(nic.mac),
      network: name(nic.network),
      model: name(nic.model),
      connected: nic.connected,
    })),
    firmware: xml.firmware,
    secureBoot: xml.firmware === "efi" ? xml.secureBoot : null,
    tpm: xml.tpm,
    hardwareVersion: name(xml.machineType),
    guestId: name(xml.osId),
    notes: clipLines(xml.description ?? "", INVENTORY_TEXT.notes),
    snapshots,
    obstacles: obstaclesOf(daemon, read).slice(0, INVENTORY_COUNT.obstacles),
  };
  if (job !== null && job.mark === null) {
    detail.obstacles.unshift({
      code: "machine.job",
      severity: "blocking",
      diskKey: null,
      message: "Another program is backing this machine up.",
      remedy: "Wait until it has finished, or end it on the host: virsh domjobabort.",
    });
  }
  return { read, detail };
}

function diskOf(disk: DomainDisk, read: ReadMachine, pools: PoolPlaces): MachineDisk {
  const sizes = read.sizes.get(disk.target);
  const place = (source: DiskSource) => {
    const volume = source.volume === null ? null : `${source.volume.pool}/${source.volume.name}`;
    return clip(source.path ?? volume ?? source.network ?? source.type, INVENTORY_TEXT.path);
  };
  const pool = pools.poolOf(disk);
  return {
    key: clip(disk.target, INVENTORY_TEXT.id),
    label: clip(disk.target, INVENTORY_TEXT.name),
    capacityBytes: sizes?.capacityBytes ?? 0,
    usedBytes: sizes?.usedBytes ?? null,
    controller: clip([disk.bus ?? "unknown", disk.slot ?? ""].join(""), INVENTORY_TEXT.name),
    datastore: pool === null ? null : clip(pool, INVENTORY_TEXT.name),
    path: disk.source.type === "none" ? null : place(disk.source),
    chain: disk.chain.map((source) => ({
      path: place(source),
      format: source.format === null ? null : clip(source.format, INVENTORY_TEXT.name),
    })),
    thin: sizes === undefined ? null : sizes.usedBytes < sizes.capacityBytes,
    mode: disk.device === "lun" ? "raw-physical" : disk.shareable ? "shared" : "persistent",
  };
}

function obstaclesOf(daemon: Daemon, { xml, power, sizes }: ReadMachine): Obstacle[] {
  const found: Obstacle[] = [];
  const add = (code: string, severity: Obstacle["severity"], diskKey: string | null, message: string, remedy: string) =>
    found.push({ code, severity, diskKey, message, remedy });
  const running = power !== "off";
  if (dataDisks(xml).length === 0) {
    add("machine.no-disks", "blocking", null, "The machine has no disks.", "There is nothing to export.");
  }
  if (running && !canBackUp(daemon.libvirtVersion)) {
    add(
      "machine.running",
      "blocking",
      null,
      `libvirt ${daemon.libvirtVersion} cannot export a machine that runs.`,
      "Shut the machine down first, or update libvirt to 7.2 or later.",
    );
  }
  if (xml.hostDisks > 0) {
    add(
      "machine.host-devices",
      "warning",
      null,
      "Devices of the host are passed through to the machine: they are not exported.",
      "Export disks that hang on them by other means.",
    );
  }
  for (const disk of dataDisks(xml)) {
    const { target, source, device } = disk;
    if (device === "lun") {
      add(
        "disk.raw-physical",
        "blocking",
        target,
        "The disk is a SCSI device that the guest speaks to itself.",
        "Attach it as device='disk', or export it from inside the guest.",
      );
    } else if (source.type === "none") {
      add("disk.empty", "blocking", target, "The disk has no source.", "Give it one, or remove it from the machine.");
    } else if (source.encrypted) {
      add(
        "disk.encrypted",
        "blocking",
        target,
        "The disk is encrypted by the host.",
        "Convert it to one that is not encrypted, or export it from inside the guest.",
      );
    } else if (!running && source.volume === null && source.type !== "file" && source.type !== "block") {
      add(
        "disk.no-file",
        "blocking",
        target,
        `The disk is no file (${source.type}): it can be read only through QEMU.`,
        "Start the machine, also paused, and export it then.",
      );
    } else if (!running && !sizes.has(target)) {
      add(
        "disk.unreadable",
        "warning",
        target,
        "libvirt cannot read the disk's size.",
        "Check that its file is there and its storage pool is active.",
      );
    }
    if (disk.shareable) {
      add(
        "disk.shared",
        "warning",
        target,
        "Other machines may write to this disk.",
        "Stop them, else what is exported may not be consistent.",
      );
    }
    if (disk.transient) {
      add(
        "disk.transient",
        "warning",
        target,
        "What is written to this disk is lost with a stop.",
        "Check what you need of it.",
      );
    }
  }
  return found;
}

async function readSnapshots({ machines }: Daemon, ref: DomainRef): Promise<MachineSnapshot[]> {
  const ofMachine = { domain: ref, flags: 0 };
  const what = `the snapshots of ${ref.name}`;
  const [{ snapshots }, current] = await Promise.all([
    machines.call(CALL.listSnapshots, { ...ofMachine, needResults: 1 }, what),
    machines.call(CALL.currentSnapshot, ofMachine, what).then(
      ({ snapshot }) => snapshot.name,
      () => null,
    ),
  ]);
  const read = snapshots.slice(0, INVENTORY_COUNT.snapshots).map(async (snapshot): Promise<MachineSnapshot | null> => {
    try {
      const { xml } = await machines.call(CALL.snapshotXml, { snapshot, flags: 0 }, what);
      const tree = parseXml(xml, "domainsnapshot", `snapshot ${snapshot.name.slice(0, 100)}`);
      const seconds = Number(textOf(tree, "creationTime"));
      return {
        id: clip(snapshot.name, INVENTORY_TEXT.id),
        parentId: textOf(tree, "parent", "name"),
        name: clip(snapshot.name, INVENTORY_TEXT.name),
        description: clip(textOf(tree, "description") ?? "", INVENTORY_TEXT.value),
        createdAt: seconds > 0 && seconds < 8.64e12 / 1000 ? new Date(seconds * 1000).toISOString() : null,
        current: snapshot.name === current,
      };
    } catch (error) {
      // It was removed meanwhile.
      if (error instanceof AppError && error.code === "source.no-snapshot") return null;
      throw error;
    }
  });
  return (await Promise.all(read)).filter((one) => one !== null);
}
