/**
 * Finds the parent of a disk that knows it only by its mark (VDI: by UUID, never by name). Looked at are disks of the parent's
 * format in the child's folder and in the one above it, where VirtualBox keeps the base of a folder of snapshots; inside the
 * allowed folders only.
 */
import { dirname, extname, sep } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { BackingRef, Format } from "../formats/format.ts";
import type { FileSource } from "../io/file.ts";
import { realPath } from "../io/folder.ts";
import { openInside } from "../io/path-guard.ts";
import { walkFolder } from "../io/walk-folder.ts";

/** Entries of a folder that are looked at. */
const MAX_ENTRIES = 10_000;

/**
 * Opens the first disk whose mark begins with `ref.markStart`; the name the child guesses is asked first.
 * @param roots real paths of the allowed folders
 * @returns the open file under its real path; the caller closes it
 * @throws AppError disk.backing-missing
 */
export async function findParentByMark(
  childPath: string,
  ref: BackingRef,
  format: Format,
  roots: readonly string[],
): Promise<FileSource> {
  const child = realPath(childPath);
  const folder = dirname(child);
  const allowed = [folder, dirname(folder)].filter((one) =>
    roots.some((root) => one === root || one.startsWith(root.endsWith(sep) ? root : root + sep)),
  );
  for (const one of allowed) {
    const named = namesIn(one, format).toSorted((a, b) => Number(b === ref.name) - Number(a === ref.name));
    for (const name of named) {
      const source = await matching(one, name, ref, format, roots);
      if (source !== null && source.name !== child) return source;
      await source?.close();
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

/** The open file when it is the one; a file that cannot be read is not. */
async function matching(
  folder: string,
  name: string,
  ref: BackingRef,
  format: Format,
  roots: readonly string[],
): Promise<FileSource | null> {
  let source: FileSource | null = null;
  try {
    source = await openInside(roots, folder, name);
    const reader = await format.open(source, { openExtentFile: noExtentFiles });
    await reader.close();
    if (ref.markStart !== undefined && reader.mark?.startsWith(ref.markStart)) return source;
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
  }
  await source?.close();
  return null;
}

async function noExtentFiles(name: string): Promise<never> {
  throw new AppError("disk.unsupported", `${name} is not opened while a parent is looked for`);
}
