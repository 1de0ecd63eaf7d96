/**
 * Converts one disk to one or several targets in one pass: opens the source with its chain, copies into unfinished files beside the
 * targets, and puts those in place once they are complete and durable. Neighbours: convert-source.ts, target-plan.ts,
 * convert-target.ts, convert-tally.ts, resume-point.ts, disk/copy.ts.
 */
import type { ExtentTotals } from "../../src-core/model/disk.ts";
import { AppError, type ErrorCode } from "../../src-core/model/error.ts";
import type { ConvertOutput, ConvertResult, ConvertSpec } from "../../src-core/model/task.ts";
import { DEFAULT_CHECKPOINT_RULE } from "../disk/checkpoint-policy.ts";
import { dataInEither } from "../disk/compare.ts";
import { copyDisk } from "../disk/copy.ts";
import { localPreparer, type Preparer } from "../disk/preparer.ts";
import { type Profile, profileOf, windowBytesOf } from "../disk/window.ts";
import { createWriteBehind, type WriteBehind } from "../disk/write-behind.ts";
import type { WriterCheckpoint } from "../formats/format.ts";
import { filesOf, type OpenDisk, realCause } from "../image/open-disk.ts";
import { sourceIdentity } from "../image/open-identity.ts";
import { earlyStorer, systemBeginStoring, worthStoringEarly } from "../io/early-store.ts";
import { createFileTarget, openFileTarget } from "../io/file.ts";
import { isPlainFile } from "../io/folder.ts";
import { lanePreparer } from "../lanes/lane-preparer.ts";
import type { TaskContext, TaskRunner } from "../task.ts";
import { type ConvertSource, openSource } from "./convert-source.ts";
import { measured, onTheWay } from "./convert-tally.ts";
import {
  assertUsable,
  type OpenTarget,
  openTarget,
  placesOf,
  putInPlace,
  removeLeftovers,
  type TargetFiles,
} from "./convert-target.ts";
import { feedingPreparer, laneDisk, worthLanes } from "./lane-disk.ts";
import { fromCheckpoint, toCheckpoint } from "./resume-point.ts";
import { assertParentsKept, parentFilesOf, planTarget, type TargetPlan } from "./target-plan.ts";

/** The task over real files. */
export const convert: TaskRunner<"convert"> = (spec, ctx) =>
  convertInto(spec, ctx, { create: createFileTarget, reopen: openFileTarget });

