/**
 * Machine descriptions in the Open Virtualization Format (DSP0243, versions 1 and 2): the envelope's References, DiskSection and
 * VirtualSystems. Streaming parser, elements by local name (writers choose their own prefixes). Everything in the file is untrusted:
 * no document type, no entities beyond XML's five, bounded size, depth and count, and only file names inside the package's folder.
 */
import { SaxesParser, type SaxesTagNS } from "saxes";
import { quantityInBytes } from "./allocation-units.ts";
import {
  boundedCount,
  type DescribedDisk,
  type DescribedMachine,
  damagedMachine,
  decodeText,
  plainText,
} from "./machine.ts";
import { diskControllers, ITEM_FIELDS, isTpm, nicsOf, type OvfItem, RESOURCE, resourceType } from "./ovf-hardware.ts";

/** Larger files are refused before they are read. */
export const MAX_OVF_BYTES = 16 * 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_ELEMENTS = 200_000;
const MAX_SYSTEMS = 1000;
/** Text of one element that is kept; of notes a little more. */
const MAX_VALUE = 4096;
const MAX_NOTES = 16 * 1024;

/** A file of the References section. */
interface FileReference {
  readonly href: string;
  readonly compression: string;
  readonly chunked: boolean;
}

interface System {
  id: string;
  name: string;
  osDescription: string;
  osType: string;
  firmware: string;
  secureBoot: boolean | null;
  hardwareVersion: string;
  notes: string;
  items: OvfItem[];
}

/** The machines an OVF describes, one per VirtualSystem. @throws AppError machine.damaged naming the line */
export function parseOvf(file: string, bytes: Uint8Array): DescribedMachine[] {
  if (bytes.length > MAX_OVF_BYTES) throw damagedMachine(file, `larger than ${MAX_OVF_BYTES} bytes`);
  const parser = new SaxesParser({ xmlns: true, position: true });
  const path: string[] = [];
  const files = new Map<string, FileReference>();
  const disks = new Map<string, { fileRef: string }>();
  const systems: System[] = [];
  let system: System | null = null;
  let item: OvfItem | null = null;
  let text = "";
  let elements = 0;

  const refuse = (what: string) => damagedMachine(file, what, parser.line);
  parser.on("error", (error) => {
    throw refuse(error.message.replace(/^[^ ]*\d+:\d+: /, ""));
  });
  parser.on("doctype", () => {
    throw refuse("a document type declaration is not allowed in an OVF");
  });
  parser.on("text", (piece) => {
    const most = path.at(-1) === "Annotation" ? MAX_NOTES : MAX_VALUE;
    if (text.length < most) text += piece.slice(0, most);
  });
  parser.on("opentag", (tag) => {
    elements += 1;
    if (elements > MAX_ELEMENTS) throw refuse(`more than ${MAX_ELEMENTS} elements`);
    if (path.length >= MAX_DEPTH) throw refuse(`elements nested deeper than ${MAX_DEPTH}`);
    if (path.length === 0 && tag.local !== "Envelope") throw refuse(`the root element is ${tag.local}, not Envelope`);
    path.push(tag.local);
    text = "";
    const parent = path.at(-2);
    if (tag.local === "File" && parent === "References") {
      files.set(attribute(tag, "id"), {
        href: attribute(tag, "href"),
        compression: attribute(tag, "compression"),
        chunked: attribute(tag, "chunkSize") !== "",
      });
    } else if (tag.local === "Disk" && (parent === "DiskSection" || parent === "Section")) {
      disks.set(attribute(tag, "diskId"), { fileRef: attribute(tag, "fileRef") });
    } else if (tag.local === "VirtualSystem") {
      if (systems.length >= MAX_SYSTEMS) throw refuse(`more than ${MAX_SYSTEMS} virtual systems`);
      system = newSystem(attribute(tag, "id"));
      systems.push(system);
    } else if (system !== null && tag.local === "OperatingSystemSection") {
      system.osType = attribute(tag, "osType");
    } else if (system !== null && ["Config", "ExtraConfig"].includes(tag.local)) {
      readConfig(system, attribute(tag, "key"), attribute(tag, "value"));
    } else if (system !== null && ["Item", "StorageItem"].includes(tag.local)) {
      item = { fields: new Map(), hostResources: [] };
      system.items.push(item);
    }
  });
  parser.on("closetag", (tag) => {
    path.pop();
    const value = text.trim();
    const parent = path.at(-1);
    text = "";
    if (item !== null && (parent === "Item" || parent === "StorageItem")) {
      if (tag.local === "HostResource") item.hostResources.push(value);
      else if (ITEM_FIELDS.has(tag.local)) item.fields.set(tag.local, value);
    } else if (system !== null && tag.local === "Name" && parent === "VirtualSystem") system.name = value;
    else if (system !== null && tag.local === "Description" && parent === "OperatingSystemSection") {
      system.osDescription = value;
    } else if (system !== null && tag.local === "VirtualSystemType" && parent === "System") {
      system.hardwareVersion = value;
    } else if (system !== null && tag.local === "Annotation" && parent === "AnnotationSection") system.notes = value;
    if (tag.local === "Item" || tag.local === "StorageItem") item = null;
    if (tag.local === "VirtualSystem") system = null;
  });
  parser.write(decodeText(file, bytes, encodingOf(bytes))).close();

  if (systems.length === 0) throw damagedMachine(file, "describes no virtual system");
  return systems.map((one) => machineOf(one, files, disks, systems.length === 1));
}

