/** The disk a command names: where it really lies and in which folders the rest of it may be opened. */
import { dirname } from "node:path";
import type { DiskInfo, FormatId } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import { realFolder } from "../files/folder-listing.ts";
import { fileFacts } from "../files/real-file.ts";
import { runTask } from "../jobs/worker-thread.ts";
import { type CliContext, pathOf } from "./context.ts";

export interface SourceDisk {
  /** Absolute, links resolved. */
  readonly path: string;
  /** The disk's own folder and those of --allow: parents and extents outside of them stay shut. */
  readonly roots: string[];
}

/** @throws AppError path.* */
export async function locateSource(
  context: CliContext,
  file: string,
  allow: readonly string[] = [],
): Promise<SourceDisk> {
  const facts = await fileFacts(pathOf(context, file));
  if (!facts.isFile && !facts.isDevice) {
    throw new AppError("path.not-file", `${facts.realPath} is not a regular file or block device.`);
  }
  const others = await Promise.all(allow.map((folder) => realFolder(pathOf(context, folder))));
  return { path: facts.realPath, roots: [dirname(facts.realPath), ...others] };
}

/** Reads the headers with the engine. @throws AppError disk.*, io.read, job.canceled */
export async function inspectSource(
  source: SourceDisk,
  format: FormatId | undefined,
  signal: AbortSignal,
): Promise<DiskInfo> {
  const forced = format === undefined ? {} : { format };
  return (await runTask({ kind: "inspect", ...source, ...forced }, { signal })).disk;
}