/** The task over target files of the caller's making. */
export async function convertInto(spec: ConvertSpec, ctx: TaskContext, files: TargetFiles): Promise<ConvertResult> {
  const beganAtMs = ctx.now();
  const source = await openSource(spec, ctx);
  const plans: TargetPlan[] = [];
  try {
    for (const warning of source.warnings) ctx.warn(warning);
    for (const target of spec.targets) plans.push(await planTarget(target, source.guest.virtualSizeBytes, spec.roots));
    const places = spec.targets.map((target, i) => placesOf(target, planAt(plans, i)));
    const assertAllUsable = () => {
      assertParentsKept(
        plans,
        places.flat().map(({ path }) => path),
      );
      for (const [i, target] of spec.targets.entries()) {
        for (const place of places[i] ?? []) assertUsable(place, target.overwrite, source.files);
      }
    };
    assertOneParent(plans);
    if (source.kind === "piped") assertNoDelta(plans);
    assertDistinct(places.flat().map(({ path }) => path));
    assertAllUsable();
    try {
      const { targets, resumedFromBytes, behind } = await beginOrGoOn(spec, plans, source, files, ctx);
      try {
        ctx.started(resumedFromBytes);
        const totals = await copyAll(spec, source, { targets, behind }, resumedFromBytes ?? 0, ctx);
        const outputs: ConvertOutput[] = [];
        for (const target of targets) outputs.push(await target.finish());
        if (source.kind === "stored") for (const file of filesOf(source.disk)) file.assertUnchanged();
        for (const file of parentFilesOf(plans)) file.assertUnchanged();
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
      const cause = source.kind === "stored" ? realCause(error, source.disk) : error;
      if (!ctx.keeps(AppError.from(cause))) await removeLeftovers(places.flat(), ctx);
      throw cause;
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

/** Which data a delta needs shows by walking both disks, which takes more than one walk. @throws AppError target.unsupported */
function assertNoDelta(plans: readonly TargetPlan[]): void {
  if (plans.every(({ parent }) => parent === null)) return;
  throw new AppError("target.unsupported", "A disk from a pipe cannot be made a delta: convert it from its file.");
}

/** Copies what is left of the disk into all targets. @returns the sums of the source's extents */
async function copyAll(
  spec: ConvertSpec,
  source: ConvertSource,
  { targets, behind }: Pick<Begun, "targets" | "behind">,
  startBytes: number,
  ctx: TaskContext,
): Promise<ExtentTotals> {
  const parent = targets.find(({ plan }) => plan.parent !== null)?.plan.parent ?? null;
  const walked = parent === null ? source.guest : dataInEither(source.guest, parent.guest);
  const tally = source.kind === "stored" ? await measured(walked, startBytes, ctx) : onTheWay(source.guest);
  const { doneDataBytes, dataBytes, totalBytes } = tally;
  ctx.log("info", `${source.line}; ${dataBytes ?? "nobody knows how many"} bytes of data to look at.`);
  const profiles: Profile[] = [];
  const outputs = targets.map(({ writer, plan }) => {
    const profile = profileOf(writer, plan.parent !== null);
    const same = profiles.findIndex((other) => JSON.stringify(other) === JSON.stringify(profile));
    return { writer, endBytes: plan.plan.virtualSizeBytes, profile: same >= 0 ? same : profiles.push(profile) - 1 };
  });
  const preparer =
    source.kind === "stored" && dataBytes !== null
      ? preparerFor(spec, source.disk, parent, profiles, dataBytes - doneDataBytes, { targets, behind }, ctx)
      : feedingPreparer(source.guest, profiles, source.guest.virtualSizeBytes, ctx.lanes);
  const worth = spec.sync && worthStoringEarly(dataBytes ?? Number.POSITIVE_INFINITY);
  const descriptors = targets.flatMap(({ files }) => files.map(({ descriptor }) => descriptor));
  const storeEarly = earlyStorer(descriptors, worth ? systemBeginStoring() : null);
  try {
    await copyDisk(walked, outputs, preparer, {
      startBytes,
      doneDataBytes,
      windowBytes: windowBytesOf(profiles),
      hooks: {
        gate: ctx.gate,
        spend: ctx.spend,
        progress(done) {
          storeEarly(done - doneDataBytes);
          ctx.progress(tally.doneBytes(done), totalBytes, "copying");
        },
      },
      now: ctx.now,
      // What came through a pipe does not come again.
      checkpointRule: spec.sync && source.kind === "stored" ? DEFAULT_CHECKPOINT_RULE : null,
      checkpoint: (points) =>
        ctx.checkpoint(
          toCheckpoint(
            points,
            spec.targets,
            identityOf(
              source,
              targets.map(({ plan }) => plan),
            ),
          ),
        ),
    });
  } finally {
    await preparer.close();
  }
  await ctx.gate();
  ctx.progress(totalBytes, totalBytes, "finishing");
  return tally.totals();
}

/** Lanes where there are any and enough is to be done; else this thread. */
function preparerFor(
  { roots, sourceFormat, sourceSnapshot }: ConvertSpec,
  source: OpenDisk,
  parent: OpenDisk | null,
  profiles: readonly Profile[],
  dataBytes: number,
  { targets, behind }: Pick<Begun, "targets" | "behind">,
  ctx: TaskContext,
): Preparer {
  const readers = { reader: source.guest, parent: parent?.guest ?? null };
  if (ctx.lanes === null || !worthLanes(dataBytes)) return localPreparer(readers.reader, readers.parent, profiles);
  const disk = laneDisk(source, roots, { format: sourceFormat, snapshot: sourceSnapshot });
  const below = parent === null ? null : laneDisk(parent, roots);
  const files = targets.flatMap((target) => target.files).map(({ descriptor, name }) => ({ descriptor, path: name }));
  const work = { kind: "prepare", disk, parent: below, profiles, targets: files } as const;
  return lanePreparer(ctx.lanes, work, { ...readers, behind, feeds: false });
}

interface Begun {
  readonly targets: readonly OpenTarget[];
  /** Behind the files of all targets. */
  readonly behind: WriteBehind;
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
  source: ConvertSource,
  files: TargetFiles,
  ctx: TaskContext,
): Promise<Begun> {
  const openAll = async (points: readonly WriterCheckpoint[] | null): Promise<Begun> => {
    const targets: OpenTarget[] = [];
    const behind = createWriteBehind();
    try {
      for (const [i, target] of spec.targets.entries()) {
        targets.push(await openTarget(target, planAt(plans, i), files, behind, spec.sync, points?.[i] ?? null));
      }
      return { targets, behind, resumedFromBytes: points?.[0]?.doneBytes ?? null };
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
function identityOf(source: ConvertSource, plans: readonly TargetPlan[]): string {
  return sourceIdentity([...(source.kind === "stored" ? filesOf(source.disk) : []), ...parentFilesOf(plans)]);
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
