/** Cost: asks the rules of src-core/cost with the program's price book and the user's own terms on top of it. */
import { join } from "node:path";
import { diffBooks } from "../../src-core/cost/book-diff.ts";
import { parseDocument } from "../../src-core/cost/document.ts";
import { applicable, withOverrides } from "../../src-core/cost/overrides.ts";
import type { CostAnswers } from "../../src-core/cost/questions.ts";
import { refreshedBook } from "../../src-core/cost/refresh.ts";
import type { PriceChange } from "../../src-core/model/cost-answer.ts";
import type { CostQuestion, CostQuestionKind } from "../../src-core/model/cost-question.ts";
import { AppError } from "../../src-core/model/error.ts";
import { type PriceBook, PriceOverrides } from "../../src-core/model/price.ts";
import type { PriceBookInfo } from "../../src-core/model/price-book-state.ts";
import type { ListedProvider } from "../../src-core/model/price-reading.ts";
import type { PricesSpec } from "../../src-core/model/task.ts";
import type { TaskEvent } from "../../src-core/model/task-event.ts";
import { readBookFile, readKept, writeKept } from "../files/price-book-file.ts";
import type { runTask } from "../jobs/worker-thread.ts";
import { bookInfo } from "./book-info.ts";
import type { PriceBooks } from "./price-books.ts";

export type Asked<K extends CostQuestionKind> = CostQuestion<K> & { readonly book?: PriceBook | undefined };

export interface BookDiff {
  before: { serial: number; generatedAt: string };
  after: { serial: number; generatedAt: string };
  changes: PriceChange[];
}

export interface CostService {
  /** With the currency of the book. @throws AppError request.invalid, book.*; job.canceled when `signal` aborts */
  ask<K extends CostQuestionKind>(
    kind: K,
    asked: Asked<K>,
    signal?: AbortSignal,
  ): Promise<{ answer: CostAnswers[K]; currency: string }>;
  /** The book in use. @throws AppError book.* */
  info(): PriceBookInfo;
  /** The book in use with the user's own terms on top. @throws AppError book.* */
  document(): PriceBook;
  /** @throws AppError state.conflict where there is no book before the present one */
  diff(before?: PriceBook, after?: PriceBook): BookDiff;
  /** @throws AppError path.*, book.*: then the present book stays */
  importBook(path: string, unsigned: boolean): PriceBookInfo;
  /**
   * Reads the price lists of these providers and takes the book that they make.
   * @throws AppError source.unreachable, book.*: then the present book stays; job.canceled when `signal` aborts
   */
  refresh(
    providers: readonly ListedProvider[],
    signal?: AbortSignal,
    onEvent?: (event: TaskEvent) => void,
  ): Promise<PriceBookInfo>;
  overrides(): PriceOverrides;
  /** @throws AppError request.invalid for what the book does not know */
  setOverrides(overrides: PriceOverrides): PriceOverrides;
}

/** These look at hundreds of offers: on another thread, so that calls go on being answered. */
const LONG: ReadonlySet<CostQuestionKind> = new Set(["compare", "recommend", "whatIf", "project"]);

const PRICE_SERVERS: Record<ListedProvider, string> = {
  aws: "https://pricing.us-east-1.amazonaws.com",
  azure: "https://prices.azure.com",
  oci: "https://apexapps.oracle.com",
};

const NO_OVERRIDES: PriceOverrides = PriceOverrides.parse({});

