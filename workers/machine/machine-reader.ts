/**
 * Reads what a description file or a bare disk says, errors included, and resolves the disks it names inside the allowed folder.
 * Remembers which disks belong to a machine. Shared by the library's scan (tasks/scan.ts) and the local provider.
 */
import { basename, dirname, extname } from "node:path";
import type { DiskSummary } from "../../src-core/model/disk.ts";
import { AppError, type AppErrorData } from "../../src-core/model/error.ts";
import type { MachineSnapshot } from "../../src-core/model/inventory.ts";
import { detectForLibrary, FORMATS } from "../formats/registry.ts";
import { summarizeDisk } from "../image/disk-summary.ts";
import { type OpenDisk, openDisk } from "../image/open-disk.ts";
import { openFileSource } from "../io/file.ts";
import { readSmallFile, statPath } from "../io/folder.ts";
import { resolveInside } from "../io/path-guard.ts";
import type { DescriptionKind } from "./find-machine-files.ts";
import { hyperVMachine } from "./hyper-v.ts";
import type { DescribedDisk, DescribedMachine } from "./machine.ts";
import { openPackage, readSmallMember } from "./machine-package.ts";
import { MAX_OVF_BYTES, parseOvf } from "./ovf.ts";
import { MAX_VBOX_BYTES, parseVbox } from "./vbox.ts";
import { MAX_VMX_BYTES, parseSnapshots, parseVmx, snapshotCount } from "./vmx.ts";

/** Disks that one description may name. VMware allows a machine about 250; a hostile file could name one disk 200,000 times. */
const MAX_DISKS = 1000;

/** A disk of a machine: readable with a summary, or present with the error that reading it gave. */
export interface FoundDisk {
  /** Real path; for a disk that was not found what the description says. */
  readonly path: string;
  readonly name: string;
  readonly summary: DiskSummary | null;
  readonly error: AppErrorData | null;
  /** The files it is read through, the disk itself first; empty where it could not be opened. */
  readonly chain: readonly { readonly path: string; readonly format: string }[];
  readonly controller: string | null;
}

/** A machine that was found, or the description that could not be read. */
export interface FoundMachine {
  readonly kind: DescriptionKind | "disk";
  /** The describing file; for a bare disk the disk itself. */
  readonly path: string;
  /** Which of several systems of one OVF. */
  readonly part: number;
  /** Null for a bare disk, and where the description could not be read. */
  readonly machine: DescribedMachine | null;
  readonly disks: readonly FoundDisk[];
  readonly snapshots: readonly MachineSnapshot[];
  /** May be more than are described. */
  readonly snapshotCount: number;
  readonly warnings: readonly string[];
  readonly error: AppErrorData | null;
}

export interface MachineReader {
  /** The machines of one description file (or OVA): one, or one per virtual system of an OVF. Never empty. */
  described(kind: DescriptionKind, path: string): Promise<FoundMachine[]>;
  /** True for a disk (or a parent of one) that a described machine uses. */
  isTaken(path: string): boolean;
  /** A disk nobody describes; null when the file is no disk after all. */
  bareDisk(path: string): Promise<FoundMachine | null>;
}

