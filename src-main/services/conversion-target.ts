/** The file a conversion makes: the proposal of a name, and everything that can be wrong with a chosen one. */
import { basename, dirname, extname, isAbsolute, join, normalize } from "node:path";
import type { DiskInfo, FormatId, FormatInfo } from "../../src-core/model/disk.ts";
import { AppError, type AppErrorData } from "../../src-core/model/error.ts";
import { isWritable, realFolder } from "../files/folder-listing.ts";
import { fileFactsOrNull } from "../files/real-file.ts";

/** Offered for a source of each format. */
const PROPOSED: Readonly<Record<FormatId, FormatId>> = { raw: "qcow2", vmdk: "qcow2", qcow2: "raw", vhdx: "qcow2" };

export function proposedFormat(source: FormatId): FormatId {
  return PROPOSED[source];
}

/** A name in `folder` that no file has: web01.qcow2, web01-2.qcow2, web01-3.qcow2 … */
export async function proposedPath(sourcePath: string, folder: string, format: FormatInfo): Promise<string> {
  const stem = basename(sourcePath, extname(sourcePath)) || "disk";
  const extension = format.extensions[0] ?? format.id;
  for (let number = 1; ; number += 1) {
    const path = join(folder, `${stem}${number === 1 ? "" : `-${number}`}.${extension}`);
    if ((await fileFactsOrNull(path)) === null) return path;
  }
}

/** The target with its folder's links resolved, so that one file has one spelling; unchanged where that cannot be had. */
export async function settledPath(path: string): Promise<string> {
  if (!isAbsolute(path)) return path;
  const plain = normalize(path);
  const folder = await realFolder(dirname(plain)).catch(() => null);
  return folder === null ? plain : join(folder, basename(plain));
}

export interface TargetCheck {
  readonly exists: boolean;
  readonly problems: AppErrorData[];
}

/** Why nothing could be written to `path` (as `settledPath` gave it). Reads nothing, creates nothing. */
export async function checkTarget(path: string, overwrite: boolean, source: DiskInfo): Promise<TargetCheck> {
  const problems: AppErrorData[] = [];
  const found = (error: AppError) => problems.push(error.toData());
  const details = { path };
  if (!isAbsolute(path) || path.endsWith("/") || path.includes("\0")) {
    found(new AppError("request.invalid", "targetPath: give the absolute path of the file to make.", { details }));
    return { exists: false, problems };
  }
  const folder = dirname(path);
  try {
    await realFolder(folder);
  } catch (thrown) {
    found(AppError.from(thrown));
    return { exists: false, problems };
  }
  if (!(await isWritable(folder))) {
    found(new AppError("target.read-only", `The folder ${folder} cannot be written to.`, { details }));
  }
  const existing = await fileFactsOrNull(path);
  if (existing === null) return { exists: false, problems };
  if (!existing.isFile) {
    found(new AppError("path.not-file", `${path} exists and is not a regular file.`, { details }));
  } else if (await isPartOf(source, existing.identity)) {
    found(new AppError("target.same-as-source", `${path} is a file of the source disk.`, { details }));
  } else if (!overwrite) {
    found(new AppError("target.exists", `${path} exists already.`, { details }));
  }
  return { exists: true, problems };
}

/** Whether the file is one the source is read from: its image, an extent, a parent. */
async function isPartOf(source: DiskInfo, identity: string): Promise<boolean> {
  for (const { path } of [{ path: source.path }, ...source.files, ...source.chain]) {
    if ((await fileFactsOrNull(path).catch(() => null))?.identity === identity) return true;
  }
  return false;
}
