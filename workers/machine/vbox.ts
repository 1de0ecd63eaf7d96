/**
 * VirtualBox machine descriptions (.vbox): an XML file `VirtualBox/Machine` with a registry of media (trees of hard disks, a
 * differencing one inside its parent) and the devices attached to controllers, of which those inside a `Snapshot` are old states.
 * The elements lie in the namespace http://www.virtualbox.org/; older versions keep StorageControllers beside Hardware.
 */
import { SaxesParser, type SaxesTagNS } from "saxes";
import type { MachineNic, MachineSnapshot } from "../../src-core/model/inventory.ts";
import {
  boundedCount,
  type DescribedDisk,
  type DescribedMachine,
  damagedMachine,
  decodeText,
  plainText,
} from "./machine.ts";

/** Larger files are refused before they are read. */
export const MAX_VBOX_BYTES = 16 * 1024 * 1024;
const MAX_DEPTH = 256;
const MAX_ELEMENTS = 200_000;
const MAX_VALUE = 16_384;
const MAX_SNAPSHOTS = 1000;
const MiB = 1024 * 1024;

interface Attached {
  readonly controller: string;
  readonly uuid: string;
}

/** The machine a .vbox file describes. @throws AppError machine.damaged naming the line */
export function parseVbox(file: string, bytes: Uint8Array): DescribedMachine {
  if (bytes.length > MAX_VBOX_BYTES) throw damagedMachine(file, `larger than ${MAX_VBOX_BYTES} bytes`);
  const parser = new SaxesParser({ xmlns: true, position: true });
  const path: string[] = [];
  const media = new Map<string, string>();
  const attached: Attached[] = [];
  const nics: MachineNic[] = [];
  const snapshots: MachineSnapshot[] = [];
  /** Snapshots around the place we are at, the innermost last. */
  const within: string[] = [];
  let machine: SaxesTagNS | null = null;
  let cpus = "";
  let memory = "";
  let firmware = "BIOS";
  let tpm = false;
  let secureBoot = false;
  let notes = "";
  let controller = { name: "", next: "" };
  let nic: MachineNic | null = null;
  let text = "";
  let elements = 0;

  const refuse = (what: string) => damagedMachine(file, what, parser.line);
  const value = (tag: SaxesTagNS, name: string) => (tag.attributes[name]?.value ?? "").slice(0, MAX_VALUE);

  parser.on("error", (error) => {
    throw refuse(error.message.replace(/^[^ ]*\d+:\d+: /, ""));
  });
  parser.on("doctype", () => {
    throw refuse("a document type declaration is not allowed in a machine description");
  });
  parser.on("text", (piece) => {
    if (text.length < MAX_VALUE) text += piece.slice(0, MAX_VALUE);
  });
  parser.on("opentag", (tag) => {
    elements += 1;
    if (elements > MAX_ELEMENTS) throw refuse(`more than ${MAX_ELEMENTS} elements`);
    if (path.length >= MAX_DEPTH) throw refuse(`elements nested deeper than ${MAX_DEPTH}`);
    if (path.length === 0 && tag.local !== "VirtualBox")
      throw refuse(`the root element is ${tag.local}, not VirtualBox`);
    path.push(tag.local);
    text = "";
    if (tag.local === "Machine" && path.length === 2) machine = tag;
    else if (tag.local === "HardDisk") media.set(value(tag, "uuid"), value(tag, "location"));
    else if (tag.local === "Snapshot") {
      if (snapshots.length >= MAX_SNAPSHOTS) throw refuse(`more than ${MAX_SNAPSHOTS} snapshots`);
      const id = value(tag, "uuid");
      snapshots.push({
        id: plainText(id) ?? `snapshot ${snapshots.length + 1}`,
        parentId: within.at(-1) ?? null,
        name: plainText(value(tag, "name")) ?? id,
        description: "",
        createdAt: instantOf(value(tag, "timeStamp")),
        current: false,
      });
      within.push(id);
    } else if (within.length > 0) {
      // What belongs to a snapshot is an old state.
    } else if (tag.local === "CPU") cpus = value(tag, "count") || "1";
    else if (tag.local === "Memory") memory = value(tag, "RAMSize");
    else if (tag.local === "Firmware") firmware = value(tag, "type") || "BIOS";
    else if (tag.local === "TrustedPlatformModule") tpm = !["", "None"].includes(value(tag, "type"));
    else if (tag.local === "SecureBoot") secureBoot = value(tag, "enabled") === "true";
    else if (tag.local === "StorageController") controller = { name: value(tag, "name"), next: "" };
    else if (tag.local === "AttachedDevice") {
      controller.next = value(tag, "type") === "HardDisk" ? `${controller.name} ${slotOf(tag)}`.trim() : "";
    } else if (tag.local === "Image" && path.at(-2) === "AttachedDevice" && controller.next !== "") {
      attached.push({ controller: controller.next, uuid: value(tag, "uuid") });
    } else if (tag.local === "Adapter" && value(tag, "enabled") === "true") {
      nic = {
        label: `Adapter ${Number(value(tag, "slot")) + 1 || 1}`,
        mac: macOf(value(tag, "MACAddress")),
        network: null,
        model: plainText(value(tag, "type")),
        connected: value(tag, "cable") !== "false",
      };
      nics.push(nic);
    } else if (nic !== null && path.at(-2) === "Adapter") {
      nic.network ??= plainText([tag.local, value(tag, "name")].filter((part) => part !== "").join(" "));
    }
  });
  parser.on("closetag", (tag) => {
    path.pop();
    if (tag.local === "Snapshot") within.pop();
    else if (tag.local === "Adapter") nic = null;
    else if (tag.local === "Description") {
      const inner = snapshots.find(({ id }) => id === within.at(-1));
      if (inner !== undefined) inner.description = text.trim().slice(0, 1000);
      else if (path.at(-1) === "Machine") notes = text.trim();
    }
    text = "";
  });
  parser.write(decodeText(file, bytes, "utf-8")).close();

  if (machine === null) throw damagedMachine(file, "describes no machine (it may be a VirtualBox settings file)");
  const current = value(machine, "currentSnapshot");
  const memoryMiB = boundedCount(memory, 1024 * MiB);
  const warnings: string[] = [];
  const disks = attached.map((one) => diskOf(one, media));
  return {
    name: plainText(value(machine, "name")),
    guestOs: plainText(value(machine, "OSType")),
    cpuCount: boundedCount(cpus, 4096),
    memoryBytes: memoryMiB === null ? null : memoryMiB * MiB,
    firmware: firmware.toUpperCase().startsWith("EFI") ? "efi" : "bios",
    disks,
    warnings,
    hardware: {
      nics,
      snapshots: snapshots.map((one) => ({ ...one, current: one.id === current })),
      secureBoot,
      tpm,
      hardwareVersion: null,
      guestId: plainText(value(machine, "OSType")),
      notes,
      suspended: value(machine, "stateFile") !== "",
      encrypted: false,
    },
  };
}

/** "port:device". */
function slotOf(tag: SaxesTagNS): string {
  const number = (name: string) => boundedCount(tag.attributes[name]?.value, 999) ?? 0;
  return `${number("port")}:${number("device")}`;
}

function diskOf({ controller, uuid }: Attached, media: ReadonlyMap<string, string>): DescribedDisk {
  const fileName = media.get(uuid) ?? "";
  if (fileName === "") {
    return { fileName: uuid, problem: "The description names no file for it.", controller };
  }
  return { fileName, problem: fileName.includes("\0") ? "Its file name holds a NUL byte." : null, controller };
}

function macOf(text: string): string | null {
  return /^[0-9a-f]{12}$/i.test(text) ? (text.toLowerCase().match(/../g)?.join(":") ?? null) : null;
}

function instantOf(text: string): string | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
