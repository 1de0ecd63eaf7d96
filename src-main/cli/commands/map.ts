/** `hypersdk map FILE`: the extents of a disk, one a line, with the engine of this process. Constant memory at any number of them. */
import { type Command, Option } from "commander";
import type { FormatId } from "../../../src-core/model/disk.ts";
import type { DiskView } from "../../../src-core/model/task.ts";
import { DISK_VIEWS } from "../../../src-core/model/words.ts";
import { runTask } from "../../jobs/worker-thread.ts";
import { type CliContext, type CommonOptions, reportOf } from "../context.ts";
import { allowOption, formatOption, jsonOption } from "../options.ts";
import { locateSource } from "../source-disk.ts";
import { sizeText } from "../text/size.ts";

interface MapOptions extends CommonOptions {
  readonly format?: FormatId;
  readonly snapshot?: string;
  readonly view: DiskView;
  readonly allow?: string[];
}

/** Extents that are asked of the engine at a time. */
const PAGE = 50_000;
/** Digits of the largest offset. */
const WIDTH = 16;

export function addMapCommand(program: Command, context: CliContext): void {
  program
    .command("map <file>")
    .description("list the extents of a disk: where it has data, zeros and holes")
    .addOption(formatOption("--format <format>", "take the file for this format instead of asking its content"))
    .option("--snapshot <name>", "the state of this snapshot inside the image")
    .addOption(
      new Option("--view <view>", "layer: what this file holds itself; guest: through its parents")
        .choices(DISK_VIEWS)
        .default("layer"),
    )
    .addOption(allowOption())
    .addOption(jsonOption())
    .action((file: string, options: MapOptions) => map(context, file, options));
}

async function map(context: CliContext, file: string, options: MapOptions): Promise<void> {
  const { signal } = context;
  const source = await locateSource(context, file, options.allow);
  const { view, format, snapshot } = options;
  const question = {
    kind: "extents" as const,
    ...source,
    view,
    ...(format === undefined ? {} : { format }),
    ...(snapshot === undefined ? {} : { snapshot }),
    limit: PAGE,
  };
  const report = reportOf(context, options);
  report.heading(`${"START".padStart(WIDTH)}  ${"LENGTH".padStart(WIDTH)}  STATE`);
  let count = 0;
  for (let start: number | null = 0; start !== null; ) {
    const page: Awaited<ReturnType<typeof runTask<"extents">>> = await runTask({ ...question, start }, { signal });
    for (const extent of page.extents) {
      const columns = [extent.start, extent.length].map((bytes) => String(bytes).padStart(WIDTH)).join("  ");
      report.row("extent", { ...extent }, `${columns}  ${extent.state.padEnd(4)}  ${sizeText(extent.length)}`);
    }
    count += page.extents.length;
    start = page.nextStart;
    if (start === null) {
      const { virtualSizeBytes } = page;
      const said = `${count} ${count === 1 ? "extent" : "extents"}, ${sizeText(virtualSizeBytes)}`;
      report.result({ path: source.path, virtualSizeBytes, extentCount: count }, [said]);
    }
  }
}
