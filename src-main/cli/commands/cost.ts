/**
 * `hypersdk cost …`: what storing and restoring costs. Computed by this process: a workload and a book as files determine the answer,
 * with or without a running program. Neighbours: cost-book.ts (the price book), cost-size.ts (how large an export is).
 */
import { type Command, InvalidArgumentError } from "commander";
import { AppError } from "../../../src-core/model/error.ts";
import { type CliContext, reportOf } from "../context.ts";
import { askHere, type CostOptions, offerFrom, questionParts } from "../cost-context.ts";
import { dataDirOption, jsonOption, parseSize, parseWhole } from "../options.ts";
import { checkText, estimateText, projectionText, quoteText, recommendationText, rowsText } from "../text/cost-text.ts";
import { addBookCommands } from "./cost-book.ts";
import { addSizeCommand } from "./cost-size.ts";

interface NeedsOptions extends CostOptions {
  readonly provider?: string[];
  readonly region?: string[];
  readonly continent?: string[];
  readonly redundancy?: string;
  readonly maxWait?: number;
}

interface RestoreOptions extends CostOptions {
  readonly size?: number;
  readonly speed?: string;
  readonly to?: string;
  readonly bandwidth?: number;
}

/** Offers of a projection where none is named. */
const CHEAPEST = 5;

const NOTES = `
FILE is a workload as JSON, alone or as { "workload": …, "offer": …, "needs": …, "terms": … }; an offer is
{ "provider", "region", "class", "redundancy" }. Without one: --storage GB [--transfer GB] [--requests N] [--days N].
--book FILE computes with that price book alone; else the program's own, with your discounts, counts.`;

export function addCostCommand(program: Command, context: CliContext): void {
  const cost = program
    .command("cost")
    .description("what storing and restoring costs, and by which prices")
    .addHelpText("after", NOTES);

  question(cost, "estimate", "the whole bill of a workload under one offer")
    .option("--speed <id>", "speed of restores, such as bulk")
    .option("--bandwidth <mbit>", "of the line, in Mbit/s, for the time of a restore", parseNumber)
    .action(async (options: RestoreOptions) => {
      const report = reportOf(context, options);
      const parts = withOffer(questionParts(context, options), options);
      const { answer } = await askHere(context, options, report, "estimate", {
        ...parts,
        terms: terms(parts.terms, options),
      });
      report.result({ ...answer }, estimateText(answer));
    });
  needs(question(cost, "compare", "a workload under every offer that meets the needs, cheapest first")).action(
    async (options: NeedsOptions) => {
      const report = reportOf(context, options);
      const parts = questionParts(context, options);
      const asked = { ...parts, needs: needsOf(parts.needs, options) };
      const { answer, currency, book } = await askHere(context, options, report, "compare", asked);
      report.result({ rows: answer, currency, book }, rowsText(answer, currency));
    },
  );
  needs(question(cost, "project", "offers month by month (default: the five cheapest)")).action(
    async (options: NeedsOptions) => {
      const report = reportOf(context, options);
      const parts = questionParts(context, options);
      const named =
        options.offer?.map(offerFrom) ?? parts.offers ?? (parts.offer === undefined ? undefined : [parts.offer]);
      const offers = named ?? (await cheapest(context, options, { ...parts, needs: needsOf(parts.needs, options) }));
      const { answer, currency, book } = await askHere(context, options, report, "project", { ...parts, offers });
      report.result({ ...answer, currency, book }, projectionText(answer));
    },
  );
  question(cost, "quote", "reading data back once: money, hours, steps")
    .option("--size <size>", "how much, such as 500G (default: all that the workload has stored in the end)", parseSize)
    .option("--speed <id>", "speed of the restore, such as bulk")
    .option("--to <destination>", "internet, same-region or other-region")
    .option("--bandwidth <mbit>", "of the line, in Mbit/s", parseNumber)
    .action((options: RestoreOptions) => quote(context, options));
  question(cost, "check", "which prunes delete before the class's minimum days, and what that costs").action(
    async (options: CostOptions) => {
      const report = reportOf(context, options);
      const parts = withOffer(questionParts(context, options), options);
      const { answer, currency } = await askHere(context, options, report, "check", parts);
      report.result({ ...answer, currency }, checkText(answer));
    },
  );
  needs(question(cost, "recommend", "the cheapest offer that meets the needs, and why not the next two")).action(
    async (options: NeedsOptions) => {
      const report = reportOf(context, options);
      const parts = questionParts(context, options);
      const asked = { ...parts, needs: needsOf(parts.needs, options) };
      const { answer, currency } = await askHere(context, options, report, "recommend", asked);
      report.result({ ...answer, currency }, recommendationText(answer, currency));
    },
  );
  addSizeCommand(cost, context);
  addBookCommands(cost, context);
}

