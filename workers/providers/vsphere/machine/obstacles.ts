/** What stands in the way of exporting a machine, and what to do about it. */
import type { MachineDetail, Obstacle, PowerState } from "../../../../src-core/model/inventory.ts";
import type { HostDisk } from "./devices.ts";

export interface Hindrances {
  readonly disks: readonly HostDisk[];
  /** Type of the datastore by its moref: "VMFS", "NFS", "vsan", "VVOL". */
  readonly storeTypes: ReadonlyMap<string, string>;
  readonly power: PowerState;
  readonly connection: string;
  readonly encrypted: boolean;
  readonly tpm: boolean;
  readonly template: boolean;
  readonly snapshots: number;
  readonly consolidationNeeded: boolean;
  /** Text of a question that the machine waits with. */
  readonly question: string | null;
  readonly agent: MachineDetail["agent"];
  readonly changeTracking: boolean | null;
  readonly hasConfig: boolean;
}

type Severity = Obstacle["severity"];

export function obstaclesOf(facts: Hindrances): Obstacle[] {
  return [...machineObstacles(facts), ...facts.disks.flatMap((disk) => diskObstacles(disk, facts))];
}

function machineObstacles(facts: Hindrances): Obstacle[] {
  const found: Obstacle[] = [];
  const add = (code: string, severity: Severity, message: string, remedy: string, whileOn = false) =>
    found.push({ code: `machine.${code}`, severity, diskKey: null, message, remedy, ...(whileOn ? { whileOn } : {}) });
  const running = facts.power === "on";
  if (!facts.hasConfig || (facts.connection !== "connected" && facts.connection !== "")) {
    const state = facts.connection === "" ? "not readable" : facts.connection;
    add(
      "unavailable",
      "blocking",
      `The machine is ${state}.`,
      "Bring its host and datastore back, or register the machine anew.",
    );
  }
  if (facts.encrypted) {
    add(
      "encrypted",
      "blocking",
      "The machine is encrypted: its disks cannot be read out.",
      "Decrypt it: edit its VM storage policy to one without encryption.",
    );
  }
  if (facts.question !== null) {
    add(
      "question",
      "blocking",
      `The machine waits for an answer: ${facts.question}`,
      "Answer the question in the vSphere Client.",
    );
  }
  if (facts.disks.some(({ controller }) => controller?.shared)) {
    const severity: Severity = running ? "blocking" : "warning";
    const remedy = running
      ? "Shut the machine down: off, it can be exported."
      : "Leave it off until the export has ended.";
    const message = "A controller shares its bus with other machines: snapshots cannot be made.";
    add("bus-sharing", severity, message, remedy, running);
  }
  if (facts.tpm) {
    add(
      "tpm",
      "warning",
      "The machine has a virtual TPM: its content is not exported.",
      "Keep BitLocker recovery keys, or suspend what uses the TPM before the export.",
    );
  }
  if (facts.snapshots > 0) {
    add(
      "snapshots",
      "warning",
      `The machine has ${facts.snapshots} snapshots: its disks are chains, read as a stream, which starts anew when interrupted.`,
      "Remove snapshots that are no longer needed.",
    );
  }
  if (facts.consolidationNeeded) {
    add(
      "consolidation",
      "warning",
      "Disks of the machine need to be consolidated.",
      "Consolidate them in the vSphere Client: Snapshots, Consolidate.",
    );
  }
  if (running && facts.agent !== "running") {
    add(
      "no-agent",
      "warning",
      "VMware Tools do not run: the guest cannot be made quiet, disks are as after a power loss.",
      "Start VMware Tools, or shut the machine down for the export.",
    );
  }
  if (facts.changeTracking === false && !facts.template) {
    add(
      "no-tracking",
      "warning",
      "Changed-block tracking is off: disks are read from end to end, empty parts too.",
      "Enable changed-block tracking (ctkEnabled) while the machine has no snapshots.",
    );
  }
  return found;
}

function diskObstacles(disk: HostDisk, facts: Hindrances): Obstacle[] {
  const found: Obstacle[] = [];
  const add = (code: string, severity: Severity, message: string, remedy: string, whileOn = false) =>
    found.push({
      code: `disk.${code}`,
      severity,
      diskKey: String(disk.deviceKey),
      message: `${disk.label}: ${message}`,
      remedy,
      ...(whileOn ? { whileOn } : {}),
    });
  const running = facts.power !== "off";
  if (disk.mode === "raw-physical") {
    add(
      "raw-physical",
      "blocking",
      "a physical raw device mapping is not part of snapshots or exports.",
      "Copy the device by other means, or convert the mapping to virtual mode while the machine is off.",
    );
  } else if (disk.mode === "raw-virtual") {
    add(
      "raw-virtual",
      "warning",
      "a virtual raw device mapping: the content of the device is copied.",
      "Nothing has to be done; the result is an ordinary disk.",
    );
  } else if (disk.mode === "independent-persistent" || disk.mode === "independent-nonpersistent") {
    if (running)
      add(
        "independent",
        "blocking",
        "an independent disk is not part of snapshots.",
        "Shut the machine down for the export, or make the disk dependent.",
        true,
      );
    else
      add(
        "independent",
        "warning",
        "an independent disk: the whole machine is read as a stream.",
        "Leave the machine off until the export has ended.",
      );
  } else if (disk.mode === "shared") {
    if (running)
      add(
        "shared",
        "blocking",
        "other machines write to this disk too: it is not part of snapshots.",
        "Shut down all machines that use it for the export.",
        true,
      );
    else
      add(
        "shared",
        "warning",
        "other machines use this disk too.",
        "Leave all of them off until the export has ended.",
      );
  }
  if (disk.encrypted && !facts.encrypted)
    add("encrypted", "blocking", "the disk is encrypted.", "Decrypt it: edit its storage policy.");
  if (disk.capacityBytes === 0)
    add("no-size", "blocking", "the server does not tell its size.", "Look at the disk in the vSphere Client.");
  const store = facts.storeTypes.get(disk.datastoreId ?? "")?.toLowerCase();
  if (store === "vsan" || store === "vvol") {
    const name = store === "vsan" ? "vSAN" : "virtual volumes";
    add(
      "object-store",
      "warning",
      `it lies on ${name}, where disks are no files: it is read as a stream, which starts anew when interrupted.`,
      "Nothing has to be done. Moved to VMFS or NFS it could be read piece by piece.",
    );
  }
  return found;
}
