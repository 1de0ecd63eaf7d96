/** Exports of a machine that is off, on this computer: its files, through the engine's own readers. */
import { dirname } from "node:path";
import type { FormatId } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { isFormatId } from "../../formats/registry.ts";
import { filesOf, type OpenDisk, openDisk } from "../../image/open-disk.ts";
import { openIdentity } from "../../image/open-identity.ts";
import { realPath, statPath } from "../../io/folder.ts";
import type { DiskTransport } from "../provider.ts";

/** Reads between two looks whether somebody wrote to the files. */
const LOOK_EVERY = 64;

export interface DiskFile {
  readonly path: string;
  /** As the machine's description says; never guessed: a raw disk's content is the guest's. */
  readonly format: string;
  /** Further folders that parents may lie in. */
  readonly folders: readonly string[];
}

/** @throws AppError path.*, disk.* */
export async function openFile(file: DiskFile): Promise<OpenDisk> {
  const format = formatOf(file);
  const path = realPath(file.path);
  const folders = [
    dirname(path),
    ...file.folders.flatMap((folder) => (statPath(folder) === null ? [] : realPath(folder))),
  ];
  return openDisk(path, { format, roots: folders, brokenChain: "refuse" });
}

/** What tells one state of the disk from another: all its files with size and time. @throws as openFile */
export async function lookAtFile(file: DiskFile): Promise<{ identity: string; capacityBytes: number }> {
  const disk = await openFile(file);
  try {
    return { identity: openIdentity(filesOf(disk)), capacityBytes: disk.guest.virtualSizeBytes };
  } finally {
    await disk.close();
  }
}

/** @throws AppError as openFile; from the reader disk.in-use once somebody wrote to the files, job.canceled */
export async function openFileTransport(file: DiskFile, identity: string, signal: AbortSignal): Promise<DiskTransport> {
  if (signal.aborted) throw new AppError("job.canceled");
  const disk = await openFile(file);
  const files = filesOf(disk);
  if (openIdentity(files) !== identity) {
    await disk.close();
    throw new AppError("disk.in-use", `${file.path} is not what it was when the export began.`);
  }
  const look = () => {
    if (signal.aborted) throw new AppError("job.canceled");
    for (const one of files) one.assertUnchanged();
  };
  const { guest } = disk;
  const [top] = disk.layers;
  let reads = 0;
  return {
    kind: "random",
    reader: {
      format: top.reader.format,
      subformat: top.reader.subformat,
      virtualSizeBytes: guest.virtualSizeBytes,
      grainBytes: top.reader.grainBytes,
      backing: null,
      mark: null,
      snapshots: [],
      facts: top.reader.facts,
      warnings: disk.warnings,
      allocatedBytes: null,
      files: [],
      async *extents(start, length) {
        yield* guest.extents(start, length);
        look();
      },
      async read(offset, into) {
        await guest.read(offset, into);
        reads += 1;
        if (reads % LOOK_EVERY === 0) look();
      },
      async close() {},
    },
    close: () => disk.close(),
  };
}

/** QEMU's names of formats where they differ from ours. */
function formatOf({ path, format }: DiskFile): FormatId {
  const id = format === "vpc" ? "vhd" : format;
  if (isFormatId(id)) return id;
  throw new AppError("disk.unsupported", `${path} has the format "${format}", which cannot be read.`);
}
