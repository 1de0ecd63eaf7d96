/**
 * Converts one disk: opens the source with its chain, copies into a partial file beside the target, and puts that in the target's
 * place once it is complete and durable. Failure and cancel leave nothing; after a crash the partial file and the last checkpoint
 * let the next attempt go on. Neighbours: open-disk.ts, resume-point.ts, disk/copy.ts.
 */

import { basename } from "node:path";
import type { ExtentTotals } from "../../src-core/model/disk.ts";
import { AppError, type ErrorCode } from "../../src-core/model/error.ts";
import { resolveTarget } from "../../src-core/model/target.ts";
import type { ConvertResult, ConvertSpec } from "../../src-core/model/task.ts";
import { sumRange } from "../disk/allocation-map.ts";
import { DEFAULT_CHECKPOINT_RULE } from "../disk/checkpoint-policy.ts";
import { copyDisk } from "../disk/copy.ts";
import type { DiskWriter, Format, WritePlan, WriterCheckpoint } from "../formats/format.ts";
import { formatById } from "../formats/registry.ts";
import { createFileTarget, type FileTarget, openFileTarget } from "../io/file.ts";
import { isPlainFile, removeFile, renameDurably, renameWithoutReplacing, sameFile, statPath } from "../io/folder.ts";
import type { TaskContext, TaskRunner } from "../task.ts";
import { removeManifest } from "./manifest.ts";
import { filesOf, type OpenDisk, openDisk, realCause } from "./open-disk.ts";
import { fromCheckpoint, sourceIdentity, toCheckpoint } from "./resume-point.ts";

/** How the unfinished file is made and gone on with. */
export interface TargetFiles {
  create(path: string): Promise<FileTarget>;
  reopen(path: string): Promise<FileTarget>;
}

/** The task over real files. */
export const convert: TaskRunner<"convert"> = (spec, ctx) =>
  convertInto(spec, ctx, { create: createFileTarget, reopen: openFileTarget });

/** The task over target files of the caller's making. */
export async function convertInto(spec: ConvertSpec, ctx: TaskContext, files: TargetFiles): Promise<ConvertResult> {
  const beganAtMs = ctx.now();
  const source = await openDisk(spec.sourcePath, {
    format: spec.sourceFormat,
    roots: spec.roots,
    brokenChain: "refuse",
  });
  try {
    for (const warning of source.warnings) ctx.warn(warning);
    assertTargetUsable(spec, source);
    const format = formatById(spec.targetFormat);
    const { create } = format;
    if (create === undefined) {
      throw new AppError("target.unsupported", `This program cannot write ${format.info.label} files.`);
    }
    const identity = sourceIdentity(filesOf(source));
    const choices = resolveTarget(format.info.label, format.info.variants, {});
    const plan = { ...choices, virtualSizeBytes: source.guest.virtualSizeBytes, backing: null };
    try {
      const resume = usableResume(spec, ctx, identity);
      const { target, writer, resumedFromBytes } = await beginOrGoOn(
        spec.partialPath,
        resume,
        files,
        create,
        plan,
        ctx,
      );
      try {
        ctx.started(resumedFromBytes);
        const startBytes = resumedFromBytes ?? 0;
        const { before, all } = await measure(source, startBytes, ctx);
        ctx.log("info", `${sourceLine(source)}; ${all.dataBytes} bytes of data to look at.`);
        await copyDisk(source.guest, writer, {
          startBytes,
          doneDataBytes: before.dataBytes,
          hooks: { gate: ctx.gate, progress: (done) => ctx.progress(done, all.dataBytes, "copying") },
          now: ctx.now,
          checkpointRule: DEFAULT_CHECKPOINT_RULE,
          checkpoint: (point) => ctx.checkpoint(toCheckpoint(point, spec.targetFormat, identity)),
        });
        await ctx.gate();
        ctx.progress(all.dataBytes, all.dataBytes, "finishing");
        const summary = await writer.finish();
        await target.sync();
        await target.close();
        for (const file of filesOf(source)) file.assertUnchanged();
        await ctx.written();
        await ctx.gate();
        // Looked at again: what was not there at the start may have come meanwhile.
        assertTargetUsable(spec, source);
        await putInPlace(spec, ctx);
        return {
          kind: "convert",
          targetPath: spec.targetPath,
          targetFormat: spec.targetFormat,
          virtualSizeBytes: plan.virtualSizeBytes,
          source: all,
          writtenBytes: summary.writtenBytes,
          fileSizeBytes: summary.fileSizeBytes,
          durationMs: ctx.now() - beganAtMs,
          resumedFromBytes,
        };
      } finally {
        await target.close();
      }
    } catch (error) {
      // Told to halt: the next attempt goes on from what is there.
      if (!(error instanceof AppError && error.code === "job.lost")) await removeLeftover(spec.partialPath, ctx);
      throw realCause(error, source);
    }
  } finally {
    await source.close();
  }
}

