/**
 * One target of a conversion on disk: its files under their unfinished names, the writer that fills them, and what makes them the
 * target. Failure and cancel leave nothing; after a crash the unfinished files and the last checkpoint let the next attempt go on.
 * Neighbours: convert.ts (who calls), target-plan.ts (what the image shall be like).
 */
import { basename, dirname, join } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { ConvertOutput, ConvertTarget } from "../../src-core/model/task.ts";
import type { WriteBehind } from "../disk/write-behind.ts";
import type { DiskWriter, WriterCheckpoint } from "../formats/format.ts";
import type { FileIdentity, FileTarget } from "../io/file.ts";
import { removeFile, renameDurably, renameWithoutReplacing, sameFile, statPath } from "../io/folder.ts";
import type { TaskContext } from "../task.ts";
import { removeManifest } from "./manifest.ts";
import type { TargetPlan } from "./target-plan.ts";

/** How the unfinished files are made and gone on with. */
export interface TargetFiles {
  create(path: string): Promise<FileTarget>;
  reopen(path: string): Promise<FileTarget>;
}

/** A file of a target: where it is made, and where it belongs. */
export interface FilePlace {
  readonly partialPath: string;
  readonly path: string;
}

/** All files of a target, the main one first. Their unfinished names follow from the main one's. */
export function placesOf(
  { path, partialPath }: ConvertTarget,
  { format, plan }: TargetPlan,
): [FilePlace, ...FilePlace[]] {
  const companions = format.companions?.(plan.subformat, basename(path)) ?? [];
  return [
    { path, partialPath },
    ...companions.map((name, index) => ({
      path: join(dirname(path), name),
      partialPath: `${partialPath}.${index + 1}`,
    })),
  ];
}

/** @throws AppError target.same-as-source, target.exists, path.not-file */
export function assertUsable(
  place: FilePlace,
  overwrite: boolean,
  sourceFiles: readonly { readonly name: string; readonly identity: FileIdentity }[],
): void {
  const { path } = place;
  const there = statPath(path);
  if (there === null) return;
  for (const file of sourceFiles) {
    if (sameFile(there.identity, file.identity)) {
      throw new AppError("target.same-as-source", `${path} is a file the source is read from (${file.name})`, {
        details: { file: path },
      });
    }
  }
  if (there.kind !== "file") {
    throw new AppError("path.not-file", `${path} exists and is not a regular file.`, { details: { file: path } });
  }
  if (!overwrite) {
    throw new AppError("target.exists", `${path} exists already.`, { details: { file: path } });
  }
}

/** A target that is being written. */
export interface OpenTarget {
  readonly spec: ConvertTarget;
  readonly plan: TargetPlan;
  readonly places: readonly FilePlace[];
  readonly writer: DiskWriter;
  /** All its files, in the order in which they were wrapped. */
  readonly files: readonly FileTarget[];
  /** Completes the image; afterwards its files are closed and, unless told otherwise, durable. */
  finish(): Promise<ConvertOutput>;
  close(): Promise<void>;
}

/**
 * Begins a target, or goes on from `resume`.
 * @param behind gets the target's files, in their order
 * @param durable false: nothing is forced out of the system's cache
 * @throws AppError target.*, io.*; with `resume` also state.conflict, disk.truncated, path.* where the files are not what it was made for
 */
export async function openTarget(
  spec: ConvertTarget,
  plan: TargetPlan,
  files: TargetFiles,
  behind: WriteBehind,
  durable: boolean,
  resume: WriterCheckpoint | null,
): Promise<OpenTarget> {
  const { format, create } = plan;
  const places = placesOf(spec, plan);
  const open: FileTarget[] = [];
  const close = async () => {
    for (const file of open) await file.close();
  };
  try {
    for (const { partialPath } of places) {
      if (resume === null) await removeFile(partialPath);
      const file = resume === null ? await files.create(partialPath) : await files.reopen(partialPath);
      open.push(behind.wrap(durable ? file : { ...file, async sync() {} }));
    }
    const [main, ...companions] = open;
    if (main === undefined) throw new AppError("internal.bug", "a target without a file");
    const writer = await create(main, plan.plan, { name: basename(spec.path), companions, resume });
    return {
      spec,
      plan,
      places,
      writer,
      files: open,
      async finish() {
        const summary = await writer.finish();
        for (const file of open) await file.sync();
        await close();
        return {
          path: spec.path,
          format: format.info.id,
          subformat: plan.plan.subformat,
          companions: places.slice(1).map(({ path }) => path),
          virtualSizeBytes: plan.plan.virtualSizeBytes,
          writtenBytes: summary.writtenBytes,
          fileSizeBytes: summary.fileSizeBytes,
        };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Gives the finished files their names, the main one last: until then nothing there is an image. Without leave to overwrite none
 * ever replaces anything, not even what just came; what was named before that shows is taken back.
 */
export async function putInPlace(
  { spec, places }: Pick<OpenTarget, "spec" | "places">,
  durable: boolean,
  ctx: Pick<TaskContext, "log" | "warn">,
): Promise<void> {
  const named: string[] = [];
  try {
    for (const { partialPath, path } of places.toReversed()) {
      if (spec.overwrite) {
        const stale = path === spec.path ? await removeManifest(path) : null;
        if (stale !== null) ctx.log("info", `${stale} was removed: it belonged to the file that is replaced.`);
        await renameDurably(partialPath, path, durable);
      } else await renameWithoutReplacing(partialPath, path, durable);
      named.push(path);
    }
  } catch (error) {
    for (const path of named) await removeQuietly(path, ctx);
    throw error;
  }
}

/** Removes the unfinished files of a target. */
export async function removeLeftovers(places: readonly FilePlace[], ctx: Pick<TaskContext, "warn">): Promise<void> {
  for (const { partialPath } of places) await removeQuietly(partialPath, ctx);
}

/** The error that ends the task matters more than one of tidying up after it: that one is only told. */
async function removeQuietly(path: string, ctx: Pick<TaskContext, "warn">): Promise<void> {
  try {
    await removeFile(path);
  } catch (error) {
    ctx.warn(`The unfinished file could not be removed: ${AppError.from(error).message}`);
  }
}
