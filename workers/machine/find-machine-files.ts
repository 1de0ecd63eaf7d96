/** Walks a folder for files that describe machines or may be disks. What they are is for machine-reader.ts to read. */
import { basename, dirname, extname, join } from "node:path";
import { isExtentFileName } from "../formats/registry.ts";
import { walkFolder } from "../io/walk-folder.ts";

const LIMITS = { depth: 32, entries: 1_000_000 };

/** Files that may be a disk by their name; the content decides. */
const DISK_EXTENSIONS = new Set([
  ".vmdk",
  ".qcow2",
  ".qcow",
  ".vhd",
  ".avhd",
  ".vhdx",
  ".avhdx",
  ".vdi",
  ".raw",
  ".img",
]);

/** What describes a machine: an OVF or OVA, a VMX, a VirtualBox file, the settings file of a machine of Hyper-V. */
export type DescriptionKind = "ovf" | "vmx" | "vbox" | "hyperv";

export interface MachineFiles {
  readonly descriptions: { readonly kind: DescriptionKind; readonly path: string }[];
  readonly disks: string[];
  /** Regular files of any kind. */
  readonly filesSeen: number;
}

/**
 * All of them, in the order of the walk.
 * @param gate awaited once a folder
 * @param problem told in words what could not be read
 * @throws AppError path.* when `root` itself cannot be read
 */
export async function findMachineFiles(
  root: string,
  gate: () => Promise<void>,
  problem: (message: string) => void,
): Promise<MachineFiles> {
  let filesSeen = 0;
  const descriptions: MachineFiles["descriptions"] = [];
  const disks: string[] = [];
  for (const folder of walkFolder(root, LIMITS, problem)) {
    await gate();
    filesSeen += folder.fileNames.length;
    for (const name of folder.fileNames) {
      const path = join(folder.path, name);
      const kind = descriptionKind(path);
      if (kind !== null) descriptions.push({ kind, path });
      else if (DISK_EXTENSIONS.has(extname(name).toLowerCase()) && !isExtentFileName(name)) disks.push(path);
    }
  }
  return { descriptions, disks, filesSeen };
}

/** By the file's name; null for one that describes no machine. */
export function descriptionKind(path: string): DescriptionKind | null {
  const extension = extname(path).toLowerCase();
  if (extension === ".ovf" || extension === ".ova") return "ovf";
  if (extension === ".vmx") return "vmx";
  if (extension === ".vbox") return "vbox";
  // Hyper-V keeps it as "Virtual Machines/<GUID>.vmcx" (until 2012 R2 .xml), snapshots' beside it in "Snapshots".
  const inPlace = basename(dirname(path)).toLowerCase() === "virtual machines";
  const byGuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(vmcx|xml)$/i.test(basename(path));
  return inPlace && byGuid ? "hyperv" : null;
}
