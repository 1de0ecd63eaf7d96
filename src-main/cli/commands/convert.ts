/**
 * `hypersdk convert SRC DST…`. Who does the work: the program running on the data folder when SRC lies in one of its libraries
 * (then it is a job like any other, seen in the window, recorded, resumed after a crash), else this process. `--local` always
 * means this process, and so does SRC "-", which is this process's standard input. Ctrl+C cancels the work in all cases.
 */
import { type Command, Option } from "commander";
import type { FormatId } from "../../../src-core/model/disk.ts";
import type { ConvertRequest } from "../../../src-core/model/run.ts";
import type { TargetOptions } from "../../../src-core/model/target.ts";
import type { VerifyMode } from "../../../src-core/model/task.ts";
import { STANDARD_INPUT } from "../../../src-core/model/words.ts";
import { runTask } from "../../jobs/worker-thread.ts";
import { type CliContext, type PlaceOptions, pathOf, reportOf } from "../context.ts";
import { convertHere } from "../local-conversion.ts";
import {
  allowOption,
  dataDirOption,
  formatOption,
  jsonOption,
  newSeed,
  parseCompression,
  parsePreallocation,
  parseRate,
  parseSize,
  parseVerify,
} from "../options.ts";
import { locateSource } from "../source-disk.ts";
import { assertFitsPipe } from "../standard-input.ts";
import { parseTarget, requestOf, TARGET_KEYS } from "../target-argument.ts";
import { outcomeText } from "../text/outcome-text.ts";
import { handOverFor } from "../work-place.ts";

interface ConvertOptions extends PlaceOptions {
  readonly to?: FormatId;
  readonly from?: FormatId;
  readonly snapshot?: string;
  readonly overwrite?: boolean;
  readonly force?: boolean;
  readonly verify?: VerifyMode;
  readonly sync: boolean;
  readonly limit?: number;
  readonly subformat?: string;
  readonly blockSize?: number;
  readonly sectorSize?: number;
  readonly compress?: NonNullable<TargetOptions["compression"]>;
  readonly preallocation?: "off" | "metadata";
  readonly resize?: number;
  readonly backing?: string;
  readonly allow?: string[];
}

const NOTES = `
A target can have options of its own, which go before those for all: PATH,key=value,… with the keys
  ${TARGET_KEYS}
for instance: convert web01.vmdk web01.qcow2,compress=zstd:9 web01.vhdx,sector=4096
The source - is a streamOptimized VMDK on standard input, which cannot be verified: curl … | hypersdk convert - web01.qcow2
'hypersdk info --engine' shows what each format offers.`;

export function addConvertCommand(program: Command, context: CliContext): void {
  program
    .command("convert <source> <targets...>")
    .description("convert a disk image, to several targets in one pass if you like, and verify the results")
    .addOption(formatOption("--to <format>", "format of the targets (default: by their extensions)"))
    .addOption(formatOption("--from <format>", "take the source for this format instead of asking its content"))
    .option("--snapshot <name>", "convert the state of this snapshot inside the source")
    .option("-o, --subformat <variant>", "variant of the target's format, such as streamOptimized or fixed")
    .option("--block-size <size>", "cluster, block or grain of the target, such as 64K", parseSize)
    .option("--sector-size <size>", "logical sector the guest is shown: 512 or 4K", parseSize)
    .option("--compress <method>", "none, zlib or zstd, with a level after a colon: zstd:9", parseCompression)
    .option("--preallocation <mode>", "off, or metadata: tables for the whole disk", parsePreallocation)
    .option("--resize <size>", "make the disk larger; the added end reads as zeros", parseSize)
    .option("--backing <file>", "make the target a delta of this disk: only what differs is stored")
    .option("--overwrite", "replace existing targets, once the new ones are complete")
    .addOption(new Option("-f, --force", "the same as --overwrite"))
    .option("--no-sync", "leave the result to the system's cache: faster, but a crash means starting over")
    .option("--limit <rate>", "read at most so much a second, such as 50M", parseRate)
    .option(
      "--verify <mode>",
      "compare the targets with the source: full (default; of a pipe none), sample, sample=PERCENT or none",
      (text) => parseVerify(text, newSeed),
    )
    .addOption(allowOption())
    .option("--local", "do the work in this process even when a program is running")
    .option("--detach", "hand the work to the running program and return at once")
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .addHelpText("after", NOTES)
    .action((source: string, targets: string[], options: ConvertOptions) => convert(context, source, targets, options));
}

async function convert(
  context: CliContext,
  from: string,
  to: readonly string[],
  options: ConvertOptions,
): Promise<void> {
  const typed = to.map(parseTarget);
  // Asked only where an extension must tell the format.
  const isNamed = options.to !== undefined || typed.every(({ format }) => format !== undefined);
  const formats = isNamed ? [] : (await runTask({ kind: "formats" }, { signal: context.signal })).formats;
  const common = {
    format: options.to,
    options: commonOptions(options),
    overwrite: options.overwrite === true || options.force === true,
  };
  const targets = typed.map((target) => requestOf(target, common, formats, (path) => pathOf(context, path)));
  const piped = from === STANDARD_INPUT;
  if (piped) assertFitsPipe(options);
  const source = piped ? { path: from, roots: [context.cwd] } : await locateSource(context, from, options.allow);
  const request: ConvertRequest = {
    kind: "convert",
    sourcePath: source.path,
    ...(options.from === undefined ? {} : { sourceFormat: options.from }),
    ...(options.snapshot === undefined ? {} : { sourceSnapshot: options.snapshot }),
    targets,
    verify: options.verify ?? { mode: piped ? "none" : "full" },
    priority: 50,
    sync: options.sync,
    maxBytesPerSecond: options.limit ?? null,
  };
  const report = reportOf(context, options);
  try {
    if (piped && options.verify === undefined) {
      report.warning("The targets are not verified: what comes through a pipe cannot be read again.");
    }
    const handOver = piped ? null : await handOverFor(context, [source.path], options);
    if (handOver !== null) return await handOver(request, report);
    const outcome = await convertHere(request, source.roots, report, context.signal);
    report.result({ ...outcome, run: null }, outcomeText(outcome));
  } finally {
    report.close();
  }
}

/** What was asked of all targets; what was not asked is not there. */
function commonOptions(options: ConvertOptions): TargetOptions {
  return {
    ...(options.subformat === undefined ? {} : { subformat: options.subformat }),
    ...(options.blockSize === undefined ? {} : { blockBytes: options.blockSize }),
    ...(options.sectorSize === undefined ? {} : { sectorBytes: options.sectorSize }),
    ...(options.compress === undefined ? {} : { compression: options.compress }),
    ...(options.preallocation === undefined ? {} : { preallocation: options.preallocation }),
    ...(options.resize === undefined ? {} : { virtualSizeBytes: options.resize }),
    ...(options.backing === undefined ? {} : { backingPath: options.backing }),
  };
}
