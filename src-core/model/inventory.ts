/**
 * What a source's inventory is made of. Null means: not known, or there is no such thing. Texts and lists are bounded by
 * inventory-limits.ts; providers cut what a source says to that, main refuses what is not cut.
 */
import { z } from "zod";
import { Bytes } from "./disk.ts";
import { INVENTORY_COUNT, INVENTORY_TEXT } from "./inventory-limits.ts";

const Id = z.string().min(1).max(INVENTORY_TEXT.id);
const Name = z.string().max(INVENTORY_TEXT.name);
const Path = z.string().max(INVENTORY_TEXT.path);
const Value = z.string().max(INVENTORY_TEXT.value);
const Message = z.string().max(INVENTORY_TEXT.message);
const Count = z.number().int().min(0);
const Instant = z.iso.datetime();
const listOf = <T extends z.ZodType>(item: T, most: number) => z.array(item).max(most);

export const PowerState = z.enum(["on", "off", "suspended", "unknown"]);
export type PowerState = z.infer<typeof PowerState>;

export const GuestFamily = z.enum(["linux", "windows", "other", "unknown"]);
export type GuestFamily = z.infer<typeof GuestFamily>;

export const NodeKind = z.enum(["datacenter", "folder", "cluster", "host", "pool", "datastore", "network"]);
export type NodeKind = z.infer<typeof NodeKind>;

/** Something that machines lie in, run on or are connected to: a node of the tree. */
export const InventoryNode = z
  .object({
    /** Stable within its source, unique among nodes and machines: moref ("host-12"), libvirt pool UUID, real path of a folder. */
    id: Id,
    /** The node it lies in; null at the top. A parent that never comes is taken for null. */
    parentId: Id.nullable(),
    kind: NodeKind,
    name: Name,
    /** What else is worth telling, for people: "Capacity: 2 TiB". */
    facts: listOf(z.object({ name: Name, value: Value }), INVENTORY_COUNT.facts),
  })
  .meta({ id: "InventoryNode" });
export type InventoryNode = z.infer<typeof InventoryNode>;

/** VMware Tools or the QEMU guest agent. */
export const GuestAgent = z.enum(["running", "installed", "absent", "unknown"]);

const machineShape = {
  /** Stable within its source, unique among nodes and machines: moref ("vm-42"), libvirt UUID, real path of the description. */
  id: Id,
  /** The node of the tree that it lies in. */
  parentId: Id.nullable(),
  /** The host node that it runs on. */
  hostId: Id.nullable(),
  name: Name,
  /** Where it lies, for people: the inventory path, the file. */
  path: Path,
  power: PowerState,
  /** Guest operating system, for people. */
  os: Value.nullable(),
  family: GuestFamily,
  cpus: Count.nullable(),
  memoryBytes: Bytes.nullable(),
  diskCount: Count,
  provisionedBytes: Bytes.nullable(),
  usedBytes: Bytes.nullable(),
  snapshotCount: Count,
  changedBlockTracking: z.boolean().nullable(),
  agent: GuestAgent,
  /** Names of datastores, storage pools, or folders that disks lie in. */
  datastores: listOf(Name, INVENTORY_COUNT.labels),
  tags: listOf(Name, INVENTORY_COUNT.labels),
  template: z.boolean(),
};

/** A machine as a table lists it; cheap for thousands. */
export const Machine = z.object(machineShape).meta({ id: "Machine" });
export type Machine = z.infer<typeof Machine>;

export const MachineDisk = z
  .object({
    /** Stable key: vSphere device key, libvirt target device, path of a local disk. */
    key: Id,
    label: Name,
    /** 0 where it cannot be told: an obstacle says why. */
    capacityBytes: Bytes,
    usedBytes: Bytes.nullable(),
    /** Bus and slot, e.g. "scsi0:0". */
    controller: Name.nullable(),
    datastore: Name.nullable(),
    /** The backing file. */
    path: Path.nullable(),
    /** The files a guest reads through, the one that is written to first. */
    chain: listOf(z.object({ path: Path, format: Name.nullable() }), INVENTORY_COUNT.chain),
    thin: z.boolean().nullable(),
    mode: z.enum([
      "persistent",
      "independent-persistent",
      "independent-nonpersistent",
      "raw-physical",
      "raw-virtual",
      "shared",
      "unknown",
    ]),
  })
  .meta({ id: "MachineDisk" });
