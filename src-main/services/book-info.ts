/** What is told of a price book: its age, its sources, what it knows. */
import { offersOf } from "../../src-core/cost/offer.ts";
import type { PriceBook } from "../../src-core/model/price.ts";
import type { PriceBookInfo } from "../../src-core/model/price-book-state.ts";
import type { HeldBook } from "./price-books.ts";

const MS_PER_DAY = 86_400_000;
/** Prices change a few times a year. */
const STALE_DAYS = 90;

type Told = Omit<PriceBookInfo, "overrides" | "previousSerial" | "refused">;

export function bookInfo({ book, origin, signature }: HeldBook, now: number): Told {
  const read = book.sources.map(({ readAt }) => readAt).sort();
  const oldest = read[0] ?? book.generatedAt.slice(0, 10);
  const ageDays = Math.max(0, Math.floor((now - Date.parse(oldest)) / MS_PER_DAY));
  return {
    serial: book.serial,
    currency: book.currency,
    generatedAt: book.generatedAt,
    expiresAt: book.expiresAt,
    origin,
    signature,
    readAt: { oldest, newest: read.at(-1) ?? oldest },
    ageDays,
    stale: ageDays > STALE_DAYS,
    expired: Date.parse(book.expiresAt) < now,
    sources: book.sources,
    providers: providersOf(book),
  };
}

function providersOf(book: PriceBook): Told["providers"] {
  const offers = offersOf(book);
  return book.providers.map(({ id, label, classes, regions }) => ({
    id,
    label,
    classes: classes.map((each) => ({ id: each.id, label: each.label })),
    regions: regions.map((region) => {
      const here = offers.filter((offer) => offer.provider.id === id && offer.region.id === region.id);
      const priced = here.filter((offer) =>
        offer.price(offer.class.storage)?.bands.some(({ price }) => price !== null),
      );
      return {
        id: region.id,
        label: region.label,
        continent: region.continent,
        offers: here.length,
        priced: priced.length,
      };
    }),
  }));
}
