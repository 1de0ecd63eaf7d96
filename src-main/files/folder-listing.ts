/** The sub-folders of a folder, for choosing one where there is no native dialog. */
import { access, constants, opendir, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { FolderListing } from "../../src-core/contract/system.ts";
import { AppError } from "../../src-core/model/error.ts";
import { freeSpace } from "./free-space.ts";
import { pathError } from "./path-error.ts";

const LIMIT = 1_000;

/** True where this account may create files in the folder. */
export async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * Lists up to 1,000 sub-folders by name; links to folders count, names with a leading dot do not.
 * @param path absolute; left out: the home folder
 * @throws AppError path.not-found, path.not-folder, path.denied
 */
export async function listFolder(path: string = homedir()): Promise<FolderListing> {
  const folder = resolve(path);
  const found: { name: string; path: string }[] = [];
  let truncated = false;
  try {
    if (!(await stat(folder)).isDirectory()) {
      throw new AppError("path.not-folder", `${folder} is not a folder.`, { details: { path: folder } });
    }
    for await (const entry of await opendir(folder)) {
      if (entry.name.startsWith(".")) continue;
      const full = join(folder, entry.name);
      if (!entry.isDirectory() && !(entry.isSymbolicLink() && (await isFolder(full)))) continue;
      if (found.length === LIMIT) {
        truncated = true;
        break;
      }
      found.push({ name: entry.name, path: full });
    }
  } catch (thrown) {
    throw pathError(thrown, folder);
  }
  const parent = dirname(folder);
  return {
    path: folder,
    parent: parent === folder ? null : parent,
    freeBytes: await freeSpace(folder),
    writable: await isWritable(folder),
    folders: found.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true })),
    truncated,
  };
}

/** The folder's real path, links resolved. @throws AppError path.not-found, path.not-folder, path.denied */
export async function realFolder(path: string): Promise<string> {
  const folder = resolve(path);
  try {
    const real = await realpath(folder);
    if (!(await stat(real)).isDirectory()) {
      throw new AppError("path.not-folder", `${folder} is not a folder.`, { details: { path: folder } });
    }
    await access(real, constants.R_OK | constants.X_OK);
    return real;
  } catch (thrown) {
    throw pathError(thrown, folder);
  }
}
