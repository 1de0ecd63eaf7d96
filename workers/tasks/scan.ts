/**
 * Walks a library folder and tells what is in it: machines that an OVF (also one in an OVA) or a VMX describes, then the disks that none of them names.
 * A description or disk that cannot be read is listed with its error. Bounded in depth, entries and sizes.
 * Neighbours: machine/find-machine-files.ts, machine/machine-reader.ts (what is there), library-item.ts (how the library lists it).
 */
import type { LibraryItem } from "../../src-core/model/library.ts";
import { realPath } from "../io/folder.ts";
import { findMachineFiles } from "../machine/find-machine-files.ts";
import { createMachineReader } from "../machine/machine-reader.ts";
import type { TaskContext, TaskRunner } from "../task.ts";
import { libraryItem } from "./library-item.ts";

/** Items told at once; fewer when that takes longer than BATCH_MS. */
const BATCH_ITEMS = 100;
const BATCH_MS = 300;
/** Warnings kept; a tree without permissions would give one per folder. */
const MAX_WARNINGS = 100;
export const scan: TaskRunner<"scan"> = async (spec, ctx) => {
  ctx.started(null);
  const root = realPath(spec.folder);
  const warnings: string[] = [];
  let hidden = 0;
  const problem = (message: string) => {
    if (warnings.length < MAX_WARNINGS) warnings.push(message);
    else hidden += 1;
  };
  const found = await findMachineFiles(root, ctx.gate, problem);
  // Other descriptions are for the local provider (workers/providers/local).
  const descriptions = found.descriptions.filter(({ kind }) => kind === "ovf" || kind === "vmx");
  const { disks, filesSeen } = found;

  const reader = createMachineReader({ root, gate: ctx.gate });
  const batch = createBatch(ctx, filesSeen);
  const total = descriptions.length + disks.length;
  let done = 0;
  for (const { kind, path } of descriptions) {
    await ctx.gate();
    for (const machine of await reader.described(kind, path)) batch.add(libraryItem(spec.libraryId, machine));
    done += 1;
    ctx.progress(done, total, "reading machines");
  }
  for (const path of disks) {
    await ctx.gate();
    if (!reader.isTaken(path)) {
      const disk = await reader.bareDisk(path);
      if (disk !== null) batch.add(libraryItem(spec.libraryId, disk));
    }
    done += 1;
    ctx.progress(done, total, "reading disks");
  }
  batch.tell();
  if (hidden > 0) warnings.push(`${hidden} more entries could not be read.`);
  return { kind: "scan", filesSeen, warnings };
};

/** Collects items and tells them in batches, so that neither a large nor a slow library floods or starves its listener. */
function createBatch(ctx: TaskContext, filesSeen: number) {
  let items: LibraryItem[] = [];
  let toldAt = ctx.now();
  const tell = () => {
    ctx.found(items, filesSeen);
    items = [];
    toldAt = ctx.now();
  };
  return {
    add(item: LibraryItem | null) {
      if (item === null) return;
      items.push(item);
      if (items.length >= BATCH_ITEMS || ctx.now() - toldAt >= BATCH_MS) tell();
    },
    tell,
  };
}
