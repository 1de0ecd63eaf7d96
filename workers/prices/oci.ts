/** Oracle's public price list: products by part number; the price is that of paying as one goes. */
import { z } from "zod";
import { digits, exact } from "../../src-core/cost/decimal.ts";
import type { PriceReading } from "../../src-core/model/price-reading.ts";

export const OciList = z.object({
  items: z.array(
    z.object({
      partNumber: z.string(),
      currencyCodeLocalizations: z
        .array(
          z.object({
            currencyCode: z.string(),
            prices: z.array(
              z.object({
                model: z.string(),
                value: z.number().min(0),
                rangeMin: z.number().optional(),
                rangeMax: z.number().optional(),
              }),
            ),
          }),
        )
        .default([]),
    }),
  ),
});

const PARTS: Record<string, string> = {
  B91628: "standard-storage",
  B93000: "infrequent-storage",
  B91633: "archive-storage",
  B91627: "requests",
  B88327: "internet",
};

/** The list writes its last band's end as a number without meaning. */
const NO_END = 999_999_999;

export function ociReadings({ items }: z.infer<typeof OciList>, currency: string): PriceReading[] {
  return items.flatMap(({ partNumber, currencyCodeLocalizations }) => {
    const key = Object.hasOwn(PARTS, partNumber) ? PARTS[partNumber] : undefined;
    const own = currencyCodeLocalizations.find((each) => each.currencyCode === currency);
    const prices = (own?.prices ?? [])
      .filter(({ model }) => model === "PAY_AS_YOU_GO")
      .sort((a, b) => (a.rangeMin ?? 0) - (b.rangeMin ?? 0));
    if (key === undefined || prices.length === 0 || (prices[0]?.rangeMin ?? 0) !== 0) return [];
    const bands = prices.map(({ value, rangeMax }, at) => ({
      upTo:
        at === prices.length - 1 || rangeMax === undefined || rangeMax >= NO_END
          ? null
          : digits(exact(String(rangeMax))),
      price: digits(exact(String(value))),
    }));
    // A free allowance alone, or bands in disorder, are no price.
    const isWhole = bands.every(({ upTo }, at) => (upTo === null) === (at === bands.length - 1));
    return isWhole ? [{ region: null, key, bands }] : [];
  });
}
