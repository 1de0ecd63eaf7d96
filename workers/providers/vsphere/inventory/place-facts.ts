/** What is asked of places, and what is worth telling of them. */
import type { InventoryNode } from "../../../../src-core/model/inventory.ts";
import { clip, INVENTORY_TEXT } from "../../../../src-core/model/inventory-limits.ts";
import type { Wanted } from "../calls/properties.ts";
import type { Ref } from "../soap/read-value.ts";

type Kind = InventoryNode["kind"];

interface PlaceKind {
  readonly kind: Kind;
  /** Property to fact. */
  readonly facts: Readonly<Record<string, readonly [name: string, show: (text: string) => string | null]>>;
}

const plain = (text: string): string | null => text.trim() || null;
const yesNo = (text: string): string => (text === "true" ? "yes" : "no");

/** Base types: their properties are asked of what derives from them too. */
const PLACES: Readonly<Record<string, PlaceKind>> = {
  Folder: { kind: "folder", facts: {} },
  Datacenter: { kind: "datacenter", facts: {} },
  ComputeResource: {
    kind: "cluster",
    facts: {
      "summary.numHosts": ["Hosts", plain],
      "summary.numCpuCores": ["CPU cores", plain],
      "summary.totalMemory": ["Memory", bytes],
    },
  },
  HostSystem: {
    kind: "host",
    facts: {
      "runtime.connectionState": ["Connection", plain],
      "runtime.powerState": ["Power", plain],
      "runtime.inMaintenanceMode": ["Maintenance mode", yesNo],
      "summary.config.product.fullName": ["Product", plain],
      "summary.hardware.vendor": ["Vendor", plain],
      "summary.hardware.model": ["Model", plain],
      "summary.hardware.cpuModel": ["CPU", plain],
      "summary.hardware.numCpuCores": ["CPU cores", plain],
      "summary.hardware.memorySize": ["Memory", bytes],
    },
  },
  ResourcePool: { kind: "pool", facts: {} },
  Datastore: {
    kind: "datastore",
    facts: {
      "summary.type": ["Type", plain],
      "summary.capacity": ["Capacity", bytes],
      "summary.freeSpace": ["Free", bytes],
      "summary.accessible": ["Accessible", yesNo],
      "summary.maintenanceMode": ["Maintenance mode", plain],
    },
  },
  Network: { kind: "network", facts: { "summary.accessible": ["Accessible", yesNo] } },
};

const DERIVED: Readonly<Record<string, string>> = {
  StoragePod: "Folder",
  ClusterComputeResource: "ComputeResource",
  VirtualApp: "ResourcePool",
  DistributedVirtualPortgroup: "Network",
  OpaqueNetwork: "Network",
};

export const PLACE_TYPES: readonly string[] = Object.keys(PLACES);

export const PLACES_WANTED: readonly Wanted[] = Object.entries(PLACES).map(([type, { facts }]) => ({
  type,
  paths: ["name", "parent", ...Object.keys(facts)],
}));

function placeKind(ref: Ref): PlaceKind | null {
  return PLACES[ref.type] ?? PLACES[DERIVED[ref.type] ?? ""] ?? null;
}

/** Null: it is no place. */
export function kindOf(ref: Ref): Kind | null {
  return placeKind(ref)?.kind ?? null;
}

/** @param texts properties by path */
export function factsOf(ref: Ref, texts: ReadonlyMap<string, string>): InventoryNode["facts"] {
  return Object.entries(placeKind(ref)?.facts ?? {}).flatMap(([path, [name, show]]) => {
    const text = texts.get(path);
    const shown = text === undefined ? null : show(text);
    return shown === null ? [] : [{ name, value: clip(shown, INVENTORY_TEXT.value) }];
  });
}

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

function bytes(text: string): string | null {
  if (!/^\d{1,18}$/.test(text)) return null;
  let value = Number(text);
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
