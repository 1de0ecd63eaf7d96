/** What the work of a scheduled run comes to now: the job runs to be made, and the machines of which none can be. Nothing is written. */
import { dirname } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { ExportedMachine } from "../../src-core/model/export.ts";
import type { ScheduleFact } from "../../src-core/model/schedule-fact.ts";
import type { ScheduledWork } from "../../src-core/model/scheduled-work.ts";
import {
  expandRequest,
  expandText,
  hasPlaceholder,
  type PlaceholderValues,
} from "../../src-core/schedule/placeholders.ts";
import { isMeant } from "../../src-core/schedule/selection.ts";
import { machinesOfSource } from "../db/inventory.ts";
import type { Db } from "../db/open.ts";
import { type RunRecord, runsOfScheduledRun } from "../db/runs.ts";
import type { ScheduledRunRecord } from "../db/scheduled-runs.ts";
import { makeFolder } from "../files/make-folder.ts";
import type { NewRun } from "../jobs/engine.ts";
import type { JobsService } from "../services/jobs.ts";

export type Planning = Pick<JobsService, "prepare" | "prepareAgain" | "prepareExports">;

/** Of a selection: a machine that nothing can be made for. */
export interface Unplanned {
  readonly machine: string;
  readonly error: AppError;
}

export interface PlannedWork {
  readonly runs: readonly { readonly run: NewRun; readonly machine: string }[];
  readonly failures: readonly Unplanned[];
  /** What a rule found; null where there is no rule. */
  readonly found: Extract<ScheduleFact, { kind: "machines-found" }> | null;
}

/** @throws AppError what stands in the way of all of it */
export async function planWork(db: Db, jobs: Planning, record: ScheduledRunRecord): Promise<PlannedWork> {
  const { summary, definition } = record;
  const { work, priority, groups, retry } = definition;
  const belongs = (run: NewRun): NewRun => ({
    ...run,
    scheduledRunId: summary.id,
    groups: [...(run.groups ?? []), ...groups],
    retry,
  });
  const values: PlaceholderValues = {
    nominalAt: Date.parse(summary.nominalAt),
    zone: definition.zone,
    schedule: summary.scheduleName,
    runId: summary.id,
  };
  const before = latestTries(runsOfScheduledRun(db, summary.id));
  if (work.kind === "export-selection") return planSelection(db, jobs, work, priority, values, before, belongs);
  const [last] = before;
  if (last?.summary.state === "succeeded") return { runs: [], failures: [], found: null };
  const machine = summary.scheduleName;
  if (last !== undefined) {
    return { runs: [{ run: belongs(await jobs.prepareAgain(last.summary.id)), machine }], failures: [], found: null };
  }
  const request = expandRequest(work.request, values);
  for (const folder of newFolders(work.request, values)) await makeFolder(folder);
  return { runs: [{ run: belongs(await jobs.prepare({ ...request, priority })), machine }], failures: [], found: null };
}

/** @param before what was tried in this very run: what succeeded is not made again */
async function planSelection(
  db: Db,
  jobs: Planning,
  { rule, options }: Extract<ScheduledWork, { kind: "export-selection" }>,
  priority: number,
  values: PlaceholderValues,
  before: readonly RunRecord[],
  belongs: (run: NewRun) => NewRun,
): Promise<PlannedWork> {
  const meant = rule.sourceIds.flatMap((sourceId) =>
    machinesOfSource(db, sourceId)
      .filter((machine) => isMeant(rule, sourceId, machine))
      .map(({ id, name }) => ({ sourceId, machineId: id, name })),
  );
  if (meant.length > rule.atMost) {
    const message = `The rule finds ${meant.length} machines, and the schedule allows ${rule.atMost}.`;
    throw new AppError("schedule.too-many", message, { details: { found: meant.length, atMost: rule.atMost } });
  }
  const tried = new Map(before.map((run) => [keyOf(run.request), run]));
  const runs: { run: NewRun; machine: string }[] = [];
  const failures: Unplanned[] = [];
  for (const run of before) {
    if (run.summary.state === "succeeded") continue;
    const machine = run.summary.name;
    try {
      runs.push({ run: belongs(await jobs.prepareAgain(run.summary.id)), machine });
    } catch (thrown) {
      failures.push({ machine, error: AppError.from(thrown) });
    }
  }
  const fresh = meant.filter((each) => !tried.has(keyOf(each)));
  if (fresh.length > 0) {
    const folder = expandText(options.folder, values);
    if (hasPlaceholder(options.folder)) await makeFolder(folder);
    const machines: ExportedMachine[] = fresh.map(({ sourceId, machineId }) => ({ sourceId, machineId }));
    const planned = await jobs.prepareExports({ ...options, folder, priority, machines });
    for (const [index, each] of planned.entries()) {
      const machine = fresh[index]?.name ?? "";
      if (each instanceof AppError) failures.push({ machine, error: each });
      else runs.push({ run: belongs(each), machine });
    }
  }
  return {
    runs,
    failures,
    found: { kind: "machines-found", found: meant.length, planned: meant.length - failures.length },
  };
}

function keyOf(of: object): string {
  const { sourceId, machineId } = of as Partial<ExportedMachine>;
  return `${sourceId}\n${machineId}`;
}

/** The latest run of each job. */
function latestTries(runs: readonly RunRecord[]): RunRecord[] {
  return [...new Map(runs.map((run) => [run.summary.jobId, run])).values()];
}

/** Folders that are named by placeholders: they are made as they are needed. */
function newFolders(request: Parameters<typeof expandRequest>[0], values: PlaceholderValues): string[] {
  const paths =
    request.kind === "convert"
      ? request.targets.map(({ path }) => dirname(path))
      : request.kind === "export"
        ? [request.folder]
        : [];
  return paths.filter(hasPlaceholder).map((path) => expandText(path, values));
}
