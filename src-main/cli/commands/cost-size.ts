/** `hypersdk cost size DISK`: how large it would be as another file, by a sample that this process compresses. Ctrl+C keeps what is known. */
import type { Command } from "commander";
import type { FormatId } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { type ExportSize, SizeAsk } from "../../../src-core/model/export-size.ts";
import type { TargetOptions } from "../../../src-core/model/target.ts";
import { runTask } from "../../jobs/worker-thread.ts";
import { sizeSpec, sizes } from "../../services/export-size.ts";
import { type CliContext, type CommonOptions, reportOf } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { allowOption, formatOption, jsonOption, parseCompression, parseSize, parseWhole } from "../options.ts";
import { locateSource } from "../source-disk.ts";
import { percentText, sizeText } from "../text/size.ts";
import { pairs } from "../text/table.ts";

interface SizeOptions extends CommonOptions {
  readonly format?: FormatId;
  readonly from?: FormatId;
  readonly snapshot?: string;
  readonly subformat?: string;
  readonly blockSize?: number;
  readonly compression?: NonNullable<TargetOptions["compression"]>;
  readonly seed?: number;
  readonly sample?: number;
  readonly allow?: string[];
}

export function addSizeCommand(parent: Command, context: CliContext): void {
  parent
    .command("size <disk>")
    .description("how large a disk would be as another file: a sample of its data is really compressed")
    .addOption(formatOption("--format <format>", "of the file that would be made (default: qcow2)"))
    .addOption(formatOption("--from <format>", "take the disk for this format instead of asking its content"))
    .option("--compression <method>", "none, zlib or zstd, with a level after a colon: zstd:9", parseCompression)
    .option("-o, --subformat <variant>", "variant of the format, such as streamOptimized")
    .option("--block-size <size>", "cluster, block or grain, such as 64K", parseSize)
    .option("--snapshot <name>", "the state of this snapshot inside the disk")
    .option("--seed <number>", "chooses the sample (default: 1)", parseWhole(0, 0xffff_ffff))
    .option("--sample <size>", "read no more than that (default: 512M)", parseSize)
    .addOption(allowOption())
    .addOption(jsonOption())
    .action((disk: string, options: SizeOptions) => size(context, disk, options));
}

async function size(context: CliContext, disk: string, options: SizeOptions): Promise<void> {
  const source = await locateSource(context, disk, options.allow);
  const { compression, subformat, blockSize, from, snapshot, seed, sample } = options;
  const asked = SizeAsk.safeParse({
    path: source.path,
    format: options.format ?? "qcow2",
    options: { compression, subformat, blockBytes: blockSize },
    sourceFormat: from,
    snapshot,
    seed,
    maxSampleBytes: sample,
  });
  if (!asked.success)
    throw new AppError("usage.invalid", asked.error.issues[0]?.message ?? "The options are not right.");
  const report = reportOf(context, options);
  let last: ExportSize | null = null;
  try {
    for await (const told of sizes(sizeSpec(asked.data, source.roots), runTask, context.signal)) {
      last = told;
      if (told.state !== "sampling") continue;
      // For people as a bar; for programs each estimate is a line of its own.
      if (options.json === true) report.row("estimate", { ...told }, "");
      else report.progress({ phase: "sample", doneBytes: told.sampledBytes, totalBytes: Math.max(1, told.dataBytes) });
    }
  } finally {
    report.close();
  }
  if (last === null) throw new AppError("job.canceled");
  report.result({ ...last }, sizeLines(last));
  if (last.state === "stopped") context.exitWith(EXIT.canceled);
}

const STATES: Record<ExportSize["state"], string> = {
  sampling: "still sampling",
  precise: "the range is narrow enough",
  exact: "all data was read",
  budget: "as much was read as was allowed",
  stopped: "stopped",
};

function sizeLines({ size: range, dataBytes, sampledBytes, ratio, zeroShare, target, state }: ExportSize): string[] {
  const level = target.level === null ? "" : `:${target.level}`;
  return pairs([
    ["As", `${target.format} ${target.subformat}, ${target.compression}${level}`],
    ["Likely", `${sizeText(range.likelyBytes)} (${range.likelyBytes} bytes)`],
    ["Range", `${sizeText(range.lowBytes)} to ${sizeText(range.highBytes)}, with 95 % confidence`],
    [
      "Data",
      `${sizeText(dataBytes)}, of which ${sizeText(sampledBytes)} (${percentText(sampledBytes, Math.max(1, dataBytes))}) were read`,
    ],
    [
      "Ratio",
      ratio === null ? "no data" : `${ratio.likely.toFixed(3)} (${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)})`,
    ],
    ["Zeros", `${(zeroShare * 100).toFixed(1)} % of the sample`],
    ["Ended", STATES[state]],
  ]);
}
