/** Exports of a machine that is off, on this computer: its files, through the engine's own readers. */
import { dirname } from "node:path";
import type { FormatId } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { isFormatId } from "../../formats/registry.ts";
import { guardedReader } from "../../image/guarded-reader.ts";
import { filesOf, type OpenDisk, openDisk } from "../../image/open-disk.ts";
import { openIdentity } from "../../image/open-identity.ts";
import { realPath, statPath } from "../../io/folder.ts";
import type { DiskTransport } from "../provider.ts";

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
  if (openIdentity(filesOf(disk)) !== identity) {
    await disk.close();
    throw new AppError("disk.in-use", `${file.path} is not what it was when the export began.`);
  }
  return { kind: "random", reader: guardedReader(disk, signal), close: () => disk.close() };
}

/** QEMU's names of formats where they differ from ours. */
function formatOf({ path, format }: DiskFile): FormatId {
  const id = format === "vpc" ? "vhd" : format;
  if (isFormatId(id)) return id;
  throw new AppError("disk.unsupported", `${path} has the format "${format}", which cannot be read.`);
}
