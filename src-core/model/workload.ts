/** What is stored, for how long, and how it is read back: the question that the cost rules answer. */
import { z } from "zod";
import { DESTINATIONS } from "./price.ts";

/** Sums over a workload stay exact below 2^53. */
const MAX_BYTES = 2 ** 52;
const Bytes = z.number().int().min(0).max(MAX_BYTES);
const PositiveBytes = Bytes.min(1);
const Count = z.number().int().min(0).max(1e12);
/** 20 years. */
const Months = z.number().int().min(1).max(240);
const Share = z.number().min(0).max(1);

/** "2027-01": the bill follows the real months. Null: every month has 30 days. */
const StartMonth = z
  .string()
  .regex(/^(19|20|21)\d\d-(0[1-9]|1[0-2])$/, "A month such as 2027-01")
  .nullable();

const Destination = z.enum(DESTINATIONS);

/** What the account holds and sends already: marginal bands and free allowances are used up by it first. */
const AccountUse = z
  .object({ storedBytes: Bytes, internetBytesPerMonth: Bytes })
  .default({ storedBytes: 0, internetBytesPerMonth: 0 });

/** Something that reads stored data again and again: a restore, or a check that the data are still good. */
export const PlannedRead = z.object({
  label: z.string().min(1).max(100),
  /** How much each time: a share of the protected size at that time, or bytes. */
  amount: z.union([z.object({ share: Share }), z.object({ bytes: Bytes })]),
  /** 3: in the third month, the sixth, and so on. */
  everyMonths: z.number().int().min(1).max(240),
  times: z.number().int().min(1).max(10_000).default(1),
  to: Destination,
  /** One of the class's speeds; classes that have no such speed use their first. */
  speed: z.string().max(80).nullable().default(null),
  /** Days for which a restored copy is kept, where the class makes one. */
  copyDays: z.number().int().min(1).max(365).default(3),
});
export type PlannedRead = z.infer<typeof PlannedRead>;

/** How many of the newest days, weeks, months and years keep a restore point. */
export const Gfs = z
  .object({
    daily: z.number().int().min(0).max(10_000),
    weekly: z.number().int().min(0).max(1_000),
    monthly: z.number().int().min(0).max(1_000),
    yearly: z.number().int().min(0).max(100),
  })
  .refine((keep) => keep.daily + keep.weekly + keep.monthly + keep.yearly > 0, {
    message: "Keep at least one restore point, or say null to keep all",
  });
export type Gfs = z.infer<typeof Gfs>;

/** In the terms of a backup or export job. */
export const JobWorkload = z
  .object({
    kind: z.literal("job"),
    name: z.string().max(200).optional(),
    account: AccountUse,
    start: StartMonth.default(null),
    months: Months,
    /** Stored by the first full. */
    initialBytes: Bytes,
    /** Bytes that come on top of the protected size each day. */
    growthBytesPerDay: Bytes.default(0),
    /** Bytes that each day changes, as they are stored. */
    changeBytesPerDay: Bytes,
    everyDays: z.number().int().min(1).max(366).default(1),
    /** Days from full to full; null: one full, increments for ever. */
    fullEveryDays: z.number().int().min(1).max(3_660).nullable().default(null),
    /** Null: nothing is pruned. */
    retention: Gfs.nullable(),
    /** Object lock: nothing can be deleted before that many days after it was written. */
    lockDays: z.number().int().min(0).max(36_500).default(0),
    objectBytes: PositiveBytes,
    partBytes: PositiveBytes,
    reads: z.array(PlannedRead).max(50).default([]),
    listsPerMonth: Count.default(0),
    /** Uploads that broke off and lie about until a rule drops them. */
    unfinished: z
      .object({ bytesPerMonth: Bytes, days: z.number().int().min(1).max(365) })
      .nullable()
      .default(null),
    /** The data arrive in another class of the same provider and are moved by a lifecycle rule. */
    arrival: z
      .object({ class: z.string().max(80), days: z.number().int().min(1).max(3_650) })
      .nullable()
      .default(null),
  })
  .refine(({ objectBytes, partBytes }) => Math.ceil(objectBytes / partBytes) <= 50_000, {
    message: "More than 50,000 parts to an object: no provider takes that",
    path: ["partBytes"],
  });
export type JobWorkload = z.infer<typeof JobWorkload>;

/** A volume kept for some days and then deleted. */
export const SimpleWorkload = z.object({
  kind: z.literal("simple"),
  name: z.string().max(200).optional(),
  account: AccountUse,
  start: StartMonth.default(null),
  /** In the provider's own gigabytes, as on its price page. */
  storageGB: z.number().min(0).max(4_000_000),
  /** Read out to the internet, spread evenly over the days. */
  transferGB: z.number().min(0).max(4_000_000),
  /** One number is split as 60 % reads, 30 % writes, 10 % lists. */
  requests: z.union([Count, z.object({ writes: Count, reads: Count, lists: Count })]),
  days: z.number().int().min(1).max(7_300),
});
export type SimpleWorkload = z.infer<typeof SimpleWorkload>;

export const Workload = z.discriminatedUnion("kind", [JobWorkload, SimpleWorkload]).meta({ id: "CostWorkload" });
export type Workload = z.infer<typeof Workload>;