export type MachineDisk = z.infer<typeof MachineDisk>;

export const MachineNic = z.object({
  label: Name,
  mac: Name.nullable(),
  network: Name.nullable(),
  model: Name.nullable(),
  connected: z.boolean(),
});
export type MachineNic = z.infer<typeof MachineNic>;

/** A snapshot of the hypervisor. */
export const MachineSnapshot = z.object({
  id: Id,
  parentId: Id.nullable(),
  name: Name,
  description: Value,
  createdAt: Instant.nullable(),
  /** The machine's present state goes on from it. */
  current: z.boolean(),
});
export type MachineSnapshot = z.infer<typeof MachineSnapshot>;

/** What stands in an export's way and what to do about it. */
export const Obstacle = z.object({
  /** For programs, e.g. "disk.independent", "disk.raw-physical", "machine.encrypted". */
  code: Name,
  /** blocking without a disk: nothing can be exported; with one: that disk is left out. */
  severity: z.enum(["blocking", "warning"]),
  diskKey: Id.nullable(),
  message: Message,
  remedy: Message,
  /** True: gone once the machine is off. */
  whileOn: z.boolean().optional(),
});
export type Obstacle = z.infer<typeof Obstacle>;

/** Everything about one machine. */
export const MachineDetail = z
  .object({
    ...machineShape,
    disks: listOf(MachineDisk, INVENTORY_COUNT.disks),
    nics: listOf(MachineNic, INVENTORY_COUNT.nics),
    firmware: z.enum(["bios", "efi", "unknown"]),
    secureBoot: z.boolean().nullable(),
    tpm: z.boolean().nullable(),
    /** e.g. "vmx-19", "pc-q35-7.2". */
    hardwareVersion: Name.nullable(),
    /** The source's own word for the guest system, e.g. "debian11_64Guest". */
    guestId: Name.nullable(),
    notes: z.string().max(INVENTORY_TEXT.notes),
    snapshots: listOf(MachineSnapshot, INVENTORY_COUNT.snapshots),
    obstacles: listOf(Obstacle, INVENTORY_COUNT.obstacles),
  })
  .meta({ id: "MachineDetail" });
export type MachineDetail = z.infer<typeof MachineDetail>;

/** Something the source says that it did. */
export const SourceEvent = z.object({
  at: Instant,
  severity: z.enum(["info", "warning", "error"]),
  machineId: Id.nullable(),
  message: Message,
});
export type SourceEvent = z.infer<typeof SourceEvent>;

/** Something the source is at; told again whenever it changes. */
export const SourceTask = z.object({
  id: Id,
  name: Name,
  machineId: Id.nullable(),
  state: z.enum(["queued", "running", "success", "error"]),
  progressPercent: z.number().min(0).max(100).nullable(),
  error: Message.nullable(),
});
export type SourceTask = z.infer<typeof SourceTask>;

/** One step from one picture of a source to the next. Nodes and machines that are known already are replaced. */
export const InventoryChange = z.discriminatedUnion("type", [
  z.object({ type: z.literal("node"), node: InventoryNode }),
  z.object({ type: z.literal("machine"), machine: Machine }),
  /** A node or a machine is no more. One that was never told is no mistake. */
  z.object({ type: z.literal("gone"), id: Id }),
  /** The first complete picture was given: what was known before and did not come again is no more. */
  z.object({ type: z.literal("settled") }),
  SourceEvent.extend({ type: z.literal("event") }),
  SourceTask.extend({ type: z.literal("task") }),
]);
export type InventoryChange = z.infer<typeof InventoryChange>;
