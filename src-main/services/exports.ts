/**
 * Exports: what those of a selection would be (plan), and the runs they become. The plan's checks are the start's checks, so what the
 * dialog shows as an error is exactly what the start would be refused for. Neighbours: export-plan.ts (one machine), export-names.ts
 * (its files), export-space.ts.
 */
import { join } from "node:path";
import type { ExportPlan, ExportProblem } from "../../src-core/contract/exports.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { ExportedMachine, ExportOptions, ExportRequest, ExportSpec } from "../../src-core/model/export.ts";
import { resolveTarget } from "../../src-core/model/resolve-target.ts";
import { isWritable, realFolder } from "../files/folder-listing.ts";
import type { NewRun } from "../jobs/engine.ts";
import { newId } from "../jobs/new-id.ts";
import { type AccountChecks, createAccountChecks } from "./account-checks.ts";
import { type ExportDeps, type ExportGround, type PlannedMachine, planMachine } from "./export-plan.ts";
import { exportSpace } from "./export-space.ts";
import { createSlots } from "./slots.ts";

export interface ExportsService {
  /** What is wrong is a problem of the plan. @throws AppError job.canceled when `signal` aborts */
  plan(question: ExportQuestion, signal?: AbortSignal): Promise<ExportPlan>;
  /** All of them or none. @throws AppError the plan's first error, target.busy, request.conflict */
  start(
    question: ExportQuestion,
    idempotencyKey?: string,
  ): Promise<{ jobId: string; runId: string; sourceId: string; machineId: string }[]>;
  /** What the engine is to do for a request. @throws AppError the plan's first error */
  newRun(request: ExportRequest): Promise<NewRun>;
  /** What the engine is to do for each machine, or why that one cannot be exported. @throws AppError what stands in the way of all */
  newRuns(question: ExportQuestion): Promise<(NewRun | AppError)[]>;
}

export interface ExportQuestion extends ExportOptions {
  readonly machines: readonly ExportedMachine[];
}

/** Machines that are asked of their sources at once. */
const ASKED_AT_ONCE = 6;

export function createExports(deps: ExportDeps): ExportsService {
  const checks = createAccountChecks(deps.now);
  const planAll = async (question: ExportQuestion, signal?: AbortSignal) => {
    const { machines, ...options } = question;
    const { folder, problems } = await targetFolder(options.folder);
    const ground: ExportGround = { ...deps, options: { ...options, folder }, taken: new Set() };
    const slots = createSlots(ASKED_AT_ONCE);
    const asked = await Promise.all(machines.map((one) => slots.run(() => readMachine(deps, one, signal), signal)));
    const planned: PlannedMachine[] = [];
    // One after the other: the names of the ones before are taken.
    for (const [index, one] of machines.entries()) {
      const machine = asked[index];
      if (machine !== undefined) planned.push(await planMachine(ground, one, machine));
    }
    problems.push(...(await optionProblems(deps, options.output)));
    const { space, problem } = await exportSpace(folder, planned, options.output);
    if (problem !== null) problems.push(problem);
    return { planned, problems, space };
  };

  const newRun = async (request: ExportRequest): Promise<NewRun> => {
    const { sourceId, machineId, name, diskKeys } = request;
    const machine = {
      sourceId,
      machineId,
      ...(name === undefined ? {} : { name }),
      ...(diskKeys === undefined ? {} : { diskKeys }),
    };
    const { planned, problems } = await planAll({ ...request, machines: [machine] });
    const [one] = planned;
    refuse([...problems, ...(one?.plan.problems ?? [])]);
    if (one === undefined) throw new AppError("internal.bug", "a machine without a plan");
    return runOf(deps, request, one);
  };

  return {
    async plan(question, signal) {
      const { planned, problems, space } = await planAll(question, signal);
      // Warnings only: a start need not ask for them again.
      problems.push(...(await accountProblems(deps, checks, question.machines, signal)));
      return { machines: planned.map(({ plan }) => plan), problems, space };
    },
    newRun,
    async newRuns(question) {
      const { machines, ...options } = question;
      const { planned, problems } = await planAll(question);
      refuse(problems);
      return planned.map((each, index): NewRun | AppError => {
        const one = machines[index];
        const refusal = each.plan.problems.find(({ severity }) => severity === "error");
        if (refusal !== undefined) return AppError.fromData(refusal.error);
        if (one === undefined) throw new AppError("internal.bug", "a plan without a machine");
        return runOf(deps, { kind: "export", ...options, ...one }, each);
      });
    },
    async start(question, idempotencyKey) {
      const { machines, ...options } = question;
      const requests = machines.map((one): ExportRequest => ({ kind: "export", ...options, ...one }));
      const keyOf = (index: number) => (idempotencyKey === undefined ? null : `${idempotencyKey} ${index}`);
      const known = requests.map((request, index) => {
        const key = keyOf(index);
        return key === null ? null : deps.engine.findByIdempotencyKey(key, request);
      });
      const { planned, problems } = known.every((one) => one !== null)
        ? { planned: [], problems: [] }
        : await planAll(question);
      refuse([...problems, ...planned.flatMap(({ plan }, index) => (known[index] == null ? plan.problems : []))]);
      return requests.map((request, index) => {
        const { sourceId, machineId } = request;
        const before = known[index];
        if (before != null) return { ...before, sourceId, machineId };
        const one = planned[index];
        if (one === undefined) throw new AppError("internal.bug", "a machine without a plan");
        const key = keyOf(index);
        const run = { ...runOf(deps, request, one), ...(key === null ? {} : { idempotencyKey: key }) };
        return { ...deps.engine.accept(run), sourceId, machineId };
      });
    },
  };
}

