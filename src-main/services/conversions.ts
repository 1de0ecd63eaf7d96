/**
 * Conversions: what one would be (plan), and the run that one becomes. The plan's checks are the start's checks, so what the
 * dialog shows as an error is exactly what the engine would be refused for.
 */
import { basename, dirname, join } from "node:path";
import type { ConvertPlan, PlannedTarget } from "../../src-core/contract/runs.ts";
import type { DiskInfo, FormatId, FormatInfo } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import { type ResolvedTarget, resolveTarget } from "../../src-core/model/resolve-target.ts";
import type { ConvertRequest, TargetRequest } from "../../src-core/model/run.ts";
import type { Settings } from "../../src-core/model/settings.ts";
import { folderOf } from "../files/real-file.ts";
import type { JobEngine, NewRun } from "../jobs/engine.ts";
import { estimateSize, type SourceMap } from "./conversion-estimate.ts";
import { spaceFor, spaceProblem } from "./conversion-space.ts";
import { checkTarget, partialPathOf, proposedFormat, proposedPath, settledPath } from "./conversion-target.ts";
import type { DisksService } from "./disks.ts";
import type { LibrariesService } from "./libraries.ts";
import { targetGroups } from "./run-groups.ts";
import type { SystemService } from "./system.ts";

/** A target of which the format and the path may still be open. */
type TargetQuestion = Omit<TargetRequest, "format" | "path"> & {
  readonly format?: FormatId | undefined;
  readonly path?: string | undefined;
};

export interface PlanQuestion {
  readonly sourcePath: string;
  readonly sourceFormat?: FormatId | undefined;
  readonly sourceSnapshot?: string | undefined;
  readonly targets: readonly TargetQuestion[];
}

export interface ConversionsService {
  /** @throws AppError path.*, disk.* where the source cannot be read at all; whatever else is wrong is a problem of the plan */
  plan(question: PlanQuestion, signal?: AbortSignal): Promise<ConvertPlan>;
  /** The request with every target under the one spelling of its path. */
  settled(request: ConvertRequest): Promise<ConvertRequest>;
  /** What the engine is to do for a settled request. @throws AppError the plan's first error, and as `plan` */
  newRun(request: ConvertRequest): Promise<NewRun>;
}

/** What planning needs to know; the command line without a program has its own of these. */
export interface ConversionDeps {
  readonly engine: Pick<JobEngine, "busyTarget">;
  readonly disks: Pick<DisksService, "inspect" | "map">;
  readonly libraries: Pick<LibrariesService, "folders">;
  readonly settings: { get(): Pick<Settings, "defaultTargetFolder"> };
  readonly system: Pick<SystemService, "formats" | "companions">;
}

export function createConversions(deps: ConversionDeps): ConversionsService {
  return {
    plan: (question, signal) => planConversion(deps, question, signal),
    async settled(request) {
      const targets = await Promise.all(
        request.targets.map(async (target) => ({ ...target, path: await settledPath(target.path) })),
      );
      return { ...request, targets };
    },
    async newRun(request) {
      const plan = await planConversion(deps, request);
      const refusal = plan.problems.find(({ severity }) => severity === "error");
      if (refusal !== undefined) throw AppError.fromData(refusal.error);
      return runOf(request, plan, deps.libraries.folders());
    },
  };
}

type Problems = ConvertPlan["problems"];
/** Adds a problem of one target, or of none. */
type Add = (severity: Problems[number]["severity"], target: number | null, error: AppError) => void;

