/** A price as a provider's own list states it, in the words of the price book. */
import { z } from "zod";
import { Decimal } from "./price.ts";

export const PriceReading = z.object({
  /** Null: everywhere. */
  region: z.string().nullable(),
  /** A meter of the book, or `meter/redundancy`. */
  key: z.string(),
  /** In units of the meter. */
  bands: z.array(z.object({ upTo: Decimal.nullable(), price: Decimal })).min(1),
});
export type PriceReading = z.infer<typeof PriceReading>;

/** Providers whose lists can be read without a key. */
export const LISTED_PROVIDERS = ["aws", "azure", "oci"] as const;
export type ListedProvider = (typeof LISTED_PROVIDERS)[number];
