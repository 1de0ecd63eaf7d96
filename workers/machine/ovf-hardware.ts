/** What the items of an OVF's VirtualHardwareSection say beyond processors and memory: where disks hang, and network adapters. */
import type { MachineNic } from "../../src-core/model/inventory.ts";
import { plainText } from "./machine.ts";

/** Text of the elements of one Item by their local names; HostResource apart, for it may come several times. */
export interface OvfItem {
  readonly fields: Map<string, string>;
  readonly hostResources: string[];
}

/** Resource types of CIM_ResourceAllocationSettingData that matter here. */
export const RESOURCE = { cpu: "3", memory: "4", ide: "5", scsi: "6", nic: "10", disk: "17", storage: "20" } as const;

/** The elements of an Item that are kept. */
export const ITEM_FIELDS = new Set([
  "Address",
  "AddressOnParent",
  "AllocationUnits",
  "AutomaticAllocation",
  "Connection",
  "ElementName",
  "InstanceID",
  "InstanceId",
  "Parent",
  "ResourceSubType",
  "ResourceType",
  "VirtualQuantity",
]);

export function resourceType(item: OvfItem): string {
  return item.fields.get("ResourceType") ?? "";
}

/** As vSphere writes a virtual TPM; its content is never part of a package. */
export function isTpm(item: OvfItem): boolean {
  return item.fields.get("ResourceSubType")?.toLowerCase() === "vmware.vtpm";
}

/** Where the disks of `items` hang, e.g. "scsi0:1 pvscsi"; an item is not in it where that is not said. */
export function diskControllers(items: readonly OvfItem[]): Map<OvfItem, string> {
  const numbers = new Map<string, number>();
  const parents = new Map<string, { bus: string; number: number; model: string }>();
  for (const item of items) {
    const kind = controllerKind(item);
    const id = item.fields.get("InstanceID") ?? item.fields.get("InstanceId");
    if (kind === null || id === undefined) continue;
    const next = numbers.get(kind.bus) ?? 0;
    const own = smallNumber(item.fields.get("Address")) ?? next;
    numbers.set(kind.bus, Math.max(next, own) + 1);
    parents.set(id, { ...kind, number: own });
  }
  const found = new Map<OvfItem, string>();
  for (const item of items) {
    const parent = parents.get(item.fields.get("Parent") ?? "");
    const unit = smallNumber(item.fields.get("AddressOnParent"));
    if (resourceType(item) !== RESOURCE.disk || parent === undefined || unit === null) continue;
    found.set(item, `${parent.bus}${parent.number}:${unit}${parent.model === "" ? "" : ` ${parent.model}`}`);
  }
  return found;
}

function controllerKind(item: OvfItem): { bus: string; model: string } | null {
  const subType = (item.fields.get("ResourceSubType") ?? "").toLowerCase();
  const type = resourceType(item);
  if (type === RESOURCE.ide) return { bus: "ide", model: "" };
  if (type === RESOURCE.scsi) return { bus: "scsi", model: SCSI_MODELS.get(subType) ?? "" };
  if (type !== RESOURCE.storage) return null;
  if (subType.includes("nvme")) return { bus: "nvme", model: "" };
  if (/ahci|sata/.test(subType)) return { bus: "sata", model: "" };
  return /virtio-?scsi/.test(subType) ? { bus: "scsi", model: "virtio" } : null;
}

const SCSI_MODELS = new Map([
  ["virtualscsi", "pvscsi"],
  ["lsilogicsas", "lsilogicsas"],
  ["lsilogic", "lsilogic"],
  ["buslogic", "buslogic"],
]);

/** The network adapters, in the order of their items. */
export function nicsOf(items: readonly OvfItem[]): MachineNic[] {
  return items
    .filter((item) => resourceType(item) === RESOURCE.nic)
    .map(({ fields }, index) => ({
      label: plainText(fields.get("ElementName")) ?? `Network adapter ${index + 1}`,
      mac: macOf(fields.get("Address")),
      network: plainText(fields.get("Connection")),
      model: plainText(fields.get("ResourceSubType")),
      connected: fields.get("AutomaticAllocation")?.toLowerCase() !== "false",
    }));
}

function macOf(text: string | undefined): string | null {
  return text !== undefined && /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(text)
    ? text.toLowerCase().replaceAll("-", ":")
    : null;
}

function smallNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : null;
}
