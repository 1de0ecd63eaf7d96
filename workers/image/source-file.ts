/**
 * From a path or a name to an open file of a disk. What a user points at may be a file, a block device, or a disk inside an OVA;
 * what an image names is a regular file inside the allowed folders, or, from inside an OVA, another member of that OVA.
 */
import { basename, dirname } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import { ovaPathsIn } from "../../src-core/model/ova-path.ts";
import { openDeviceSource } from "../io/device.ts";
import { type FileSource, openFileSource } from "../io/file.ts";
import { realPath, statPath } from "../io/folder.ts";
import { openInOva, openOvaMember, ovaSibling } from "../io/ova.ts";
import { openInside } from "../io/path-guard.ts";

/**
 * Opens what a user points at.
 * @throws AppError path.*, io.read; disk.* where an archive around it is damaged
 */
export async function openPointedAt(path: string): Promise<FileSource> {
  const there = statPath(path);
  if (there?.kind === "device") return openDeviceSource(path);
  // Not even opened: that alone rewinds a tape and starts a watchdog.
  if (there !== null && there.kind !== "file") {
    throw new AppError("path.not-file", `${path} is not a regular file or block device.`, { details: { file: path } });
  }
  if (there === null) {
    const inside = ovaPathsIn(path).find(({ archivePath }) => statPath(archivePath)?.kind === "file");
    if (inside !== undefined) return openInOva(inside);
  }
  return openFileSource(path);
}

/**
 * Opens the file that a name from inside `image` means.
 * @param roots real paths of the folders inside which it may lie
 * @param what what it is to the image, for errors
 * @throws AppError disk.backing-missing, disk.unsupported for an address, path.outside, path.not-file
 */
export async function openNamed(
  image: FileSource,
  name: string,
  roots: readonly string[],
  what: string,
): Promise<FileSource> {
  const details = { file: image.name, named: name };
  if (/^[a-z][a-z0-9+.-]+:/i.test(name)) {
    throw new AppError(
      "disk.unsupported",
      `${image.name} names its ${what} by an address (${name}); only files are read`,
      {
        details,
      },
    );
  }
  try {
    if (image.within !== undefined) {
      const { listing, member } = image.within;
      return await openOvaMember(listing, ovaSibling({ archivePath: listing.archivePath, member }, name));
    }
    return await openInside(roots, dirname(realPath(image.name)), name);
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (error.code !== "path.not-found") throw error;
    throw new AppError("disk.backing-missing", `${image.name} needs the ${what} ${name}, which is not there`, {
      cause: error,
      hint: `Put ${basename(name)} back where the image looks for it.`,
      details,
    });
  }
}
