/**
 * From a file name that an image or a description contains to a path that may be opened. The name is untrusted: it is followed
 * only to a regular file inside folders the user allowed, symbolic links resolved.
 */
import { isAbsolute, relative, resolve, sep } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import { type FileSource, openFileSource } from "./file.ts";
import { realPath, sameFile, statPath } from "./folder.ts";

/**
 * The real path of the file that `name` means, seen from `folder`.
 * @param roots real paths of the allowed folders
 * @param folder real path of the folder of the file that contains the name
 * @throws AppError path.outside when it leads out of the roots (also through a link); path.not-found; path.not-file for
 *   folders, devices and FIFOs; path.denied
 */
export function resolveInside(roots: readonly string[], folder: string, name: string): string {
  if (name === "" || name.includes("\0")) throw outside(name);
  const meant = resolve(folder, name);
  // Before the file system is asked: whether a file outside exists is nobody's business.
  if (!roots.some((root) => contains(root, meant))) throw outside(name);
  const real = realPath(meant);
  if (!roots.some((root) => contains(root, real))) throw outside(name);
  if (statPath(real)?.kind !== "file") {
    throw new AppError("path.not-file", `${real} is not a regular file.`, { details: { file: real } });
  }
  return real;
}

/**
 * Opens the file that `name` means, under its real path. Looked at again once it is open: who puts a link in its way between the
 * look and the opening gets nothing read.
 * @param open opens a real path
 * @throws AppError as resolveInside and openFileSource
 */
export async function openInside(
  roots: readonly string[],
  folder: string,
  name: string,
  open: (path: string) => Promise<FileSource> = openFileSource,
): Promise<FileSource> {
  const source = await open(resolveInside(roots, folder, name));
  try {
    const meant = statPath(resolveInside(roots, folder, name));
    if (meant === null || !sameFile(meant.identity, source.identity)) throw outside(name);
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

function contains(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(name: string): AppError {
  const shown = JSON.stringify(name.slice(0, 200));
  return new AppError("path.outside", `The name ${shown} leads out of the folders that may be read.`, {
    details: { named: name.slice(0, 200) },
  });
}
