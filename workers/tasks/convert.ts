/**
 * Converts one disk to one or several targets in one pass: opens the source with its chain, copies into unfinished files beside the
 * targets, and puts those in place once they are complete and durable. Neighbours: open-disk.ts, target-plan.ts, convert-target.ts,
 * resume-point.ts, disk/copy.ts.
 */
import type { ExtentTotals } from "../../src-core/model/disk.ts";
import { AppError, type ErrorCode } from "../../src-core/model/error.ts";
import type { ConvertOutput, ConvertResult, ConvertSpec } from "../../src-core/model/task.ts";
import { sumRange } from "../disk/allocation-map.ts";
import type { Layer } from "../disk/chain.ts";
import { DEFAULT_CHECKPOINT_RULE } from "../disk/checkpoint-policy.ts";
import { dataInEither } from "../disk/compare.ts";
import { type CopySource, copyDisk } from "../disk/copy.ts";
import { localPreparer, type Preparer } from "../disk/preparer.ts";
import { type Profile, profileOf, windowBytesOf } from "../disk/window.ts";
import type { WriterCheckpoint } from "../formats/format.ts";
import { createFileTarget, openFileTarget } from "../io/file.ts";
import { isPlainFile } from "../io/folder.ts";
import { lanePreparer } from "../lanes/lane-pool.ts";
import { LaneWrites } from "../lanes/lane-writes.ts";
import type { TaskContext, TaskRunner } from "../task.ts";
import {
  assertUsable,
  type OpenTarget,
  openTarget,
  placesOf,
  putInPlace,
  removeLeftovers,
  type TargetFiles,
} from "./convert-target.ts";
import { laneDisk, worthLanes } from "./lane-disk.ts";
import { filesOf, type OpenDisk, openDisk, realCause } from "./open-disk.ts";
import { fromCheckpoint, sourceIdentity, toCheckpoint } from "./resume-point.ts";
import { assertParentsKept, parentFilesOf, planTarget, type TargetPlan } from "./target-plan.ts";

/** The task over real files. */
export const convert: TaskRunner<"convert"> = (spec, ctx) =>
  convertInto(spec, ctx, { create: createFileTarget, reopen: openFileTarget });

/** The task over target files of the caller's making. */
export async function convertInto(spec: ConvertSpec, ctx: TaskContext, files: TargetFiles): Promise<ConvertResult> {
  const beganAtMs = ctx.now();
  const { roots, sourceFormat, sourceSnapshot } = spec;
  const source = await openDisk(spec.sourcePath, {
    format: sourceFormat,
    roots,
    brokenChain: "refuse",
    snapshot: sourceSnapshot ?? null,
  });
  const plans: TargetPlan[] = [];
  try {
    for (const warning of source.warnings) ctx.warn(warning);
    for (const target of spec.targets) plans.push(await planTarget(target, source.guest.virtualSizeBytes, roots));
    const places = spec.targets.map((target, i) => placesOf(target, planAt(plans, i)));
    const assertAllUsable = () => {
      assertParentsKept(
        plans,
        places.flat().map(({ path }) => path),
      );
      for (const [i, target] of spec.targets.entries()) {
        for (const place of places[i] ?? []) assertUsable(place, target.overwrite, source);
      }
    };
    assertOneParent(plans);
    assertDistinct(places.flat().map(({ path }) => path));
    assertAllUsable();
    try {
      const writes = new LaneWrites();
      const { targets, resumedFromBytes } = await beginOrGoOn(spec, plans, source, files, writes, ctx);
      try {
        ctx.started(resumedFromBytes);
        const totals = await copyAll(spec, source, targets, writes, resumedFromBytes ?? 0, ctx);
        const outputs: ConvertOutput[] = [];
        for (const target of targets) outputs.push(await target.finish());
        for (const file of [...filesOf(source), ...parentFilesOf(plans)]) file.assertUnchanged();
        await ctx.written();
        await ctx.gate();
        // Looked at again: what was not there at the start may have come meanwhile.
        assertAllUsable();
        for (const target of targets) await putInPlace(target, spec.sync, ctx);
        return {
          kind: "convert",
          virtualSizeBytes: source.guest.virtualSizeBytes,
          source: totals,
          outputs,
          durationMs: ctx.now() - beganAtMs,
          resumedFromBytes,
        };
      } finally {
        for (const target of targets) await target.close();
      }
    } catch (error) {
      // Told to halt: the next attempt goes on from what is there.
      if (!(error instanceof AppError && error.code === "job.lost")) await removeLeftovers(places.flat(), ctx);
      throw realCause(error, source);
    }
  } finally {
    for (const { parent } of plans) await parent?.close();
    await source.close();
  }
}

function planAt(plans: readonly TargetPlan[], index: number): TargetPlan {
  const plan = plans[index];
  if (plan === undefined) throw new AppError("internal.bug", `target ${index} has no plan`);
  return plan;
}

/** @throws AppError target.busy when two targets of the conversion are one file */
function assertDistinct(paths: readonly string[]): void {
  const twice = paths.find((path, index) => paths.indexOf(path) < index);
  if (twice !== undefined) {
    throw new AppError("target.busy", `${twice} is named as a target twice.`, { details: { file: twice } });
  }
}

/** Windows are compared with one parent. @throws AppError target.unsupported */
function assertOneParent(plans: readonly TargetPlan[]): void {
  const parents = new Set(plans.flatMap(({ parent }) => (parent === null ? [] : [parent.layers[0].path])));
  if (parents.size > 1) {
    throw new AppError(
      "target.unsupported",
      `Deltas of one conversion have one parent, not ${[...parents].join(" and ")}.`,
    );
  }
}

