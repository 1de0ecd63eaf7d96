/**
 * The price book: one JSON document that says what storing and reading costs, where each number was read and when.
 *
 * A price that is not in the book is *missing*: it makes what needs it unknown, never free. A free thing says `"free"` or has a band of
 * price "0". Prices and volumes are decimal strings, so that no float stands between the provider's page and the bill.
 */
import { z } from "zod";
import { COST_CATEGORIES } from "./cost-category.ts";

/** A decimal number without sign and exponent: what a price page says, digit for digit. */
export const Decimal = z
  .string()
  .max(40)
  .regex(/^(0|[1-9]\d*)(\.\d+)?$/, "A decimal number such as 0.023, without sign or exponent")
  .meta({ description: "Decimal number as a string" });

const Id = z
  .string()
  .max(80)
  .regex(/^[a-z0-9][a-z0-9.-]*$/, "Small letters, digits, dots and dashes");

/** Where numbers were read. */
export const PriceSource = z.object({
  id: Id,
  title: z.string().min(1),
  url: z.url(),
  /** The day on which somebody, or a program, read it there. */
  readAt: z.iso.date(),
  /** What the source says of its own age; null where it says nothing. */
  publishedAt: z.iso.date().nullable(),
  /**
   * api: the provider's price list. page: the provider's own words. transcription: another's copy of them.
   * unconfirmed: remembered and not found again, or older than two years; answers that use it say so.
   */
  kind: z.enum(["api", "page", "transcription", "unconfirmed"]),
  note: z.string().optional(),
});
export type PriceSource = z.infer<typeof PriceSource>;

/** What units up to a mark cost. Bands are marginal: each unit costs what its own band says. */
export const PriceBand = z.object({
  /** In units of the meter, within a month and an account; null in the last band. */
  upTo: Decimal.nullable(),
  /** Null: the source names the band and no price. What falls into it is unknown. */
  price: Decimal.nullable(),
});
export type PriceBand = z.infer<typeof PriceBand>;

export const Price = z
  .object({
    bands: z.array(PriceBand).min(1),
    /** The price is for that many units: "730" where a page states GiB-months and the meter counts GiB-hours. */
    per: Decimal.optional(),
    source: Id,
  })
  .refine(({ bands }) => bands.every(({ upTo }, at) => (upTo === null) === (at === bands.length - 1)), {
    message: "Every band but the last ends at a mark, and the last one at none",
    path: ["bands"],
  })
  .refine(
    ({ bands }) =>
      bands.every(({ upTo }, at) => at === 0 || upTo === null || Number(upTo) > Number(bands[at - 1]?.upTo)),
    {
      message: "The marks of the bands must rise",
      path: ["bands"],
    },
  )
  .refine(({ per }) => per === undefined || Number(per) > 0, { message: "Must be above zero", path: ["per"] });
export type Price = z.infer<typeof Price>;

/** How stored bytes become units. */
export const StorageCalendar = z.enum([
  /** Byte-hours over the hours of that very month (AWS, Azure). */
  "hours-of-month",
  /** Unit-hours as they are, however long the month (Google). */
  "hours",
  /** Byte-hours over 720 hours, however long the month (Backblaze, Wasabi). */
  "thirty-days",
  /** The peak of each day, summed and divided by 30 (Cloudflare). */
  "daily-peak-thirty-days",
]);
export type StorageCalendar = z.infer<typeof StorageCalendar>;

export const CostCategory = z.enum(COST_CATEGORIES);
export type CostCategory = z.infer<typeof CostCategory>;

/** One thing that a provider counts and charges. */
export const Meter = z.object({
  id: Id,
  label: z.string().min(1),
  /** What a unit is called: "GB-month", "1,000 requests". */
  unit: z.string().min(1),
  measure: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("storage"), unitBytes: z.number().int().positive(), calendar: StorageCalendar }),
    z.object({ kind: z.literal("bytes"), unitBytes: z.number().int().positive() }),
    /** Requests, or objects in a month. */
    z.object({ kind: z.literal("count"), per: z.number().int().positive() }),
  ]),
  /** Billed in whole units a month: 1.1 is billed as 2. */
  roundUp: z.boolean().optional(),
  /** At least that many units are billed in a month. */
  minimumUnits: Decimal.optional(),
});
export type Meter = z.infer<typeof Meter>;

/** The meter that counts it, or "free". What is absent is missing. */
const MeterRef = z.union([z.literal("free"), Id]);

