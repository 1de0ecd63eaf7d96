/** The prices of a book as a flat list: what checks and differences walk over. */
import type { Price, PriceBook, PriceProvider } from "../model/price.ts";

export interface PricePlace {
  /** "aws/us-east-1/standard-storage", "gcs/all/internet" for all regions. */
  path: string;
  provider: PriceProvider;
  /** Null: the provider's, for all regions. */
  region: string | null;
  /** With "/redundancy" where that decides. */
  key: string;
  price: Price;
}

export function pricesOf(book: PriceBook): PricePlace[] {
  return book.providers.flatMap((provider) => [
    ...Object.entries(provider.prices).map(([key, price]) => ({
      path: `${provider.id}/all/${key}`,
      provider,
      region: null,
      key,
      price,
    })),
    ...provider.regions.flatMap((region) =>
      Object.entries(region.prices).map(([key, price]) => ({
        path: `${provider.id}/${region.id}/${key}`,
        provider,
        region: region.id,
        key,
        price,
      })),
    ),
  ]);
}
