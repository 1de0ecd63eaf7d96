/**
 * Walks a library folder and tells what is in it: machines that an OVF (also one in an OVA) or a VMX describes, then the disks that none of them names.
 * A description or disk that cannot be read is listed with its error. Bounded in depth, entries and sizes.
 * Neighbours: library-item.ts (one description → one item), io/walk-folder.ts.
 */
import { extname, join } from "node:path";
import type { LibraryItem } from "../../src-core/model/library.ts";
import { isExtentFileName } from "../formats/registry.ts";
import { realPath } from "../io/folder.ts";
import { walkFolder } from "../io/walk-folder.ts";
import type { TaskContext, TaskRunner } from "../task.ts";
import { createLibraryReader } from "./library-item.ts";

const LIMITS = { depth: 32, entries: 1_000_000 };
/** Items told at once; fewer when that takes longer than BATCH_MS. */
const BATCH_ITEMS = 100;
const BATCH_MS = 300;
/** Warnings kept; a tree without permissions would give one per folder. */
const MAX_WARNINGS = 100;
/** Files that may be a disk by their name; the content decides. */
const DISK_EXTENSIONS = new Set([".vmdk", ".qcow2", ".qcow", ".vhd", ".avhd", ".vdi", ".raw", ".img"]);

export const scan: TaskRunner<"scan"> = async (spec, ctx) => {
  ctx.started(null);
  const root = realPath(spec.folder);
  const warnings: string[] = [];
  let hidden = 0;
  const problem = (message: string) => {
    if (warnings.length < MAX_WARNINGS) warnings.push(message);
    else hidden += 1;
  };
  let filesSeen = 0;
  const descriptions: { kind: "ovf" | "vmx"; path: string }[] = [];
  const disks: string[] = [];
  for (const folder of walkFolder(root, LIMITS, problem)) {
    await ctx.gate();
    filesSeen += folder.fileNames.length;
    for (const name of folder.fileNames) {
      const extension = extname(name).toLowerCase();
      const path = join(folder.path, name);
      if (extension === ".ovf" || extension === ".ova") descriptions.push({ kind: "ovf", path });
      else if (extension === ".vmx") descriptions.push({ kind: "vmx", path });
      else if (DISK_EXTENSIONS.has(extension) && !isExtentFileName(name)) disks.push(path);
    }
  }

  const reader = createLibraryReader({ libraryId: spec.libraryId, root, gate: ctx.gate });
  const batch = createBatch(ctx, () => filesSeen);
  const total = descriptions.length + disks.length;
  let done = 0;
  for (const { kind, path } of descriptions) {
    await ctx.gate();
    for (const item of await reader.described(kind, path)) batch.add(item);
    done += 1;
    ctx.progress(done, total, "reading machines");
  }
  for (const path of disks) {
    await ctx.gate();
    if (!reader.isTaken(path)) {
      const item = await reader.bareDisk(path);
      if (item !== null) batch.add(item);
    }
    done += 1;
    ctx.progress(done, total, "reading disks");
  }
  batch.tell();
  if (hidden > 0) warnings.push(`${hidden} more entries could not be read.`);
  return { kind: "scan", filesSeen, warnings };
};

/** Collects items and tells them in batches, so that neither a large nor a slow library floods or starves its listener. */
function createBatch(ctx: TaskContext, filesSeen: () => number) {
  let items: LibraryItem[] = [];
  let toldAt = ctx.now();
  const tell = () => {
    ctx.found(items, filesSeen());
    items = [];
    toldAt = ctx.now();
  };
  return {
    add(item: LibraryItem) {
      items.push(item);
      if (items.length >= BATCH_ITEMS || ctx.now() - toldAt >= BATCH_MS) tell();
    },
    tell,
  };
}
