/**
 * Writes a machine as an OVF 1.1 descriptor (DSP0243 1.1; element order: DSP8023 and the CIM schemas of RASD and VSSD, whose elements
 * come in alphabetical order), in the words that ovftool, vSphere and VirtualBox read. Pure and deterministic: the same machine and
 * disks give the same bytes. Everything in a machine may be hostile text. What OVF cannot say, or readers would not know, is a warning.
 *
 *   Envelope ─ References (files) ─ DiskSection ─ NetworkSection ─ VirtualSystem ─ OperatingSystemSection
 *                                                                                ├ VirtualHardwareSection (items, vmw:Config)
 *                                                                                └ AnnotationSection
 */
import type { MachineDetail, MachineNic } from "../../src-core/model/inventory.ts";
import { ovfGuest } from "./guest-os.ts";
import { type DiskSlots, type OvfController, placeDisks } from "./ovf-disk-slots.ts";
import { element, type XmlElement, xmlDocument } from "./xml-element.ts";

/** A finished disk of the package, a stream-optimized VMDK. Sizes in bytes. */
export interface OvfDisk {
  /** MachineDisk.key. */
  readonly key: string;
  /** Beside the descriptor; ASCII without what a URI would escape (`packageFileNames`). */
  readonly fileName: string;
  readonly fileSizeBytes: number;
  readonly capacityBytes: number;
  /** Guest bytes that are stored. */
  readonly populatedBytes: number;
}

export interface OvfOptions {
  /** Whether network adapters keep their addresses; else the importer gives new ones. */
  readonly keepMacAddresses: boolean;
}

export interface WrittenOvf {
  readonly xml: string;
  /** What the imported machine will not be like the source. */
  readonly warnings: readonly string[];
}

const NAMESPACES = {
  xmlns: "http://schemas.dmtf.org/ovf/envelope/1",
  "xmlns:ovf": "http://schemas.dmtf.org/ovf/envelope/1",
  "xmlns:rasd": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData",
  "xmlns:vmw": "http://www.vmware.com/schema/ovf",
  "xmlns:vssd": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData",
};
const STREAM_OPTIMIZED = "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized";
const MiB = 1024 * 1024;
/** What a machine gets whose source does not say. */
const USUAL = { cpus: 1, memoryBytes: 1024 * MiB } as const;
/** Virtual hardware of VMware: 10 knows SATA, 13 secure boot and NVMe. */
const HARDWARE = { usual: "vmx-10", secureBootOrNvme: "vmx-13" } as const;
const NO_NETWORK = "none";

/** @throws AppError target.unsupported for more disks than controllers can hold */
export function writeOvf(machine: MachineDetail, disks: readonly OvfDisk[], options: OvfOptions): WrittenOvf {
  const warnings: string[] = [];
  const details = disks.map(({ key }, index) => {
    const found = machine.disks.find((disk) => disk.key === key);
    return { label: found?.label || `Hard disk ${index + 1}`, controller: found?.controller ?? null };
  });
  const slots = placeDisks(details, machine.family);
  warnings.push(...slots.warnings);
  const name = machine.name.trim() === "" ? "machine" : machine.name;
  const xml = xmlDocument(
    element("Envelope", NAMESPACES, [
      element(
        "References",
        {},
        disks.map(({ fileName, fileSizeBytes }, index) =>
          element("File", {
            "ovf:href": fileName,
            "ovf:id": `file${index + 1}`,
            "ovf:size": String(fileSizeBytes),
          }),
        ),
      ),
      diskSection(disks),
      networkSection(machine.nics),
      element("VirtualSystem", { "ovf:id": name }, [
        info("A virtual machine"),
        element("Name", {}, name),
        systemSection(machine),
        element("VirtualHardwareSection", {}, [
          info("Virtual hardware requirements"),
          element("System", {}, [
            element("vssd:ElementName", {}, "Virtual Hardware Family"),
            element("vssd:InstanceID", {}, "0"),
            element("vssd:VirtualSystemIdentifier", {}, name),
            element("vssd:VirtualSystemType", {}, hardwareVersion(machine, slots)),
          ]),
          ...items(machine, disks, details, slots, options, warnings),
          ...configs(machine, warnings),
        ]),
        machine.notes === ""
          ? null
          : element("AnnotationSection", { "ovf:required": "false" }, [
              info("A human-readable annotation"),
              element("Annotation", {}, machine.notes),
            ]),
      ]),
    ]),
  );
  return { xml, warnings };
}

