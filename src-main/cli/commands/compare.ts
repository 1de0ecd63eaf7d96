/** `hypersdk compare A B`: do two disks hold the same bytes, whatever their formats? The exit code tells scripts. */
import type { Command } from "commander";
import type { FormatId } from "../../../src-core/model/disk.ts";
import type { CompareRequest } from "../../../src-core/model/run.ts";
import type { CompareMode } from "../../../src-core/model/task.ts";
import { type CliContext, type PlaceOptions, reportOf } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { allowOption, dataDirOption, formatOption, jsonOption, newSeed, parseSample } from "../options.ts";
import { verdictOf } from "../run-outcome.ts";
import { locateSource } from "../source-disk.ts";
import { outcomeText } from "../text/outcome-text.ts";
import { workHere } from "../work-here.ts";
import { handOverFor } from "../work-place.ts";

interface CompareOptions extends PlaceOptions {
  readonly aFormat?: FormatId;
  readonly bFormat?: FormatId;
  readonly aSnapshot?: string;
  readonly bSnapshot?: string;
  readonly sample?: CompareMode;
  readonly allow?: string[];
}

const NOTES = `
A shorter disk counts as continued by zeros.
Exit codes: ${EXIT.done} equal, ${EXIT.bad} different, ${EXIT.trouble} they could not be compared.`;

export function addCompareCommand(program: Command, context: CliContext): void {
  program
    .command("compare <a> <b>")
    .description("compare the contents of two disks of any formats, each through its chain")
    .addOption(formatOption("--a-format <format>", "take A for this format"))
    .addOption(formatOption("--b-format <format>", "take B for this format"))
    .option("--a-snapshot <name>", "take the state of this snapshot inside A")
    .option("--b-snapshot <name>", "take the state of this snapshot inside B")
    .option("--sample <percent>", "compare a random share only", (text) => parseSample(text, newSeed))
    .addOption(allowOption())
    .option("--local", "do the work in this process even when a program is running")
    .option("--detach", "hand the work to the running program and return at once")
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .addHelpText("after", NOTES)
    .action((a: string, b: string, options: CompareOptions) => compare(context, a, b, options));
}

async function compare(context: CliContext, first: string, second: string, options: CompareOptions): Promise<void> {
  context.failWith(EXIT.trouble);
  const mode = options.sample ?? { mode: "full" };
  const a = await locateSource(context, first, options.allow);
  const b = await locateSource(context, second, options.allow);
  const sideA = side(a.path, options.aFormat, options.aSnapshot);
  const sideB = side(b.path, options.bFormat, options.bSnapshot);
  const report = reportOf(context, options);
  try {
    const handOver = await handOverFor(context, [a.path, b.path], options);
    if (handOver !== null) {
      const request: CompareRequest = {
        kind: "compare",
        aPath: sideA.path,
        aFormat: sideA.format,
        aSnapshot: sideA.snapshot,
        bPath: sideB.path,
        bFormat: sideB.format,
        bSnapshot: sideB.snapshot,
        mode,
        priority: 50,
      };
      return await handOver(request, report);
    }
    const roots = [...a.roots, ...b.roots];
    const outcome = { compare: await workHere(context, { kind: "compare", a: sideA, b: sideB, mode, roots }, report) };
    report.result({ ...outcome, run: null }, outcomeText(outcome));
    context.exitWith(verdictOf(outcome));
  } finally {
    report.close();
  }
}

function side(path: string, format: FormatId | undefined, snapshot: string | undefined) {
  return { path, ...(format === undefined ? {} : { format }), ...(snapshot === undefined ? {} : { snapshot }) };
}
