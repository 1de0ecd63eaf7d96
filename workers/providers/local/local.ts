/**
 * Machines in a folder of this computer: OVF and OVA packages (read inside the archive), VMX, VirtualBox, Hyper-V folders without
 * their settings, and bare disks. Nothing there is changed, so there is neither power nor a snapshot to make.
 */
import { isAbsolute } from "node:path";
import { AppError } from "../../../src-core/model/error.ts";
import type { MachineDetail } from "../../../src-core/model/inventory.ts";
import type { ProbeCheck } from "../../../src-core/model/source.ts";
import { realPath, statPath } from "../../io/folder.ts";
import { resolveInside } from "../../io/path-guard.ts";
import { walkFolder } from "../../io/walk-folder.ts";
import { descriptionKind } from "../../machine/find-machine-files.ts";
import { createMachineReader, type FoundMachine } from "../../machine/machine-reader.ts";
import type { Connection, Provider } from "../provider.ts";
import { machineDetail, machinePlaces } from "./inventory-row.ts";
import { openLocalExport } from "./local-export.ts";
import { type WatchOptions, watchFolder } from "./watch-folder.ts";

const WATCH: WatchOptions = { lookEveryMs: 10_000 };

export const localProvider: Provider = createLocalProvider();

/** @param watch how often the folder is looked at; usual when left out */
export function createLocalProvider(watch: WatchOptions = WATCH): Provider {
  return {
    kind: "local",
    label: "Folder on this computer",
    async connect(config, context) {
      if (context.signal.aborted) throw new AppError("job.canceled");
      const root = folderAt(config.address);
      const end = AbortSignal.any([context.signal]);
      const gone = new AbortController();
      return {
        capabilities: {
          power: false,
          snapshots: false,
          quiesce: false,
          changedBlocks: false,
          product: "Folder on this computer",
          version: "",
        },
        test: async () => [probe(root)],
        inventory: (signal) => watchFolder(root, context, AbortSignal.any([signal, end, gone.signal]), watch),
        machine: async (id) => (await findMachine(root, id)).detail,
        power: () => unsupported("switched on or off"),
        createSnapshot: () => unsupported("given a snapshot"),
        removeSnapshot: () => unsupported("relieved of a snapshot"),
        revertSnapshot: () => unsupported("taken back to a snapshot"),
        async openExport(id, options, signal) {
          if (signal.aborted) throw new AppError("job.canceled");
          const { detail, found } = await findMachine(root, id);
          return openLocalExport(root, detail, found, options);
        },
        leftovers: async () => [],
        async removeLeftover() {},
        async close() {
          gone.abort();
        },
      } satisfies Connection;
    },
  };
}

/** @throws AppError source.unreachable */
function folderAt(address: string): string {
  if (!isAbsolute(address)) {
    throw new AppError("source.unreachable", `${address} is not the absolute path of a folder.`);
  }
  try {
    const real = realPath(address);
    if (statPath(real)?.kind === "folder") return real;
  } catch (cause) {
    const error = AppError.from(cause);
    const said = error.code === "path.not-found" ? `${address} does not exist.` : error.message;
    throw new AppError("source.unreachable", said, {
      cause,
      hint: "Check that the folder is there and may be read, and that its drive or share is connected.",
    });
  }
  throw new AppError("source.unreachable", `${address} is not a folder.`);
}

function probe(root: string): ProbeCheck {
  const line = { id: "read", label: "Read the folder", missing: [] };
  try {
    for (const _ of walkFolder(root, { depth: 0, entries: 1 }, () => {})) break;
    return { ...line, ok: true, message: `${root} can be read.`, remedy: null };
  } catch (thrown) {
    const remedy = "Give the account that runs this program the right to read the folder.";
    return { ...line, ok: false, message: AppError.from(thrown).message.slice(0, 2048), remedy };
  }
}

/** @throws AppError source.no-machine */
async function findMachine(root: string, id: string): Promise<{ detail: MachineDetail; found: FoundMachine }> {
  for (const { path, part } of machinePlaces(id)) {
    const real = pathInside(root, path);
    // An id is the real path itself: another name of the same file is not one.
    if (real !== path) continue;
    const reader = createMachineReader({ root, gate: async () => {} });
    const kind = descriptionKind(real);
    const found = kind === null ? await reader.bareDisk(real) : ((await reader.described(kind, real))[part] ?? null);
    const detail = found === null ? null : machineDetail(found);
    if (found !== null && detail !== null) return { found, detail };
  }
  throw new AppError("source.no-machine", `There is no machine ${id.slice(0, 300)} in ${root}.`);
}

function pathInside(root: string, path: string): string | null {
  try {
    return isAbsolute(path) ? resolveInside([root], root, path) : null;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code.startsWith("path.")) return null;
    throw thrown;
  }
}

async function unsupported(what: string): Promise<never> {
  throw new AppError("source.unsupported", `A machine that lies in a folder cannot be ${what}.`);
}
