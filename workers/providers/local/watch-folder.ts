/**
 * A folder of machines as a stream of changes: a first complete picture, then a look now and then. Machines are read anew only where
 * a file came, went, grew or was written to; the wait grows with what a look costs, so that a large or slow folder is not read all the time.
 */
import { basename, dirname, sep } from "node:path";
import type { InventoryChange, Machine } from "../../../src-core/model/inventory.ts";
import { clip, INVENTORY_COUNT, INVENTORY_TEXT } from "../../../src-core/model/inventory-limits.ts";
import { fileStamp } from "../../io/folder.ts";
import { findMachineFiles, type MachineFiles } from "../../machine/find-machine-files.ts";
import { createMachineReader, type FoundMachine } from "../../machine/machine-reader.ts";
import type { ProviderContext } from "../provider.ts";
import { machineRow } from "./inventory-row.ts";

export interface WatchOptions {
  /** Shortest wait between two looks. */
  readonly lookEveryMs: number;
}

/** A look may cost this share of the time. */
const SHARE = 0.05;
/** Machines are told at the latest after so long. */
const TELL_EVERY_MS = 300;

/** Ends when `signal` aborts. @throws AppError path.* when the folder itself cannot be read any more */
export async function* watchFolder(
  root: string,
  context: Pick<ProviderContext, "log" | "now" | "sleep">,
  signal: AbortSignal,
  options: WatchOptions,
): AsyncIterable<readonly InventoryChange[]> {
  const known = new Map<string, string>();
  let stamp = "";
  for (let first = true; !signal.aborted; first = false) {
    const beganMs = context.now();
    const gate = async () => {
      await new Promise<void>((resume) => setImmediate(resume));
      signal.throwIfAborted();
    };
    try {
      const files = await findMachineFiles(root, gate, (problem) => first && context.log("warning", problem));
      const next = stampOf(files);
      if (next !== stamp) {
        yield* look(root, files, known, gate, context);
        stamp = next;
      }
      if (first) yield [{ type: "settled" }];
      const tookMs = context.now() - beganMs;
      await pause(context, Math.max(options.lookEveryMs, tookMs / SHARE), signal);
    } catch (thrown) {
      if (signal.aborted) return;
      throw thrown;
    }
  }
}

/** Reads everything and tells what differs from what is known. */
async function* look(
  root: string,
  files: MachineFiles,
  known: Map<string, string>,
  gate: () => Promise<void>,
  { now }: Pick<ProviderContext, "now">,
): AsyncIterable<readonly InventoryChange[]> {
  const reader = createMachineReader({ root, gate });
  const seen = new Set<string>();
  let batch: InventoryChange[] = [];
  let toldMs = now();

  const tell = (id: string, change: InventoryChange) => {
    seen.add(id);
    const text = JSON.stringify(change);
    if (known.get(id) === text) return;
    known.set(id, text);
    batch.push(change);
  };
  const addFolder = (path: string) => {
    if (seen.has(path) || path.length > INVENTORY_TEXT.id || !(path === root || path.startsWith(root + sep))) return;
    const parentId = path === root ? null : dirname(path);
    if (parentId !== null) addFolder(parentId);
    const name = clip(basename(path) || path, INVENTORY_TEXT.name);
    tell(path, {
      type: "node",
      node: {
        id: path,
        parentId,
        kind: "folder",
        name,
        facts: path === root ? [{ name: "Path", value: clip(root, INVENTORY_TEXT.value) }] : [],
      },
    });
  };
  const add = (found: FoundMachine) => {
    const machine: Machine | null = machineRow(found);
    if (machine === null || seen.size >= INVENTORY_COUNT.entries) return;
    addFolder(dirname(found.path));
    tell(machine.id, { type: "machine", machine });
  };
  function* due(all: boolean): Iterable<readonly InventoryChange[]> {
    if (!all && batch.length < INVENTORY_COUNT.batch / 2 && now() - toldMs < TELL_EVERY_MS) return;
    toldMs = now();
    for (; batch.length > 0; batch = batch.slice(INVENTORY_COUNT.batch)) yield batch.slice(0, INVENTORY_COUNT.batch);
  }

  addFolder(root);
  for (const { kind, path } of files.descriptions) {
    await gate();
    for (const machine of await reader.described(kind, path)) add(machine);
    yield* due(false);
  }
  for (const path of files.disks) {
    await gate();
    if (reader.isTaken(path)) continue;
    const disk = await reader.bareDisk(path);
    if (disk !== null) add(disk);
    yield* due(false);
  }
  for (const id of [...known.keys()].filter((one) => !seen.has(one))) {
    known.delete(id);
    batch.push({ type: "gone", id });
  }
  yield* due(true);
}

/** Changes whenever one of the files does. */
function stampOf({ descriptions, disks }: MachineFiles): string {
  return [...descriptions.map(({ path }) => path), ...disks].map((path) => `${path}\0${fileStamp(path)}`).join("\n");
}

async function pause({ sleep }: Pick<ProviderContext, "sleep">, ms: number, signal: AbortSignal): Promise<void> {
  await Promise.race([
    sleep(ms),
    new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    }),
  ]);
}
