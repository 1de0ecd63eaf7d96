/**
 * AWS's bulk price files (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api.html): products
 * by SKU, then their terms. A usage type is matched whole, behind its region's prefix: many end alike ("Tables-TimedStorage-ByteHrs",
 * the Staging meters). It is no key of a price: where operations differ, the operation decides, and a meter for which two prices
 * are found is left as it was.
 */
import { z } from "zod";
import { digits, exact } from "../../src-core/cost/decimal.ts";
import type { PriceReading } from "../../src-core/model/price-reading.ts";
import { jsonParts } from "./json-stream.ts";

/** Files that hold prices of S3; by their offer code. */
export const AWS_OFFERS = ["AmazonS3", "AmazonGlacier", "AmazonS3GlacierDeepArchive", "AWSDataTransfer"] as const;
export type AwsOffer = (typeof AWS_OFFERS)[number];

interface Rule {
  readonly usage: string;
  /** Left out: any, if all have one price. */
  readonly operation?: string;
  readonly meter: string;
  /** Units of the list in one of the meter. */
  readonly per: number;
}

const storage = (usage: string, meter: string): Rule => ({ usage, operation: "", meter, per: 1 });
const requests = (usage: string, meter: string, operation?: string): Rule => ({
  usage,
  meter,
  per: 1000,
  ...(operation === undefined ? {} : { operation }),
});
const bytes = (usage: string, meter: string, operation?: string): Rule => ({
  ...requests(usage, meter, operation),
  per: 1,
});

const ARCHIVE: readonly Rule[] = [
  bytes("Standard-Retrieval-Bytes", "glacier-standard-bytes", "RestoreObject"),
  bytes("Standard-Retrieval-Bytes", "deep-archive-standard-bytes", "DeepArchiveRestoreObject"),
  // The list has no operation for it; Intelligent-Tiering's own restores share the usage type and name theirs.
  bytes("Expedited-Retrieval-Bytes", "glacier-expedited-bytes", ""),
  bytes("Expedited-Retrieval-Bytes", "glacier-expedited-bytes", "RestoreObject"),
  bytes("Bulk-Retrieval-Bytes", "deep-archive-bulk-bytes", "DeepArchiveRestoreObject"),
  requests("Requests-GDA-Tier3", "deep-archive-standard-requests"),
  requests("Requests-GDA-Tier5", "deep-archive-bulk-requests"),
];

const RULES: Record<AwsOffer, readonly Rule[]> = {
  AmazonS3: [
    storage("TimedStorage-ByteHrs", "standard-storage"),
    storage("TimedStorage-INT-FA-ByteHrs", "intelligent-tiering-storage"),
    storage("TimedStorage-SIA-ByteHrs", "standard-ia-storage"),
    storage("TimedStorage-ZIA-ByteHrs", "onezone-ia-storage"),
    storage("TimedStorage-GIR-ByteHrs", "glacier-ir-storage"),
    storage("TimedStorage-GlacierByteHrs", "glacier-storage"),
    storage("TimedStorage-GDA-ByteHrs", "deep-archive-storage"),
    requests("Requests-Tier1", "standard-put"),
    requests("Requests-Tier2", "standard-get"),
    requests("Requests-INT-Tier1", "intelligent-tiering-put"),
    requests("Requests-INT-Tier2", "intelligent-tiering-get"),
    requests("Requests-SIA-Tier1", "standard-ia-put"),
    requests("Requests-SIA-Tier2", "standard-ia-get"),
    requests("Requests-ZIA-Tier1", "onezone-ia-put"),
    requests("Requests-ZIA-Tier2", "onezone-ia-get"),
    requests("Requests-GIR-Tier1", "glacier-ir-put"),
    requests("Requests-GIR-Tier2", "glacier-ir-get"),
    requests("Requests-GLACIER-Tier1", "glacier-put", "PutObject"),
    requests("Requests-GLACIER-Tier2", "glacier-get"),
    requests("Requests-GDA-Tier1", "deep-archive-put"),
    requests("Requests-GDA-Tier2", "deep-archive-get"),
    requests("Requests-Tier3", "glacier-transition", "S3-GlacierTransition"),
    requests("Requests-Tier3", "deep-archive-transition", "S3-GDATransition"),
    requests("Requests-Tier3", "glacier-standard-requests", "RestoreObject"),
    requests("Requests-Tier6", "glacier-expedited-requests", ""),
    requests("Requests-Tier4", "standard-ia-transition", "S3-SIATransition"),
    requests("Requests-Tier4", "onezone-ia-transition", "S3-ZIATransition"),
    requests("Requests-Tier4", "glacier-ir-transition", "S3-GIRTransition"),
    requests("Monitoring-Automation-INT", "monitoring"),
    bytes("Retrieval-SIA", "standard-ia-retrieval"),
    bytes("Retrieval-ZIA", "onezone-ia-retrieval"),
    bytes("Retrieval-GIR", "glacier-ir-retrieval"),
    ...ARCHIVE,
  ],
  AmazonGlacier: ARCHIVE,
  AmazonS3GlacierDeepArchive: [
    storage("TimedStorage-GDA-ByteHrs", "deep-archive-storage"),
    requests("Requests-GDA-Tier1", "deep-archive-put"),
    ...ARCHIVE,
  ],
  AWSDataTransfer: [bytes("DataTransfer-Out-Bytes", "internet")],
};