/** @throws AppError the first that would stop it */
function refuse(problems: readonly ExportProblem[]): void {
  const refusal = problems.find(({ severity }) => severity === "error");
  if (refusal !== undefined) throw AppError.fromData(refusal.error);
}

async function targetFolder(asked: string): Promise<{ folder: string; problems: ExportProblem[] }> {
  const problems: ExportProblem[] = [];
  const found = (error: AppError) => problems.push({ severity: "error", error: error.toData() });
  try {
    const folder = await realFolder(asked);
    if (!(await isWritable(folder)))
      found(new AppError("target.read-only", `The folder ${folder} cannot be written to.`));
    return { folder, problems };
  } catch (thrown) {
    found(AppError.from(thrown));
    return { folder: asked, problems };
  }
}

/** Choices that the format does not offer. */
async function optionProblems({ system }: ExportDeps, output: ExportOptions["output"]): Promise<ExportProblem[]> {
  if (output.kind !== "disks") return [];
  try {
    const format = (await system.formats()).find(({ id }) => id === output.format);
    if (format === undefined) throw new AppError("target.unsupported", `The engine does not know ${output.format}.`);
    resolveTarget(format.label, format.variants, output.options);
    return [];
  } catch (thrown) {
    return [{ severity: "error", error: AppError.from(thrown).toData() }];
  }
}

async function readMachine({ sources }: ExportDeps, { sourceId, machineId }: ExportedMachine, signal?: AbortSignal) {
  try {
    return await sources.live(sourceId).call({ kind: "machine", machineId }, signal);
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (error.code === "job.canceled") throw error;
    return error;
  }
}

/** What the accounts of the sources may not do: told, for what of it matters only the source itself knows. */
async function accountProblems(
  { sources }: ExportDeps,
  checks: AccountChecks,
  machines: readonly ExportedMachine[],
  signal?: AbortSignal,
): Promise<ExportProblem[]> {
  const problems: ExportProblem[] = [];
  for (const id of new Set(machines.map(({ sourceId }) => sourceId))) {
    try {
      const { name } = sources.get(id);
      for (const check of await checks.of(sources.live(id), signal)) {
        if (check.ok) continue;
        const missing = check.missing.length === 0 ? "" : ` Missing: ${check.missing.join(", ")}.`;
        const error = new AppError("source.privilege", `${name}, ${check.label}: ${check.message}${missing}`, {
          ...(check.remedy === null ? {} : { hint: check.remedy }),
        });
        problems.push({ severity: "warning", error: error.toData() });
      }
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (error.code === "job.canceled") throw error;
      // Each machine of this source says so already.
    }
  }
  return problems;
}

function runOf({ sources, version }: ExportDeps, request: ExportRequest, planned: PlannedMachine): NewRun {
  const { plan, files, diskKeys, groups } = planned;
  const runId = newId();
  const { quiesce, power, disksAtOnce, connectionsPerHost, overwrite, sourceId, machineId, output } = request;
  const partial = (name: string) => `.${name.slice(0, 60)}.${runId.slice(-12)}.partial`;
  const spec: ExportSpec = {
    kind: "export",
    sourceId,
    sourceName: sources.get(sourceId).name,
    machineId,
    machineName: plan.machineName,
    mark: `hypersdk-${runId}`,
    name: plan.name,
    program: { name: "HyperSDK Desktop", version },
    output:
      output.kind === "disks"
        ? {
            kind: "disks",
            targets: files.disks.map(({ key, path }, index) => ({
              key,
              path,
              format: output.format,
              options: output.options,
              overwrite,
              partialPath: join(files.folder, partial(`${plan.name}-disk${index + 1}`)),
            })),
          }
        : {
            kind: output.kind,
            path: files.package,
            partialPath: join(output.kind === "ova" ? files.folder : files.package, partial(plan.name)),
            ...(output.compressionLevel === undefined ? {} : { compressionLevel: output.compressionLevel }),
            ...(output.digest === undefined ? {} : { digest: output.digest }),
          },
    manifest: { path: files.manifest, partialPath: `${files.manifest}.${runId.slice(-12)}.partial` },
    overwrite,
    diskKeys: [...diskKeys],
    allDisks: request.diskKeys === undefined,
    quiesce,
    power,
    disksAtOnce,
    connectionsPerHost,
  };
  const main = plan.files[0] ?? files.package;
  const words = { ova: "OVA", ovf: "OVF", disks: output.kind === "disks" ? output.format : "" } as const;
  return {
    runId,
    request,
    name: `${plan.machineName} → ${words[output.kind]}`,
    files: plan.files.map((path) => ({
      path,
      target: output.kind === "disks" ? (files.targetOf.get(path) ?? path) : main,
    })),
    groups,
    tasks: [{ key: "export", dependsOn: [], spec }],
  };
}