function question(parent: Command, name: string, text: string): Command {
  return parent
    .command(name)
    .description(text)
    .option("--workload <file>", "a workload as JSON")
    .option("--book <file>", "a price book as JSON: that one alone")
    .option("--offer <offer...>", "PROVIDER/REGION/CLASS, with /REDUNDANCY where there are several")
    .option("--storage <gb>", "simple form: gigabytes stored", parseNumber)
    .option("--transfer <gb>", "simple form: gigabytes read out to the internet", parseNumber)
    .option("--requests <count>", "simple form: requests in all", parseWhole(0, 1e12))
    .option("--days <days>", "simple form: days (default: 30)", parseWhole(1, 7_300))
    .addOption(dataDirOption())
    .addOption(jsonOption());
}

function needs(command: Command): Command {
  return command
    .option("--provider <id...>", "only these providers")
    .option("--region <id...>", "only these regions")
    .option("--continent <id...>", "only these continents")
    .option("--redundancy <level>", "at least: zone, zones or regions")
    .option("--max-wait <hours>", "from asking for data until they can be read", parseNumber);
}

function needsOf(given: unknown, options: NeedsOptions): Record<string, unknown> {
  const { provider, region, continent, redundancy, maxWait } = options;
  const asked = { providers: provider, regions: region, continents: continent, redundancy, maximumWaitHours: maxWait };
  return { ...object(given), ...Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) };
}

function terms(given: unknown, { speed, bandwidth }: RestoreOptions): Record<string, unknown> {
  return {
    ...object(given),
    ...(speed === undefined ? {} : { speed }),
    ...(bandwidth === undefined ? {} : { bitsPerSecond: bandwidth * 1e6 }),
  };
}

function withOffer(parts: Record<string, unknown>, { offer }: CostOptions): Record<string, unknown> {
  const [named, second] = offer ?? [];
  if (second !== undefined) throw new AppError("usage.invalid", "One --offer is enough here.");
  if (named !== undefined) return { ...parts, offer: offerFrom(named) };
  if (parts.offer !== undefined) return parts;
  throw new AppError("usage.invalid", "Say which offer: --offer PROVIDER/REGION/CLASS.", {
    hint: "'hypersdk cost compare' names them.",
  });
}

async function cheapest(context: CliContext, options: NeedsOptions, parts: Record<string, unknown>) {
  const { answer } = await askHere(context, options, reportOf(context, options), "compare", parts);
  return answer.slice(0, CHEAPEST).map(({ offer }) => ({ ...offer }));
}

async function quote(context: CliContext, options: RestoreOptions): Promise<void> {
  const report = reportOf(context, options);
  const parts = withOffer(questionParts(context, options), options);
  const { size, to } = options;
  if (size === undefined && parts.restore === undefined) {
    if (parts.workload === undefined) throw new AppError("usage.invalid", "Say how much: --size, or a --workload.");
    const asked = { ...parts, terms: terms(parts.terms, options) };
    const { answer } = await askHere(context, options, report, "estimate", asked);
    const { restoreEverything, currency, book } = answer;
    report.result({ ...restoreEverything, currency, book }, quoteText(restoreEverything, currency));
    return;
  }
  const restore = {
    ...object(parts.restore),
    ...(size === undefined ? {} : { bytes: size }),
    ...terms({}, options),
    ...(to === undefined ? {} : { to }),
  };
  const { answer, currency, book } = await askHere(context, options, report, "quote", { ...parts, restore });
  report.result({ ...answer, currency, book }, quoteText(answer, currency));
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function parseNumber(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError("Give a number, 0 or more.");
}
