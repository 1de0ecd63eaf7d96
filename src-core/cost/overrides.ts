/** The user's own discounts and endpoints on top of the book. */
import { AppError } from "../model/error.ts";
import type { Price, PriceBook, PriceOverrides, PriceProvider } from "../model/price.ts";
import { digits, exact } from "./decimal.ts";

type Discount = PriceOverrides["discounts"][number];

/**
 * The book with `overrides` applied; the book itself stays as it is. Of several discounts on one price the most exact one counts
 * (meter and region before one of them before neither), and of equally exact ones the later.
 */
export function withOverrides(book: PriceBook, overrides: PriceOverrides): PriceBook {
  const { ignored } = applicable(book, overrides);
  const [fault] = ignored;
  if (fault !== undefined) throw new AppError("request.invalid", fault);
  return {
    ...book,
    sources: [...book.sources, ...overrides.sources],
    providers: [...book.providers.map((provider) => discounted(provider, overrides.discounts)), ...overrides.providers],
  };
}

/** Those of `overrides` that `book` can take, and for each of the others a sentence that says why not. */
export function applicable(book: PriceBook, overrides: PriceOverrides): { fit: PriceOverrides; ignored: string[] } {
  const ignored: string[] = [];
  const discounts = overrides.discounts.filter((discount) => {
    const unknown = unknownIn(book, discount);
    if (unknown !== null) ignored.push(`A discount names the ${unknown}, which the price book does not know.`);
    return unknown === null;
  });
  const providers = overrides.providers.filter(({ id }) => {
    const there = book.providers.some((each) => each.id === id);
    if (there) ignored.push(`The price book has a provider "${id}" already: give your endpoint another id.`);
    return !there;
  });
  return { fit: { ...overrides, discounts, providers }, ignored };
}

/** What the discount names and the book does not know: 'region "x"'. */
function unknownIn(book: PriceBook, { provider, region, meter }: Discount): string | null {
  const known = book.providers.find(({ id }) => id === provider);
  if (known === undefined) return `provider "${provider}"`;
  if (region !== undefined && !known.regions.some(({ id }) => id === region)) return `region "${region}"`;
  if (meter !== undefined && !known.meters.some(({ id }) => id === meter)) return `meter "${meter}"`;
  return null;
}

function discounted(provider: PriceProvider, all: readonly Discount[]): PriceProvider {
  const discounts = all.filter((each) => each.provider === provider.id);
  if (discounts.length === 0) return provider;
  return {
    ...provider,
    prices: pricesUnder(provider.prices, null, discounts),
    regions: provider.regions.map((region) => ({
      ...region,
      // A discount of the region alone is on the provider's common prices, too.
      prices: pricesUnder({ ...commonWhere(provider, region.id, discounts), ...region.prices }, region.id, discounts),
    })),
  };
}

/** Prices that hold everywhere, where this region has terms of its own. */
function commonWhere(provider: PriceProvider, region: string, discounts: readonly Discount[]): PriceProvider["prices"] {
  return discounts.some((each) => each.region === region) ? provider.prices : {};
}

function pricesUnder(
  prices: PriceProvider["prices"],
  region: string | null,
  discounts: readonly Discount[],
): PriceProvider["prices"] {
  return Object.fromEntries(
    Object.entries(prices).map(([key, price]) => {
      const [meter] = key.split("/");
      const fitting = discounts
        .filter(
          (each) =>
            (each.region === undefined || each.region === region) && (each.meter === undefined || each.meter === meter),
        )
        .sort((a, b) => exactness(a) - exactness(b));
      const last = fitting.at(-1);
      return [key, last === undefined ? price : less(price, last.percent)];
    }),
  );
}

function exactness({ region, meter }: Discount): number {
  return (meter === undefined ? 0 : 2) + (region === undefined ? 0 : 1);
}

function less(price: Price, percent: number): Price {
  const factor = exact(100).minus(percent).div(100);
  return {
    ...price,
    bands: price.bands.map((band) => ({
      ...band,
      price: band.price === null ? null : digits(exact(band.price).times(factor)),
    })),
  };
}
