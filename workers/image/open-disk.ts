/**
 * Opens a disk with everything it stands on: its extent files and the chain of its parents. A file name from inside an image
 * becomes a path in source-file.ts and find-parent.ts, and only inside the folders the user allowed (io/path-guard.ts).
 *
 * Rules for a parent: one that the image declares raw is opened raw, never probed (its content belongs to the guest, who could write
 * a header there that names any file); one declared otherwise is opened as declared; one declared as nothing is probed, with a
 * warning. A parent must carry the mark its child recorded (VMDK, VHD, VDI); where the child has only that, it is looked for
 * (find-parent.ts).
 */
import { basename } from "node:path";
import type { BackingInfo, FormatId } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import { type Layer, overlay } from "../disk/chain.ts";
import type { BackingRef, DiskReader, OpenContext } from "../formats/format.ts";
import { type Detection, detectFormat, formatById, isFormatId } from "../formats/registry.ts";
import type { FileSource } from "../io/file.ts";
import { sameFile } from "../io/folder.ts";
import { findParentByMark } from "./find-parent.ts";
import { openNamed, openPointedAt } from "./source-file.ts";

/** Longer chains are refused: each layer costs open files, and nobody runs a machine on so many. */
export const MAX_CHAIN = 64;
/** Extent files of one layer. */
const MAX_EXTENT_FILES = 4096;

export interface DiskLayer {
  readonly path: string;
  readonly reader: DiskReader;
  readonly source: FileSource;
  /** Further files of this layer (VMDK extents). */
  readonly extentFiles: readonly FileSource[];
  /** Of this layer: name and content disagree, and what its reader says. */
  readonly warnings: readonly string[];
}

export interface OpenDisk {
  /** The disk itself first, then its parents. Never empty. */
  readonly layers: readonly [DiskLayer, ...DiskLayer[]];
  /** The disk as its guest sees it, through all layers that could be opened. */
  readonly guest: Layer;
  /** The parent the disk names, resolved as far as possible. */
  readonly backing: BackingInfo | null;
  /** Things worth telling about any layer that do not stop reading. */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Forces a format; else the content decides. */
  readonly format?: FormatId | undefined;
  /** Real paths of the folders inside which extent files and parents may lie. */
  readonly roots: readonly string[];
  /** "refuse": an error when a parent cannot be opened. "tell": the disk alone, with the problem in `backing`. */
  readonly brokenChain: "refuse" | "tell";
  /** Internal snapshot of the disk itself whose state is wanted, by id or name; left out or null: the active layer. */
  readonly snapshot?: string | null;
}

/**
 * Opens `path` and its chain.
 * @throws AppError path.*, disk.* of the file at fault; everything opened so far is closed again
 */
