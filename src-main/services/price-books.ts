/**
 * The price books that the program has: the shipped one, one that was taken since (from a file or a refresh), and the one before.
 *
 * The one with the highest serial counts. What is refused changes nothing: the last good book stays, and the reasons are kept.
 */
import { join } from "node:path";
import { z } from "zod";
import { bookFaults } from "../../src-core/cost/book-check.ts";
import { parseDocument } from "../../src-core/cost/document.ts";
import { AppError } from "../../src-core/model/error.ts";
import { PriceBook } from "../../src-core/model/price.ts";
import { type BookOrigin, BookRefusal, type BookSignature } from "../../src-core/model/price-book-state.ts";
import { type BookFile, readBookFile, readKept, writeKept } from "../files/price-book-file.ts";
import { SHIPPED_BOOK } from "../files/prices-folder.ts";
import { checkSignature, PRICE_KEYS } from "./book-signature.ts";

export interface HeldBook {
  readonly book: PriceBook;
  readonly origin: BookOrigin;
  readonly signature: BookSignature;
}

export interface PriceBooks {
  /** The book in use. @throws AppError book.* where there is none that can be used */
  current(): HeldBook;
  /** The one with the highest serial below it; null: none. */
  previous(): HeldBook | null;
  /** Takes a book in place of the present one. @throws AppError book.*: then the present one stays */
  take(file: BookFile, origin: "imported" | "refreshed", name: string, unsigned: boolean): HeldBook;
  /** Notes that a book could not even be made, as {@link take} notes what it refuses. */
  refuse(origin: BookOrigin, serial: number | null, reasons: readonly string[]): void;
  /** What was refused since the present book was taken. */
  refused(): BookRefusal | null;
}

/** A book with its signature in one file of the data folder: both or none. */
const Envelope = z.object({
  origin: z.enum(["shipped", "imported", "refreshed"]),
  signature: z.string().nullable(),
  text: z.string(),
});

export function createPriceBooks(deps: {
  /** Where the program keeps its own; null: nothing is kept (a command without a data folder). */
  dataFolder: string;
  pricesFolder: string;
  now(): number;
  warn(message: string): void;
  keys?: Readonly<Record<string, string>>;
}): PriceBooks {
  const keys = deps.keys ?? PRICE_KEYS;
  const kept = (name: string) => join(deps.dataFolder, "prices", name);
  let loaded: { current: HeldBook; previous: HeldBook | null } | null = null;

  /** Fit to be used, whatever the clock says: an old book is better than none, and its age is shown. */
  function open(file: BookFile, origin: BookOrigin, name: string): HeldBook {
    const key = file.signature === null ? null : checkSignature(file.bytes, file.signature, name, keys);
    if (origin === "shipped" && key === null) throw new AppError("book.signature", `${name} is not signed.`);
    const book = parseDocument(PriceBook, file.bytes.toString("utf8"), name, "book.invalid");
    const faults = bookFaults(book, null, Date.parse(book.generatedAt));
    if (faults.length > 0) throw refusal("book.invalid", name, faults);
    return { book, origin, signature: { state: key === null ? "none" : "good", key } };
  }

  function openKept(name: string): HeldBook | null {
    const text = readKept(kept(name));
    if (text === null) return null;
    try {
      const envelope = parseDocument(Envelope, text, kept(name), "book.invalid");
      const bytes = Buffer.from(envelope.text, "utf8");
      return open({ bytes, signature: envelope.signature }, envelope.origin, kept(name));
    } catch (thrown) {
      deps.warn(`A kept price book is left out: ${AppError.from(thrown).message}`);
      return null;
    }
  }

  function openShipped(): HeldBook | AppError {
    const path = join(deps.pricesFolder, SHIPPED_BOOK);
    try {
      return open(readBookFile(path), "shipped", path);
    } catch (thrown) {
      return AppError.from(thrown);
    }
  }

  function load(): NonNullable<typeof loaded> {
    if (loaded !== null) return loaded;
    const shipped = openShipped();
    if (shipped instanceof AppError) deps.warn(`The shipped price book cannot be used: ${shipped.message}`);
    const all = [shipped, openKept("current.json"), openKept("previous.json")].filter(
      (held): held is HeldBook => held !== null && !(held instanceof AppError),
    );
    all.sort((a, b) => b.book.serial - a.book.serial);
    const [current] = all;
    if (current === undefined) throw shipped;
    loaded = { current, previous: all.find(({ book }) => book.serial < current.book.serial) ?? null };
    return loaded;
  }

  function refuse(origin: BookOrigin, serial: number | null, reasons: readonly string[]): void {
    const refused: BookRefusal = {
      at: new Date(deps.now()).toISOString(),
      origin,
      serial,
      reasons: reasons.slice(0, 50),
    };
    try {
      writeKept(kept("refused.json"), `${JSON.stringify(refused)}\n`);
    } catch (thrown) {
      deps.warn(`That a price book was refused could not be noted: ${AppError.from(thrown).message}`);
    }
  }

  return {
    current: () => load().current,
    previous: () => load().previous,
    refuse,
    refused() {
      const text = readKept(kept("refused.json"));
      if (text === null) return null;
      const parsed = BookRefusal.safeParse(jsonOrNull(text));
      return parsed.success ? parsed.data : null;
    },
    take(file, origin, name, unsigned) {
      const { current } = load();
      let serial: number | null = null;
      try {
        if (file.signature === null && !unsigned) {
          throw new AppError("book.signature", `${name} is not signed: there is no ${name}.sig.`, {
            hint: "Get its signature, or say that you vouch for it yourself.",
          });
        }
        const held = open(file, origin, name);
        serial = held.book.serial;
        const faults = bookFaults(held.book, current.book, deps.now());
        if (faults.length > 0) throw refusal("book.refused", name, faults);
        keep(kept("previous.json"), fileOf(current), current);
        keep(kept("current.json"), { signature: file.signature, text: file.bytes.toString("utf8") }, held);
        writeKept(kept("refused.json"), "null\n");
        loaded = { current: held, previous: current };
        return held;
      } catch (thrown) {
        const error = AppError.from(thrown);
        refuse(origin, serial, [error.message]);
        throw error;
      }
    },
  };

  /** What `held` was read from, to be kept on: the signature is over those very bytes. */
  function fileOf({ book, origin }: HeldBook): { signature: string | null; text: string } {
    if (origin === "shipped") {
      const { bytes, signature } = readBookFile(join(deps.pricesFolder, SHIPPED_BOOK));
      return { signature, text: bytes.toString("utf8") };
    }
    const text = readKept(kept("current.json"));
    const parsed = Envelope.safeParse(text === null ? null : jsonOrNull(text));
    return parsed.success ? parsed.data : { signature: null, text: JSON.stringify(book) };
  }
}

function keep(path: string, file: { signature: string | null; text: string }, { origin }: HeldBook): void {
  writeKept(path, JSON.stringify({ origin, signature: file.signature, text: file.text }));
}

function refusal(code: "book.invalid" | "book.refused", name: string, faults: readonly string[]): AppError {
  const named = faults.slice(0, 10).join(" ");
  const more = faults.length > 10 ? ` And ${faults.length - 10} more.` : "";
  return new AppError(code, `${name}: ${named}${more}`, { details: { faults: faults.length } });
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
