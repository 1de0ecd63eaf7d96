/** What an account needs, and for what: the least-privilege role of docs/vsphere-role.md. Names as the API spells them. */

export interface RoleNeed {
  readonly id: string;
  /** For people: what works with it. */
  readonly label: string;
  /** Where the privileges are looked for. */
  readonly on: "root" | "machine" | "datastore";
  readonly privileges: readonly string[];
  /** What does not work without it. */
  readonly without: string;
}

export const ROLE: readonly RoleNeed[] = [
  {
    id: "browse",
    label: "See the inventory",
    on: "root",
    privileges: ["System.View", "System.Read"],
    without: "Nothing can be seen.",
  },
  {
    id: "snapshot",
    label: "Make and remove snapshots",
    on: "machine",
    privileges: ["VirtualMachine.State.CreateSnapshot", "VirtualMachine.State.RemoveSnapshot"],
    without: "Machines cannot be exported, except as a whole while they are off.",
  },
  {
    id: "stream",
    label: "Export disks as streams",
    on: "machine",
    privileges: ["VApp.Export"],
    without: "Disks on vSAN, of running machines on VMFS 6, and with other snapshots cannot be read.",
  },
  {
    id: "files",
    label: "Read disks piece by piece",
    on: "datastore",
    privileges: ["Datastore.Browse", "Datastore.FileManagement"],
    without: "Disks are read as streams, which begin anew when they are interrupted.",
  },
  {
    id: "session",
    label: "Use the session for files",
    on: "root",
    privileges: ["Sessions.ValidateSession"],
    without: "Some servers do not give out files.",
  },
  {
    id: "areas",
    label: "Learn which parts of a disk are in use",
    on: "machine",
    privileges: [
      "VirtualMachine.Config.ChangeTracking",
      "VirtualMachine.Provisioning.DiskRandomRead",
      "VirtualMachine.Provisioning.DiskRandomAccess",
      "VirtualMachine.Provisioning.GetVmFiles",
    ],
    without: "Empty parts are read too.",
  },
  {
    id: "power",
    label: "Switch machines on and off",
    on: "machine",
    privileges: ["VirtualMachine.Interact.PowerOn", "VirtualMachine.Interact.PowerOff"],
    without: "Machines cannot be shut down for an export.",
  },
  {
    id: "revert",
    label: "Revert to snapshots",
    on: "machine",
    privileges: ["VirtualMachine.State.RevertToSnapshot"],
    without: "Machines cannot be brought back to a snapshot.",
  },
];
