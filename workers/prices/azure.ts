/**
 * Azure's retail price pages (https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices). One meter's name
 * is used by several products at other prices: only General Block Blob v2 counts, Blob Storage where that lacks Hot LRS, and for
 * what replication moves Storage - Bandwidth. Names are matched whole, so that "Archive Priority …" is never taken for Archive.
 */
import { z } from "zod";
import { digits, exact } from "../../src-core/cost/decimal.ts";
import type { PriceReading } from "../../src-core/model/price-reading.ts";

export const AzurePage = z.object({
  Items: z.array(
    z.object({
      currencyCode: z.string(),
      tierMinimumUnits: z.number(),
      retailPrice: z.number().min(0),
      armRegionName: z.string(),
      effectiveStartDate: z.string(),
      meterName: z.string(),
      skuName: z.string().default(""),
      productName: z.string(),
      serviceName: z.string(),
      unitOfMeasure: z.string(),
      type: z.string(),
      isPrimaryMeterRegion: z.boolean().default(true),
    }),
  ),
  NextPageLink: z.string().nullish(),
});
type Item = z.infer<typeof AzurePage>["Items"][number];

/** The keys that are taken from each; null: all. The first goes before the others. */
const PRODUCTS = new Map<string, string | null>([
  ["General Block Blob v2", null],
  ["Blob Storage", "hot-storage/lrs"],
  ["Storage - Bandwidth", "geo-replication"],
]);
const TIER = "(Hot|Cool|Cold|Archive)";
const REDUNDANCY = "(LRS|ZRS|GRS|RA-GRS|GZRS|RA-GZRS)";

const LISTING = new RegExp(`^${REDUNDANCY} List and Create Container Operations$`);

const NAMES: readonly { name: RegExp; unit: string; meter: (found: readonly string[]) => string }[] = [
  rule(`${TIER} ${REDUNDANCY} Data Stored`, "1 GB/Month", ([tier, redundancy]) => `${tier}-storage/${redundancy}`),
  rule(`${TIER} ${REDUNDANCY} Write Operations`, "10K", ([tier, redundancy]) => `${tier}-write/${redundancy}`),
  rule(`${TIER} Read Operations`, "10K", ([tier]) => `${tier}-read`),
  rule(`${TIER} ${REDUNDANCY} Read Operations`, "10K", ([tier, redundancy]) => `${tier}-read/${redundancy}`),
  rule(`${TIER} Data Retrieval`, "1 GB", ([tier]) => `${tier}-retrieval`),
  rule(`${TIER} ${REDUNDANCY} Data Retrieval`, "1 GB", ([tier, redundancy]) => `${tier}-retrieval/${redundancy}`),
  rule(
    `${TIER} ${REDUNDANCY} List and Create Container Operations`,
    "10K",
    ([tier, redundancy]) => `${tier}-list/${redundancy}`,
  ),
  rule("Archive Priority Read Operations", "10K", () => "archive-priority-read"),
  rule("Archive Priority Data Retrieval", "1 GB", () => "archive-priority-retrieval"),
  // The one without "v2" is free, and of accounts that nobody can make any more.
  rule("Geo-Replication v2 Data [Tt]ransfer", "1 GB", () => "geo-replication"),
];

function rule(name: string, unit: string, meter: (found: readonly string[]) => string) {
  return { name: new RegExp(`^${name}$`), unit, meter };
}

/** @param now an instant in ms: prices of the future do not count yet */
export function azureReadings(items: readonly Item[], region: string, currency: string, now: number): PriceReading[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const { armRegionName, currencyCode, type, serviceName, isPrimaryMeterRegion, effectiveStartDate, productName } =
      item;
    if (armRegionName !== region || currencyCode !== currency || type !== "Consumption" || serviceName !== "Storage")
      continue;
    const only = PRODUCTS.get(productName);
    if (!(Date.parse(effectiveStartDate) <= now) || only === undefined) continue;
    const key = keyOf(item);
    if (key === null || (only !== null && key !== only)) continue;
    const name = `${productName}|${isPrimaryMeterRegion ? "primary" : "other"}|${key}`;
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  const readings = new Map<string, PriceReading>();
  for (const [name, group] of [...groups].sort((a, b) => rank(a[0]) - rank(b[0]))) {
    const [, , key = ""] = name.split("|");
    const bands = bandsOf(group);
    if (bands !== null && !readings.has(key)) readings.set(key, { region, key, bands });
  }
  return [...readings.values()];
}

/**
 * The first product goes before the second, and of each the primary meters before the others: some meters that two products share
 * (Hot of LRS, GRS and RA-GRS) are primary in the other one alone.
 */
function rank(name: string): number {
  const [product = "", which] = name.split("|");
  return 2 * [...PRODUCTS.keys()].indexOf(product) + (which === "primary" ? 0 : 1);
}

function keyOf(item: Item): string | null {
  const named = fullName(item);
  for (const { name, unit, meter } of NAMES) {
    const [, ...found] = name.exec(named) ?? [];
    if (name.test(named)) return unit === item.unitOfMeasure ? meter(found.map((each) => each.toLowerCase())) : null;
  }
  return null;
}

/**
 * The name of what is sold, such as "Cool RA-GRS", says what some meters leave out: listing is named by redundancy alone, and writes
 * with RA-GRS are counted by the meter of those with GRS.
 */
function fullName({ meterName, skuName }: Item): string {
  const [, tier, redundancy] = new RegExp(`^${TIER} ${REDUNDANCY}$`).exec(skuName) ?? [];
  if (tier === undefined) return meterName;
  if (LISTING.test(meterName)) return `${tier} ${meterName}`;
  const readable = redundancy === "RA-GRS" && meterName === `${tier} GRS Write Operations`;
  return readable ? `${tier} RA-GRS Write Operations` : meterName;
}

/** Null where two prices are given for one band, or the first is missing. */
function bandsOf(items: readonly Item[]): PriceReading["bands"] | null {
  const newest = items
    .map(({ effectiveStartDate }) => effectiveStartDate)
    .sort()
    .at(-1);
  const sorted = items
    .filter(({ effectiveStartDate }) => effectiveStartDate === newest)
    .sort((a, b) => a.tierMinimumUnits - b.tierMinimumUnits);
  if (sorted[0]?.tierMinimumUnits !== 0) return null;
  const bands: PriceReading["bands"] = [];
  for (const [at, item] of sorted.entries()) {
    const next = sorted[at + 1];
    if (next?.tierMinimumUnits === item.tierMinimumUnits) {
      if (next.retailPrice !== item.retailPrice) return null;
      continue;
    }
    bands.push({
      upTo: next === undefined ? null : digits(exact(String(next.tierMinimumUnits))),
      price: digits(exact(String(item.retailPrice))),
    });
  }
  return bands;
}
