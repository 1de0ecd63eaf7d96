/** `hypersdk jobs …`: the runs of the running program. An id may be shortened to as many digits as make it unique. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { contract } from "../../../src-core/contract/contract.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { WorkState } from "../../../src-core/model/run.ts";
import { requireProgram } from "../client/connect.ts";
import type { RestClient } from "../client/rest-client.ts";
import { runIdOf } from "../client/run-id.ts";
import { watchRun } from "../client/watch-run.ts";
import { type CliContext, type CommonOptions, dataDirOf, reportOf } from "../context.ts";
import { parseRate, parseWhole, programCommand } from "../options.ts";
import type { Report } from "../report.ts";
import { logText, runsText, runText } from "../text/run-text.ts";
import { rateText } from "../text/size.ts";
import { answer } from "../work-there.ts";

interface ListOptions extends CommonOptions {
  readonly state?: WorkState;
  readonly active?: boolean;
  readonly limit: number;
}

const LIST_LIMIT = 20;
/** The most the program answers in one page of a log. */
const LOG_PAGE = 1000;

export function addJobsCommand(program: Command, context: CliContext): void {
  const jobs = program.command("jobs").description("work of the running program: list, follow, cancel, retry");

  programCommand(jobs, "list", "runs, newest first")
    .option("--active", "only those not ended yet")
    .addOption(new Option("--state <state>", "only those in this state").choices(WorkState.options))
    .option("--limit <n>", "how many", parseWhole(1, 500), LIST_LIMIT)
    .action(async (options: ListOptions) => {
      const { client } = await requireProgram(dataDirOf(context, options), context.signal);
      const { state, active, limit } = options;
      const query = { limit, ...(state === undefined ? {} : { state }), ...(active === true ? { active } : {}) };
      const page = await client.call(contract.runs.list, query, context.signal);
      reportOf(context, options).result({ runs: page.items, total: page.total }, runsText(page.items, page.total));
    });

  /** A subcommand about one run. */
  const about = (
    name: string,
    text: string,
    act: (client: RestClient, id: string, report: Report) => Promise<void>,
  ) => {
    programCommand(jobs, `${name} <id>`, text).action(async (shortId: string, options: CommonOptions) => {
      const { client } = await requireProgram(dataDirOf(context, options), context.signal);
      const report = reportOf(context, options);
      try {
        await act(client, await runIdOf(client, shortId, context.signal), report);
      } finally {
        report.close();
      }
    });
  };

  about("show", "one run with its tasks and attempts", async (client, id, report) => {
    const run = await client.call(contract.runs.get, { id }, context.signal);
    report.result({ run }, runText(run));
  });
  about("watch", "follow a run to its end; its outcome becomes the exit code", async (client, id, report) => {
    const run = await watchRun(client, id, report, context.signal);
    answer(context, run, report);
  });
  about("cancel", "stop a run and remove what it wrote", async (client, id, report) => {
    await client.call(contract.runs.cancel, { id }, context.signal);
    const run = await watchRun(client, id, report, context.signal);
    report.result({ run }, [`${run.name}: ${run.state}`]);
  });
  about("pause", "hold one run back; the others go on", async (client, id, report) => {
    const run = await client.call(contract.runs.pause, { id }, context.signal);
    report.result({ run }, [`${run.name}: paused`]);
  });
  about("resume", "let a run go on that was held back", async (client, id, report) => {
    const run = await client.call(contract.runs.resume, { id }, context.signal);
    report.result({ run }, [`${run.name}: goes on`]);
  });
  programCommand(jobs, "limit <id> <rate>", "how fast a run may read, such as 50M; none lifts the limit").action(
    async (shortId: string, rate: string, options: CommonOptions) => {
      const maxBytesPerSecond = rate === "none" ? null : rateOf(rate);
      const { client } = await requireProgram(dataDirOf(context, options), context.signal);
      const id = await runIdOf(client, shortId, context.signal);
      const run = await client.call(contract.runs.setLimit, { id, maxBytesPerSecond }, context.signal);
      const said = maxBytesPerSecond === null ? "no limit" : `at most ${rateText(maxBytesPerSecond)}`;
      reportOf(context, options).result({ run }, [`${run.name}: ${said}`]);
    },
  );
  about("retry", "start the job of an ended run again", async (client, id, report) => {
    const started = await client.call(contract.runs.retry, { id }, context.signal);
    report.result(started, [`Started run ${started.runId}.`]);
  });
  about("remove", "take an ended run out of the history; its files stay", async (client, id, report) => {
    const removed = await client.call(contract.runs.remove, { id }, context.signal);
    report.result({ ...removed, id }, [`Removed run ${id}.`]);
  });
  about("log", "what a run said", async (client, id, report) => {
    const lines = [];
    for (let after = 0; ; after = lines.at(-1)?.id ?? after) {
      const page = await client.call(contract.runs.log, { id, after, limit: LOG_PAGE }, context.signal);
      lines.push(...page);
      if (page.length < LOG_PAGE) break;
    }
    report.result({ log: lines }, logText(lines));
  });
}

/** @throws AppError usage.invalid */
function rateOf(text: string): number {
  try {
    return parseRate(text);
  } catch (thrown) {
    if (!(thrown instanceof InvalidArgumentError)) throw thrown;
    throw new AppError("usage.invalid", thrown.message);
  }
}
