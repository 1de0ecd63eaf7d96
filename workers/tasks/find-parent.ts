/**
 * Finds the parent of a disk that knows it only by its mark (VDI: by UUID, never by name). Looked at are disks of the parent's
 * format in the child's folder and in the one above it, where VirtualBox keeps the base of a folder of snapshots; inside the
 * allowed folders only.
 */
import { dirname, extname, sep } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { BackingRef, Format } from "../formats/format.ts";
import { openFileSource } from "../io/file.ts";
import { realPath } from "../io/folder.ts";
import { resolveInside } from "../io/path-guard.ts";
import { walkFolder } from "../io/walk-folder.ts";

/** Entries of a folder that are looked at. */
const MAX_ENTRIES = 10_000;

/**
 * The real path of the first disk whose mark begins with `ref.markStart`; the name the child guesses is asked first.
 * @param roots real paths of the allowed folders
 * @throws AppError disk.backing-missing
 */
export async function findParentByMark(
  childPath: string,
  ref: BackingRef,
  format: Format,
  roots: readonly string[],
): Promise<string> {
  const child = realPath(childPath);
  const folder = dirname(child);
  const allowed = [folder, dirname(folder)].filter((one) =>
    roots.some((root) => one === root || one.startsWith(root.endsWith(sep) ? root : root + sep)),
  );
  for (const one of allowed) {
    const named = namesIn(one, format).toSorted((a, b) => Number(b === ref.name) - Number(a === ref.name));
    for (const name of named) {
      const path = await matching(one, name, ref, format, roots);
      if (path !== null && path !== child) return path;
    }
  }
  throw new AppError(
    "disk.backing-missing",
    `${childPath} needs the parent ${ref.name}, which is neither in ${allowed.join(" nor in ") || "an allowed folder"}`,
    {
      hint: "Put the parent beside the image; its name does not matter.",
      details: { file: childPath, named: ref.name },
    },
  );
}

function namesIn(folder: string, format: Format): string[] {
  for (const { fileNames } of walkFolder(folder, { depth: 0, entries: MAX_ENTRIES }, () => {})) {
    return fileNames.filter((name) => format.info.extensions.includes(extname(name).slice(1).toLowerCase()));
  }
  return [];
}

/** The file's real path when it is the one; a file that cannot be read is not. */
async function matching(
  folder: string,
  name: string,
  ref: BackingRef,
  format: Format,
  roots: readonly string[],
): Promise<string | null> {
  try {
    const path = resolveInside(roots, folder, name);
    const source = await openFileSource(path);
    try {
      const reader = await format.open(source, { openExtentFile: noExtentFiles });
      await reader.close();
      return ref.markStart !== undefined && reader.mark?.startsWith(ref.markStart) ? path : null;
    } finally {
      await source.close();
    }
  } catch (thrown) {
    if (thrown instanceof AppError) return null;
    throw thrown;
  }
}

async function noExtentFiles(name: string): Promise<never> {
  throw new AppError("disk.unsupported", `${name} is not opened while a parent is looked for`);
}
