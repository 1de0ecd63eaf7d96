/**
 * One try of an export on one connection: the session on the source, the target, and all disks between them. What it reached is in its
 * point, which the next try goes on from. Neighbours: export-machine.ts (who tries again), export-disk.ts, export-target.ts.
 */
import { AppError, type ErrorCode } from "../../src-core/model/error.ts";
import type { ExportResult } from "../../src-core/model/export.ts";
import type { WriterCheckpoint } from "../formats/format.ts";
import { laneCount } from "../lanes/lane-thread.ts";
import type { ExportDisk, ExportSession } from "../providers/provider.ts";
import type { TaskContext } from "../task.ts";
import { exportDisk } from "./export-disk.ts";
import { openFilesTarget } from "./export-files.ts";
import { finishExport } from "./export-finish.ts";
import { openPackageTarget } from "./export-package.ts";
import { createExportProgress } from "./export-progress.ts";
import type { ExportTarget } from "./export-target.ts";
import { type ExportPoint, type ExportTry, fresh, resumedFrom, untidy } from "./export-try.ts";

/** What says that an earlier attempt's work is of no use any more. */
const STALE = new Set<ErrorCode>([
  "state.conflict",
  "disk.in-use",
  "disk.truncated",
  "path.not-found",
  "path.not-file",
  "io.vanished",
  "source.no-snapshot",
]);

/** @throws AppError source.*, disk.*, target.*, io.*; job.canceled, job.lost */
export async function tryExport(attempt: ExportTry): Promise<ExportResult> {
  const { from, ctx } = attempt;
  if (from.session === null) return tryFrom(attempt, from);
  try {
    return await tryFrom(attempt, from);
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (!STALE.has(error.code)) throw error;
    ctx.warn(`What was exported so far cannot be gone on with, so the export starts over: ${error.message}`);
    return tryFrom(attempt, fresh(from));
  }
}

async function tryFrom(attempt: ExportTry, from: ExportPoint): Promise<ExportResult> {
  const { spec, connection, ctx, keeps } = attempt;
  const session = await connection.openExport(
    spec.machineId,
    {
      mark: spec.mark,
      quiesce: spec.quiesce,
      diskKeys: spec.diskKeys,
      connectionsPerHost: spec.connectionsPerHost,
      resume: from.session,
    },
    ctx.signal,
  );
  let keep = false;
  let complete = false;
  try {
    for (const warning of session.warnings) ctx.warn(warning);
    if (session.disks.length === 0) throw new AppError("source.refused", `No disk of ${spec.machineName} can be read.`);
    const stateAt = from.stateAt ?? new Date(ctx.now()).toISOString();
    const done = await withTarget(attempt, session, { ...from, stateAt, session: session.resume });
    complete = true;
    return done;
  } catch (thrown) {
    keep = keeps(AppError.from(thrown)) && session.resume !== null;
    throw thrown;
  } finally {
    await closeSession(session, { keep, complete }, ctx);
  }
}

/**
 * What cannot be removed now is found by its mark later: the export itself is not less for it.
 * @param complete everything is made: where somebody tries again, that is to be done for the removal alone
 */
async function closeSession(
  session: ExportSession,
  { keep, complete }: { keep: boolean; complete: boolean },
  ctx: TaskContext,
): Promise<void> {
  try {
    await session.close(keep);
  } catch (thrown) {
    if (complete && ctx.again !== null) throw untidy(AppError.from(thrown));
    const why = AppError.from(thrown).message;
    ctx.warn(`What the export made on the source could not be removed (see the leftovers of the source): ${why}`);
  }
}

async function withTarget(attempt: ExportTry, session: ExportSession, from: ExportPoint): Promise<ExportResult> {
  const { spec, ctx, keeps } = attempt;
  const plan = { machine: session.machine, disks: session.disks, startedAtMs: from.startedAtMs };
  const { output } = spec;
  const target =
    output.kind === "disks"
      ? await openFilesTarget(output, plan, from.target, ctx)
      : await openPackageTarget({ ...spec, output }, plan, from.target);
  let keep = false;
  try {
    return await copyAll(attempt, session, target, from);
  } catch (thrown) {
    keep = keeps(AppError.from(thrown)) && session.resume !== null;
    throw thrown;
  } finally {
    await target.close(keep);
  }
}

async function copyAll(
  attempt: ExportTry,
  session: ExportSession,
  target: ExportTarget,
  from: ExportPoint,
): Promise<ExportResult> {
  const { spec, ctx } = attempt;
  const points: Record<string, WriterCheckpoint> = { ...from.disks };
  const reached = () => {
    const { state } = target;
    attempt.reached({ ...from, target: state, disks: { ...points } });
  };
  const progress = createExportProgress(ctx);
  const finished = new Set(target.finished.map(({ key }) => key));
  const known = new Map(session.machine.disks.map((disk) => [disk.key, disk]));
  const jobs = session.disks.map((disk) => {
    const { label = disk.key, usedBytes = null } = known.get(disk.key) ?? {};
    return { disk, own: progress.disk(label, usedBytes ?? disk.capacityBytes) };
  });
  for (const { disk, own } of jobs) if (finished.has(disk.key)) own.done();
  const left = jobs.filter(({ disk }) => !finished.has(disk.key));
  const atOnce = target.disksAtOnce ? Math.min(spec.disksAtOnce, left.length) : 1;
  const mostLanes = ctx.lanes === null ? 0 : Math.ceil(laneCount(ctx.lanes) / Math.max(1, atOnce));
  tellBeginning(session.disks, from, ctx);
  reached();

  const failing = new AbortController();
  const signal = AbortSignal.any([ctx.signal, failing.signal]);
  let first: unknown = null;
  /** Also lets a disk know that another one failed. */
  const gate = async () => {
    await ctx.gate();
    if (first !== null) throw first;
  };
  const next = left.values();
  const work = async () => {
    for (const { disk, own } of next) {
      const resume = points[disk.key] ?? null;
      const checkpoint = (point: WriterCheckpoint) => {
        points[disk.key] = point;
        reached();
      };
      await exportDisk({ disk, target, resume, checkpoint, progress, own, mostLanes, signal }, { ...ctx, gate });
      delete points[disk.key];
      reached();
    }
  };
  const fail = (thrown: unknown) => {
    first ??= thrown;
    failing.abort();
  };
  await Promise.all(Array.from({ length: atOnce }, () => work().catch(fail)));
  if (first !== null) throw first;
  await ctx.gate();
  progress.phase("finishing");
  await ctx.written();
  const done = await finishExport(attempt, session, target, from);
  // Noted before the source is tidied up: what this try began with is not there any more then.
  attempt.reached({ ...from, target: target.state, disks: {}, done });
  await ctx.written();
  return done;
}

function tellBeginning(disks: readonly ExportDisk[], from: ExportPoint, ctx: TaskContext): void {
  for (const { key, capacityBytes, transport, reason } of disks) {
    ctx.log("info", `Disk ${key}, ${capacityBytes} bytes: ${transport}. ${reason}`);
  }
  ctx.started(resumedFrom(from));
}
