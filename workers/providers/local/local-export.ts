/** Reading the disks of a machine in a folder: in place, through their chains, and only as long as nobody writes to them. */
import { AppError } from "../../../src-core/model/error.ts";
import type { MachineDetail } from "../../../src-core/model/inventory.ts";
import type { DiskReader } from "../../formats/format.ts";
import { filesOf, openDisk } from "../../image/open-disk.ts";
import { openIdentity } from "../../image/open-identity.ts";
import type { FileSource } from "../../io/file.ts";
import type { FoundMachine } from "../../machine/machine-reader.ts";
import type { ExportDisk, ExportOptions, ExportSession } from "../provider.ts";
import { uniqueKeys } from "./inventory-row.ts";

/** Reads between two looks whether somebody wrote to the files. */
const LOOK_EVERY = 64;

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
  const [top] = disk.layers;
  const guarded = guard(disk.guest, filesOf(disk), signal);
  const reader: DiskReader = {
    format: top.reader.format,
    subformat: top.reader.subformat,
    virtualSizeBytes: disk.guest.virtualSizeBytes,
    grainBytes: top.reader.grainBytes,
    backing: null,
    mark: null,
    snapshots: [],
    facts: top.reader.facts,
    warnings: disk.warnings,
    allocatedBytes: null,
    files: [],
    ...guarded,
    async close() {},
  };
  return { kind: "random", reader, close: () => disk.close() };
}

/** The same disk; throws job.canceled, and disk.in-use once somebody wrote to one of its files. */
function guard(
  guest: Pick<DiskReader, "extents" | "read">,
  files: readonly FileSource[],
  signal: AbortSignal,
): Pick<DiskReader, "extents" | "read"> {
  let reads = 0;
  const look = () => {
    if (signal.aborted) throw new AppError("job.canceled");
    for (const file of files) file.assertUnchanged();
  };
  return {
    async *extents(start, length) {
      yield* guest.extents(start, length);
      look();
    },
    async read(offset, into) {
      await guest.read(offset, into);
      reads += 1;
      if (reads % LOOK_EVERY === 0) look();
    },
  };
}
