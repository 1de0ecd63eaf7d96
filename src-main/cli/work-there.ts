/** Work that the running program does for a command: whose business it is, handing it over, following it, canceling it. */
import { contract } from "../../src-core/contract/contract.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { JobRequest, Run } from "../../src-core/model/run.ts";
import { isWithin } from "../services/within.ts";
import { findProgram, type RunningProgram, requireProgram } from "./client/connect.ts";
import type { RestClient } from "./client/rest-client.ts";
import { watchRun } from "./client/watch-run.ts";
import { type CliContext, dataDirOf, type PlaceOptions } from "./context.ts";
import type { Report } from "./report.ts";
import { outcomeOf, verdictOf } from "./run-outcome.ts";
import { outcomeText } from "./text/outcome-text.ts";

/** How long the end of a canceled run is waited for; it should take one second. */
const CANCEL_LIMIT_MS = 5_000;

/** The running program, when the work is its business: it is asked for by name, or all disks lie in its libraries. */
export async function programFor(
  context: CliContext,
  paths: readonly string[],
  options: PlaceOptions,
): Promise<RunningProgram | null> {
  const folder = dataDirOf(context, options);
  if (options.detach === true) return requireProgram(folder, context.signal);
  const program = await findProgram(folder, context.signal);
  if (program === null) return null;
  const libraries = await program.client.call(contract.libraries.list, undefined, context.signal);
  return paths.every((path) => libraries.some((library) => isWithin(library.path, path))) ? program : null;
}

/** Starts the job, follows it and answers with what it came to. Ctrl+C cancels it. @throws AppError the run's own */
export async function workThere(
  context: CliContext,
  { client }: RunningProgram,
  request: JobRequest,
  report: Report,
  options: PlaceOptions,
): Promise<void> {
  // Not cut off by Ctrl+C: the run may have begun, and who does not know its id cannot cancel it.
  const { runId } = await client.call(contract.jobs.start, { request });
  if (options.detach === true) {
    const run = await client.call(contract.runs.get, { id: runId });
    report.result({ run }, [`${runId}  ${run.name}`, `Follow it with: hypersdk jobs watch ${runId}`]);
    return;
  }
  report.remark(`The program at ${client.url} does the work as run ${runId}.`);
  let run: Run;
  try {
    run = await watchRun(client, runId, report, context.signal);
  } catch (thrown) {
    // Ctrl+C here means what it means without a program: the work ends, and its half-written file is gone on return.
    if (!context.signal.aborted) throw thrown;
    run = await cancelRun(client, runId, report);
  }
  answer(context, run, report);
}

/** Tells what a run came to; for checks and comparisons that is the exit code as well. @throws AppError the run's own */
export function answer(context: CliContext, run: Run, report: Report): void {
  const outcome = outcomeOf(run);
  report.result({ ...outcome, run }, outcomeText(outcome));
  context.exitWith(verdictOf(outcome));
}

/** Cancels the run. @returns it in its final state: one that ended before the cancel came ended as it did */
async function cancelRun(client: RestClient, id: string, report: Report): Promise<Run> {
  try {
    await client.call(contract.runs.cancel, { id });
  } catch (thrown) {
    if (!(thrown instanceof AppError && thrown.code === "state.conflict")) throw thrown;
  }
  return watchRun(client, id, report, AbortSignal.timeout(CANCEL_LIMIT_MS));
}