async function planConversion(
  deps: ConversionDeps,
  question: PlanQuestion,
  signal?: AbortSignal,
): Promise<ConvertPlan> {
  const source = { path: question.sourcePath, format: question.sourceFormat };
  const disk = await deps.disks.inspect(source, signal);
  const problems: Problems = [];
  const add: Add = (severity, target, error) => problems.push({ severity, target, error: error.toData() });
  const snapshot = knownSnapshot(disk, question.sourceSnapshot, add);
  const backing = missingBacking(disk);
  if (backing !== null) add("error", null, backing);
  const seen = { ...source, snapshot, slices: 1, view: "guest" as const };
  const map = await deps.disks.map(seen, signal);
  const ground = { deps, disk, map, signal, add };

  const targets: PlannedTarget[] = [];
  for (const [index, asked] of question.targets.entries()) {
    targets.push(await planTarget(ground, asked, index, targets));
  }
  const parents = new Set(targets.flatMap(({ options }) => options.backingPath ?? []));
  if (parents.size > 1) {
    const said = `Deltas of one conversion have one parent, not ${[...parents].join(" and ")}.`;
    add("error", null, new AppError("target.unsupported", said));
  }
  const space = await spaceFor(targets);
  const compressed = targets.some(({ options }) => (options.compression?.method ?? "none") !== "none");
  for (const each of space) {
    const problem = spaceProblem(each, disk, compressed);
    if (problem !== null) problems.push(problem);
  }
  const { path: sourcePath, format: sourceFormat, virtualSizeBytes } = disk;
  return { sourcePath, sourceFormat, virtualSizeBytes, targets, space, problems };
}

interface Ground {
  readonly deps: ConversionDeps;
  readonly disk: DiskInfo;
  readonly map: SourceMap;
  readonly signal: AbortSignal | undefined;
  readonly add: Add;
}

/** One target as it would be made. @param before the targets planned before it, whose names are taken */
async function planTarget(
  ground: Ground,
  asked: TargetQuestion,
  index: number,
  before: readonly PlannedTarget[],
): Promise<PlannedTarget> {
  const { deps, disk, map } = ground;
  const add = (severity: "error" | "warning", error: AppError) => ground.add(severity, index, error);
  const formatId = asked.format ?? proposedFormat(disk.format);
  const format = (await deps.system.formats()).find(({ id }) => id === formatId);
  if (format === undefined) throw new AppError("target.unsupported", `The engine does not know ${formatId}.`);
  const taken = new Set(before.flatMap(({ path, companions }) => [path, ...companions]));
  const isBusy = (path: string) => taken.has(path) || deps.engine.busyTarget(path) !== null;
  const folder = deps.settings.get().defaultTargetFolder ?? (await folderOf(disk.path));
  const path = asked.path ? await settledPath(asked.path) : await proposedPath(disk.path, folder, format, isBusy);

  const choices = choicesOf(format, asked, add);
  const subformat = choices?.subformat ?? asked.options.subformat ?? format.variants[0]?.id ?? "";
  const names = choices === null ? [] : await deps.system.companions(formatId, subformat, basename(path));
  const companions = names.map((name) => join(dirname(path), name));
  const sourceFiles = [disk.path, ...[...disk.files, ...disk.chain].map((file) => file.path)];
  let exists = false;
  for (const file of [path, ...companions]) {
    const found = await checkTarget(file, asked.overwrite, sourceFiles);
    exists ||= found.exists;
    for (const error of found.problems) add("error", AppError.fromData(error));
    const busy = taken.has(file)
      ? new AppError("target.busy", `Two targets would be made as ${file}.`, { details: { path: file } })
      : deps.engine.busyTarget(file);
    if (busy !== null) add("error", busy);
    // A folder that is missing is missing once.
    if (found.problems.length > 0) break;
  }
  const options = await settledOptions(ground, asked, index);
  const virtualSizeBytes = Math.max(disk.virtualSizeBytes, options.virtualSizeBytes ?? 0);
  const shape = {
    format: formatId,
    blockBytes: choices?.blockBytes ?? null,
    compression: choices?.compression.method ?? "none",
    preallocation: choices?.preallocation ?? "off",
  };
  const estimate = estimateSize({ ...map, virtualSizeBytes }, shape, packedShare(disk, map));
  return {
    path,
    format: formatId,
    options,
    overwrite: asked.overwrite,
    subformat,
    companions,
    virtualSizeBytes,
    estimate,
    exists,
  };
}

function choicesOf(
  format: FormatInfo,
  asked: TargetQuestion,
  add: (severity: "error", error: AppError) => void,
): ResolvedTarget | null {
  try {
    return resolveTarget(format.label, format.variants, asked.options);
  } catch (thrown) {
    add("error", AppError.from(thrown));
    return null;
  }
}

