/** What the cost commands compute with: the price book in use with the user's own terms, or the one of --book; workloads from files. */

import { z } from "zod";
import { bookFaults } from "../../src-core/cost/book-check.ts";
import { parseDocument, parseValue } from "../../src-core/cost/document.ts";
import { answerCost, type CostAnswers } from "../../src-core/cost/questions.ts";
import { COST_QUESTIONS, type CostQuestionKind, type OfferRef } from "../../src-core/model/cost-question.ts";
import { AppError } from "../../src-core/model/error.ts";
import { PriceBook } from "../../src-core/model/price.ts";
import { dataFolder } from "../files/data-folder.ts";
import { readBookFile, readJsonText } from "../files/price-book-file.ts";
import { pricesFolder } from "../files/prices-folder.ts";
import { runTask } from "../jobs/worker-thread.ts";
import { checkSignature } from "../services/book-signature.ts";
import { type CostService, createCost } from "../services/cost.ts";
import { createPriceBooks } from "../services/price-books.ts";
import { type CliContext, type CommonOptions, dataDirOf, pathOf } from "./context.ts";
import type { Report } from "./report.ts";

export interface CostOptions extends CommonOptions {
  readonly book?: string;
  readonly workload?: string;
  readonly storage?: number;
  readonly transfer?: number;
  readonly requests?: number;
  readonly days?: number;
  readonly offer?: string[];
}

/** The cost service of this process. It writes only where it is asked to (a book that is taken, overrides). */
export function costHere(context: CliContext, options: CommonOptions, report: Report): CostService {
  const folder = dataFolder(dataDirOf(context, options));
  const { now } = context;
  const warn = (message: string) => report.warning(message);
  const books = createPriceBooks({ dataFolder: folder, pricesFolder: pricesFolder(), now, warn });
  return createCost({ books, dataFolder: folder, runTask: null, readPrices: runTask, now });
}

/** A book that a person names. What is odd about it is told; what cannot be computed with is an error. */
export function bookFrom(context: CliContext, path: string, report: Report): PriceBook {
  const file = pathOf(context, path);
  const { bytes, signature } = readBookFile(file);
  if (signature !== null) checkSignature(bytes, signature, file);
  const book = parseDocument(PriceBook, bytes.toString("utf8"), file, "book.invalid");
  for (const fault of bookFaults(book, null, Date.parse(book.generatedAt))) report.warning(`${file}: ${fault}`);
  return book;
}

const Document = z.record(z.string(), z.unknown());

/**
 * The parts of a question: from the file of --workload, which holds a workload, beside it or around it `offer`, `offers`, `needs`,
 * `terms`, `restore` and `ask`; or from the options of the simple form. @throws AppError path.*, usage.invalid at the field
 */
export function questionParts(context: CliContext, options: CostOptions): Record<string, unknown> {
  const { workload: path, storage } = options;
  if (path !== undefined && storage !== undefined) {
    throw new AppError("usage.invalid", "--workload and --storage exclude each other.");
  }
  if (path !== undefined) {
    const file = pathOf(context, path);
    const document = parseDocument(Document, readJsonText(file), file, "usage.invalid");
    return "workload" in document ? document : { ...document, workload: document };
  }
  if (storage === undefined) return {};
  const { transfer = 0, requests = 0, days = 30 } = options;
  return { workload: { kind: "simple", storageGB: storage, transferGB: transfer, requests, days } };
}

/** "aws/us-east-1/deep-archive", with the redundancy as a fourth part where there are several. */
export function offerFrom(text: string): OfferRef {
  const [provider, region, storageClass, redundancy, more] = text.split("/");
  if (!provider || !region || !storageClass || more !== undefined) {
    throw new AppError("usage.invalid", `"${text}" names no offer.`, {
      hint: "Say PROVIDER/REGION/CLASS, such as aws/us-east-1/deep-archive, with /REDUNDANCY where there are several.",
    });
  }
  return { provider, region, class: storageClass, ...(redundancy ? { redundancy } : {}) };
}

/** Parses the question and answers it. @throws AppError usage.invalid at the field, request.invalid, book.* */
export async function askHere<K extends CostQuestionKind>(
  context: CliContext,
  options: CostOptions,
  report: Report,
  kind: K,
  parts: Record<string, unknown>,
): Promise<{ answer: CostAnswers[K]; currency: string; book: { serial: number; generatedAt: string } }> {
  // The schema of that very kind.
  const schema = COST_QUESTIONS[kind] as unknown as z.ZodType<z.infer<(typeof COST_QUESTIONS)[K]>>;
  const name = options.workload === undefined ? "The question" : pathOf(context, options.workload);
  const question = parseValue(schema, parts, name, "usage.invalid");
  const book =
    options.book === undefined ? bookInUse(context, options, report) : bookFrom(context, options.book, report);
  const { serial, generatedAt, currency } = book;
  return { answer: answerCost(kind, question, book), currency, book: { serial, generatedAt } };
}

function bookInUse(context: CliContext, options: CommonOptions, report: Report): PriceBook {
  const service = costHere(context, options, report);
  const { stale, expired, ageDays, overrides } = service.info();
  if (stale || expired)
    report.warning(`The prices are ${ageDays} days old: 'hypersdk cost book refresh' reads new ones.`);
  for (const ignored of overrides.ignored) report.warning(ignored);
  return service.document();
}
