/** The file a conversion makes: the proposal of a name, and everything that can be wrong with a chosen one. */
import { basename, dirname, extname, isAbsolute, join, normalize, sep } from "node:path";
import type { FormatId, FormatInfo } from "../../src-core/model/disk.ts";
import { AppError, type AppErrorData } from "../../src-core/model/error.ts";
import { isWritable, realFolder } from "../files/folder-listing.ts";
import { type FileFacts, fileFactsOrNull } from "../files/real-file.ts";

/** Offered for a source of each format. */
const PROPOSED: Readonly<Record<FormatId, FormatId>> = {
  raw: "qcow2",
  vmdk: "qcow2",
  qcow2: "raw",
  vhd: "qcow2",
  vhdx: "qcow2",
  vdi: "qcow2",
};

export function proposedFormat(source: FormatId): FormatId {
  return PROPOSED[source];
}

/** A name in `folder` that no file has and that is not `taken`: web01.qcow2, web01-2.qcow2, web01-3.qcow2 … */
export async function proposedPath(
  sourcePath: string,
  folder: string,
  format: FormatInfo,
  taken: (path: string) => boolean,
): Promise<string> {
  const stem = basename(sourcePath, extname(sourcePath)) || "disk";
  const extension = format.extensions[0] ?? format.id;
  for (let number = 1; ; number += 1) {
    const path = join(folder, `${stem}${number === 1 ? "" : `-${number}`}.${extension}`);
    if (!taken(path) && (await fileFactsOrNull(path)) === null) return path;
  }
}

/** Where the unfinished file of a conversion lies: beside its target, under a name nobody else has. */
export function partialPathOf(targetPath: string): string {
  // Not imported above: it takes milliseconds to read, which the command line has while it waits for its thread.
  const { randomBytes } = process.getBuiltinModule("node:crypto");
  // A file name may have 255 bytes: a long one is cut, the random part keeps it apart from others.
  const name = `.${basename(targetPath).slice(0, 60)}.${randomBytes(6).toString("hex")}.partial`;
  return join(dirname(targetPath), name);
}

/** The target with its folder's links resolved, so that one file has one spelling; unchanged where it names no file. */
export async function settledPath(path: string): Promise<string> {
  if (!isAbsolute(path) || namesFolder(path)) return path;
  const plain = normalize(path);
  const folder = await realFolder(dirname(plain)).catch(() => null);
  return folder === null ? plain : join(folder, basename(plain));
}

/** Written as a folder is: normalizing would make a file's name of it. */
function namesFolder(path: string): boolean {
  return path.endsWith("/") || path.endsWith(sep);
}

export interface TargetCheck {
  readonly exists: boolean;
  readonly problems: AppErrorData[];
}

/**
 * Why nothing could be written to `path` (as `settledPath` gave it). Reads nothing, creates nothing.
 * @param sourceFiles paths of the files that the source is read from: its image, extents, parents
 */
export async function checkTarget(
  path: string,
  overwrite: boolean,
  sourceFiles: readonly string[],
): Promise<TargetCheck> {
  const problems: AppErrorData[] = [];
  const found = (error: AppError) => problems.push(error.toData());
  const details = { path };
  if (!isAbsolute(path) || namesFolder(path) || path.includes("\0")) {
    found(new AppError("request.invalid", "path: give the absolute path of the file to make.", { details }));
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
  let existing: FileFacts | null;
  try {
    existing = await fileFactsOrNull(path);
    // The checksum file's name is longer: it must fit too.
    await fileFactsOrNull(`${path}.sha256`);
  } catch (thrown) {
    found(AppError.from(thrown));
    return { exists: false, problems };
  }
  if (existing === null) return { exists: false, problems };
  if (!existing.isFile) {
    found(new AppError("path.not-file", `${path} exists and is not a regular file.`, { details }));
  } else if (await isOneOf(sourceFiles, existing.identity)) {
    found(new AppError("target.same-as-source", `${path} is a file of the source disk.`, { details }));
  } else if (!overwrite) {
    found(new AppError("target.exists", `${path} exists already.`, { details }));
  }
  return { exists: true, problems };
}

async function isOneOf(paths: readonly string[], identity: string): Promise<boolean> {
  for (const path of paths) {
    if ((await fileFactsOrNull(path).catch(() => null))?.identity === identity) return true;
  }
  return false;
}
