/** A machine as tables list it: which properties are asked, what is kept of them, and the row they make. */
import type { GuestFamily, Machine, PowerState } from "../../../../src-core/model/inventory.ts";
import { clip, INVENTORY_COUNT, INVENTORY_TEXT } from "../../../../src-core/model/inventory-limits.ts";
import type { Wanted } from "../calls/properties.ts";
import { type PlaceTree, shownName } from "../inventory/place-tree.ts";
import { booleanAt, childrenOf, type Ref, refOf, sizeAt } from "../soap/read-value.ts";
import type { XmlNode } from "../soap/xml-node.ts";
import { countSnapshots } from "./snapshot-tree.ts";

/** What is kept of a machine: small, for tens of thousands. */
export interface MachineFacts {
  name: string;
  parent: Ref | null;
  vApp: Ref | null;
  host: Ref | null;
  power: PowerState;
  os: string | null;
  guestId: string | null;
  guestFamily: string | null;
  cpus: number | null;
  memoryMiB: number | null;
  disks: number;
  usedBytes: number | null;
  /** Beyond what is used. */
  promisedBytes: number | null;
  snapshots: number;
  changeTracking: boolean | null;
  toolsRunning: string | null;
  toolsVersion: string | null;
  datastores: readonly string[];
  template: boolean;
  tags: readonly string[];
}

type Setter = (facts: MachineFacts, value: XmlNode | null) => void;

const word = (value: XmlNode | null, most = 256): string | null => (value?.text ? clip(value.text, most) : null);

/** Property to what it says. Leaves, so that the many statistics of a machine make no updates. */
const PROPERTIES: Readonly<Record<string, Setter>> = {
  name: (facts, value) => {
    facts.name = shownName(value?.text ?? "");
  },
  parent: (facts, value) => {
    facts.parent = refOf(value);
  },
  parentVApp: (facts, value) => {
    facts.vApp = refOf(value);
  },
  "runtime.host": (facts, value) => {
    facts.host = refOf(value);
  },
  "runtime.powerState": (facts, value) => {
    facts.power = POWER[value?.text ?? ""] ?? "unknown";
  },
  "summary.config.guestFullName": (facts, value) => {
    facts.os = word(value, INVENTORY_TEXT.value);
  },
  "summary.config.guestId": (facts, value) => {
    facts.guestId = word(value);
  },
  "guest.guestFamily": (facts, value) => {
    facts.guestFamily = word(value);
  },
  "summary.config.numCpu": (facts, value) => {
    facts.cpus = sizeAt(value);
  },
  "summary.config.memorySizeMB": (facts, value) => {
    facts.memoryMiB = sizeAt(value);
  },
  "summary.config.numVirtualDisks": (facts, value) => {
    facts.disks = Math.min(sizeAt(value) ?? 0, INVENTORY_COUNT.disks);
  },
  "summary.config.template": (facts, value) => {
    facts.template = booleanAt(value) ?? false;
  },
  "summary.storage.committed": (facts, value) => {
    facts.usedBytes = sizeAt(value);
  },
  "summary.storage.uncommitted": (facts, value) => {
    facts.promisedBytes = sizeAt(value);
  },
  snapshot: (facts, value) => {
    facts.snapshots = countSnapshots(value);
  },
  "config.changeTrackingEnabled": (facts, value) => {
    facts.changeTracking = booleanAt(value);
  },
  "guest.toolsRunningStatus": (facts, value) => {
    facts.toolsRunning = word(value);
  },
  "guest.toolsVersionStatus2": (facts, value) => {
    facts.toolsVersion = word(value);
  },
  datastore: (facts, value) => {
    const refs = childrenOf(value, "ManagedObjectReference").slice(0, INVENTORY_COUNT.labels);
    facts.datastores = refs.map((one) => clip(one.text, INVENTORY_TEXT.id));
  },
};

export const MACHINE_WANTED: Wanted = { type: "VirtualMachine", paths: Object.keys(PROPERTIES) };

const POWER: Readonly<Record<string, PowerState>> = { poweredOn: "on", poweredOff: "off", suspended: "suspended" };

export function noFacts(): MachineFacts {
  return {
    name: "",
    parent: null,
    vApp: null,
    host: null,
    power: "unknown",
    os: null,
    guestId: null,
    guestFamily: null,
    cpus: null,
    memoryMiB: null,
    disks: 0,
    usedBytes: null,
    promisedBytes: null,
    snapshots: 0,
    changeTracking: null,
    toolsRunning: null,
    toolsVersion: null,
    datastores: [],
    template: false,
    tags: [],
  };
}

/** Takes over what a property says; null = it is no more. Others than were asked for are left aside. */
export function applyProperty(facts: MachineFacts, path: string, value: XmlNode | null): void {
  PROPERTIES[path]?.(facts, value);
}

export function machineRow(id: string, facts: MachineFacts, places: PlaceTree): Machine {
  const above = facts.vApp ?? facts.parent;
  const host = facts.host === null ? null : places.get(facts.host.id);
  const { usedBytes, promisedBytes, memoryMiB } = facts;
  return {
    id,
    parentId: places.above(above),
    hostId: host?.ref.type === "HostSystem" ? host.ref.id : null,
    name: facts.name,
    path: places.path(above, facts.name),
    power: facts.power,
    os: facts.os,
    family: familyOf(facts),
    cpus: facts.cpus,
    memoryBytes: memoryMiB === null ? null : sum(memoryMiB * 1024 * 1024, 0),
    diskCount: facts.disks,
    provisionedBytes: usedBytes === null || promisedBytes === null ? null : sum(usedBytes, promisedBytes),
    usedBytes,
    snapshotCount: Math.min(facts.snapshots, INVENTORY_COUNT.snapshots),
    changedBlockTracking: facts.changeTracking,
    agent: agentOf(facts),
    datastores: facts.datastores.flatMap((store) => places.get(store)?.name ?? []),
    tags: [...facts.tags],
    template: facts.template,
  };
}

/** Null where it is beyond what a number holds. */
function sum(one: number, other: number): number | null {
  return Number.isSafeInteger(one + other) ? one + other : null;
}

/** What the tools report, else what the machine was made for. */
function familyOf({ guestFamily, guestId }: MachineFacts): GuestFamily {
  if (guestFamily === "linuxGuest") return "linux";
  if (guestFamily === "windowsGuest") return "windows";
  const id = guestId?.toLowerCase() ?? "";
  if (id === "") return guestFamily === null ? "unknown" : "other";
  if (/^win/.test(id)) return "windows";
  return LINUX.test(id) ? "linux" : "other";
}

const LINUX =
  /linux|ubuntu|debian|centos|rhel|redhat|sles|suse|fedora|rocky|alma|amazon|photon|crxpod|asianux|mandr|turbo|oraclelinux|oes|coreos|vmwarephoton/;

function agentOf({ toolsRunning, toolsVersion }: MachineFacts): Machine["agent"] {
  if (toolsRunning === "guestToolsRunning" || toolsRunning === "guestToolsExecutingScripts") return "running";
  if (toolsVersion === "guestToolsNotInstalled") return "absent";
  if (toolsVersion !== null && toolsVersion !== "guestToolsUnknown") return "installed";
  return "unknown";
}
