/**
 * `hypersdk export VM… --to FOLDER`: machines of sources into files on the computer that the program runs on. It is the running
 * program that does it; this checks first (and with --plan only that), starts, follows, and cancels on Ctrl+C.
 */
import { type Command, Option } from "commander";
import { contract } from "../../../src-core/contract/contract.ts";
import type { ExportPlan, ExportProblem } from "../../../src-core/contract/exports.ts";
import { AppError } from "../../../src-core/model/error.ts";
import {
  type ExportedMachine,
  ExportPower,
  PackageDigest,
  Quiesce,
  type TimedLimit,
} from "../../../src-core/model/export.ts";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import { requireProgram } from "../client/connect.ts";
import { findMachines, findSource } from "../client/find-source.ts";
import type { RestClient } from "../client/rest-client.ts";
import { type CliContext, type CommonOptions, dataDirOf, pathOf, reportOf } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { EXPORT_KINDS, exportOptions, parseTimedLimit, type TypedExport } from "../export-request.ts";
import { followExports } from "../follow-exports.ts";
import { parseRate, parseWhole, programCommand } from "../options.ts";
import type { Report } from "../report.ts";
import { WRITING_KEYS } from "../target-argument.ts";
import { planText } from "../text/export-text.ts";

interface TypedOptions extends CommonOptions, TypedExport {
  readonly source?: string;
  readonly name?: string;
  readonly disk: readonly string[];
  readonly plan?: boolean;
  readonly detach?: boolean;
}

const NOTES = `
A machine is named by its name, its path or its id. Without --disk all disks that can be read are exported.
Keys of --option: ${WRITING_KEYS.join(", ")}; 'hypersdk info --engine' shows what each format offers.
Hours of --limit-at are those of this computer's clock; where several hold, the lowest does, and --limit holds besides.
For instance: export web01 db01 --to /srv/exports --as ova --limit-at 08:00-18:00=10M`;

export function addExportCommand(program: Command, context: CliContext): void {
  const each =
    <T>(parse: (text: string) => T) =>
    (text: string, before: readonly T[]) => [...before, parse(text)];
  const text = (value: string) => value;
  programCommand(program, "export <vms...>", "export machines of sources to files: OVA, OVF or disks of any format")
    .requiredOption("--to <folder>", "existing folder on the computer that the program runs on")
    .option("--source <name-or-id>", "the ones of this source")
    .addOption(new Option("--as <kind>", "what is made of each machine").choices(EXPORT_KINDS).default("ova"))
    .option("--name <name>", "what the files are called (default: as the machine)")
    .option("--disk <key>", "only this disk, by its key or label; may be repeated", each(text), [])
    .addOption(
      new Option("--quiesce <mode>", "the guest puts its file systems in order first")
        .choices(Quiesce.options)
        .default("try"),
    )
    .addOption(
      new Option("--power <mode>", "what becomes of a running machine").choices(ExportPower.options).default("leave"),
    )
    .option("--compression <level>", "of the disks of an OVA or OVF: 1 (quick) to 9 (small)", parseWhole(1, 9))
    .addOption(
      new Option(
        "--digest <digest>",
        "of the manifest of an OVA or OVF (default: sha256); sha1 for ESXi up to 6.0",
      ).choices(PackageDigest.options),
    )
    .option("--option <key=value>", "how disk files are written; may be repeated", each(text), [])
    .option("--limit <rate>", "read at most so much a second, such as 50M", parseRate)
    .option(
      "--limit-at <hours=rate>",
      "the same within hours, such as 08:00-18:00=10M; may be repeated",
      each<TimedLimit>(parseTimedLimit),
      [],
    )
    .option("--disks-at-once <n>", "disks of one machine that are read at the same time", parseWhole(1, 8))
    .option("--connections <n>", "connections to each host", parseWhole(1, 8))
    .option("--priority <n>", "0 (last) to 100 (first)", parseWhole(0, 100))
    .option("--overwrite", "replace existing files, once the new ones are complete")
    .addOption(new Option("-f, --force", "the same as --overwrite"))
    .option("--plan", "only say what would be made, and what is in the way")
    .option("--detach", "start it and return at once")
    .addHelpText("after", NOTES)
    .action((vms: string[], options: TypedOptions) => exportMachines(context, vms, options));
}