function newSystem(id: string): System {
  return {
    id,
    name: "",
    osDescription: "",
    osType: "",
    firmware: "",
    secureBoot: null,
    hardwareVersion: "",
    notes: "",
    items: [],
  };
}

/** VMware's extensions, of a machine or of one of its items. */
function readConfig(system: System, key: string, value: string): void {
  if (key === "firmware") system.firmware = value;
  else if (key === "bootOptions.efiSecureBootEnabled" || key === "uefi.secureBoot.enabled") {
    system.secureBoot = value.toLowerCase() === "true";
  }
}

/** By byte-order mark, else what the XML declaration says, else UTF-8. */
function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const head = Buffer.from(bytes.subarray(0, 200)).toString("latin1");
  return /^(?:\u00ef\u00bb\u00bf)?<\?xml[^>]*encoding\s*=\s*["']([\w.-]{1,40})["']/.exec(head)?.[1] ?? "utf-8";
}

/** An attribute by its local name, whatever its prefix; "" when absent. */
function attribute(tag: SaxesTagNS, local: string): string {
  for (const one of Object.values(tag.attributes)) if (one.local === local) return one.value.slice(0, MAX_VALUE);
  return "";
}

function machineOf(
  system: System,
  files: ReadonlyMap<string, FileReference>,
  disks: ReadonlyMap<string, { fileRef: string }>,
  alone: boolean,
): DescribedMachine {
  const warnings: string[] = [];
  const cpu = system.items.find((item) => resourceType(item) === RESOURCE.cpu)?.fields;
  const memory = system.items.find((item) => resourceType(item) === RESOURCE.memory)?.fields;
  const [quantity, units] = [memory?.get("VirtualQuantity") ?? "", memory?.get("AllocationUnits") ?? ""];
  // Writers that leave the units out mean MiB.
  const memoryBytes = memory === undefined ? null : quantityInBytes(quantity, units || "byte * 2^20");
  if (memory !== undefined && memoryBytes === null) {
    warnings.push(`memory of ${quantity} "${units}" is not understood`);
  }
  const controllers = diskControllers(system.items);
  const attached = system.items
    .filter((item) => resourceType(item) === RESOURCE.disk)
    .flatMap((item) => item.hostResources.map((resource) => ({ resource, controller: controllers.get(item) })))
    .flatMap(({ resource, controller }) => {
      const id = /^(?:ovf:)?\/disk\/(.+)$/.exec(resource)?.[1];
      return id === undefined ? [] : [{ id, controller }];
    });
  // A lone system whose items name no disk owns all disks of the package.
  const owned =
    attached.length === 0 && alone ? [...disks.keys()].map((id) => ({ id, controller: undefined })) : attached;
  const found: DescribedDisk[] = [];
  for (const { id, controller } of owned) {
    const disk = disks.get(id);
    if (disk === undefined) warnings.push(`disk "${plainText(id)}" is attached but not in the DiskSection`);
    else if (disk.fileRef !== "") {
      const file = files.get(disk.fileRef);
      if (file === undefined)
        warnings.push(`disk "${plainText(id)}" refers to file "${plainText(disk.fileRef)}", which is not listed`);
      else found.push({ ...diskOf(file), ...(controller === undefined ? {} : { controller }) });
    }
  }
  const firmware = system.firmware.toLowerCase();
  return {
    name: plainText(system.name) ?? plainText(system.id),
    guestOs: plainText(system.osDescription) ?? plainText(system.osType),
    cpuCount: boundedCount(cpu?.get("VirtualQuantity"), 4096),
    memoryBytes,
    firmware: firmware === "efi" || firmware === "uefi" ? "efi" : firmware === "bios" ? "bios" : null,
    disks: found,
    warnings,
    hardware: {
      nics: nicsOf(system.items),
      ...(system.secureBoot === null ? {} : { secureBoot: system.secureBoot }),
      ...(system.items.some(isTpm) ? { tpm: true } : {}),
      hardwareVersion: plainText(system.hardwareVersion),
      guestId: plainText(system.osType),
      notes: system.notes,
    },
  };
}

/** A file reference as a name inside the package's folder, or why it is none. */
function diskOf(file: FileReference): DescribedDisk {
  let name = file.href;
  let problem: string | null = null;
  if (!["", "identity"].includes(file.compression)) {
    problem = `It is stored compressed as a whole (${plainText(file.compression)}), which is not supported.`;
  } else if (file.chunked) problem = "It is stored in chunks, which is not supported.";
  try {
    name = decodeURIComponent(file.href);
  } catch {
    // A name with a bare percent sign: taken as it is written.
  }
  if (name === "") problem = "Its file has no name.";
  else if (/^[a-z][a-z0-9+.-]+:/i.test(name))
    problem = "Its file is named by an address; only files beside the OVF are read.";
  else if (/^[\\/]|^[a-z]:/i.test(name))
    problem = "Its file is named by an absolute path; only files beside the OVF are read.";
  else if (name.split(/[\\/]/).includes("..")) problem = "Its file name leads out of the OVF's folder.";
  else if (name.includes("\0")) problem = "Its file name holds a NUL byte.";
  return { fileName: name, problem };
}
