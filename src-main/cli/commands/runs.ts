/** `hypersdk runs …`: what became of each time a schedule was due. An id may be shortened to as many digits as make it unique. */
import { type Command, Option } from "commander";
import { contract } from "../../../src-core/contract/contract.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { ScheduledRunState, type ScheduledRunSummary } from "../../../src-core/model/scheduled-run.ts";
import { requireProgram } from "../client/connect.ts";
import { findSchedule } from "../client/find-schedule.ts";
import type { RestClient } from "../client/rest-client.ts";
import { type CliContext, type CommonOptions, dataDirOf, reportOf } from "../context.ts";
import { parseWhole, programCommand } from "../options.ts";
import type { Report } from "../report.ts";
import { momentText } from "../text/moment-text.ts";
import { scheduledRunsText, scheduledRunText } from "../text/schedule-text.ts";
import { plainText } from "../text/table.ts";

interface ListOptions extends CommonOptions {
  readonly schedule?: string;
  readonly state?: ScheduledRunState;
  readonly active?: boolean;
  readonly limit: number;
}

const LIST_LIMIT = 20;
/** Digits of a full id: those are taken as they are. */
const FULL_LENGTH = 20;
/** Among how many of the newest runs a shortened id is looked up. */
const LOOK_BACK = 1_000;

export function addRunsCommand(program: Command, context: CliContext): void {
  const runs = program.command("runs").description("runs of schedules: list, look into, cancel, hold back, retry");
  const connect = async (options: CommonOptions) =>
    (await requireProgram(dataDirOf(context, options), context.signal)).client;
  const { signal } = context;

  programCommand(runs, "list", "runs of schedules, newest first")
    .option("--schedule <name-or-id>", "only those of this schedule")
    .option("--active", "only those not ended yet")
    .addOption(new Option("--state <state>", "only those in this state").choices(ScheduledRunState.options))
    .option("--limit <n>", "how many", parseWhole(1, 1000), LIST_LIMIT)
    .action(async (options: ListOptions) => {
      const client = await connect(options);
      const { schedule, state, active, limit } = options;
      const query = {
        limit,
        ...(schedule === undefined ? {} : { scheduleId: (await findSchedule(client, schedule, signal)).id }),
        ...(state === undefined ? {} : { state }),
        ...(active === true ? { active } : {}),
      };
      const page = await client.call(contract.scheduledRuns.list, query, signal);
      reportOf(context, options).result(
        { runs: page.items, total: page.total },
        scheduledRunsText(page.items, page.total),
      );
    });

  const about = (name: string, text: string, act: (client: RestClient, id: string, report: Report) => Promise<void>) =>
    programCommand(runs, `${name} <id>`, text).action(async (shortId: string, options: CommonOptions) => {
      const client = await connect(options);
      await act(client, await idOf(client, shortId, signal), reportOf(context, options));
    });
  about("show", "one run with all its reasons", async (client, id, report) => {
    const run = await client.call(contract.scheduledRuns.get, { id }, signal);
    report.result({ run }, scheduledRunText(run));
  });
  about("log", "its reasons and what its job runs said, by time", async (client, id, report) => {
    const log = await client.call(contract.scheduledRuns.log, { id }, signal);
    const lines = log.map(({ at, level, message }) => `${momentText(at)}  ${level.padEnd(7)}  ${plainText(message)}`);
    report.result({ log }, lines);
  });
  const asked =
    (act: (client: RestClient, id: string) => Promise<ScheduledRunSummary>) =>
    async (client: RestClient, id: string, report: Report) => {
      const run = await act(client, id);
      const why = run.reason === null ? "" : ` (${run.reason})`;
      report.result({ run }, [plainText(`${run.scheduleName}: ${run.state}${why}`)]);
    };
  about(
    "cancel",
    "stop it, waiting or at work",
    asked((client, id) => client.call(contract.scheduledRuns.cancel, { id }, signal)),
  );
  about(
    "pause",
    "hold it back until it is resumed",
    asked((client, id) => client.call(contract.scheduledRuns.pause, { id }, signal)),
  );
  about(
    "resume",
    "let it go on",
    asked((client, id) => client.call(contract.scheduledRuns.resume, { id }, signal)),
  );
  about(
    "retry",
    "try an ended run again from its failure; what was skipped because of it follows",
    asked((client, id) => client.call(contract.scheduledRuns.retry, { id }, signal)),
  );
}

/** The one run whose id begins with `text`. @throws AppError request.not-found, usage.invalid when several do */
async function idOf(client: RestClient, text: string, signal: AbortSignal): Promise<string> {
  if (text.length >= FULL_LENGTH) return text;
  // An empty variable of a script would mean whatever run there happens to be.
  if (text === "") throw new AppError("usage.invalid", "The run's id is empty.");
  const { items } = await client.call(contract.scheduledRuns.list, { limit: LOOK_BACK }, signal);
  const [first, ...others] = items.filter(({ id }) => id.startsWith(text));
  if (first === undefined) throw new AppError("request.not-found", `There is no run ${text} of a schedule.`);
  if (others.length === 0) return first.id;
  throw new AppError("usage.invalid", `${others.length + 1} runs begin with ${text}.`, {
    hint: "Give more of the id.",
  });
}
