/** What several tests of cost stand on: the shipped book, a backup job of a year, a class of Amazon's. */
import json from "../../../resources/prices/price-book.json" with { type: "json" };
import { PriceBook } from "../../model/price.ts";
import { JobWorkload } from "../../model/workload.ts";
import { offerOf } from "../offer.ts";

export const GIB = 2 ** 30;

export const book = PriceBook.parse(json);

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
