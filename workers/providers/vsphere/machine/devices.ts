/** Virtual hardware out of config.hardware.device: controllers, disks and network cards. */
import type { MachineDisk, MachineNic } from "../../../../src-core/model/inventory.ts";
import { clip, INVENTORY_COUNT, INVENTORY_TEXT } from "../../../../src-core/model/inventory-limits.ts";
import { at, booleanAt, child, childrenOf, integerAt, needInteger, sizeAt, textAt } from "../soap/read-value.ts";
import type { XmlNode } from "../soap/xml-node.ts";

export interface Controller {
  readonly key: number;
  /** The API's type, "ParaVirtualSCSIController". */
  readonly type: string;
  readonly bus: number;
  /** Other machines may use the same bus: "virtualSharing", "physicalSharing"; snapshots cannot be made then. */
  readonly shared: boolean;
}

/** A disk as the server describes it. */
export interface HostDisk {
  readonly deviceKey: number;
  readonly label: string;
  readonly capacityBytes: number;
  readonly controller: Controller | null;
  readonly unit: number | null;
  /** "VirtualDiskFlatVer2BackingInfo" and its like. */
  readonly backing: string;
  /** "[datastore] folder/disk.vmdk", what is written to. */
  readonly path: string | null;
  /** Moref of the datastore. */
  readonly datastoreId: string | null;
  readonly chain: MachineDisk["chain"];
  readonly thin: boolean | null;
  readonly mode: MachineDisk["mode"];
  readonly encrypted: boolean;
  readonly uuid: string | null;
  /** Where changed-block tracking stands; of a snapshot's disk. */
  readonly changeId: string | null;
}

export function controllersOf(hardware: XmlNode | null): Map<number, Controller> {
  const found = new Map<number, Controller>();
  for (const device of childrenOf(hardware, "device")) {
    const [key, bus] = [integerAt(device, "key"), integerAt(device, "busNumber")];
    if (key === null || bus === null) continue;
    const sharing = textAt(device, "sharedBus");
    const shared = sharing === "virtualSharing" || sharing === "physicalSharing";
    found.set(key, { key, type: device.xsiType ?? "VirtualController", bus, shared });
  }
  return found;
}

export function disksOf(hardware: XmlNode | null): HostDisk[] {
  const controllers = controllersOf(hardware);
  const disks = new Map<number, HostDisk>();
  for (const device of childrenOf(hardware, "device")) {
    if (device.xsiType !== "VirtualDisk" || disks.size >= INVENTORY_COUNT.disks) continue;
    const disk = diskOf(device, controllers);
    if (!disks.has(disk.deviceKey)) disks.set(disk.deviceKey, disk);
  }
  return [...disks.values()];
}

function diskOf(device: XmlNode, controllers: ReadonlyMap<number, Controller>): HostDisk {
  const backing = child(device, "backing");
  const kib = sizeAt(device, "capacityInKB") ?? 0;
  const inKib = Number.isSafeInteger(kib * 1024) ? kib * 1024 : 0;
  const deviceKey = needInteger(device, "key");
  return {
    deviceKey,
    label: clip(textAt(device, "deviceInfo", "label") || `Disk ${deviceKey}`, INVENTORY_TEXT.name),
    // Before 5.5 there are only the KiB.
    capacityBytes: sizeAt(device, "capacityInBytes") ?? inKib,
    controller: controllers.get(integerAt(device, "controllerKey") ?? -1) ?? null,
    unit: integerAt(device, "unitNumber"),
    backing: clip(backing?.xsiType ?? "unknown", INVENTORY_TEXT.name),
    path: fileName(backing),
    datastoreId: textAt(backing, "datastore"),
    chain: chainOf(backing),
    thin: booleanAt(backing, "thinProvisioned"),
    mode: modeOf(backing),
    encrypted: child(backing, "keyId") !== null,
    uuid: textAt(backing, "uuid") || null,
    changeId: textAt(backing, "changeId") || null,
  };
}