const Product = z.object({
  sku: z.string(),
  attributes: z.object({
    usagetype: z.string().default(""),
    operation: z.string().default(""),
    regionCode: z.string().optional(),
    fromRegionCode: z.string().optional(),
    toLocation: z.string().optional(),
  }),
});

const Term = z.object({
  sku: z.string(),
  priceDimensions: z.record(
    z.string(),
    z.object({
      beginRange: z.string(),
      endRange: z.string(),
      pricePerUnit: z.record(z.string(), z.string()),
    }),
  ),
});

/** Of a region, "USW2-" or "EU-"; us-east-1 has none. */
const PREFIX = /^[A-Z]{2,4}\d{0,2}-/;

/** What one file says of `region`, in `currency`. @throws AppError book.invalid for a file that is no price file */
export async function awsReadings(
  chunks: AsyncIterable<string>,
  offer: AwsOffer,
  region: string,
  currency: string,
  name: string,
): Promise<PriceReading[]> {
  const rules = RULES[offer];
  const matched = new Map<string, Rule[]>();
  const prices = new Map<string, Map<string, PriceReading["bands"]>>();
  const isWanted = (path: readonly string[]) =>
    (path.length === 2 && path[0] === "products") ||
    (path.length === 4 && path[0] === "terms" && path[1] === "OnDemand" && matched.has(path[2] ?? ""));
  for await (const { path, value } of jsonParts(chunks, name, isWanted)) {
    if (path[0] === "products") {
      const { data } = Product.safeParse(value);
      if (data === undefined || !isOf(data.attributes, offer, region)) continue;
      const fitting = rules.filter((rule) => fits(rule, data.attributes));
      if (fitting.length > 0) matched.set(data.sku, fitting);
      continue;
    }
    const { data } = Term.safeParse(value);
    for (const rule of data === undefined ? [] : (matched.get(data.sku) ?? [])) {
      const bands = bandsOf(Object.values(data?.priceDimensions ?? {}), rule.per, currency);
      if (bands === null) continue;
      const found = prices.get(rule.meter) ?? new Map();
      prices.set(rule.meter, found.set(JSON.stringify(bands), bands));
    }
  }
  // Two prices for one meter: which one counts cannot be told.
  return [...prices].flatMap(([key, found]) =>
    found.size === 1 ? [...found.values()].map((bands) => ({ region, key, bands })) : [],
  );
}

function isOf(
  { regionCode, fromRegionCode, toLocation }: z.infer<typeof Product>["attributes"],
  offer: AwsOffer,
  region: string,
): boolean {
  if (offer === "AWSDataTransfer") return fromRegionCode === region && toLocation === "External";
  return regionCode === undefined || regionCode === region;
}

function fits(rule: Rule, { usagetype, operation }: { usagetype: string; operation: string }): boolean {
  const known = usagetype === rule.usage || usagetype.replace(PREFIX, "") === rule.usage;
  return known && (rule.operation === undefined || rule.operation === operation);
}

function bandsOf(
  rates: readonly z.infer<typeof Term>["priceDimensions"][string][],
  per: number,
  currency: string,
): PriceReading["bands"] | null {
  const sorted = [...rates].sort((a, b) => Number(a.beginRange) - Number(b.beginRange));
  const bands: PriceReading["bands"] = [];
  let end = "0";
  for (const { beginRange, endRange, pricePerUnit } of sorted) {
    const price = pricePerUnit[currency];
    // A gap, or another currency: what is not understood is not taken.
    if (price === undefined || !/^\d+(\.\d+)?$/.test(price) || Number(beginRange) !== Number(end)) return null;
    end = endRange;
    const upTo = endRange === "Inf" ? null : digits(exact(endRange).div(per));
    bands.push({ upTo, price: digits(exact(price).times(per)) });
  }
  return bands.at(-1)?.upTo === null ? bands : null;
}