/** Copies what is left of the disk into all targets. @returns the sums of the source's extents */
async function copyAll(
  spec: ConvertSpec,
  source: OpenDisk,
  targets: readonly OpenTarget[],
  writes: LaneWrites,
  startBytes: number,
  ctx: TaskContext,
): Promise<ExtentTotals> {
  const parent = targets.find(({ plan }) => plan.parent !== null)?.plan.parent ?? null;
  const walked = parent === null ? source.guest : dataInEither(source.guest, parent.guest);
  const { before, all } = await measure(walked, startBytes, ctx);
  ctx.log("info", `${sourceLine(source)}; ${all.dataBytes} bytes of data to look at.`);
  const profiles: Profile[] = [];
  const outputs = targets.map(({ writer, plan }) => {
    const profile = profileOf(writer, plan.parent !== null);
    const same = profiles.findIndex((other) => JSON.stringify(other) === JSON.stringify(profile));
    return { writer, endBytes: plan.plan.virtualSizeBytes, profile: same >= 0 ? same : profiles.push(profile) - 1 };
  });
  const identity = identityOf(
    source,
    targets.map(({ plan }) => plan),
  );
  const preparer = preparerFor(spec, source, parent, profiles, writes, all.dataBytes - before.dataBytes, ctx);
  try {
    await copyDisk(walked, outputs, preparer, {
      startBytes,
      doneDataBytes: before.dataBytes,
      windowBytes: windowBytesOf(profiles),
      hooks: {
        gate: ctx.gate,
        spend: ctx.spend,
        progress: (done) => ctx.progress(done, all.dataBytes, "copying"),
      },
      now: ctx.now,
      checkpointRule: spec.sync ? DEFAULT_CHECKPOINT_RULE : null,
      checkpoint: (points) => ctx.checkpoint(toCheckpoint(points, spec.targets, identity)),
    });
  } finally {
    await preparer.close();
  }
  await ctx.gate();
  ctx.progress(all.dataBytes, all.dataBytes, "finishing");
  return all;
}

/** Lanes where there are any and enough is to be done; else this thread. */
function preparerFor(
  { roots, sourceFormat, sourceSnapshot }: ConvertSpec,
  source: OpenDisk,
  parent: OpenDisk | null,
  profiles: readonly Profile[],
  writes: LaneWrites,
  dataBytes: number,
  ctx: TaskContext,
): Preparer {
  const own = localPreparer(source.guest, parent?.guest ?? null, profiles);
  if (ctx.lanes === null || !worthLanes(dataBytes)) return own;
  const disk = laneDisk(source, roots, { format: sourceFormat, snapshot: sourceSnapshot });
  const below = parent === null ? null : laneDisk(parent, roots);
  return lanePreparer(ctx.lanes, { kind: "prepare", disk, parent: below, profiles, files: writes.files }, writes, own);
}

interface Begun {
  readonly targets: readonly OpenTarget[];
  /** null = from the start. */
  readonly resumedFromBytes: number | null;
}

/** What unfinished files say that are not what the checkpoint was made for: shorter, replaced, or gone. */
const UNFIT = new Set<ErrorCode>([
  "state.conflict",
  "disk.truncated",
  "path.not-file",
  "path.not-found",
  "io.vanished",
]);

/** All targets: as an earlier attempt left them, else new in place of whatever lies there. Caller closes. */
async function beginOrGoOn(
  spec: ConvertSpec,
  plans: readonly TargetPlan[],
  source: OpenDisk,
  files: TargetFiles,
  writes: LaneWrites,
  ctx: TaskContext,
): Promise<Begun> {
  const openAll = async (points: readonly WriterCheckpoint[] | null): Promise<Begun> => {
    const targets: OpenTarget[] = [];
    try {
      for (const [i, target] of spec.targets.entries()) {
        targets.push(await openTarget(target, planAt(plans, i), files, spec.sync, points?.[i] ?? null, writes));
      }
      return { targets, resumedFromBytes: points?.[0]?.doneBytes ?? null };
    } catch (error) {
      for (const target of targets) await target.close();
      throw error;
    }
  };
  const points = usableResume(spec, ctx, identityOf(source, plans));
  if (points !== null) {
    try {
      return await openAll(points);
    } catch (error) {
      if (!(error instanceof AppError && UNFIT.has(error.code))) throw error;
      ctx.log("info", `Starting over instead of going on at byte ${points[0]?.doneBytes}: ${error.message}.`);
    }
  }
  return openAll(null);
}

/** What resume points belong to: all that was read. */
function identityOf(source: OpenDisk, plans: readonly TargetPlan[]): string {
  return sourceIdentity([...filesOf(source), ...parentFilesOf(plans)]);
}

/** The points to go on from; null = at the start, with a line in the log when there was one that does not fit any more. */
function usableResume(spec: ConvertSpec, ctx: TaskContext, source: string): readonly WriterCheckpoint[] | null {
  if (ctx.resumeFrom === null) return null;
  const partialExists = spec.targets.every(({ partialPath }) => isPlainFile(partialPath));
  const points = fromCheckpoint(ctx.resumeFrom, { targets: spec.targets, source, partialExists });
  if (!("unusable" in points)) return points;
  ctx.log("info", `Starting over instead of going on at byte ${ctx.resumeFrom.doneBytes}: ${points.unusable}.`);
  return null;
}

/** Sums of the source's extents: of the whole disk, and of the part an earlier attempt has done. */
async function measure(
  source: CopySource & Pick<Layer, "virtualSizeBytes">,
  startBytes: number,
  ctx: TaskContext,
): Promise<{ before: ExtentTotals; all: ExtentTotals }> {
  const before = await sumRange(source, 0, startBytes, ctx.gate);
  const rest = await sumRange(source, startBytes, source.virtualSizeBytes - startBytes, ctx.gate);
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
