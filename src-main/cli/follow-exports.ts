/** Exports that were started together: followed by one stream, canceled together, and told what became of each. */
import { contract } from "../../src-core/contract/contract.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { Run } from "../../src-core/model/run.ts";
import type { RestClient } from "./client/rest-client.ts";
import { type RunWatcher, watchRuns } from "./client/watch-run.ts";
import type { Report } from "./report.ts";
import { outcomeOf } from "./run-outcome.ts";
import { exportText } from "./text/export-text.ts";

export interface FollowedExport {
  readonly runId: string;
  readonly sourceId: string;
  readonly machineId: string;
  readonly machineName: string;
}

/** How long the ends of canceled runs are waited for; a little longer than an export may take to clean up on its source. */
const CANCEL_LIMIT_MS = 130_000;

/** Follows them to their ends and answers with what they came to. Ctrl+C cancels them. @throws AppError what one of them ended with */
export async function followExports(
  client: RestClient,
  exports: readonly FollowedExport[],
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const watchers = new Map(exports.map((one) => [one.runId, watcherOf(one, exports.length > 1, report)]));
  let runs: Run[];
  try {
    runs = await watchRuns(client, watchers, signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    report.remark("Canceling; what was made on the source is removed first. Ctrl+C again leaves at once.");
    runs = await cancelAll(client, watchers);
  }
  answer(exports, runs, report);
}

function watcherOf({ machineName }: FollowedExport, several: boolean, report: Report): RunWatcher {
  const about = several ? `${machineName}: ` : "";
  let told = false;
  return {
    progress: (step) => report.progress(several ? { ...step, subject: machineName } : step),
    warning: (message) => report.warning(`${about}${message}`),
    reason: (text) => report.remark(`${about}${text}`),
    ended(run) {
      // Those that had ended before a cancel are seen once more by those who wait for the rest.
      if (several && !told) report.remark(`${about}${run.state}`);
      told = true;
    },
  };
}

/** The newest first: an end must not let one begin that is to be canceled as well. @returns all in their final states */
async function cancelAll(client: RestClient, watchers: ReadonlyMap<string, RunWatcher>): Promise<Run[]> {
  for (const id of [...watchers.keys()].reverse()) {
    try {
      await client.call(contract.runs.cancel, { id });
    } catch (thrown) {
      if (!(thrown instanceof AppError && thrown.code === "state.conflict")) throw thrown;
    }
  }
  return watchRuns(client, watchers, AbortSignal.timeout(CANCEL_LIMIT_MS));
}

function answer(exports: readonly FollowedExport[], runs: readonly Run[], report: Report): void {
  const ends = exports.flatMap((one, index) => {
    const run = runs[index];
    return run === undefined ? [] : [{ one, run, end: endOf(run) }];
  });
  const failed = ends.flatMap(({ one, end }) => (end instanceof AppError ? [{ one, error: end }] : []));
  const done = ends.flatMap(({ one, run, end }) => (end instanceof AppError ? [] : [{ one, run, result: end }]));
  const [first] = failed;
  if (first === undefined) {
    const data = done.map(({ one, run, result }) => ({ ...one, run, export: result }));
    const lines = done.flatMap(({ one, result }, index) => [
      ...(index === 0 ? [] : [""]),
      ...exportText(result, one.machineName),
    ]);
    report.result({ exports: data }, lines);
    return;
  }
  if (exports.length === 1) throw first.error;
  report.close();
  for (const { one, run, result } of done) {
    report.row("export", { ...one, run, export: result }, exportText(result, one.machineName).join("\n"));
  }
  const real = failed.filter(({ error }) => error.code !== "job.canceled");
  for (const { one, error } of real) report.problem(one.machineName, "error", error.toData());
  const { code } = (real[0] ?? first).error;
  const verb = real.length === 0 ? "were canceled" : "did not succeed";
  throw new AppError(code, `${failed.length} of ${exports.length} exports ${verb}.`, {
    hint: "See each of them with: hypersdk jobs list",
  });
}

function endOf(run: Run) {
  try {
    const outcome = outcomeOf(run);
    return "export" in outcome ? outcome.export : new AppError("internal.bug", `Run ${run.id} is no export.`);
  } catch (thrown) {
    return AppError.from(thrown);
  }
}
