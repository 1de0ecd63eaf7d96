/** `hypersdk info FILE`: what a disk image says about itself; `info --engine`: what this program can do. With the engine of this process. */
import type { Command } from "commander";
import type { AllocationMap, FormatId } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { runTask } from "../../jobs/worker-thread.ts";
import { type CliContext, type CommonOptions, reportOf } from "../context.ts";
import { allowOption, formatOption, jsonOption } from "../options.ts";
import { inspectSource, locateSource } from "../source-disk.ts";
import { allocationText, diskText, mapText } from "../text/disk-text.ts";
import { engineText } from "../text/engine-text.ts";

interface InfoOptions extends CommonOptions {
  readonly format?: FormatId;
  readonly map?: boolean;
  readonly engine?: boolean;
  readonly allow?: string[];
}

/** Slices of the picture: enough for scripts; people get as many as their terminal is wide. */
const JSON_SLICES = 512;
const MAX_COLUMNS = 160;

export function addInfoCommand(program: Command, context: CliContext): void {
  program
    .command("info [file]")
    .description("show what a disk image says about itself")
    .addOption(formatOption("--format <format>", "take the file for this format instead of asking its content"))
    .option("--map", "add a picture of its allocation: data, zero, hole")
    .option("--engine", "show what this program reads and writes instead")
    .addOption(allowOption())
    .addOption(jsonOption())
    .action((file: string | undefined, options: InfoOptions) => info(context, file, options));
}

async function info(context: CliContext, file: string | undefined, options: InfoOptions): Promise<void> {
  const { signal, terminal } = context;
  if (options.engine === true) {
    const { engine } = await runTask({ kind: "describe" }, { signal });
    const { formats } = await runTask({ kind: "formats" }, { signal });
    reportOf(context, options).result({ engine, formats }, engineText(engine, formats));
    return;
  }
  if (file === undefined) throw new AppError("usage.invalid", "missing required argument 'file'");
  const source = await locateSource(context, file, options.allow);
  const disk = await inspectSource(source, options.format, signal);
  const wide = options.json === true ? JSON_SLICES : Math.max(10, Math.min(MAX_COLUMNS, terminal.columns) - 2);
  const slices = options.map === true ? wide : 1;
  const forced = options.format === undefined ? {} : { format: options.format };
  const { map } = await runTask({ kind: "map", ...source, ...forced, slices }, { signal });
  const lines = [
    ...diskText(disk),
    "",
    "Allocation",
    ...(options.map === true ? mapText(map) : []),
    ...allocationText(map),
  ];
  reportOf(context, options).result(
    { disk, allocation: allocationOf(map), ...(options.map === true ? { map } : {}) },
    lines,
  );
}

/** The sums, and how much the data is scattered. */
function allocationOf({ totals, extentCount, dataExtentCount }: AllocationMap) {
  const averageDataExtentBytes = dataExtentCount === 0 ? 0 : Math.round(totals.dataBytes / dataExtentCount);
  return { ...totals, extentCount, dataExtentCount, averageDataExtentBytes };
}
