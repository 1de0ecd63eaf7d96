/** A new price book from the present one and what price lists say. What no list says stays as it is, with its own source and day. */
import type { PriceBook, PriceProvider, PriceSource } from "../model/price.ts";
import type { PriceReading } from "../model/price-reading.ts";
import { exact } from "./decimal.ts";

const BOOK_DAYS = 90;
const MS_PER_DAY = 86_400_000;

/** What was read of one provider. */
export interface ProviderReadings {
  readonly provider: string;
  readonly url: string;
  readonly publishedAt: string | null;
  readonly readings: readonly PriceReading[];
}

/** @param now an instant in ms */
export function refreshedBook(
  previous: PriceBook,
  read: readonly ProviderReadings[],
  now: number,
): { book: PriceBook; faults: string[] } {
  const generatedAt = new Date(now).toISOString();
  const day = generatedAt.slice(0, 10);
  const sources = new Map(previous.sources.map((source) => [source.id, source]));
  const faults: string[] = [];
  const providers = previous.providers.map((provider): PriceProvider => {
    const found = read.find((each) => each.provider === provider.id);
    if (found === undefined) return provider;
    const source: PriceSource = {
      id: `${provider.id}-api-${day}`,
      title: `Price list of ${provider.label}, read by this program`,
      url: found.url,
      readAt: day,
      publishedAt: found.publishedAt,
      kind: "api",
    };
    sources.set(source.id, source);
    faults.push(...missingClasses(provider, found));
    return withReadings(provider, found.readings, source.id);
  });
  const used = new Set(providers.flatMap(usedSources));
  const book: PriceBook = {
    ...previous,
    serial: Math.max(previous.serial + 1, Number(day.replaceAll("-", "")) * 100 + 1),
    generatedAt,
    expiresAt: new Date(now + BOOK_DAYS * MS_PER_DAY).toISOString(),
    sources: [...sources.values()].filter(({ id }) => used.has(id)),
    providers,
    reviewed: [],
  };
  return { book, faults };
}

function withReadings(provider: PriceProvider, readings: readonly PriceReading[], source: string): PriceProvider {
  const pricesWith = (prices: PriceProvider["prices"], region: string | null): PriceProvider["prices"] => {
    const own = readings.filter((reading) => reading.region === region);
    return {
      ...prices,
      ...Object.fromEntries(own.map(({ key, bands }) => [key, { bands: withFree(prices[key], key, bands), source }])),
    };
  };
  return {
    ...provider,
    prices: pricesWith(provider.prices, null),
    regions: provider.regions.map((region) => ({ ...region, prices: pricesWith(region.prices, region.id) })),
  };
}

/** Price lists do not name the account's free network: the book's first band stays where the list begins with a price. */
function withFree(
  old: PriceProvider["prices"][string] | undefined,
  key: string,
  bands: PriceReading["bands"],
): PriceReading["bands"] {
  const [free] = old?.bands ?? [];
  const [first] = bands;
  if (key !== "internet" || free === undefined || free.upTo === null || free.price === null) return bands;
  if (!exact(free.price).isZero() || first === undefined || exact(first.price).isZero()) return bands;
  return [
    { upTo: free.upTo, price: "0" },
    ...bands.filter(({ upTo }) => upTo === null || exact(upTo).gt(free.upTo ?? "0")),
  ];
}

/** Where something was read of a region, every class that had a price for storage there must have one again. */
function missingClasses(provider: PriceProvider, { readings }: ProviderReadings): string[] {
  if (readings.length === 0) return [`Nothing was found in the price list of ${provider.label}.`];
  const faults: string[] = [];
  const places = [{ id: null, label: provider.label, prices: provider.prices }, ...provider.regions];
  for (const { id, label, prices } of places) {
    const keys = new Set(readings.filter(({ region }) => region === id).map(({ key }) => key));
    if (keys.size === 0) continue;
    for (const { storage, label: name } of provider.classes) {
      const had = Object.keys(prices).filter((key) => key.split("/")[0] === storage);
      for (const key of had)
        if (!keys.has(key)) faults.push(`${name} in ${label} is not in the price list any more (${key}).`);
    }
  }
  return faults;
}

function usedSources({ prices, regions }: PriceProvider): string[] {
  return [prices, ...regions.map((region) => region.prices)].flatMap((all) =>
    Object.values(all).map(({ source }) => source),
  );
}