export async function openDisk(path: string, options: OpenOptions): Promise<OpenDisk> {
  const layers: DiskLayer[] = [];
  const warnings: string[] = [];
  const close = async () => {
    for (const layer of layers.toReversed()) await closeLayer(layer);
  };
  try {
    const top = await openLayer(
      path,
      await openPointedAt(path),
      options.format ?? null,
      options.roots,
      options.snapshot ?? null,
    );
    layers.push(top);
    warnings.push(...top.warnings);
    let backing: BackingInfo | null = null;
    try {
      for (let child = top; child.reader.backing !== null; child = layers.at(-1) ?? top) {
        const parent = await openParent(child, child.reader.backing, layers, options.roots, warnings);
        layers.push(parent);
        warnings.push(...parent.warnings.map((warning) => `${basename(parent.path)}: ${warning}`));
      }
    } catch (error) {
      if (options.brokenChain === "refuse") throw error;
      backing = brokenBacking(top.reader.backing, layers, AppError.from(error));
    }
    const [, parent] = layers;
    if (backing === null && top.reader.backing !== null && parent !== undefined) {
      backing = { name: top.reader.backing.name, format: parent.reader.format, path: parent.path, problem: null };
    }
    const guest = layers
      .slice(0, -1)
      .reduceRight<Layer>((below, layer) => overlay(layer.reader, below), (layers.at(-1) ?? top).reader);
    return { layers: [top, ...layers.slice(1)], guest, backing, warnings, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Every file the disk is read from, its own and its parents'. */
export function filesOf(disk: OpenDisk): FileSource[] {
  return disk.layers.flatMap((layer) => [layer.source, ...layer.extentFiles]);
}

async function closeLayer(layer: DiskLayer): Promise<void> {
  await layer.reader.close();
  await layer.source.close();
}

/**
 * What really ended the reading of `disk`: damage found in a disk that somebody is writing to is no damage.
 * @returns disk.in-use when one of its files changed since it was opened, else `error`
 */
export function realCause(error: unknown, disk: OpenDisk): unknown {
  if (!(error instanceof AppError) || !/^(disk|verify)\./.test(error.code)) return error;
  try {
    for (const file of filesOf(disk)) file.assertUnchanged();
    return error;
  } catch (changed) {
    const { message, code, details } = AppError.from(changed);
    return new AppError(code, `${message} (it then read: ${error.message})`, {
      cause: error,
      ...(details === undefined ? {} : { details }),
    });
  }
}

/**
 * One file as a disk of its own, with its extent files but without parents. `formatId` null: the content decides.
 * Closes `source` when that fails.
 */
async function openLayer(
  path: string,
  source: FileSource,
  formatId: FormatId | null,
  roots: readonly string[],
  snapshot: string | null = null,
): Promise<DiskLayer> {
  const extentFiles: FileSource[] = [];
  try {
    const detected = await formatOf(source, formatId);
    const openExtentFile = extentFileOpener(source, roots, extentFiles);
    const reader = await detected.format.open(source, { snapshot, openExtentFile });
    const warnings = [...(source.warnings ?? []), ...detected.warnings, ...reader.warnings];
    return { path, reader, source, extentFiles, warnings };
  } catch (error) {
    for (const file of extentFiles) await file.close();
    await source.close();
    throw error;
  }
}

/** Opens the extent files that the image in `source` names, inside the roots; adds them to `opened`. */
export function extentFileOpener(
  source: FileSource,
  roots: readonly string[],
  opened: FileSource[],
): OpenContext["openExtentFile"] {
  return async (name) => {
    if (opened.length >= MAX_EXTENT_FILES) {
      throw new AppError("disk.unsupported", `${source.name} names more than ${MAX_EXTENT_FILES} extent files`);
    }
    const file = await openNamed(source, name, roots, "extent file");
    opened.push(file);
    return file;
  };
}

/** A device's content belongs to the guest, who could write a header there that names any file: it is raw, unless told otherwise. */
async function formatOf(source: FileSource, stated: FormatId | null): Promise<Detection> {
  if (stated === null && source.device !== true) return detectFormat(source);
  return { format: formatById(stated ?? "raw"), warnings: [] };
}

async function openParent(
  child: DiskLayer,
  ref: BackingRef,
  above: readonly DiskLayer[],
  roots: readonly string[],
  warnings: string[],
): Promise<DiskLayer> {
  if (above.length >= MAX_CHAIN) {
    throw new AppError(
      "disk.unsupported",
      `${above[0]?.path ?? child.path} stands on more than ${MAX_CHAIN - 1} parents`,
    );
  }
  const format = declaredFormat(child, ref);
  const source =
    ref.markStart !== undefined && format !== null && child.source.within === undefined
      ? await findParentByMark(child.path, ref, formatById(format), roots)
      : await openNamed(child.source, ref.name, roots, "parent");
  const path = source.name;
  if (format === null) {
    warnings.push(`${basename(child.path)} does not say which format its parent ${ref.name} has; its content decided.`);
  }
  const parent = await openLayer(path, source, format, roots);
  try {
    const again = above.find((layer) => isSame(layer.source, parent.source));
    if (again !== undefined) {
      const circle = [...above.slice(above.indexOf(again)), parent].map((layer) => basename(layer.path)).join(" → ");
      throw new AppError("disk.backing-cycle", `The chain of backing files loops: ${circle}`, {
        details: { file: child.path, parent: path },
      });
    }
    if (ref.mark !== null && parent.reader.mark !== ref.mark) {
      throw new AppError(
        "disk.damaged",
        `${path} is not the parent ${child.path} was made on: it carries ${parent.reader.mark ?? "no mark"}, ${ref.mark} was recorded`,
        {
          hint: "The parent was changed or replaced after the child was made; bring back the original.",
          details: { file: child.path, parent: path },
        },
      );
    }
    return parent;
  } catch (error) {
    await closeLayer(parent);
    throw error;
  }
}

/** Members of one archive share its identity. */
function isSame(a: FileSource, b: FileSource): boolean {
  return sameFile(a.identity, b.identity) && a.within?.member === b.within?.member;
}

/** The format an image states for its parent; null when it states none. @throws AppError disk.unsupported */
function declaredFormat(child: DiskLayer, ref: BackingRef): FormatId | null {
  if (ref.format === null) return null;
  if (isFormatId(ref.format)) return ref.format;
  throw new AppError("disk.unsupported", `${child.path} has a parent of format "${ref.format}", which cannot be read`, {
    details: { file: child.path, parent: ref.name },
  });
}

/** What is known of a parent when the chain could not be opened to its end. */
function brokenBacking(ref: BackingRef | null, layers: readonly DiskLayer[], error: AppError): BackingInfo | null {
  if (ref === null) return null;
  const parent = layers[1];
  const stated = isFormatId(ref.format) ? ref.format : null;
  return {
    name: ref.name,
    format: parent?.reader.format ?? stated,
    path: parent?.path ?? null,
    problem: error.message,
  };
}
