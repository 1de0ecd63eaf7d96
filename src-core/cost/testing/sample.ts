/** What several tests of cost stand on: the shipped book, a backup job of a year, a class of Amazon's. */
import json from "../../../resources/prices/price-book.json" with { type: "json" };
import { PriceBook } from "../../model/price.ts";
import { JobWorkload } from "../../model/workload.ts";
import { offerOf } from "../offer.ts";

export const GIB = 2 ** 30;

export const book = PriceBook.parse(json);

/**
 * A copy of a book that lacks some prices.
 * @param lacking provider/region/key (a key may hold a slash); " above N" behind it: known up to N units alone
 */
export function without(whole: PriceBook, ...lacking: readonly string[]): PriceBook {
  const copy = PriceBook.parse(JSON.parse(JSON.stringify(whole)));
  for (const each of lacking) {
    const [path = "", above] = each.split(" above ");
    const [provider, region, ...key] = path.split("/");
    const prices = copy.providers.find(({ id }) => id === provider)?.regions.find(({ id }) => id === region)?.prices;
    const price = prices?.[key.join("/")];
    if (prices === undefined || price === undefined) throw new Error(`the book has no ${path}`);
    if (above === undefined) delete prices[key.join("/")];
    else {
      const kept = price.bands.filter(({ upTo }) => upTo !== null && Number(upTo) <= Number(above));
      price.bands = [...kept, { upTo: null, price: null }];
    }
  }
  return PriceBook.parse(copy);
}

/** 1,000 GiB of which 10 change a day, kept by days, weeks and months. */
export const job = (more: Record<string, unknown> = {}) =>
  JobWorkload.parse({
    kind: "job",
    start: null,
    months: 12,
    initialBytes: 1000 * GIB,
    changeBytesPerDay: 10 * GIB,
    retention: { daily: 7, weekly: 4, monthly: 12, yearly: 0 },
    objectBytes: GIB,
    partBytes: GIB,
    ...more,
  });

export const aws = (storageClass: string) =>
  offerOf(book, { provider: "aws", region: "us-east-1", class: storageClass });
