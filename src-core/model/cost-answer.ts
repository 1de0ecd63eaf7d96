/** What the cost rules answer beside a bill: comparisons, projections, checks, advice. Amounts are decimal strings with all their digits. */
import { z } from "zod";
import { CostSummary, OfferName } from "./cost.ts";
import { Decimal, RetrievalHours, StorageClass } from "./price.ts";

const Signed = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .meta({ description: "Decimal number as a string, negative for less" });

/** A sum of {@link CostSummary} with what a comparison is filtered and read by. */
export const CostRow = CostSummary.extend({
  continent: z.string(),
  temperature: StorageClass.shape.temperature,
  minimumDays: z.number().int().min(0),
  /** From asking until data can be read, at the class's usual speed; null: not known. */
  wait: RetrievalHours.nullable(),
  /** Longest wait at its fastest speed; null: not known. */
  fastestHours: Decimal.nullable(),
}).meta({ id: "CostRow" });
export type CostRow = z.infer<typeof CostRow>;

export const ProjectedOffer = z.object({
  offer: OfferName,
  /** By month; null: unknown. */
  monthly: z.array(Decimal.nullable()),
  /** Up to and with each month; unknown from the first unknown month on. */
  cumulative: z.array(Decimal.nullable()),
  /** Bytes stored at the end of each month. */
  storedBytes: z.array(z.number().min(0)),
});
export type ProjectedOffer = z.infer<typeof ProjectedOffer>;

/** From that month on, `cheaper` has cost less in all than `dearer`, which was ahead until then. */
export const BreakEven = z.object({
  /** Counted from 0. */
  month: z.number().int().min(0),
  label: z.string(),
  cheaper: OfferName,
  dearer: OfferName,
});
export type BreakEven = z.infer<typeof BreakEven>;

export const Projection = z
  .object({ months: z.array(z.string()), offers: z.array(ProjectedOffer), breakEvens: z.array(BreakEven) })
  .meta({ id: "CostProjection" });
export type Projection = z.infer<typeof Projection>;

export const CostChange = z.object({
  /** "S3 Standard-IA", "Ohio", "Half as many restore points". */
  label: z.string(),
  summary: CostSummary,
  /** Against the present plan; negative: less. Null: one of the two is unknown. */
  difference: Signed.nullable(),
});
export type CostChange = z.infer<typeof CostChange>;

export const WhatIf = z
  .object({
    now: CostSummary,
    class: z.array(CostChange),
    region: z.array(CostChange),
    retention: z.array(CostChange),
  })
  .meta({ id: "CostWhatIf" });
export type WhatIf = z.infer<typeof WhatIf>;

/** Prunes of data that lived equally long. */
export const EarlyPrune = z.object({
  kind: z.enum(["full", "increment", "growth"]),
  livedDays: z.number().int(),
  owedDays: z.number().int(),
  /** How many within the plan. */
  count: z.number().int(),
  /** The first ones, in days from the start. */
  days: z.array(z.object({ written: z.number().int(), pruned: z.number().int() })),
  bytes: Decimal,
  /** Null: the class's price is not in the book. */
  amount: Decimal.nullable(),
  sentence: z.string(),
});
export type EarlyPrune = z.infer<typeof EarlyPrune>;

export const RetentionCheck = z
  .object({
    class: z.string(),
    minimumDays: z.number().int().min(0),
    ok: z.boolean(),
    prunes: z.array(EarlyPrune),
    /** All of them. */
    total: Decimal.nullable(),
    /** What would avoid them. */
    advice: z.array(z.string()),
  })
  .meta({ id: "CostRetentionCheck" });
export type RetentionCheck = z.infer<typeof RetentionCheck>;

const Choice = z.object({ offer: OfferName, total: Decimal, reason: z.string() });

export const Recommendation = z
  .object({
    /** Null: nothing that is known meets the needs. */
    best: Choice.nullable(),
    next: z.array(Choice),
    /** Meets the needs, and might be cheaper: what is missing. */
    unknown: z.array(z.object({ offer: OfferName, atLeast: Decimal, missing: z.array(z.string()) })),
    left: z.array(z.object({ offer: OfferName, reason: z.string() })),
  })
  .meta({ id: "CostRecommendation" });
export type Recommendation = z.infer<typeof Recommendation>;

export const LifecycleRules = z
  .object({
    /** The command that applies the file. */
    apply: z.string(),
    /** The provider's own JSON. */
    rules: z.unknown(),
    notes: z.array(z.string()),
  })
  .meta({ id: "CostLifecycleRules" });
export type LifecycleRules = z.infer<typeof LifecycleRules>;

export const PriceChange = z
  .object({
    /** "aws/us-east-1/standard-storage" */
    path: z.string(),
    label: z.string(),
    kind: z.enum(["dearer", "cheaper", "new", "gone"]),
    /** From that many units of the meter on. */
    above: Decimal,
    /** For one unit of the meter; null: unknown. */
    from: Decimal.nullable(),
    to: Decimal.nullable(),
    /** Upwards positive, with one place; null where there is nothing to compare. */
    percent: Signed.nullable(),
  })
  .meta({ id: "PriceChange" });
export type PriceChange = z.infer<typeof PriceChange>;