/** The options with the parent under its real path; what is wrong with size and parent becomes a problem. */
async function settledOptions({ deps, disk, signal, add }: Ground, { options }: TargetQuestion, index: number) {
  const { virtualSizeBytes, backingPath } = options;
  if (virtualSizeBytes !== undefined && virtualSizeBytes < disk.virtualSizeBytes) {
    const text = `A disk of ${disk.virtualSizeBytes} bytes does not fit one of ${virtualSizeBytes}: give a larger size.`;
    add("error", index, new AppError("target.unsupported", text, { details: { virtualSizeBytes } }));
  }
  if (backingPath === undefined) return options;
  try {
    const parent = await deps.disks.inspect({ path: backingPath }, signal);
    return { ...options, backingPath: parent.path };
  } catch (thrown) {
    add("error", index, AppError.from(thrown));
    return options;
  }
}

/** What the source's data takes in the source, where that is less than the data itself: how well it packs. */
function packedShare({ fileSizeBytes, chain }: DiskInfo, { totals }: SourceMap): number | null {
  const share = totals.dataBytes === 0 ? 1 : fileSizeBytes / totals.dataBytes;
  return chain.length === 0 && share < 0.95 ? share : null;
}

/** The snapshot meant by its id or name; one that is not there becomes a problem. */
function knownSnapshot({ name, snapshots }: DiskInfo, asked: string | undefined, add: Add): string | undefined {
  if (asked === undefined || snapshots.some((known) => known.id === asked || known.name === asked)) return asked;
  const there = snapshots.length === 0 ? "has none" : `has ${snapshots.map((known) => known.name).join(", ")}`;
  add("error", null, new AppError("request.invalid", `There is no snapshot ${asked} in ${name}; it ${there}.`));
  return undefined;
}

function missingBacking({ backing }: DiskInfo): AppError | null {
  if (backing === null || backing.path !== null) return null;
  return new AppError(
    "disk.backing-missing",
    `The parent ${backing.name} cannot be used: ${backing.problem ?? "unknown"}`,
  );
}

/** One task that converts, then one for each target that verifies it. `request` is settled and `plan` is its plan. */
function runOf(request: ConvertRequest, plan: ConvertPlan, libraries: readonly string[]): NewRun {
  const { sourceFormat, sourceSnapshot, sync, verify } = request;
  const source = {
    sourcePath: plan.sourcePath,
    ...(sourceFormat === undefined ? {} : { sourceFormat }),
    ...(sourceSnapshot === undefined ? {} : { sourceSnapshot }),
  };
  const targets = plan.targets.map(({ path, format, options, overwrite }) => ({
    path,
    format,
    options,
    overwrite,
    partialPath: partialPathOf(path),
  }));
  const convert: NewRun["tasks"][number] = {
    key: "convert",
    dependsOn: [],
    spec: { kind: "convert", ...source, targets, sync, roots: [...libraries] },
  };
  const checks = targets.map(({ path, format, options }, index): NewRun["tasks"][number] => ({
    key: `verify ${index + 1}`,
    dependsOn: ["convert"],
    spec: {
      kind: "verify",
      ...source,
      targetPath: path,
      targetFormat: format,
      targetOptions: options,
      verify,
      // The target may lie outside the libraries: for reading it back its own folder is allowed as well.
      roots: [...libraries, dirname(path)],
    },
  }));
  return {
    request,
    name: `${basename(plan.sourcePath)} → ${namesOf(targets.map(({ path }) => basename(path)))}`,
    files: plan.targets.flatMap(({ path, companions }) =>
      [path, ...companions].map((p) => ({ path: p, target: path })),
    ),
    groups: targetGroups(plan.targets.map(({ path }) => path)),
    tasks: verify.mode === "none" ? [convert] : [convert, ...checks],
  };
}

/** "a", "a and b", "a and 3 more". */
function namesOf([first = "", second, ...more]: readonly string[]): string {
  if (second === undefined) return first;
  return more.length === 0 ? `${first} and ${second}` : `${first} and ${more.length + 1} more`;
}
