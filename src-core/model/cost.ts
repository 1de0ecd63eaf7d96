/** What the cost rules answer. Amounts are decimal strings with all their digits; only who shows them rounds. */
import { z } from "zod";
import { CostCategory, Decimal, RedundancyLevel } from "./price.ts";

/** Sums by part of the bill. Null: something in it has no price in the book. */
const Money = Decimal.nullable();

export const CostParts = z.record(CostCategory, Money);
export type CostParts = z.infer<typeof CostParts>;

export const OfferName = z.object({
  provider: z.string(),
  region: z.string(),
  class: z.string(),
  redundancy: z.string(),
  label: z.string(),
});
export type OfferName = z.infer<typeof OfferName>;

/** One piece of arithmetic: `quantity × unitPrice ÷ per = amount`. */
export const CostLine = z.object({
  month: z.number().int().min(0),
  category: CostCategory,
  /** What the provider counts. */
  meter: z.string(),
  quantity: Decimal,
  unit: z.string(),
  /** Null: missing in the book. */
  unitPrice: Decimal.nullable(),
  per: Decimal,
  /** Units of the month that this band begins and ends at; null: no end. */
  band: z.object({ from: Decimal, upTo: Decimal.nullable() }).nullable(),
  amount: Money,
  /** Why that quantity. */
  rule: z.string(),
  /** Id of a source of the book; null for what is missing or free by rule. */
  source: z.string().nullable(),
});
export type CostLine = z.infer<typeof CostLine>;

export const PeriodCost = z.object({
  /** "2027-01", "month 3", "year 1". */
  label: z.string(),
  total: Money,
  parts: CostParts,
});
export type PeriodCost = z.infer<typeof PeriodCost>;

/** Reading stored data back once, at the end of the plan. */
export const RestoreCost = z.object({
  bytes: z.number().int().min(0),
  objects: z.number().int().min(0),
  speed: z.string(),
  destination: z.string(),
  total: Money,
  parts: CostParts,
  lines: z.array(CostLine),
  missing: z.array(z.string()),
  /** From the request until data can be read; null where the book does not say. */
  waitHours: z.object({ from: Decimal, to: Decimal }).nullable(),
  /** At the stated rate; null where none is stated. */
  transferHours: Decimal.nullable(),
  steps: z.array(z.string()),
});
export type RestoreCost = z.infer<typeof RestoreCost>;

export const CostSummary = z.object({
  offer: OfferName,
  level: RedundancyLevel,
  /** Null: unknown. Never a sum in which something is left out. */
  total: Money,
  /** What is known of it: the total is that or more. */
  atLeast: Decimal,
  parts: CostParts,
  missing: z.array(z.string()),
  /** Ids of sources of the book that were used. */
  sourceIds: z.array(z.string()),
});
export type CostSummary = z.infer<typeof CostSummary>;

/** kg CO2e with one significant digit; null: unknown. */
const Kilograms = Decimal.nullable();

export const PlanCarbon = z.object({
  storageKg: Kilograms,
  networkKg: Kilograms,
  totalKg: Kilograms,
  missing: z.array(z.string()),
  /** How it was computed, in words. */
  formula: z.string(),
  /** "location-based": of the grid that the building stands on. */
  gridKind: z.string().nullable(),
  source: z.object({ title: z.string(), url: z.url(), readAt: z.iso.date() }),
});
export type PlanCarbon = z.infer<typeof PlanCarbon>;

export const CostEstimate = CostSummary.extend({
  currency: z.string(),
  book: z.object({ serial: z.number().int(), generatedAt: z.string(), expiresAt: z.string() }),
  months: z.array(PeriodCost),
  /** Twelve months each from the first on; the last may be shorter. */
  years: z.array(PeriodCost),
  /** The first twelve months; null where the plan is shorter. */
  firstYear: Money,
  /** The last twelve months, when pruning keeps pace with writing; null where the plan is shorter. */
  steadyYear: Money,
  restoreEverything: RestoreCost,
  restoreNewest: RestoreCost,
  lines: z.array(CostLine),
  /** Of the whole plan. */
  carbon: PlanCarbon,
  assumptions: z.array(z.string()),
  /** Sources of the lines. */
  sources: z.array(
    z.object({ id: z.string(), title: z.string(), url: z.string(), readAt: z.string(), kind: z.string() }),
  ),
}).meta({ id: "CostEstimate" });
export type CostEstimate = z.infer<typeof CostEstimate>;
