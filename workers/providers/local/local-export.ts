/** Reading the disks of a machine in a folder: in place, through their chains, and only as long as nobody writes to them. */
import { AppError } from "../../../src-core/model/error.ts";
import type { MachineDetail } from "../../../src-core/model/inventory.ts";
import { guardedReader } from "../../image/guarded-reader.ts";
import { filesOf, openDisk } from "../../image/open-disk.ts";
import { openIdentity } from "../../image/open-identity.ts";
import type { FoundMachine } from "../../machine/machine-reader.ts";
import type { ExportDisk, ExportOptions, ExportSession } from "../provider.ts";
import { uniqueKeys } from "./inventory-row.ts";

/** @param root real path of the folder outside of which nothing is opened */
export async function openLocalExport(
  root: string,
  machine: MachineDetail,
  found: FoundMachine,
  options: ExportOptions,
): Promise<ExportSession> {
  const stop = machine.obstacles.find(({ severity, diskKey }) => severity === "blocking" && diskKey === null);
  if (stop !== undefined)
    throw new AppError("source.refused", `${machine.name}: ${stop.message}`, { hint: stop.remedy });
  if (options.quiesce === "require") {
    throw new AppError(
      "source.unsupported",
      `${machine.name} lies in a folder and does not run: nothing can be quiesced.`,
    );
  }
  const blocked = new Map(
    machine.obstacles.flatMap(({ severity, diskKey, message }) =>
      severity === "blocking" && diskKey !== null ? [[diskKey, message] as const] : [],
    ),
  );
  const warnings: string[] = [];
  const disks: ExportDisk[] = [];
  const identities: Record<string, string> = {};
  for (const { key, path, name } of uniqueKeys(found.disks)) {
    if (options.diskKeys !== null && !options.diskKeys.includes(key)) continue;
    const problem = blocked.get(key);
    if (problem !== undefined) {
      warnings.push(`${name} is left out: ${problem}`);
      continue;
    }
    const disk = await openDisk(path, { roots: [root], brokenChain: "refuse" });
    try {
      identities[key] = openIdentity(filesOf(disk));
      if (options.resume !== null && options.resume[key] !== identities[key]) {
        throw new AppError("disk.in-use", `${path} is not what it was when the export began.`, {
          hint: "Start the export anew.",
          details: { file: path },
        });
      }
      disks.push({
        key,
        capacityBytes: disk.guest.virtualSizeBytes,
        transport: "files",
        reason: "The disk lies on this computer and is read in place.",
        open: (signal) => openFiles(root, path, signal),
      });
    } finally {
      await disk.close();
    }
  }
  // What is read lies there anyhow: nothing was made, so there is nothing to remove.
  return { machine, disks, resume: identities, warnings, async close() {} };
}

async function openFiles(root: string, path: string, signal: AbortSignal): ReturnType<ExportDisk["open"]> {
  if (signal.aborted) throw new AppError("job.canceled");
  const disk = await openDisk(path, { roots: [root], brokenChain: "refuse" });
  return { kind: "random", reader: guardedReader(disk, signal), close: () => disk.close() };
}