async function exportMachines(context: CliContext, vms: readonly string[], options: TypedOptions): Promise<void> {
  const asked = exportOptions(options, (path) => pathOf(context, path));
  if (vms.length > 1 && (options.name !== undefined || options.disk.length > 0)) {
    throw new AppError("usage.invalid", "--name and --disk are about one machine.");
  }
  const { client } = await requireProgram(dataDirOf(context, options), context.signal);
  const { signal } = context;
  const sourceId = options.source === undefined ? undefined : (await findSource(client, options.source, signal)).id;
  const rows = await findMachines(client, vms, sourceId, signal);
  const machines: ExportedMachine[] = [];
  for (const row of rows) machines.push(await machineOf(client, row, options, signal));
  const report = reportOf(context, options);
  try {
    const question = { ...asked, machines };
    const plan = await client.call(contract.exports.plan, question, signal);
    if (options.plan === true) {
      report.result({ plan }, planText(plan));
      if (problemsOf(plan).some(({ problem }) => problem.severity === "error")) context.exitWith(EXIT.failed);
      return;
    }
    tellProblems(plan, report);
    // Not cut off by Ctrl+C: runs may have begun, and who does not know their ids cannot cancel them.
    const started = await client.call(contract.exports.start, question);
    const nameOf = (one: { sourceId: string; machineId: string }) =>
      rows.find(({ sourceId, id }) => sourceId === one.sourceId && id === one.machineId)?.name ?? one.machineId;
    const exports = started.map((one) => ({ ...one, machineName: nameOf(one) }));
    if (options.detach === true) {
      const lines = exports.map(({ runId, machineName }) => `${runId}  ${machineName}`);
      report.result({ started: exports }, [...lines, "Follow one with: hypersdk jobs watch RUN"]);
      return;
    }
    await followExports(client, exports, report, signal);
  } finally {
    report.close();
  }
}

/** The machine with the disks that were named. @throws AppError usage.invalid where it has no such disk */
async function machineOf(
  client: RestClient,
  { sourceId, id, name: machineName }: MachineRow,
  { name, disk: wanted }: TypedOptions,
  signal: AbortSignal,
): Promise<ExportedMachine> {
  const machine = { sourceId, machineId: id, ...(name === undefined ? {} : { name }) };
  if (wanted.length === 0) return machine;
  const { disks } = await client.call(contract.inventory.machine, { id: sourceId, machineId: id }, signal);
  const diskKeys = wanted.map((word) => {
    const found = disks.filter(({ key, label }) => key === word || label === word);
    const exact = found.find(({ key }) => key === word) ?? (found.length === 1 ? found[0] : undefined);
    if (exact !== undefined) return exact.key;
    const shown = disks.map(({ key, label }) => `${key} (${label})`).join(", ");
    const said = found.length === 0 ? `${machineName} has no disk ${word}.` : `Several disks are called ${word}.`;
    throw new AppError("usage.invalid", said, { hint: `Its disks: ${shown || "none"}` });
  });
  return { ...machine, diskKeys: [...new Set(diskKeys)] };
}

function problemsOf(plan: ExportPlan): { about: string | null; problem: ExportProblem }[] {
  return [
    ...plan.problems.map((problem) => ({ about: null, problem })),
    ...plan.machines.flatMap(({ machineName, problems }) =>
      problems.map((problem) => ({ about: machineName, problem })),
    ),
  ];
}

/** Tells what is worth knowing. @throws AppError where something stands in the way */
function tellProblems(plan: ExportPlan, report: Report): void {
  const problems = problemsOf(plan);
  const errors = problems.filter(({ problem }) => problem.severity === "error");
  const [only, ...others] = errors;
  for (const { about, problem } of problems) {
    if (problem.severity === "warning" || others.length > 0) report.problem(about, problem.severity, problem.error);
  }
  if (only === undefined) return;
  if (others.length === 0) throw AppError.fromData(only.problem.error);
  throw new AppError(only.problem.error.code, `${errors.length} things are in the way: nothing was started.`, {
    hint: "Each is told above, with what to do.",
  });
}