export function createCost(deps: {
  books: PriceBooks;
  dataFolder: string;
  /** Null: this thread has nothing else to do (the command line). */
  runTask: typeof runTask | null;
  /** Where there is no thread for questions: what reads price lists all the same. */
  readPrices?: typeof runTask;
  /** Left out: the providers' own. */
  priceServers?: Partial<Record<ListedProvider, string>>;
  now(): number;
}): CostService {
  const { books, runTask } = deps;
  const overridesFile = join(deps.dataFolder, "prices", "overrides.json");
  let applied: { book: PriceBook; overrides: PriceOverrides; effective: PriceBook; ignored: string[] } | null = null;
  let own: PriceOverrides | null = null;

  function overrides(): PriceOverrides {
    if (own !== null) return own;
    const text = readKept(overridesFile);
    own = text === null ? NO_OVERRIDES : parseDocument(PriceOverrides, text, overridesFile, "book.invalid");
    return own;
  }

  /** Computed anew where one of the two changed. */
  function effective(): NonNullable<typeof applied> {
    const { book } = books.current();
    const mine = overrides();
    if (applied?.book === book && applied.overrides === mine) return applied;
    const { fit, ignored } = applicable(book, mine);
    applied = { book, overrides: mine, effective: withOverrides(book, fit), ignored };
    return applied;
  }

  function info(): PriceBookInfo {
    const { discounts, providers } = overrides();
    return {
      ...bookInfo(books.current(), deps.now()),
      overrides: { discounts: discounts.length, providers: providers.length, ignored: effective().ignored },
      previousSerial: books.previous()?.book.serial ?? null,
      refused: books.refused(),
    };
  }

  return {
    async ask(kind, { book: given, ...asked }, signal) {
      const book = given ?? effective().effective;
      const question = asked as unknown as CostQuestion<typeof kind>;
      if (runTask === null || !LONG.has(kind)) {
        // The rules are many files that no start of the program is to wait for.
        const { answerCost } = await import("../../src-core/cost/questions.ts");
        return { answer: answerCost(kind, question, book), currency: book.currency };
      }
      const spec = { kind: "cost" as const, asks: kind, question, book };
      const { answer } = await runTask(spec, signal === undefined ? {} : { signal });
      // What the thread of our own rules answered.
      return { answer: answer as CostAnswers[typeof kind], currency: book.currency };
    },
    info,
    document: () => effective().effective,
    diff(before, after) {
      const old = before ?? books.previous()?.book;
      if (old === undefined) {
        throw new AppError("state.conflict", "There is no price book before the present one to compare it with.");
      }
      const now = after ?? books.current().book;
      const named = ({ serial, generatedAt }: PriceBook) => ({ serial, generatedAt });
      return { before: named(old), after: named(now), changes: diffBooks(old, now) };
    },
    importBook(path, unsigned) {
      books.take(readBookFile(path), "imported", path, unsigned);
      return info();
    },
    async refresh(providers, signal, onEvent) {
      const { book } = books.current();
      try {
        const { read } = await (deps.readPrices ?? deps.runTask ?? noThread)(
          pricesSpec(book, providers, deps.priceServers),
          { ...(signal === undefined ? {} : { signal }), ...(onEvent === undefined ? {} : { onEvent }) },
        );
        const made = refreshedBook(book, read, deps.now());
        const [fault] = made.faults;
        if (fault !== undefined) throw new AppError("book.refused", made.faults.slice(0, 10).join(" "));
        const bytes = Buffer.from(`${JSON.stringify(made.book)}\n`, "utf8");
        books.take({ bytes, signature: null }, "refreshed", "The refreshed price book", true);
      } catch (thrown) {
        const error = AppError.from(thrown);
        if (error.code !== "job.canceled") books.refuse("refreshed", null, [error.message]);
        throw error;
      }
      return info();
    },
    overrides,
    setOverrides(wanted) {
      withOverrides(books.current().book, wanted);
      writeKept(overridesFile, `${JSON.stringify(wanted, null, 2)}\n`);
      own = wanted;
      return wanted;
    },
  };
}

function pricesSpec(
  book: PriceBook,
  providers: readonly ListedProvider[],
  servers: Partial<Record<ListedProvider, string>> = {},
): PricesSpec {
  const lists = providers.map((provider) => ({
    provider,
    url: servers[provider] ?? PRICE_SERVERS[provider],
    regions: book.providers.find(({ id }) => id === provider)?.regions.map(({ id }) => id) ?? [],
  }));
  return { kind: "prices", currency: book.currency, lists };
}

const noThread = (): never => {
  throw new AppError("internal.bug", "nothing reads price lists here");
};
