/** `hypersdk cost book …`: the price book. What changes it is done by the running program, where there is one. */
import type { Command } from "commander";
import { contract } from "../../../src-core/contract/contract.ts";
import { bookFaults } from "../../../src-core/cost/book-check.ts";
import { diffBooks } from "../../../src-core/cost/book-diff.ts";
import { parseDocument } from "../../../src-core/cost/document.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { PriceBook } from "../../../src-core/model/price.ts";
import type { PriceBookInfo } from "../../../src-core/model/price-book-state.ts";
import { LISTED_PROVIDERS } from "../../../src-core/model/price-reading.ts";
import { wordOf } from "../../../src-core/model/words.ts";
import { readBookFile } from "../../files/price-book-file.ts";
import { checkSignature } from "../../services/book-signature.ts";
import { findProgram } from "../client/connect.ts";
import { type CliContext, type CommonOptions, dataDirOf, pathOf, reportOf } from "../context.ts";
import { bookFrom, costHere } from "../cost-context.ts";
import { EXIT } from "../exit-code.ts";
import { programCommand } from "../options.ts";
import { changesText } from "../text/cost-text.ts";
import { pairs, table } from "../text/table.ts";

export function addBookCommands(parent: Command, context: CliContext): void {
  const book = parent.command("book").description("the price book: which one, how old, what got dearer");
  programCommand(book, "show", "the price book in use").action((options: CommonOptions) => {
    const report = reportOf(context, options);
    const info = costHere(context, options, report).info();
    report.result({ ...info }, infoText(info));
  });
  programCommand(
    book,
    "diff [before] [after]",
    "what got dearer: two files, or the book in use against the one before",
  ).action((before: string | undefined, after: string | undefined, options: CommonOptions) => {
    const report = reportOf(context, options);
    const service = costHere(context, options, report);
    const file = (path: string | undefined) => (path === undefined ? undefined : bookFrom(context, path, report));
    const [old, now] = [file(before), file(after)];
    const diff =
      old !== undefined && now !== undefined
        ? { before: old, after: now, changes: diffBooks(old, now) }
        : service.diff(old, now);
    const { changes } = diff;
    const serials = { before: diff.before.serial, after: diff.after.serial };
    report.result({ ...serials, changes }, [`Book ${serials.before} to ${serials.after}`, "", ...changesText(changes)]);
  });
  programCommand(book, "verify <file>", "is a price book signed by us, whole and right?").action(
    (path: string, options: CommonOptions) => verify(context, path, options),
  );
  programCommand(
    book,
    "refresh [providers...]",
    "read the price lists that need no key: aws, azure, oci (default: all)",
  ).action((providers: string[], options: CommonOptions) => refresh(context, providers, options));
  programCommand(book, "import <file>", "take a price book from a file; FILE.sig is its signature")
    .option("--unsigned", "it has none: you vouch for it yourself")
    .action(async (path: string, options: CommonOptions & { readonly unsigned?: boolean }) => {
      const report = reportOf(context, options);
      const [file, unsigned] = [pathOf(context, path), options.unsigned === true];
      const program = await findProgram(dataDirOf(context, options), context.signal);
      const info =
        program === null
          ? costHere(context, options, report).importBook(file, unsigned)
          : await program.client.call(contract.cost.importBook, { path: file, unsigned }, context.signal);
      report.result({ ...info }, infoText(info));
    });
}

function verify(context: CliContext, path: string, options: CommonOptions): void {
  const report = reportOf(context, options);
  const file = pathOf(context, path);
  const { bytes, signature } = readBookFile(file);
  if (signature === null) throw new AppError("book.signature", `${file} is not signed: there is no ${file}.sig.`);
  const key = checkSignature(bytes, signature, file);
  const book = parseDocument(PriceBook, bytes.toString("utf8"), file, "book.invalid");
  const faults = bookFaults(book, null, context.now());
  report.result({ file, key, serial: book.serial, faults }, [
    `${file}: signed with the key ${key}, serial ${book.serial}, made ${book.generatedAt}.`,
    ...faults,
  ]);
  if (faults.length > 0) context.exitWith(EXIT.bad);
}

async function refresh(context: CliContext, asked: readonly string[], options: CommonOptions): Promise<void> {
  const report = reportOf(context, options);
  const providers = asked.map((name) => {
    const found = wordOf(LISTED_PROVIDERS, name);
    if (found === null)
      throw new AppError("usage.invalid", `There is no price list of "${name}": ${LISTED_PROVIDERS.join(", ")}.`);
    return found;
  });
  const wanted = providers.length === 0 ? [...LISTED_PROVIDERS] : providers;
  const { signal } = context;
  const program = await findProgram(dataDirOf(context, options), signal);
  try {
    const info =
      program === null
        ? await costHere(context, options, report).refresh(wanted, signal, (event) => {
            if (event.type === "progress") report.progress(event);
          })
        : await program.client.call(contract.cost.refresh, { providers: wanted }, signal);
    report.result({ ...info }, infoText(info));
  } finally {
    report.close();
  }
}

function infoText(info: PriceBookInfo): string[] {
  const signed = info.signature.state === "good" ? `signed (${info.signature.key})` : "not signed";
  const age = `${info.ageDays} days${info.expired ? ", expired" : info.stale ? ", stale" : ""}`;
  return [
    ...pairs([
      ["Serial", `${info.serial} (${info.origin}, ${signed})`],
      ["Made", info.generatedAt],
      ["Read", `${info.readAt.oldest} to ${info.readAt.newest}; the oldest source is ${age} old`],
      ["Currency", info.currency],
      ["Own terms", `${info.overrides.discounts} discounts, ${info.overrides.providers} endpoints`],
      ...info.overrides.ignored.map((text) => ["", text] as const),
      ...(info.refused === null
        ? []
        : ([["Refused", `${info.refused.at}: ${info.refused.reasons.join(" ")}`]] as const)),
    ]),
    "",
    ...table(
      [
        { title: "PROVIDER" },
        { title: "CLASSES", align: "right" },
        { title: "REGIONS", align: "right" },
        { title: "OFFERS WITH A PRICE", align: "right" },
      ],
      info.providers.map(({ label, classes, regions }) => {
        const priced = regions.reduce((sum, region) => sum + region.priced, 0);
        const offers = regions.reduce((sum, region) => sum + region.offers, 0);
        return [label, String(classes.length), String(regions.length), `${priced} of ${offers}`];
      }),
    ),
  ];
}
