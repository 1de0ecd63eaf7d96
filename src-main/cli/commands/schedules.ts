/** `hypersdk schedules …`: what is planned, and what it would do. A schedule is named by its name or its id. */
import { type Command, Option } from "commander";
import { contract } from "../../../src-core/contract/contract.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ScheduleDefinition } from "../../../src-core/model/schedule.ts";
import type { FieldProblem, ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { readSmallText, writeText } from "../../files/small-text-file.ts";
import { requireProgram } from "../client/connect.ts";
import { findSchedule, findSchedules } from "../client/find-schedule.ts";
import type { RestClient } from "../client/rest-client.ts";
import { type CliContext, type CommonOptions, dataDirOf, pathOf, reportOf } from "../context.ts";
import { parseWhole, programCommand } from "../options.ts";
import type { Report } from "../report.ts";
import { MAX_SCHEDULE_FILE_BYTES, parseDuration, parseMoment, readDefinition } from "../schedule-input.ts";
import { momentText } from "../text/moment-text.ts";
import { collisionsText, comingText, graphText, schedulesText, scheduleText } from "../text/schedule-text.ts";

interface FileOptions extends CommonOptions {
  readonly file: string;
}

interface PauseOptions extends CommonOptions {
  readonly all?: boolean;
  readonly for?: number;
  readonly until?: string;
  readonly reason: string;
}

const FILE_HELP = `
A schedule in YAML (docs/schedules.md names every field; what is left out is as usual):

  name: nightly gold
  zone: Europe/Berlin
  when: { kind: cron, expression: "0 22 * * mon-fri" }
  work:
    kind: export-selection
    rule: { sourceIds: [ID], tags: [gold] }
    options: { output: { kind: ova }, folder: "/backup/{date}" }
  allowed:
    windows: [{ name: nights, days: [mon, tue, wed, thu, fri], from: "20:00", to: "06:00" }]`;

export function addSchedulesCommand(program: Command, context: CliContext): void {
  const schedules = program
    .command("schedules")
    .description("what runs when: list, change, pause, try out")
    .addHelpText(
      "after",
      `
Examples:
  hypersdk schedules add -f nightly.yaml
  hypersdk schedules preview "nightly gold"
  hypersdk schedules pause --all --for 2h --reason "storage is being moved"
  hypersdk schedules simulate --days 7
  hypersdk schedules export -o schedules.yaml && hypersdk schedules import schedules.yaml --dry-run`,
    );
  const connect = async (options: CommonOptions) =>
    (await requireProgram(dataDirOf(context, options), context.signal)).client;
  const { signal } = context;

  programCommand(schedules, "list", "all schedules: state, next run, last run").action(
    async (options: CommonOptions) => {
      const all = await (await connect(options)).call(contract.schedules.list, undefined, signal);
      reportOf(context, options).result({ schedules: all }, schedulesText(all));
    },
  );

  programCommand(schedules, "show <name-or-id>", "one schedule, whole").action(
    async (which: string, options: CommonOptions) => {
      const client = await connect(options);
      const { id } = await findSchedule(client, which, signal);
      const schedule = await client.call(contract.schedules.get, { id }, signal);
      const names = await namesOf(client, signal);
      reportOf(context, options).result({ schedule }, scheduleText(schedule, names));
    },
  );

  withFile(programCommand(schedules, "add", "save a new schedule"))
    .option("--disabled", "switched off at first")
    .action(async (options: FileOptions & { disabled?: boolean }) => {
      const client = await connect(options);
      const definition = await checked(context, client, options, null);
      const input = { definition, enabled: options.disabled !== true };
      const schedule = await client.call(contract.schedules.create, input, signal);
      reportOf(context, options).result({ schedule }, [`Added ${schedule.name} (${schedule.id}).`]);
    });

  withFile(
    programCommand(schedules, "edit <name-or-id>", "replace a schedule by what a file says; its history stays"),
  ).action(async (which: string, options: FileOptions) => {
    const client = await connect(options);
    const { id, changedAt } = await findSchedule(client, which, signal);
    const definition = await checked(context, client, options, id);
    const schedule = await client.call(contract.schedules.update, { id, definition, changedAt }, signal);
    reportOf(context, options).result({ schedule }, [`Changed ${schedule.name}.`]);
  });

  withFile(programCommand(schedules, "validate", "what is wrong with a schedule, and when it would run")).action(
    async (options: FileOptions) => {
      const client = await connect(options);
      const definition = readDefinition(pathOf(context, options.file));
      const found = await client.call(contract.schedules.validate, { definition }, signal);
      const report = reportOf(context, options);
      tell(report, found.problems);
      const said = [found.words, found.workWords].filter((words) => words !== null);
      const { next, words } = found;
      report.result(
        { ...found },
        words === null ? said : [...said, ...(next.length === 0 ? [] : comingText(next, null, zoneOf(definition)))],
      );
      if (found.problems.some(({ fatal }) => fatal)) context.exitWith(1);
    },
  );

  programCommand(schedules, "preview <name-or-id>", "its next ten runs, with the reason for each shift").action(
    async (which: string, options: CommonOptions) => {
      const client = await connect(options);
      const { id } = await findSchedule(client, which, signal);
      const definition = await client.call(contract.schedules.get, { id }, signal);
      const { words, next } = await client.call(contract.schedules.validate, { definition, id }, signal);
      reportOf(context, options).result({ words, next }, [words ?? "", ...comingText(next, null, definition.zone)]);
    },
  );

  programCommand(schedules, "simulate [names-or-ids...]", "all runs of the coming days, and where they collide")
    .option("--days <n>", "how many", parseWhole(1, 90), 7)
    .option("--limit <n>", "runs that are printed", parseWhole(1, 20_000), 200)
    .action(async (which: string[], options: CommonOptions & { days: number; limit: number }) => {
      const client = await connect(options);
      const only = which.length === 0 ? {} : { scheduleIds: idsOf(await findSchedules(client, which, signal)) };
      const found = await client.call(contract.schedules.simulate, { days: options.days, ...only }, signal);
      const names = await namesOf(client, signal);
      const shown = found.runs.slice(0, options.limit);
      const more = found.total > shown.length ? [`${shown.length} of ${found.total} runs; --limit shows more.`] : [];
      const clashes = collisionsText(found.collisions, names);
      const warned =
        clashes.length === 0 ? [] : ["", "More at once than may run:", ...clashes.map((line) => `  ${line}`)];
      reportOf(context, options).result({ ...found, runs: shown }, [
        ...comingText(shown, names, null),
        ...more,
        ...warned,
      ]);
    });

  const switched = (enabled: boolean) => async (which: string, options: CommonOptions) => {
    const client = await connect(options);
    const { id } = await findSchedule(client, which, signal);
    const schedule = await client.call(contract.schedules.setEnabled, { id, enabled }, signal);
    reportOf(context, options).result({ schedule }, [`${schedule.name} is ${enabled ? "enabled" : "disabled"}.`]);
  };
  programCommand(schedules, "enable <name-or-id>", "from now on; what was due meanwhile is not made up for").action(
    switched(true),
  );
  programCommand(schedules, "disable <name-or-id>", "nothing of it starts any more").action(switched(false));

  programCommand(schedules, "pause [name-or-id]", "hold a schedule back, or all; what runs goes on")
    .option("--all", "all schedules")
    .addOption(new Option("--for <time>", "how long, such as 2h").argParser(parseDuration).conflicts("until"))
    .option("--until <moment>", "such as 2026-12-24T08:00", parseMoment)
    .option("--reason <text>", "shown to everybody", "")
    .action(async (which: string | undefined, options: PauseOptions) => {
      const client = await connect(options);
      const untilAt = options.for === undefined ? (options.until ?? null) : await later(client, options.for, signal);
      const request = { reason: options.reason, untilAt };
      const end = untilAt === null ? "" : ` until ${momentText(untilAt)}`;
      const one = oneOrAll(which, options);
      if (one === null) {
        const status = await client.call(contract.schedules.pauseAll, request, signal);
        reportOf(context, options).result({ status }, [`All schedules are paused${end}.`]);
        return;
      }
      const { id } = await findSchedule(client, one, signal);
      const schedule = await client.call(contract.schedules.pause, { id, ...request }, signal);
      reportOf(context, options).result({ schedule }, [`${schedule.name} is paused${end}.`]);
    });

  programCommand(schedules, "resume [name-or-id]", "end a pause")
    .option("--all", "that of all schedules")
    .action(async (which: string | undefined, options: CommonOptions & { all?: boolean }) => {
      const client = await connect(options);
      const one = oneOrAll(which, options);
      if (one === null) {
        const status = await client.call(contract.schedules.resumeAll, undefined, signal);
        reportOf(context, options).result({ status }, ["The pause of all schedules is over."]);
        return;
      }
      const { id } = await findSchedule(client, one, signal);
      const schedule = await client.call(contract.schedules.resume, { id }, signal);
      reportOf(context, options).result({ schedule }, [`${schedule.name} goes on.`]);
    });

  programCommand(schedules, "run <name-or-id>", "start it now, beside its plan, and what comes after it")
    .option("--anyway", "its windows and conditions do not hold")
    .option("--alone", "nothing comes after it")
    .action(async (which: string, options: CommonOptions & { anyway?: boolean; alone?: boolean }) => {
      const client = await connect(options);
      const { id, name } = await findSchedule(client, which, signal);
      const how = { anyway: options.anyway === true, alone: options.alone === true };
      const run = await client.call(contract.schedules.runNow, { id, ...how }, signal);
      reportOf(context, options).result({ run }, [`Started ${name}: run ${run.id}.`]);
    });

  programCommand(schedules, "remove <name-or-id>", "its history stays")
    .option("--detach", "take it out of the schedules that come after it")
    .action(async (which: string, options: CommonOptions & { detach?: boolean }) => {
      const client = await connect(options);
      const { id, name } = await findSchedule(client, which, signal);
      await client.call(contract.schedules.remove, { id, detach: options.detach === true }, signal);
      reportOf(context, options).result({ removed: id }, [`Removed ${name}.`]);
    });

  programCommand(schedules, "export [names-or-ids...]", "schedules as a file that import takes; left out: all")
    .addOption(new Option("--format <format>", "what it is written in").choices(["yaml", "json"]).default("yaml"))
    .option("-o, --output <file>", "left out: to the terminal")
    .action(async (which: string[], options: CommonOptions & { format: "yaml" | "json"; output?: string }) => {
      const client = await connect(options);
      const found = await findSchedules(client, which, signal);
      const only = which.length === 0 ? {} : { ids: idsOf(found).join(",") };
      const { text } = await client.call(contract.schedules.exportFile, { format: options.format, ...only }, signal);
      const report = reportOf(context, options);
      if (options.output === undefined) return report.result({ text }, text.trimEnd().split("\n"));
      const path = pathOf(context, options.output);
      writeText(path, text);
      report.result({ path }, [`Written to ${path}.`]);
    });

  programCommand(schedules, "import <file>", "take schedules from a file; known ids are changed, none is removed")
    .option("--dry-run", "only say what would be")
    .action(async (file: string, options: CommonOptions & { dryRun?: boolean }) => {
      const client = await connect(options);
      const text = readSmallText(pathOf(context, file), MAX_SCHEDULE_FILE_BYTES);
      const would = await client.call(contract.schedules.importFile, { text, dryRun: true }, signal);
      const report = reportOf(context, options);
      tell(report, would.problems);
      if (would.problems.some(({ fatal }) => fatal)) {
        throw new AppError("schedule.invalid", `Nothing of ${file} was taken.`, { hint: "Mend what is named above." });
      }
      const dry = options.dryRun === true;
      if (!dry) await client.call(contract.schedules.importFile, { text, dryRun: false }, signal);
      const { created, changed, unchanged } = would;
      const said = `${created.length} new, ${changed.length} changed, ${unchanged.length} as they were`;
      report.result({ ...would, dryRun: dry }, [`${dry ? "Would take" : "Took"} ${file}: ${said}.`]);
    });

  programCommand(schedules, "graph", "what comes after what").action(async (options: CommonOptions) => {
    const all = await (await connect(options)).call(contract.schedules.list, undefined, signal);
    const edges = all.flatMap(({ id, dependencies }) => dependencies.map((edge) => ({ childId: id, ...edge })));
    reportOf(context, options).result({ nodes: all.map(({ id, name }) => ({ id, name })), edges }, graphText(all));
  });
}

function withFile(command: Command): Command {
  return command.requiredOption("-f, --file <file>", "the schedule, in YAML or JSON").addHelpText("after", FILE_HELP);
}

/** @throws AppError usage.invalid */
function oneOrAll(which: string | undefined, { all }: { readonly all?: boolean }): string | null {
  if (which !== undefined && all !== true) return which;
  if (which === undefined && all === true) return null;
  throw new AppError("usage.invalid", "Name a schedule, or say --all.");
}

/** By the scheduler's clock. */
async function later(client: RestClient, ms: number, signal: AbortSignal): Promise<string> {
  const { now } = await client.call(contract.schedules.status, undefined, signal);
  return new Date(Date.parse(now) + ms).toISOString();
}

async function namesOf(client: RestClient, signal: AbortSignal): Promise<Map<string, string>> {
  const all = await client.call(contract.schedules.list, undefined, signal);
  return new Map(all.map(({ id, name }) => [id, name]));
}

/** Of what a file says; null where it names none. */
function zoneOf(definition: unknown): string | null {
  if (typeof definition !== "object" || definition === null || !("zone" in definition)) return null;
  return typeof definition.zone === "string" ? definition.zone : null;
}

function idsOf(rows: readonly ScheduleRow[]): string[] {
  return rows.map(({ id }) => id);
}

function tell(report: Report, problems: readonly FieldProblem[]): void {
  for (const { field, message, fatal } of problems) {
    const error = { code: "schedule.invalid" as const, message, retryable: false, details: { field } };
    report.problem(field === "" ? null : field, fatal ? "error" : "warning", error);
  }
}

/** The schedule of a file, after all that is wrong with it was told. @throws AppError schedule.invalid */
async function checked(
  context: CliContext,
  client: RestClient,
  options: FileOptions,
  id: string | null,
): Promise<ScheduleDefinition> {
  const definition = readDefinition(pathOf(context, options.file));
  const asked = { definition, ...(id === null ? {} : { id }) };
  const { problems } = await client.call(contract.schedules.validate, asked, context.signal);
  tell(reportOf(context, options), problems);
  const count = problems.filter(({ fatal }) => fatal).length;
  if (count === 0) return definition as ScheduleDefinition;
  throw new AppError(
    "schedule.invalid",
    `${options.file}: ${count === 1 ? "one field is" : `${count} fields are`} wrong.`,
    {
      hint: "Nothing was saved.",
    },
  );
}
