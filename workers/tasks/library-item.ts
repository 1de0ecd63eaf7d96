/** Turns a description file or a bare disk into what the library lists, errors included. Remembers which disks belong to a machine. */
import { createHash } from "node:crypto";
import { basename, dirname, extname } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { LibraryDisk, LibraryItem, MachineKind } from "../../src-core/model/library.ts";
import { detectForLibrary, FORMATS } from "../formats/registry.ts";
import { openFileSource } from "../io/file.ts";
import { readSmallFile, statPath } from "../io/folder.ts";
import { resolveInside } from "../io/path-guard.ts";
import type { DescribedDisk, DescribedMachine } from "../machine/machine.ts";
import { MAX_OVF_BYTES, parseOvf } from "../machine/ovf.ts";
import { MAX_VMX_BYTES, parseVmx, snapshotCount } from "../machine/vmx.ts";
import { summarizeDisk } from "./disk-summary.ts";
import { openPackage, readSmallMember } from "./machine-package.ts";
import { openDisk } from "./open-disk.ts";

/** Disks that one description may name. VMware allows a machine about 250; a hostile file could name one disk 200,000 times. */
const MAX_DISKS = 1000;

export interface LibraryReader {
  /** The machines of one description file (or OVA): one for a VMX, one per virtual system for an OVF. Never empty. */
  described(kind: "ovf" | "vmx", path: string): Promise<LibraryItem[]>;
  /** True for a disk (or a parent of one) that a described machine uses. */
  isTaken(path: string): boolean;
  /** A disk nobody describes; null when the file is no disk after all. */
  bareDisk(path: string): Promise<LibraryItem | null>;
}

interface Surroundings {
  readonly libraryId: string;
  /** Real path of the library's folder: nothing outside of it is opened. */
  readonly root: string;
  gate(): Promise<void>;
}

/** Same library and path, same id, in every scan. `part` tells the systems of one OVF apart. */
export function libraryItemId(libraryId: string, path: string, part = 0): string {
  return createHash("sha256").update(`${libraryId}\0${path}\0${part}`).digest("hex").slice(0, 32);
}

export function createLibraryReader({ libraryId, root, gate }: Surroundings): LibraryReader {
  const roots = [root];
  const taken = new Set<string>();

  /** A disk at a real path inside the library; its own and its parents' files are remembered when `owned`. */
  async function readDisk(path: string, owned: boolean): Promise<LibraryDisk> {
    const name = basename(path);
    try {
      const disk = await openDisk(path, { roots, brokenChain: "tell" });
      try {
        if (owned) {
          for (const layer of disk.layers) {
            taken.add(layer.path);
            for (const file of layer.extentFiles) taken.add(file.name);
          }
        }
        return { path, name, summary: await summarizeDisk(disk, gate), error: null };
      } finally {
        await disk.close();
      }
    } catch (thrown) {
      return { path, name, summary: null, error: tellable(thrown) };
    }
  }

  /** @param pathOf the path that a name in the description means, or why it means none */
  async function describedDisk(described: DescribedDisk, pathOf: (name: string) => string): Promise<LibraryDisk> {
    const { fileName, problem } = described;
    const name = basename(fileName.replaceAll("\\", "/"));
    const unread = (error: AppError): LibraryDisk => ({ path: fileName, name, summary: null, error: error.toData() });
    if (problem !== null) return unread(new AppError("path.outside", `${fileName}: ${problem}`));
    let path: string;
    try {
      path = pathOf(fileName);
    } catch (thrown) {
      return unread(AppError.fromData(tellable(thrown)));
    }
    taken.add(path);
    return readDisk(path, true);
  }

  function item(kind: MachineKind, path: string, part: number, machine: Partial<LibraryItem>): LibraryItem {
    return {
      id: libraryItemId(libraryId, path, part),
      libraryId,
      kind,
      name: basename(path, extname(path)),
      path,
      folder: dirname(path),
      guestOs: null,
      cpuCount: null,
      memoryBytes: null,
      firmware: null,
      disks: [],
      snapshotCount: 0,
      warnings: [],
      error: null,
      ...machine,
    };
  }

  return {
    async described(kind, path) {
      let machines: DescribedMachine[];
      let pathOf = (name: string) => resolveInside(roots, dirname(path), name);
      try {
        if (kind === "ovf") {
          const content = await openPackage(path, roots);
          machines = parseOvf(path, await readSmallMember(content, content.description, MAX_OVF_BYTES));
          pathOf = content.pathOf;
        } else machines = [parseVmx(path, await readSmallFile(path, MAX_VMX_BYTES))];
      } catch (thrown) {
        return [item(kind, path, 0, { error: tellable(thrown) })];
      }
      const snapshots = kind === "vmx" ? await snapshotsOf(path) : { count: 0, warnings: [] };
      const items: LibraryItem[] = [];
      let left = MAX_DISKS;
      for (const [part, machine] of machines.entries()) {
        const disks: LibraryDisk[] = [];
        for (const disk of machine.disks.slice(0, left)) {
          await gate();
          disks.push(await describedDisk(disk, pathOf));
        }
        left -= disks.length;
        const skipped = machine.disks.length - disks.length;
        const { name, guestOs, cpuCount, memoryBytes, firmware } = machine;
        items.push(
          item(kind, path, part, {
            ...(name === null ? {} : { name }),
            guestOs,
            cpuCount,
            memoryBytes,
            firmware,
            disks,
            snapshotCount: snapshots.count,
            warnings: [
              ...machine.warnings,
              ...snapshots.warnings,
              ...(skipped > 0 ? [`${skipped} more disks are left out: a description may name ${MAX_DISKS}.`] : []),
            ],
          }),
        );
      }
      return items;
    },

    isTaken: (path) => taken.has(path),

    async bareDisk(path) {
      if (!(await looksLikeDisk(path))) return null;
      const disk = await readDisk(path, false);
      const snapshots = disk.summary?.snapshotCount ?? 0;
      return item("disk", path, 0, { disks: [disk], snapshotCount: snapshots, error: disk.error });
    },
  };
}

/**
 * False for a file that was read and is no disk. One that cannot be read, or whose name promises a format that its content does not
 * keep, is listed with its error.
 */
async function looksLikeDisk(path: string): Promise<boolean> {
  const extension = extname(path).slice(1).toLowerCase();
  const promised = FORMATS.find(({ info }) => info.extensions.includes(extension));
  if (promised !== undefined && promised.info.id !== "raw") return true;
  try {
    const source = await openFileSource(path);
    try {
      return (await detectForLibrary(source)) !== null;
    } finally {
      await source.close();
    }
  } catch (thrown) {
    tellable(thrown);
    return true;
  }
}

/** Snapshots of the .vmsd beside a .vmx; none when there is no such file. */
async function snapshotsOf(vmxPath: string): Promise<{ count: number; warnings: string[] }> {
  const path = `${vmxPath.slice(0, -extname(vmxPath).length)}.vmsd`;
  try {
    if (statPath(path)?.kind !== "file") return { count: 0, warnings: [] };
    return { count: snapshotCount(path, await readSmallFile(path, MAX_VMX_BYTES)), warnings: [] };
  } catch (thrown) {
    return { count: 0, warnings: [tellable(thrown).message] };
  }
}

/** An error as it is listed beside the entry it belongs to. Cancel and bugs are nobody's entry: they end the scan. */
function tellable(thrown: unknown): ReturnType<AppError["toData"]> {
  const error = AppError.from(thrown);
  if (error.code === "job.canceled" || error.code === "internal.bug") throw error;
  return error.toData();
}
