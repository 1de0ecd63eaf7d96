/**
 * An OVF package (DSP0243, "OVF package structure"): a folder with an .ovf in it, or the same as one OVA. Its files are asked for by the names that its
 * description and its manifest give them; a folder's lie inside the allowed folders, an OVA's inside the OVA.
 */
import { basename, dirname, extname } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import { ovaMemberPath } from "../../src-core/model/ova-path.ts";
import type { FileSource } from "../io/file.ts";
import { readWhole } from "../io/folder.ts";
import { listOva, openOvaMember, ovaSibling } from "../io/ova.ts";
import { openInside, resolveInside } from "../io/path-guard.ts";

export interface MachinePackage {
  /** The .ovf, as it is called inside the package. */
  readonly description: string;
  /** All files of an OVA; null for a folder, which may hold anything. */
  readonly names: readonly string[] | null;
  /**
   * Path of the file that a name means, one that `openDisk` opens.
   * @throws AppError path.outside, path.not-found, path.not-file
   */
  pathOf(name: string): string;
  /** Opens it for reading. @throws AppError as `pathOf`, and as opening a file does */
  open(name: string): Promise<FileSource>;
}

/**
 * The package of an .ova or .ovf.
 * @param roots real paths of the folders inside which the files of a folder may lie
 * @throws AppError machine.damaged for an OVA without a description; disk.* for a damaged archive; path.*, io.*
 */
export async function openPackage(path: string, roots: readonly string[]): Promise<MachinePackage> {
  if (extname(path).toLowerCase() === ".ova") return ovaPackage(path);
  const folder = dirname(path);
  return {
    description: basename(path),
    names: null,
    pathOf: (name) => resolveInside(roots, folder, name),
    open: (name) => openInside(roots, folder, name),
  };
}

async function ovaPackage(archivePath: string): Promise<MachinePackage> {
  const listing = await listOva(archivePath);
  const names = listing.members.map(({ name }) => name);
  // It should come first; looked for, since archives are made by hand too.
  const description = names.find((name) => extname(name).toLowerCase() === ".ovf");
  if (description === undefined) {
    throw new AppError("machine.damaged", `${archivePath} holds no OVF description`, {
      details: { file: archivePath },
    });
  }
  // What it names is meant from its own folder.
  const resolve = (name: string) => {
    const member = ovaSibling({ archivePath, member: description }, name);
    if (names.includes(member)) return member;
    throw new AppError("path.not-found", `${archivePath} has no member called ${member}.`, {
      details: { file: archivePath, named: name },
    });
  };
  return {
    description: basename(description),
    names,
    pathOf: (name) => ovaMemberPath({ archivePath, member: resolve(name) }),
    open: (name) => openOvaMember(listing, resolve(name)),
  };
}

/** The whole of one small file of a package. @throws AppError machine.damaged when it is longer than `maxBytes`; as `open` */
export async function readSmallMember(from: MachinePackage, name: string, maxBytes: number): Promise<Uint8Array> {
  const source = await from.open(name);
  try {
    return await readWhole(source, maxBytes);
  } finally {
    await source.close();
  }
}