function fileName(backing: XmlNode | null): string | null {
  const name = textAt(backing, "fileName");
  return name ? clip(name, INVENTORY_TEXT.path) : null;
}

function chainOf(backing: XmlNode | null): MachineDisk["chain"] {
  const chain: MachineDisk["chain"] = [];
  for (let link = backing; link !== null && chain.length < INVENTORY_COUNT.chain; link = child(link, "parent")) {
    const path = fileName(link);
    if (path !== null) chain.push({ path, format: formatOf(link) });
  }
  return chain;
}

function formatOf(backing: XmlNode): string {
  const delta = textAt(backing, "deltaDiskFormat");
  if (delta === "seSparseFormat") return "SESparse";
  if (delta === "redoLogFormat") return "VMFS sparse";
  if (/SeSparse/.test(backing.xsiType ?? "")) return "SESparse";
  if (/RawDisk/.test(backing.xsiType ?? "")) return "raw device mapping";
  return /Sparse/.test(backing.xsiType ?? "") ? "sparse" : "flat";
}

function modeOf(backing: XmlNode | null): MachineDisk["mode"] {
  if (/RawDisk|PartitionedRaw/.test(backing?.xsiType ?? "")) {
    return textAt(backing, "compatibilityMode") === "virtualMode" ? "raw-virtual" : "raw-physical";
  }
  const sharing = textAt(backing, "sharing");
  if (sharing !== null && sharing !== "sharingNone" && sharing !== "") return "shared";
  const mode = textAt(backing, "diskMode");
  if (mode === "independent_persistent") return "independent-persistent";
  if (mode === "independent_nonpersistent") return "independent-nonpersistent";
  return mode === "persistent" || mode === "nonpersistent" || mode === "append" || mode === "undoable"
    ? "persistent"
    : "unknown";
}

/** Bus and slot as VMX files name them, e.g. "scsi0:1". */
export function slotOf({ controller, unit }: HostDisk): string | null {
  if (controller === null) return null;
  const bus = /SCSI|LsiLogic|BusLogic/i.test(controller.type)
    ? "scsi"
    : /AHCI|SATA/i.test(controller.type)
      ? "sata"
      : /NVME/i.test(controller.type)
        ? "nvme"
        : /IDE/i.test(controller.type)
          ? "ide"
          : "bus";
  return `${bus}${controller.bus}:${unit ?? "?"}`;
}

/** @param networks names of distributed port groups by moref value */
export function nicsOf(hardware: XmlNode | null, networks: ReadonlyMap<string, string>): MachineNic[] {
  return childrenOf(hardware, "device")
    .filter((device) => child(device, "macAddress") !== null)
    .slice(0, INVENTORY_COUNT.nics)
    .map((device) => {
      const backing = child(device, "backing");
      const portgroup = textAt(backing, "port", "portgroupKey");
      const network =
        textAt(backing, "deviceName") || (portgroup === null ? null : (networks.get(portgroup) ?? portgroup));
      return {
        label: clip(textAt(device, "deviceInfo", "label") ?? "Network adapter", INVENTORY_TEXT.name),
        mac: clip(textAt(device, "macAddress") ?? "", INVENTORY_TEXT.name) || null,
        network: network === null ? null : clip(network, INVENTORY_TEXT.name),
        model: clip((device.xsiType ?? "").replace(/^Virtual/, "").toLowerCase(), INVENTORY_TEXT.name) || null,
        connected: booleanAt(device, "connectable", "connected") ?? false,
      };
    });
}

export function hasTpm(hardware: XmlNode | null): boolean {
  return childrenOf(hardware, "device").some(({ xsiType }) => xsiType === "VirtualTPM");
}

/** Hardware of a machine's or a snapshot's `config`. */
export function hardwareOf(config: XmlNode | null | undefined): XmlNode | null {
  return at(config, "hardware");
}
