/** What the cost rules can be asked: with a price book, each of these decides its answer completely. */
import { z } from "zod";
import { DESTINATIONS, RedundancyLevel } from "./price.ts";
import { JobWorkload, Workload } from "./workload.ts";

const Name = z.string().min(1).max(80);
const Bytes = z
  .number()
  .int()
  .min(0)
  .max(2 ** 52);
const Names = z.array(Name).max(500).default([]);

/** A class of a provider in a region, by the book's ids. */
export const OfferRef = z
  .object({
    provider: Name,
    region: Name,
    class: Name,
    redundancy: Name.optional().describe("May be left out where the class has only one in that region."),
  })
  .meta({ id: "CostOfferRef" });
export type OfferRef = z.infer<typeof OfferRef>;

/** How a restore is asked for where the workload does not say. */
export const RestoreTerms = z.object({
  speed: Name.nullable()
    .default(null)
    .describe("One of the class's speeds; null: what the workload says, else its first."),
  bitsPerSecond: z.number().min(1).max(1e13).nullable().default(null).describe("Of the line that the data come over."),
});
export type RestoreTerms = z.infer<typeof RestoreTerms>;

/** What an offer must do to be taken. */
export const Needs = z
  .object({
    maximumWaitHours: z
      .number()
      .min(0)
      .max(10_000)
      .nullable()
      .default(null)
      .describe("From asking for data until they can be read, at most. null: any."),
    redundancy: RedundancyLevel.default("zone").describe("That, or more."),
    providers: Names.describe("Empty: all."),
    regions: Names.describe("Empty: all."),
    continents: Names.describe("Empty: all."),
  })
  .meta({ id: "CostNeeds" });
export type Needs = z.infer<typeof Needs>;

export const RestoreAsk = z
  .object({
    bytes: Bytes,
    storedBytes: Bytes.optional().describe(
      "What lies in the class at that time: some providers let out as much for free. Left out: as much as is restored.",
    ),
    objectBytes: Bytes.min(1).default(2 ** 30),
    partBytes: Bytes.min(1).default(64 * 2 ** 20),
    to: z.enum(DESTINATIONS).default("internet"),
    speed: RestoreTerms.shape.speed,
    copyDays: z.number().int().min(1).max(365).default(3).describe("Days for which a restored copy is kept."),
    bitsPerSecond: RestoreTerms.shape.bitsPerSecond,
    internetBytesPerMonth: Bytes.default(0).describe(
      "What the account sends to the internet in that month beside this.",
    ),
  })
  .meta({ id: "CostRestoreAsk" });
export type RestoreAsk = z.infer<typeof RestoreAsk>;

export const LifecycleAsk = z
  .object({
    prefix: z.string().max(500).default("").describe("Only objects whose names begin like that; empty: all."),
    moveAfterDays: z
      .number()
      .int()
      .min(1)
      .max(3_650)
      .nullable()
      .default(null)
      .describe("Days after which data move to the offer's class; null: they are uploaded to it."),
    abortAfterDays: z
      .number()
      .int()
      .min(1)
      .max(3_650)
      .default(7)
      .describe("Days after which an unfinished upload is dropped."),
  })
  .meta({ id: "CostLifecycleAsk" });
export type LifecycleAsk = z.infer<typeof LifecycleAsk>;

/** Offers beside each other in one chart. */
const MAX_PROJECTED = 60;

export const COST_QUESTIONS = {
  estimate: z.object({ workload: Workload, offer: OfferRef, terms: RestoreTerms.prefault({}) }),
  compare: z.object({ workload: Workload, needs: Needs.prefault({}) }),
  project: z.object({ workload: Workload, offers: z.array(OfferRef).min(1).max(MAX_PROJECTED) }),
  quote: z.object({ offer: OfferRef, restore: RestoreAsk }),
  check: z.object({ workload: JobWorkload, offer: OfferRef }),
  recommend: z.object({ workload: Workload, needs: Needs.prefault({}) }),
  lifecycle: z.object({ offer: OfferRef, ask: LifecycleAsk.prefault({}) }),
  whatIf: z.object({ workload: Workload, offer: OfferRef }),
  carbon: z.object({ workload: Workload, offer: OfferRef }),
} as const;
export type CostQuestionKind = keyof typeof COST_QUESTIONS;
/** What one kind of question asks, parsed. */
export type CostQuestion<K extends CostQuestionKind> = z.infer<(typeof COST_QUESTIONS)[K]>;
