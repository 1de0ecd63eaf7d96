/** Cost: what storing and restoring costs, where it is cheapest, and by which prices. */
import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import { CostEstimate, PlanCarbon, RestoreCost } from "../model/cost.ts";
import {
  CostRow,
  LifecycleRules,
  PriceChange,
  Projection,
  Recommendation,
  RetentionCheck,
  WhatIf,
} from "../model/cost-answer.ts";
import { COST_QUESTIONS } from "../model/cost-question.ts";
import { ExportSize, SizeAsk, SizeHistoryRow } from "../model/export-size.ts";
import { PriceBook, PriceOverrides } from "../model/price.ts";
import { GivenBook, PriceBookInfo } from "../model/price-book-state.ts";
import { LISTED_PROVIDERS } from "../model/price-reading.ts";
import { base, DISK_CODES, failsWith } from "./base.ts";

const tags = ["cost"];
const book = GivenBook;
const bookErrors = failsWith("book.invalid", "book.signature", "book.refused");
const { estimate, compare, project, quote, check, recommend, lifecycle, whatIf, carbon } = COST_QUESTIONS;

export const cost = {
  estimate: base
    .errors(bookErrors)
    .route({
      method: "POST",
      path: "/cost/estimate",
      tags,
      summary: "The whole bill of a workload under one class in one region",
      description:
        "Every line with quantity, unit price, band, rule and source; months and years; both restores; carbon. A price that the " +
        "book lacks makes its sums null, never 0, and is named in `missing`.",
    })
    .input(estimate.extend({ book }))
    .output(CostEstimate),
  compare: base
    .errors(bookErrors)
    .route({
      method: "POST",
      path: "/cost/compare",
      tags,
      summary: "A workload under every class that meets the needs, cheapest first, unknown ones last",
    })
    .input(compare.extend({ book }))
    .output(z.object({ currency: z.string(), rows: z.array(CostRow) })),
  project: base
    .errors(bookErrors)
    .route({
      method: "POST",
      path: "/cost/project",
      tags,
      summary: "Several classes month by month: monthly, cumulative, stored bytes, break-evens",
    })
    .input(project.extend({ book }))
    .output(Projection.extend({ currency: z.string() })),
  quote: base
    .errors(bookErrors)
    .route({
      method: "POST",
      path: "/cost/quote",
      tags,
      summary: "Reading an amount of stored data back once: money, hours, steps",
    })
    .input(quote.extend({ book }))
    .output(RestoreCost.extend({ currency: z.string() })),
  check: base
    .errors(bookErrors)
    .route({
      method: "POST",
      path: "/cost/check",
      tags,
      summary: "Which prunes delete before the class's minimum days, and what that costs",
    })
    .input(check.extend({ book }))
    .output(RetentionCheck.extend({ currency: z.string() })),
  recommend: base
    .errors(bookErrors)
    .route({
      method: "POST",
      path: "/cost/recommend",
      tags,
      summary: "The cheapest class that meets the needs, the next two and why not they",
    })
    .input(recommend.extend({ book }))
    .output(Recommendation.extend({ currency: z.string() })),
  lifecycle: base
    .errors(bookErrors)
    .route({ method: "POST", path: "/cost/lifecycle", tags, summary: "Lifecycle rules as the provider takes them" })
    .input(lifecycle.extend({ book }))
    .output(LifecycleRules),
  whatIf: base
    .errors(bookErrors)
    .route({
      method: "POST",
      path: "/cost/what-if",
      tags,
      summary: "The same workload in other classes, in other regions, with other retention",
    })
    .input(whatIf.extend({ book }))
    .output(WhatIf.extend({ currency: z.string() })),
  carbon: base
    .errors(bookErrors)
    .route({ method: "POST", path: "/cost/carbon", tags, summary: "Carbon of a plan, with one significant digit" })
    .input(carbon.extend({ book }))
    .output(PlanCarbon),
  size: base
    .errors(failsWith(...DISK_CODES, "target.unsupported", "job.canceled"))
    .route({
      method: "POST",
      path: "/cost/size",
      tags,
      summary: "How large a disk would be as another file, told as it grows",
      description:
        "Server-sent events: each estimate replaces the one before, the last one is final. A seeded sample of the disk's data is really " +
        "compressed; closing the stream stops it.",
    })
    .input(SizeAsk)
    .output(eventIterator(ExportSize)),
  sizeHistory: base
    .route({
      method: "GET",
      path: "/cost/size/history",
      tags,
      summary: "Estimated sizes beside what conversions really made of those disks",
    })
    .output(
      z.object({
        /** Newest first. */
        rows: z.array(SizeHistoryRow),
        within: z.number().int(),
        smaller: z.number().int(),
        larger: z.number().int(),
      }),
    ),
  book: base
    .errors(bookErrors)
    .route({
      method: "GET",
      path: "/cost/book",
      tags,
      summary: "The price book in use: serial, age, sources, what it knows, what was refused",
    })
    .output(PriceBookInfo),
  bookDocument: base
    .errors(bookErrors)
    .route({
      method: "GET",
      path: "/cost/book/document",
      tags,
      summary: "The price book whole, with the user's discounts and endpoints on top",
    })
    .output(PriceBook),
  bookDiff: base
    .errors(bookErrors)
    .errors(failsWith("state.conflict"))
    .route({
      method: "POST",
      path: "/cost/book/diff",
      tags,
      summary: "What got dearer: the price book against the one before, or two given ones",
    })
    .input(
      z.object({
        before: PriceBook.optional().describe("Left out: the book before the one in use."),
        after: PriceBook.optional().describe("Left out: the book in use."),
      }),
    )
    .output(
      z.object({
        before: z.object({ serial: z.number().int(), generatedAt: z.string() }),
        after: z.object({ serial: z.number().int(), generatedAt: z.string() }),
        /** The dearest first. */
        changes: z.array(PriceChange),
      }),
    ),
  importBook: base
    .errors(bookErrors)
    .errors(failsWith("state.conflict"))
    .route({
      method: "POST",
      path: "/cost/book/import",
      tags,
      summary: "Take a price book from a file of this computer",
      description:
        "NAME.sig beside the file is its signature. A book that is not signed is taken only with `unsigned: true`: then whoever asks " +
        "vouches for it. A book that is refused changes nothing.",
    })
    .input(z.object({ path: z.string().min(1).max(4096), unsigned: z.boolean().default(false) }))
    .output(PriceBookInfo),
  refresh: base
    .errors(bookErrors)
    .errors(failsWith("source.unreachable", "job.canceled"))
    .route({
      method: "POST",
      path: "/cost/book/refresh",
      tags,
      summary: "Read the price lists that need no key, and take the book they make",
      description:
        "Takes minutes: AWS's files are large. A book in which a class is missing, a warmer class is cheaper than a colder one or a price " +
        "moved by more than half is refused (book.refused), and the present one stays.",
    })
    .input(
      z.object({
        providers: z
          .array(z.enum(LISTED_PROVIDERS))
          .min(1)
          .default([...LISTED_PROVIDERS]),
      }),
    )
    .output(PriceBookInfo),
  overrides: base
    .errors(bookErrors)
    .route({ method: "GET", path: "/cost/overrides", tags, summary: "The user's own discounts and endpoints" })
    .output(PriceOverrides),
  setOverrides: base
    .errors(bookErrors)
    .route({
      method: "PUT",
      path: "/cost/overrides",
      tags,
      summary: "Replace the user's own discounts and endpoints",
      description: "Refused where one names what the price book does not know.",
    })
    .input(PriceOverrides)
    .output(PriceOverrides),
};
