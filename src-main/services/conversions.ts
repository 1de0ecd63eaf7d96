/**
 * Conversions: what one would be (plan), and starting it. The plan's checks are the start's checks, so what the dialog shows
 * as an error is exactly what the engine would be refused for.
 */
import { basename, dirname } from "node:path";
import type { ConvertPlan } from "../../src-core/contract/runs.ts";
import type { DiskInfo, FormatId } from "../../src-core/model/disk.ts";
import { AppError, type AppErrorData } from "../../src-core/model/error.ts";
import { isFinal, type JobRequest, type Run } from "../../src-core/model/run.ts";
import { fileIdentity } from "../files/file-identity.ts";
import { freeSpace } from "../files/free-space.ts";
import { fileFactsOrNull, folderOf } from "../files/real-file.ts";
import type { JobEngine, NewRun } from "../jobs/engine.ts";
import { estimateSize, type SizeEstimate } from "./conversion-estimate.ts";
import { checkTarget, partialPathOf, proposedFormat, proposedPath, settledPath } from "./conversion-target.ts";
import type { DisksService } from "./disks.ts";
import type { LibrariesService } from "./libraries.ts";
import type { SettingsService } from "./settings.ts";
import type { SystemService } from "./system.ts";

export interface PlanQuestion {
  readonly sourcePath: string;
  readonly sourceFormat?: FormatId | undefined;
  readonly targetFormat?: FormatId | undefined;
  readonly targetPath?: string | undefined;
  readonly overwrite: boolean;
}

export interface Started {
  readonly jobId: string;
  readonly runId: string;
}

export interface ConversionsService {
  /** @throws AppError path.*, disk.* where the source cannot be read at all; whatever else is wrong is a problem of the plan */
  plan(question: PlanQuestion, signal?: AbortSignal): Promise<ConvertPlan>;
  /** @throws AppError the plan's first error, target.busy, request.conflict */
  start(request: JobRequest, idempotencyKey?: string): Promise<Started>;
  /**
   * A new run of an ended run's job. The file that a run left which did not succeed (not verified, or found to differ) is
   * replaced, once the new one is complete and unless somebody has written to it since. @throws AppError request.not-found, state.conflict, and as `start`
   */
  retry(runId: string): Promise<Started>;
}

interface Deps {
  readonly engine: JobEngine;
  readonly disks: DisksService;
  readonly libraries: LibrariesService;
  readonly settings: SettingsService;
  readonly system: SystemService;
}

export function createConversions(deps: Deps): ConversionsService {
  const { engine } = deps;

  const begin = async (request: JobRequest, more: { idempotencyKey?: string; jobId?: string }): Promise<Started> => {
    const plan = await planConversion(deps, request);
    // The same call may have come twice at once, and the other is through.
    const earlier = more.idempotencyKey && engine.findByIdempotencyKey(more.idempotencyKey, request);
    if (earlier) return earlier;
    const refusal = plan.problems.find(({ severity }) => severity === "error");
    if (refusal !== undefined) throw AppError.fromData(refusal.error);
    return engine.accept({ ...newRun(request, plan.sourcePath, deps.libraries.folders()), ...more });
  };

  return {
    plan: (question, signal) => planConversion(deps, question, signal),
    async start(asked, idempotencyKey) {
      const request = { ...asked, targetPath: await settledPath(asked.targetPath) };
      if (idempotencyKey === undefined) return begin(request, {});
      // First of all: the source may be gone by the time a call is repeated.
      return engine.findByIdempotencyKey(idempotencyKey, request) ?? begin(request, { idempotencyKey });
    },
    async retry(runId) {
      const run = engine.get(runId);
      const { jobId, request, state } = run;
      if (!isFinal(state)) throw new AppError("state.conflict", "The run has not ended yet.", { details: { state } });
      const overwrite = request.overwrite || (await leftItsTarget(engine, run));
      return begin({ ...request, overwrite }, { jobId });
    },
  };
}

/** Times of files may be rounded up by their file system. */
const CLOCK_MS = 2_000;

/** Whether what lies at the run's target is what the run itself left there without success, written to by nobody since. */
async function leftItsTarget(engine: JobEngine, { id, state, request, tasks }: Run): Promise<boolean> {
  const writtenAt = tasks.find(({ kind }) => kind === "convert")?.attempts.at(-1)?.endedAt;
  const identity = fileIdentity(request.targetPath);
  if (state === "succeeded" || writtenAt == null || identity === null) return false;
  const facts = await fileFactsOrNull(request.targetPath);
  const untouched = facts !== null && facts.modifiedAtMs <= Date.parse(writtenAt) + CLOCK_MS;
  return untouched && engine.wroteFile(id, identity);
}