function info(text: string): XmlElement {
  return element("Info", {}, text);
}

/** A machine without disks has no section of them. */
function diskSection(disks: readonly OvfDisk[]): XmlElement | null {
  if (disks.length === 0) return null;
  return element("DiskSection", {}, [
    info("Virtual disk information"),
    ...disks.map(({ capacityBytes, populatedBytes }, index) =>
      element("Disk", {
        "ovf:capacity": String(capacityBytes),
        "ovf:capacityAllocationUnits": "byte",
        "ovf:diskId": `vmdisk${index + 1}`,
        "ovf:fileRef": `file${index + 1}`,
        "ovf:format": STREAM_OPTIMIZED,
        // Grains are counted whole: the last one may reach behind the disk's end.
        "ovf:populatedSize": String(Math.min(populatedBytes, capacityBytes)),
      }),
    ),
  ]);
}

function networkSection(nics: readonly MachineNic[]): XmlElement | null {
  const names = [...new Set(nics.map(networkOf))];
  if (names.length === 0) return null;
  return element("NetworkSection", {}, [
    info("The list of logical networks"),
    ...names.map((name) =>
      element("Network", { "ovf:name": name }, [element("Description", {}, `The ${name} network`)]),
    ),
  ]);
}

function networkOf({ network }: MachineNic): string {
  return network === null || network.trim() === "" ? NO_NETWORK : network;
}

function systemSection(machine: MachineDetail): XmlElement {
  const { cimId, vmwareId } = ovfGuest(machine);
  return element("OperatingSystemSection", { "ovf:id": String(cimId), "vmw:osType": vmwareId }, [
    info("The kind of installed guest operating system"),
    machine.os === null ? null : element("Description", {}, machine.os),
  ]);
}

/** VMware's own where the source has it; else the oldest that can do what the machine needs. */
function hardwareVersion({ hardwareVersion: own, secureBoot }: MachineDetail, { controllers }: DiskSlots): string {
  if (own !== null && /^vmx-\d{1,3}$/.test(own)) return own;
  const modern = secureBoot === true || controllers.some(({ bus }) => bus === "nvme");
  return modern ? HARDWARE.secureBootOrNvme : HARDWARE.usual;
}

/** Fields of an item, by their names in the schema; null ones are left out. */
type Fields = Readonly<Record<string, string | null>>;

function items(
  machine: MachineDetail,
  disks: readonly OvfDisk[],
  details: readonly { readonly label: string }[],
  { controllers, slots }: DiskSlots,
  options: OvfOptions,
  warnings: string[],
): XmlElement[] {
  const { cpus, memoryBytes } = machine;
  if (cpus === null || cpus === 0) warnings.push(`The number of processors is not known: ${USUAL.cpus} is written.`);
  if (memoryBytes === null || memoryBytes === 0) {
    warnings.push(`The size of the memory is not known: ${USUAL.memoryBytes / MiB} MB are written.`);
  }
  const memoryMiB = Math.ceil((memoryBytes || USUAL.memoryBytes) / MiB);
  const processors = cpus || USUAL.cpus;
  const first = 3;
  const all: Fields[] = [
    {
      AllocationUnits: "hertz * 10^6",
      Description: "Number of Virtual CPUs",
      ElementName: `${processors} virtual CPU(s)`,
      ResourceType: "3",
      VirtualQuantity: String(processors),
    },
    {
      AllocationUnits: "byte * 2^20",
      Description: "Memory Size",
      ElementName: `${memoryMiB}MB of memory`,
      ResourceType: "4",
      VirtualQuantity: String(memoryMiB),
    },
    ...controllers.map(controllerItem),
    ...disks.map((_, index): Fields => {
      const { controller, unit } = slots[index] ?? { controller: 0, unit: index };
      return {
        AddressOnParent: String(unit),
        ElementName: details[index]?.label ?? "",
        HostResource: `ovf:/disk/vmdisk${index + 1}`,
        Parent: String(first + controller),
        ResourceType: "17",
      };
    }),
    ...machine.nics.map((nic, index) => nicItem(nic, index, machine.family, options, warnings)),
  ];
  return all.map((fields, index) => item({ ...fields, InstanceID: String(index + 1) }));
}