/** @throws AppError target.same-as-source, target.exists, path.not-file */
function assertTargetUsable(spec: ConvertSpec, source: OpenDisk): void {
  const there = statPath(spec.targetPath);
  for (const file of filesOf(source)) {
    if (there !== null && sameFile(there.identity, file.identity)) {
      throw new AppError(
        "target.same-as-source",
        `${spec.targetPath} is a file the source is read from (${file.name})`,
        {
          details: { file: spec.targetPath },
        },
      );
    }
  }
  if (there === null) return;
  if (there.kind !== "file") {
    throw new AppError("path.not-file", `${spec.targetPath} exists and is not a regular file.`, {
      details: { file: spec.targetPath },
    });
  }
  if (!spec.overwrite) {
    throw new AppError("target.exists", `${spec.targetPath} exists already.`, { details: { file: spec.targetPath } });
  }
}

/** The point to go on from; null = at the start, with a line in the log when there was one that does not fit any more. */
function usableResume(spec: ConvertSpec, ctx: TaskContext, source: string): WriterCheckpoint | null {
  if (ctx.resumeFrom === null) return null;
  const partialExists = isPlainFile(spec.partialPath);
  const point = fromCheckpoint(ctx.resumeFrom, { targetFormat: spec.targetFormat, source, partialExists });
  if (!("unusable" in point)) return point;
  ctx.log("info", `Starting over instead of going on at byte ${ctx.resumeFrom.doneBytes}: ${point.unusable}.`);
  return null;
}

interface Begun {
  readonly target: FileTarget;
  readonly writer: DiskWriter;
  /** null = from the start. */
  readonly resumedFromBytes: number | null;
}

/** What a partial file says that is not what the checkpoint was made for: shorter, replaced, or gone. */
const UNFIT = new Set<ErrorCode>([
  "state.conflict",
  "disk.truncated",
  "path.not-file",
  "path.not-found",
  "io.vanished",
]);

/** The partial file and its writer: as an earlier attempt left it, else new in place of whatever lies there. Caller closes. */
async function beginOrGoOn(
  path: string,
  resume: WriterCheckpoint | null,
  files: TargetFiles,
  create: NonNullable<Format["create"]>,
  plan: WritePlan,
  ctx: TaskContext,
): Promise<Begun> {
  const open = async (target: FileTarget, point?: WriterCheckpoint): Promise<Begun> => {
    try {
      const writer = await create(target, plan, { name: basename(path), companions: [], resume: point ?? null });
      return { target, writer, resumedFromBytes: point?.doneBytes ?? null };
    } catch (error) {
      await target.close();
      throw error;
    }
  };
  if (resume !== null) {
    try {
      return await open(await files.reopen(path), resume);
    } catch (error) {
      if (!(error instanceof AppError && UNFIT.has(error.code))) throw error;
      ctx.log("info", `Starting over instead of going on at byte ${resume.doneBytes}: ${error.message}.`);
    }
  }
  await removeFile(path);
  return open(await files.create(path));
}

/** Gives the finished file its name. Without leave to overwrite it never replaces anything, not even what just came. */
async function putInPlace({ partialPath, targetPath, overwrite }: ConvertSpec, ctx: TaskContext): Promise<void> {
  if (!overwrite) return renameWithoutReplacing(partialPath, targetPath);
  const stale = await removeManifest(targetPath);
  if (stale !== null) ctx.log("info", `${stale} was removed: it belonged to the file that is replaced.`);
  await renameDurably(partialPath, targetPath);
}

/** Sums of the source's extents: of the whole disk, and of the part an earlier attempt has done. */
async function measure(
  source: OpenDisk,
  startBytes: number,
  ctx: TaskContext,
): Promise<{ before: ExtentTotals; all: ExtentTotals }> {
  const before = await sumRange(source.guest, 0, startBytes, ctx.gate);
  const rest = await sumRange(source.guest, startBytes, source.guest.virtualSizeBytes - startBytes, ctx.gate);
  const all = {
    dataBytes: before.dataBytes + rest.dataBytes,
    zeroBytes: before.zeroBytes + rest.zeroBytes,
    holeBytes: before.holeBytes + rest.holeBytes,
  };
  return { before, all };
}

/** The source in one line of the log. */
function sourceLine(source: OpenDisk): string {
  const [{ path, reader }, ...parents] = source.layers;
  const standing = parents.length === 0 ? "" : ` on ${parents.map((layer) => layer.path).join(", ")}`;
  return `${path}: ${reader.format} ${reader.subformat}, ${reader.virtualSizeBytes} bytes${standing}`;
}

/** The error that ends the task matters more than one of tidying up after it: that one is only told. */
async function removeLeftover(path: string, ctx: TaskContext): Promise<void> {
  try {
    await removeFile(path);
  } catch (error) {
    ctx.warn(`The unfinished file could not be removed: ${AppError.from(error).message}`);
  }
}
