/** The price book that the program computes with: which one, how old, who vouches for it, what became of the last attempt at a newer one. */
import { z } from "zod";
import { PriceBook, PriceSource } from "./price.ts";

/**
 * shipped: came with the program. imported: a file of the user's. refreshed: put together by this program from price lists.
 * given: in the request or named on the command line.
 */
export const BookOrigin = z.enum(["shipped", "imported", "refreshed", "given"]);
export type BookOrigin = z.infer<typeof BookOrigin>;

/** good: signed with a key of ours. none: nobody signed it; whoever brought it in vouches for it. */
export const BookSignature = z.object({ state: z.enum(["good", "none"]), key: z.string().nullable() });
export type BookSignature = z.infer<typeof BookSignature>;

export const BookRefusal = z.object({
  at: z.iso.datetime(),
  /** "shipped", "imported", "refreshed": of the book that was refused. */
  origin: BookOrigin,
  serial: z.number().int().nullable(),
  reasons: z.array(z.string()),
});
export type BookRefusal = z.infer<typeof BookRefusal>;

export const PriceBookInfo = z
  .object({
    serial: z.number().int(),
    currency: z.string(),
    generatedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    origin: BookOrigin,
    signature: BookSignature,
    /** Of the oldest and the newest of its sources. */
    readAt: z.object({ oldest: z.iso.date(), newest: z.iso.date() }),
    /** Whole days since its oldest source was read. */
    ageDays: z.number().int().min(0),
    /** Older than 90 days: show it. */
    stale: z.boolean(),
    /** After `expiresAt`; still used, and said everywhere. */
    expired: z.boolean(),
    sources: z.array(PriceSource),
    providers: z.array(
      z.object({
        id: z.string(),
        label: z.string(),
        classes: z.array(z.object({ id: z.string(), label: z.string() })),
        regions: z.array(
          z.object({
            id: z.string(),
            label: z.string(),
            continent: z.string(),
            /** Offers there (class and redundancy), and how many have a price for storage. */
            offers: z.number().int(),
            priced: z.number().int(),
          }),
        ),
      }),
    ),
    /** The user's own terms that are on top of it; `ignored` says which of them this book cannot take, and why. */
    overrides: z.object({ discounts: z.number().int(), providers: z.number().int(), ignored: z.array(z.string()) }),
    /** Serial of the book before this one, which a diff compares with; null: there was none. */
    previousSerial: z.number().int().nullable(),
    /** The last attempt to bring in another one that was refused; null: none since this one was taken. */
    refused: BookRefusal.nullable(),
  })
  .meta({ id: "PriceBookInfo" });
export type PriceBookInfo = z.infer<typeof PriceBookInfo>;

/** A book in a request: with it the request alone determines the answer, and the program's own book and overrides play no part. */
export const GivenBook = PriceBook.optional().describe(
  "Left out: the program's own book with the user's overrides on top. Given: that book alone.",
);