async function planConversion(deps: Deps, question: PlanQuestion, signal?: AbortSignal): Promise<ConvertPlan> {
  const source = { path: question.sourcePath, format: question.sourceFormat };
  const disk = await deps.disks.inspect(source, signal);
  const map = await deps.disks.map({ ...source, slices: 1 }, signal);

  const targetFormat = question.targetFormat ?? proposedFormat(disk.format);
  const format = (await deps.system.formats()).find(({ id }) => id === targetFormat);
  if (format === undefined) throw new AppError("target.unsupported", `The engine does not know ${targetFormat}.`);
  const folder = deps.settings.get().defaultTargetFolder ?? (await folderOf(disk.path));
  const targetPath = question.targetPath
    ? await settledPath(question.targetPath)
    : await proposedPath(disk.path, folder, format, (path) => deps.engine.busyTarget(path) !== null);

  const target = await checkTarget(targetPath, question.overwrite, disk);
  const problems: ConvertPlan["problems"] = target.problems.map((error) => ({ severity: "error", error }));
  const add = (severity: "error" | "warning", error: AppError) => problems.push({ severity, error: error.toData() });
  const busy = deps.engine.busyTarget(targetPath);
  if (busy !== null) add("error", busy);
  if (!format.can.write) add("error", new AppError("target.unsupported", `${format.label} cannot be written.`));
  const backing = missingBacking(disk);
  if (backing !== null) add("error", backing);
  const estimate = estimateSize(map, targetFormat);
  const freeBytes = await freeSpace(dirname(targetPath));
  const space = freeBytes === null ? null : spaceProblem(disk, estimate, freeBytes, dirname(targetPath));
  if (space !== null) problems.push(space);
  return {
    sourcePath: disk.path,
    sourceFormat: disk.format,
    targetPath,
    targetFormat,
    virtualSizeBytes: disk.virtualSizeBytes,
    estimate: { ...estimate },
    freeBytes,
    targetExists: target.exists,
    problems,
  };
}

function missingBacking({ backing }: DiskInfo): AppError | null {
  if (backing === null || backing.path !== null) return null;
  return new AppError(
    "disk.backing-missing",
    `The parent ${backing.name} cannot be used: ${backing.problem ?? "unknown"}`,
  );
}

/**
 * Too little space for what is likely needed is an error, unless the source may store zero runs as data (raw and flat images):
 * then the result can be much smaller, and it is a warning. So is too little for the worst case.
 */
function spaceProblem(
  disk: DiskInfo,
  estimate: SizeEstimate,
  freeBytes: number,
  folder: string,
): { severity: "error" | "warning"; error: AppErrorData } | null {
  if (freeBytes >= estimate.highBytes) return null;
  const certain = freeBytes < estimate.lowBytes;
  const likely = freeBytes < estimate.likelyBytes;
  const mayShrink = disk.format === "raw" || /flat/i.test(disk.subformat);
  const text = likely
    ? `${folder} has ${freeBytes} bytes free; about ${estimate.likelyBytes} are needed.`
    : `${folder} has ${freeBytes} bytes free; up to ${estimate.highBytes} may be needed.`;
  const details = { folder, freeBytes, likelyBytes: estimate.likelyBytes, highBytes: estimate.highBytes };
  return {
    severity: certain || (likely && !mayShrink) ? "error" : "warning",
    error: new AppError("target.no-space", text, { details }).toData(),
  };
}

/** The two tasks of a conversion. `request.targetPath` is settled. */
function newRun(request: JobRequest, sourcePath: string, libraries: readonly string[]): NewRun {
  const { targetPath, targetFormat, overwrite, verify } = request;
  const forced = request.sourceFormat === undefined ? {} : { sourceFormat: request.sourceFormat };
  const common = { sourcePath, ...forced, targetPath, targetFormat };
  const convert: NewRun["tasks"][number] = {
    key: "convert",
    dependsOn: [],
    spec: { kind: "convert", ...common, overwrite, partialPath: partialPathOf(targetPath), roots: [...libraries] },
  };
  const check: NewRun["tasks"][number] = {
    key: "verify",
    dependsOn: ["convert"],
    // The target may lie outside the libraries: for reading it back its own folder is allowed as well.
    spec: { kind: "verify", ...common, verify, roots: [...libraries, dirname(targetPath)] },
  };
  return {
    request,
    name: `${basename(sourcePath)} → ${basename(targetPath)}`,
    targetPath,
    tasks: verify.mode === "none" ? [convert] : [convert, check],
  };
}
