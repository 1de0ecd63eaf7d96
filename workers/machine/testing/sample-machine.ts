/** A machine as a provider tells it, for tests of what is written about one. */
import type { MachineDetail, MachineDisk, MachineNic } from "../../../src-core/model/inventory.ts";

export function machineDisk(part: Partial<MachineDisk> & Pick<MachineDisk, "key">): MachineDisk {
  return {
    label: part.key,
    capacityBytes: 1024 ** 3,
    usedBytes: null,
    controller: null,
    datastore: null,
    path: null,
    chain: [],
    thin: null,
    mode: "persistent",
    ...part,
  };
}

export function machineNic(part: Partial<MachineNic>): MachineNic {
  return { label: "eth", mac: null, network: "LAN", model: "e1000", connected: true, ...part };
}

export function sampleMachine(part: Partial<MachineDetail> = {}): MachineDetail {
  return {
    id: "vm-42",
    parentId: null,
    hostId: null,
    name: "web",
    path: "/DC/vm/web",
    power: "off",
    os: "Debian GNU/Linux 11 (64-bit)",
    family: "linux",
    cpus: 4,
    memoryBytes: 8 * 1024 ** 3,
    diskCount: 2,
    provisionedBytes: null,
    usedBytes: null,
    snapshotCount: 0,
    changedBlockTracking: null,
    agent: "unknown",
    datastores: [],
    tags: [],
    template: false,
    disks: [
      machineDisk({ key: "2000", label: "Hard disk 1", controller: "scsi0:0 pvscsi" }),
      machineDisk({ key: "2016", label: "Hard disk 2", controller: "scsi1:3 lsilogicsas" }),
    ],
    nics: [machineNic({ label: "Network adapter 1", mac: "00:50:56:ab:cd:01", model: "VmxNet3" })],
    firmware: "efi",
    secureBoot: true,
    tpm: false,
    hardwareVersion: "vmx-19",
    guestId: "debian11_64Guest",
    notes: "Web server\nof the shop",
    snapshots: [],
    obstacles: [],
    ...part,
  };
}