/** @param root real path of the folder outside of which nothing is opened @param gate awaited between disks */
export function createMachineReader({ root, gate }: { root: string; gate(): Promise<void> }): MachineReader {
  const roots = [root];
  const taken = new Set<string>();

  /** A disk at a real path inside the root; its own and its parents' files are remembered when `owned`. */
  async function readDisk(path: string, controller: string | null, owned: boolean): Promise<FoundDisk> {
    const name = basename(path);
    try {
      const disk = await openDisk(path, { roots, brokenChain: "tell" });
      try {
        if (owned) remember(disk, taken);
        const chain = disk.layers.map((layer) => ({ path: layer.path, format: layer.reader.format }));
        return { path, name, summary: await summarizeDisk(disk, gate), error: null, chain, controller };
      } finally {
        await disk.close();
      }
    } catch (thrown) {
      return { path, name, summary: null, error: tellable(thrown), chain: [], controller };
    }
  }

  /** @param pathOf the path that a name in the description means, or why it means none */
  async function describedDisk(described: DescribedDisk, pathOf: (name: string) => string): Promise<FoundDisk> {
    const { fileName, problem } = described;
    const name = basename(fileName.replaceAll("\\", "/"));
    const controller = described.controller ?? null;
    const unread = (error: AppErrorData): FoundDisk => ({
      path: fileName,
      name,
      summary: null,
      error,
      chain: [],
      controller,
    });
    if (problem !== null) return unread(new AppError("path.outside", `${fileName}: ${problem}`).toData());
    let path: string;
    try {
      path = pathOf(fileName);
    } catch (thrown) {
      return unread(tellable(thrown));
    }
    taken.add(path);
    return readDisk(path, controller, true);
  }

  return {
    async described(kind, path) {
      let read: Described;
      try {
        read = await readDescription(kind, path, roots);
      } catch (thrown) {
        const error = tellable(thrown);
        return [
          { kind, path, part: 0, machine: null, disks: [], snapshots: [], snapshotCount: 0, warnings: [], error },
        ];
      }
      const beside = kind === "vmx" ? await snapshotsOf(path) : NO_SNAPSHOTS;
      const found: FoundMachine[] = [];
      let left = MAX_DISKS;
      for (const [part, machine] of read.machines.entries()) {
        let disks: FoundDisk[] = [];
        for (const disk of machine.disks.slice(0, left)) {
          await gate();
          disks.push(await describedDisk(disk, read.pathOf));
        }
        left -= disks.length;
        const skipped = machine.disks.length - disks.length;
        if (kind === "hyperv") disks = topmost(disks);
        const snapshots = [...(machine.hardware?.snapshots ?? []), ...beside.snapshots];
        found.push({
          kind,
          path,
          part,
          machine,
          disks,
          snapshots,
          snapshotCount: Math.max(snapshots.length, beside.count),
          warnings: [
            ...machine.warnings,
            ...beside.warnings,
            ...(skipped > 0 ? [`${skipped} more disks are left out: a description may name ${MAX_DISKS}.`] : []),
          ],
          error: null,
        });
      }
      return found;
    },

    isTaken: (path) => taken.has(path),

    async bareDisk(path) {
      if (!(await looksLikeDisk(path))) return null;
      const disk = await readDisk(path, null, false);
      return {
        kind: "disk",
        path,
        part: 0,
        machine: null,
        disks: [disk],
        snapshots: [],
        snapshotCount: disk.summary?.snapshotCount ?? 0,
        warnings: [],
        error: disk.error,
      };
    },
  };
}

interface Described {
  readonly machines: readonly DescribedMachine[];
  pathOf(name: string): string;
}

async function readDescription(kind: DescriptionKind, path: string, roots: readonly string[]): Promise<Described> {
  if (kind === "ovf") {
    const content = await openPackage(path, roots);
    const machines = parseOvf(path, await readSmallMember(content, content.description, MAX_OVF_BYTES));
    return { machines, pathOf: content.pathOf };
  }
  const pathOf = (name: string) => resolveInside(roots, dirname(path), name);
  if (kind === "hyperv") return { machines: [hyperVMachine(path)], pathOf };
  if (kind === "vbox") return { machines: [parseVbox(path, await readSmallFile(path, MAX_VBOX_BYTES))], pathOf };
  return { machines: [parseVmx(path, await readSmallFile(path, MAX_VMX_BYTES))], pathOf };
}

function remember(disk: OpenDisk, taken: Set<string>): void {
  for (const layer of disk.layers) {
    taken.add(layer.path);
    for (const file of layer.extentFiles) taken.add(file.name);
  }
}

/** Without the disks that others of them stand on. */
function topmost(disks: readonly FoundDisk[]): FoundDisk[] {
  const below = new Set(disks.flatMap(({ chain }) => chain.slice(1).map(({ path }) => path)));
  return disks.filter(({ path }) => !below.has(path));
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

interface Snapshots {
  readonly count: number;
  readonly snapshots: readonly MachineSnapshot[];
  readonly warnings: readonly string[];
}

const NO_SNAPSHOTS: Snapshots = { count: 0, snapshots: [], warnings: [] };

/** Snapshots of the .vmsd beside a .vmx; none when there is no such file. */
async function snapshotsOf(vmxPath: string): Promise<Snapshots> {
  const path = `${vmxPath.slice(0, -extname(vmxPath).length)}.vmsd`;
  try {
    if (statPath(path)?.kind !== "file") return NO_SNAPSHOTS;
    const bytes = await readSmallFile(path, MAX_VMX_BYTES);
    return { count: snapshotCount(path, bytes), snapshots: parseSnapshots(path, bytes), warnings: [] };
  } catch (thrown) {
    return { ...NO_SNAPSHOTS, warnings: [tellable(thrown).message] };
  }
}

/** An error as it is listed beside the entry it belongs to. Cancel and bugs are nobody's entry: they end the reading. */
function tellable(thrown: unknown): AppErrorData {
  const error = AppError.from(thrown);
  if (error.code === "job.canceled" || error.code === "internal.bug") throw error;
  return error.toData();
}
