/** `hypersdk info FILE`: what a disk image says about itself, with the engine of this process. */
import type { Command } from "commander";
import type { FormatId } from "../../../src-core/model/disk.ts";
import { runTask } from "../../jobs/worker-thread.ts";
import { type CliContext, type CommonOptions, reportOf } from "../context.ts";
import { allowOption, formatOption, jsonOption } from "../options.ts";
import { inspectSource, locateSource } from "../source-disk.ts";
import { diskText, mapText } from "../text/disk-text.ts";

interface InfoOptions extends CommonOptions {
  readonly format?: FormatId;
  readonly map?: boolean;
  readonly allow?: string[];
}

/** Slices of the picture: enough for scripts; people get as many as their terminal is wide. */
const JSON_SLICES = 512;
const MAX_COLUMNS = 160;

export function addInfoCommand(program: Command, context: CliContext): void {
  program
    .command("info <file>")
    .description("show what a disk image says about itself")
    .addOption(formatOption("--format <format>", "take the file for this format instead of asking its content"))
    .option("--map", "add a picture of its allocation: data, zero, hole")
    .addOption(allowOption())
    .addOption(jsonOption())
    .action((file: string, options: InfoOptions) => info(context, file, options));
}

async function info(context: CliContext, file: string, options: InfoOptions): Promise<void> {
  const { signal, terminal } = context;
  const source = await locateSource(context, file, options.allow);
  const disk = await inspectSource(source, options.format, signal);
  const lines = diskText(disk);
  if (options.map !== true) {
    reportOf(context, options).result({ disk }, lines);
    return;
  }
  const slices = options.json === true ? JSON_SLICES : Math.max(10, Math.min(MAX_COLUMNS, terminal.columns) - 2);
  const forced = options.format === undefined ? {} : { format: options.format };
  const { map } = await runTask({ kind: "map", ...source, ...forced, slices }, { signal });
  reportOf(context, options).result({ disk, map }, [...lines, "", "Allocation", ...mapText(map)]);
}
