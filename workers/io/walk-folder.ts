/** Lists the files below a folder, bounded and without following symbolic links (a link may point anywhere, also back up). */
import { type Dirent, opendirSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import { systemError } from "./system-error.ts";

export interface WalkLimits {
  /** Folders nested deeper than this below the start are left out. */
  readonly depth: number;
  /** Entries of all kinds looked at in all. */
  readonly entries: number;
}

export interface WalkedFolder {
  readonly path: string;
  /** Names of the regular files in it, in code-unit order. */
  readonly fileNames: readonly string[];
}

/**
 * Every folder below `root` (itself first, parents before children), one at a time; memory is that of one path of folders.
 * What cannot be read or lies beyond the limits is told to `problem` in words and skipped.
 * @throws AppError path.not-found, path.not-folder, path.denied when `root` itself cannot be read
 */
export function* walkFolder(
  root: string,
  limits: WalkLimits,
  problem: (message: string) => void,
): Iterable<WalkedFolder> {
  let left = limits.entries;
  const waiting: { path: string; depth: number }[] = [{ path: root, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, depth } = next;
    let entries: Dirent[];
    try {
      entries = list(path, left);
    } catch (error) {
      if (path === root) throw error;
      problem(AppError.from(error).message);
      continue;
    }
    left -= entries.length;
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    yield { path, fileNames: entries.filter((entry) => entry.isFile()).map((entry) => entry.name) };
    if (left <= 0) {
      problem(`Only the first ${limits.entries} entries were looked at; the rest of ${root} was left out.`);
      return;
    }
    if (folders.length > 0 && depth >= limits.depth) {
      problem(`${path} has folders nested deeper than ${limits.depth}; they were left out.`);
      continue;
    }
    // Taken from the end, so that they come in order.
    for (const name of folders.toReversed()) waiting.push({ path: join(path, name), depth: depth + 1 });
  }
}

/** The entries of one folder, at most `most`, by name. */
function list(path: string, most: number): Dirent[] {
  const entries: Dirent[] = [];
  try {
    const folder = opendirSync(path);
    try {
      for (let entry = folder.readSync(); entry !== null && entries.length < most; entry = folder.readSync()) {
        entries.push(entry);
      }
    } finally {
      folder.closeSync();
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOTDIR") throw new AppError("path.not-folder", `${path} is not a folder.`, { cause: error });
    throw systemError(error, "open", path);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
