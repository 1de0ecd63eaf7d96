/**
 * A machine of Hyper-V as its folder shows it: the settings file (.vmcx) is Microsoft's own binary form and is not read, so name and
 * disks come from where the files lie. Layout: NAME/Virtual Machines/GUID.vmcx, NAME/Virtual Hard Disks/*.vhdx, checkpoints' disks
 * (.avhdx) beside those or in NAME/Snapshots.
 */
import { basename, dirname, extname, join } from "node:path";
import { statPath } from "../io/folder.ts";
import { walkFolder } from "../io/walk-folder.ts";
import type { DescribedDisk, DescribedMachine } from "./machine.ts";

const EXTENSIONS = new Set([".vhd", ".vhdx", ".avhd", ".avhdx"]);
const DISK_FOLDERS = ["", "Virtual Hard Disks", "Snapshots"];
const MAX_ENTRIES = 10_000;

/** @param settingsPath real path of the settings file */
export function hyperVMachine(settingsPath: string): DescribedMachine {
  const home = dirname(dirname(settingsPath));
  const others = names(dirname(settingsPath)).filter(
    (name) => [".vmcx", ".xml"].includes(extname(name).toLowerCase()) && name !== basename(settingsPath),
  );
  const disks: DescribedDisk[] = DISK_FOLDERS.flatMap((folder) =>
    names(join(home, folder))
      .filter((name) => EXTENSIONS.has(extname(name).toLowerCase()))
      .map((name) => ({ fileName: join(home, folder, name), problem: null })),
  );
  const alone = others.length === 0;
  const guid = basename(settingsPath, extname(settingsPath));
  return {
    name: alone ? basename(home) : `${basename(home)} (${guid.slice(0, 8)})`,
    guestOs: null,
    cpuCount: null,
    memoryBytes: null,
    firmware: null,
    // Several machines share these folders: whose disk is whose stands only in the settings.
    disks: alone ? disks : [],
    warnings: [
      "The settings file of Hyper-V is not read: CPUs, memory, firmware and network are not known.",
      ...(alone ? [] : ["Several machines share this folder; their disks are listed on their own."]),
    ],
  };
}

/** File names in one folder; none where there is no such folder. */
function names(folder: string): readonly string[] {
  if (statPath(folder)?.kind !== "folder") return [];
  for (const { fileNames } of walkFolder(folder, { depth: 0, entries: MAX_ENTRIES }, () => {})) return fileNames;
  return [];
}
