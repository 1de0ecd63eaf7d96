/**
 * `hypersdk convert SRC DST`. Who does the work: the program running on the data folder when SRC lies in one of its libraries
 * (then it is a job like any other, seen in the window, recorded, resumed after a crash), else this process. `--local` always
 * means this process. Ctrl+C cancels the work in both cases.
 */
import { randomInt } from "node:crypto";
import { extname } from "node:path";
import type { Command } from "commander";
import { contract } from "../../../src-core/contract/contract.ts";
import type { FormatId } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { Run } from "../../../src-core/model/run.ts";
import type { VerifyMode } from "../../../src-core/model/task.ts";
import { runTask } from "../../jobs/worker-thread.ts";
import { isWithin } from "../../services/within.ts";
import { findProgram, type RunningProgram, requireProgram } from "../client/connect.ts";
import type { RestClient } from "../client/rest-client.ts";
import { watchRun } from "../client/watch-run.ts";
import { type CliContext, type CommonOptions, dataDirOf, pathOf, reportOf } from "../context.ts";
import { convertHere, type LocalConversion } from "../local-conversion.ts";
import { allowOption, dataDirOption, formatOption, jsonOption, parseVerify } from "../options.ts";
import type { Report } from "../report.ts";
import { outcomeOf } from "../run-outcome.ts";
import { locateSource } from "../source-disk.ts";
import { conversionText } from "../text/conversion-text.ts";

interface ConvertOptions extends CommonOptions {
  readonly to?: FormatId;
  readonly from?: FormatId;
  readonly overwrite?: boolean;
  readonly verify: VerifyMode;
  readonly allow?: string[];
  readonly local?: boolean;
  readonly detach?: boolean;
}

/** How long the end of a canceled run is waited for; it should take one second. */
const CANCEL_LIMIT_MS = 5_000;

export function addConvertCommand(program: Command, context: CliContext): void {
  const seed = randomInt(0x1_0000_0000);
  program
    .command("convert <source> <target>")
    .description("convert a disk image and verify the result")
    .addOption(formatOption("--to <format>", "format of the target (default: by its extension)"))
    .addOption(formatOption("--from <format>", "take the source for this format instead of asking its content"))
    .option("--overwrite", "replace an existing target, once the new one is complete")
    .option(
      "--verify <mode>",
      "compare the target with the source: full, sample, sample=PERCENT or none",
      (text) => parseVerify(text, seed),
      { mode: "full" } satisfies VerifyMode,
    )
    .addOption(allowOption())
    .option("--local", "do the work in this process even when a program is running")
    .option("--detach", "hand the work to the running program and return at once")
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action((source: string, target: string, options: ConvertOptions) => convert(context, source, target, options));
}

async function convert(context: CliContext, from: string, to: string, options: ConvertOptions): Promise<void> {
  if (options.local === true && options.detach === true) {
    throw new AppError("usage.invalid", "--local and --detach exclude each other.");
  }
  const targetPath = pathOf(context, to);
  const targetFormat = options.to ?? (await formatByExtension(targetPath));
  const source = await locateSource(context, from, options.allow);
  const asked: LocalConversion = {
    source,
    sourceFormat: options.from,
    targetPath,
    targetFormat,
    overwrite: options.overwrite === true,
    verify: options.verify,
  };
  const report = reportOf(context, options);
  try {
    const program = await programFor(context, source.path, options);
    if (program !== null) return await convertThere(context, program, asked, report, options);
    const outcome = await convertHere(asked, report, context.signal);
    report.result({ ...outcome, run: null }, conversionText(outcome));
  } finally {
    report.close();
  }
}

/** The running program, when the work is its business by the rule above. */
async function programFor(
  context: CliContext,
  sourcePath: string,
  options: ConvertOptions,
): Promise<RunningProgram | null> {
  if (options.local === true) return null;
  const folder = dataDirOf(context, options);
  if (options.detach === true) return requireProgram(folder, context.signal);
  const program = await findProgram(folder, context.signal);
  if (program === null) return null;
  const libraries = await program.client.call(contract.libraries.list, undefined, context.signal);
  return libraries.some(({ path }) => isWithin(path, sourcePath)) ? program : null;
}

async function convertThere(
  context: CliContext,
  program: RunningProgram,
  asked: LocalConversion,
  report: Report,
  options: ConvertOptions,
): Promise<void> {
  const { client } = program;
  const { source, sourceFormat, targetPath, targetFormat, overwrite, verify } = asked;
  const forced = sourceFormat === undefined ? {} : { sourceFormat };
  const request = {
    kind: "convert",
    sourcePath: source.path,
    ...forced,
    targetPath,
    targetFormat,
    overwrite,
    verify,
  } as const;
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
  const outcome = outcomeOf(run);
  report.result({ ...outcome, run }, conversionText(outcome));
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

/** The writable format whose files are called like the target. @throws AppError usage.invalid */
async function formatByExtension(targetPath: string): Promise<FormatId> {
  const extension = extname(targetPath).slice(1).toLowerCase();
  const { formats } = await runTask({ kind: "describe" });
  const found = formats.find(({ extensions, can }) => can.write && extensions.includes(extension));
  if (found !== undefined) return found.id;
  const known = formats.filter(({ can }) => can.write).map(({ id }) => id);
  throw new AppError("usage.invalid", `The target's name does not say which format to write: ${targetPath}.`, {
    hint: `Add --to with one of: ${known.join(", ")}.`,
  });
}