function controllerItem({ bus, number, resourceType, subType }: OvfController): Fields {
  const label = { scsi: "SCSI", sata: "SATA", nvme: "NVMe", ide: "IDE" }[bus];
  return {
    Address: String(number),
    Description: `${label} Controller`,
    ElementName: `${label} Controller ${number}`,
    ResourceSubType: subType,
    ResourceType: resourceType,
  };
}

function nicItem(
  nic: MachineNic,
  index: number,
  family: MachineDetail["family"],
  { keepMacAddresses }: OvfOptions,
  warnings: string[],
): Fields {
  const label = nic.label.trim() === "" ? `Network adapter ${index + 1}` : nic.label;
  const { model, exact } = nicModel(nic.model, family);
  if (!exact) {
    const own = nic.model === null ? "The model" : `The model ${nic.model}`;
    warnings.push(`${own} of ${label} is not known to readers of OVF: ${model} is written.`);
  }
  if (networkOf(nic) === NO_NETWORK)
    warnings.push(`${label} is on no network that is known: choose one when importing.`);
  return {
    Address: keepMacAddresses ? nic.mac : null,
    AddressOnParent: String(7 + index),
    AutomaticAllocation: String(nic.connected),
    Connection: networkOf(nic),
    Description: `${model} ethernet adapter on "${networkOf(nic)}"`,
    ElementName: label,
    ResourceSubType: model,
    ResourceType: "10",
  };
}

/** Models by what they are called on the way from QEMU, VirtualBox and VMware. */
const NIC_MODELS: readonly (readonly [RegExp, string])[] = [
  [/vmxnet ?3/, "VmxNet3"],
  [/vmxnet ?2|enhanced/, "VmxNet2"],
  [/vmxnet/, "VmxNet"],
  [/e1000e|82574/, "E1000e"],
  [/e1000|8254[0-9]/, "E1000"],
  [/pcnet|am79c97/, "PCNet32"],
];

/** @returns the nearest that readers know, and whether it is the machine's own */
function nicModel(own: string | null, family: MachineDetail["family"]): { model: string; exact: boolean } {
  const text = (own ?? "").toLowerCase();
  const known = NIC_MODELS.find(([pattern]) => pattern.test(text))?.[1];
  if (known !== undefined) return { model: known, exact: true };
  // As fast as virtio was, where the kernel has the driver.
  const fast = family === "linux" && /virtio/.test(text);
  return { model: fast ? "VmxNet3" : "E1000", exact: false };
}

function item(fields: Fields): XmlElement {
  const present = Object.entries(fields).filter((field): field is [string, string] => field[1] !== null);
  present.sort(([a], [b]) => (a < b ? -1 : 1));
  return element(
    "Item",
    {},
    present.map(([name, value]) => element(`rasd:${name}`, {}, value)),
  );
}

/** VMware's extensions; others are to pass over them. */
function configs({ firmware, secureBoot, tpm }: MachineDetail, warnings: string[]): XmlElement[] {
  const config = (key: string, value: string) =>
    element("vmw:Config", { "ovf:required": "false", "vmw:key": key, "vmw:value": value });
  if (tpm === true) {
    warnings.push(
      "The machine has a TPM, which an OVF does not carry: what it guards (BitLocker, LUKS) asks for its recovery key, and a new TPM must be added.",
    );
  }
  if (firmware === "efi") {
    warnings.push("Boot entries of the EFI firmware are not part of an OVF: the guest starts by its default loader.");
  }
  return [
    ...(firmware === "unknown" ? [] : [config("firmware", firmware)]),
    ...(secureBoot === true ? [config("bootOptions.efiSecureBootEnabled", "true")] : []),
  ];
}
