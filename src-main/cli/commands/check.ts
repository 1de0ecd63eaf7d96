/** `hypersdk check FILE`: is the image sound? The exit code tells scripts what was found. */
import type { Command } from "commander";
import type { FormatId } from "../../../src-core/model/disk.ts";
import type { CheckRequest } from "../../../src-core/model/run.ts";
import { type CliContext, type PlaceOptions, reportOf } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { allowOption, dataDirOption, formatOption, jsonOption } from "../options.ts";
import { verdictOf } from "../run-outcome.ts";
import { locateSource } from "../source-disk.ts";
import { outcomeText } from "../text/outcome-text.ts";
import { workHere } from "../work-here.ts";
import { handOverFor } from "../work-place.ts";

interface CheckOptions extends PlaceOptions {
  readonly format?: FormatId;
  readonly allow?: string[];
}

const NOTES = `
Exit codes: ${EXIT.done} clean, ${EXIT.bad} errors found, ${EXIT.leaks} no errors but leaked space, ${EXIT.trouble} the check could not be done.`;

export function addCheckCommand(program: Command, context: CliContext): void {
  program
    .command("check <file>")
    .description("check the structure of a disk image: errors, leaks, bad checksums; changes nothing")
    .addOption(formatOption("--format <format>", "take the file for this format instead of asking its content"))
    .addOption(allowOption())
    .option("--local", "do the work in this process even when a program is running")
    .option("--detach", "hand the work to the running program and return at once")
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .addHelpText("after", NOTES)
    .action((file: string, options: CheckOptions) => check(context, file, options));
}

async function check(context: CliContext, file: string, options: CheckOptions): Promise<void> {
  context.failWith(EXIT.trouble);
  const { path, roots } = await locateSource(context, file, options.allow);
  const forced = options.format === undefined ? {} : { format: options.format };
  const report = reportOf(context, options);
  try {
    const handOver = await handOverFor(context, [path], options);
    const request: CheckRequest = { kind: "check", path, ...forced, priority: 50 };
    if (handOver !== null) return await handOver(request, report);
    const outcome = { check: await workHere(context, { kind: "check", path, ...forced, roots }, report) };
    report.result({ ...outcome, run: null }, outcomeText(outcome));
    context.exitWith(verdictOf(outcome));
  } finally {
    report.close();
  }
}