/** What a program asks of an object store, by what providers tell apart. */
export const OPERATIONS = [
  "put-object",
  "create-upload",
  "upload-part",
  "complete-upload",
  "get-object",
  "list-objects",
  "delete-object",
  "transition-in",
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** From the request until bytes can be read. */
export const RetrievalHours = z.object({ from: Decimal, to: Decimal });

/** A way to get data of a class back. */
export const RetrievalSpeed = z.object({
  id: Id,
  label: z.string().min(1),
  /** Null: the provider's word is not in the book. */
  hours: RetrievalHours.nullable(),
  bytes: MeterRef.optional(),
  /** For each object that is restored. */
  requests: MeterRef.optional(),
  /** The restored copy lies on this meter until it is dropped; absent where reading needs no copy. */
  copy: MeterRef.optional(),
});
export type RetrievalSpeed = z.infer<typeof RetrievalSpeed>;

/** A storage class: the rules that hold in every region. */
export const StorageClass = z.object({
  id: Id,
  label: z.string().min(1),
  /** What its interface calls it: "DEEP_ARCHIVE", "Cool". */
  apiName: z.string().min(1),
  /** Warmest first; a refresh in which a warmer class is cheaper than a colder one is not believed. */
  temperature: z.enum(["hot", "cool", "cold", "archive"]),
  redundancies: z.array(Id).min(1),
  storage: Id,
  /** Open multipart uploads lie on this meter; absent: on the class's own. */
  openUploads: Id.optional(),
  minimumDays: z.number().int().min(0),
  minimumObjectBytes: z.number().int().min(0),
  /** Bytes that are billed beside each object, and on which meter. */
  overheads: z.array(z.object({ bytes: z.number().int().positive(), meter: Id })),
  /** A fee for each object and month; smaller objects are exempt. */
  monitoring: z.object({ meter: Id, fromObjectBytes: z.number().int().min(0) }).optional(),
  /** For each byte written where another region gets a copy. By redundancy. */
  replication: z.record(Id, MeterRef).optional(),
  operations: z.partialRecord(z.enum(OPERATIONS), MeterRef),
  /** The first is what is meant where nothing is said. */
  retrieval: z.array(RetrievalSpeed).min(1),
});
export type StorageClass = z.infer<typeof StorageClass>;

export const RedundancyLevel = z.enum(["zone", "zones", "regions"]);
export type RedundancyLevel = z.infer<typeof RedundancyLevel>;

/** By meter, or `meter/redundancy` where that decides. */
const PriceTable = z.record(z.string(), Price);

export const DESTINATIONS = ["internet", "same-region", "other-region"] as const;
export type Destination = (typeof DESTINATIONS)[number];

export const PriceRegion = z.object({
  id: Id,
  label: z.string().min(1),
  continent: z.enum(["africa", "asia", "europe", "north-america", "oceania", "south-america", "worldwide"]),
  /** Redundancies that are to be had here; absent: all of the class's. */
  redundancies: z.array(Id).min(1).optional(),
  prices: PriceTable,
});
export type PriceRegion = z.infer<typeof PriceRegion>;

export const PriceProvider = z.object({
  id: Id,
  label: z.string().min(1),
  redundancies: z.array(z.object({ id: Id, label: z.string().min(1), level: RedundancyLevel })).min(1),
  meters: z.array(Meter),
  classes: z.array(StorageClass).min(1),
  egress: z.object({
    meters: z.partialRecord(z.enum(DESTINATIONS), MeterRef),
    /** Free up to that many times the month's average of stored bytes (Backblaze). */
    freeTimesStored: Decimal.optional(),
    /** More than that many times the stored bytes is not sold at any price of the book (Wasabi). */
    limitTimesStored: Decimal.optional(),
  }),
  /** Prices that hold in every region which says nothing else. */
  prices: PriceTable,
  regions: z.array(PriceRegion).min(1),
});
export type PriceProvider = z.infer<typeof PriceProvider>;

export const PRICE_BOOK_SCHEMA = "hypersdk-price-book/1";

/** The whole document. Its signature (Ed25519, over the bytes of the file) lies beside it and is checked by src-main. */
export const PriceBook = z
  .object({
    $schema: z.string().optional(),
    schema: z.literal(PRICE_BOOK_SCHEMA),
    /** Rises with every book; a smaller one is never taken. */
    serial: z.number().int().positive(),
    generatedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    currency: z.string().regex(/^[A-Z]{3}$/),
    /** Prices ("aws/us-east-1/standard-storage") that moved by more than half, and that somebody looked at. */
    reviewed: z.array(z.string()).optional(),
    sources: z.array(PriceSource).min(1),
    providers: z.array(PriceProvider).min(1),
  })
  .meta({ id: "PriceBook", title: "HyperSDK Desktop price book" });
export type PriceBook = z.infer<typeof PriceBook>;

/** The user's own terms, kept apart from the book and applied on top of it. */
export const PriceOverrides = z
  .object({
    discounts: z
      .array(
        z.object({
          provider: Id,
          /** Absent: in all regions. */
          region: Id.optional(),
          /** Absent: on all meters. */
          meter: Id.optional(),
          percent: z.number().min(0).max(100),
          note: z.string().max(200),
        }),
      )
      .max(200)
      .default([]),
    /** Own endpoints, and whatever else the book does not know, in the book's own form. */
    providers: z.array(PriceProvider).max(20).default([]),
    sources: z.array(PriceSource).max(50).default([]),
  })
  .meta({ id: "PriceOverrides" });
export type PriceOverrides = z.infer<typeof PriceOverrides>;
