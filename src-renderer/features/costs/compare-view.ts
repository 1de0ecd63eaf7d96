/** A comparison as rows of a table and as bars: what is known first, what is not apart from it. */
import { exact } from "../../../src-core/cost/decimal.ts";
import type { Offer } from "../../../src-core/cost/offer.ts";
import type { CostParts, CostSummary } from "../../../src-core/model/cost.ts";
import type { CostCategory } from "../../../src-core/model/price.ts";
import { drawn } from "../../format/money.ts";
import { offerId } from "./offer-id.ts";
import { PARTS } from "./part-words.ts";

export interface CompareRow {
  readonly id: string;
  readonly offer: Offer;
  readonly summary: CostSummary;
  /** Hours until data can be read at the class's fastest; null: the book does not say. */
  readonly fastestHours: string | null;
}

export interface CompareView {
  /** Cheapest first. */
  readonly known: readonly CompareRow[];
  /** Some price is missing: never among the others. */
  readonly unknown: readonly CompareRow[];
}

/** `rows` as the cost rules sort them. */
export function compareView(rows: readonly CostSummary[], offers: ReadonlyMap<string, Offer>): CompareView {
  const known: CompareRow[] = [];
  const unknown: CompareRow[] = [];
  for (const summary of rows) {
    const id = offerId(summary.offer);
    const offer = offers.get(id);
    if (offer === undefined) continue;
    (summary.total === null ? unknown : known).push({ id, offer, summary, fastestHours: fastestHours(offer) });
  }
  return { known, unknown };
}

/** The longest that the fastest way of reading back takes; null where one is not known. */
export function fastestHours({ class: { retrieval } }: Offer): string | null {
  let fastest: string | null = null;
  for (const { hours } of retrieval) {
    if (hours !== null && (fastest === null || exact(hours.to).lt(fastest))) fastest = hours.to;
  }
  return fastest;
}

/** One bar: lengths for drawing, words for people. */
export interface Bar extends Record<CostCategory, number> {
  readonly id: string;
  readonly label: string;
  /** For drawing. */
  readonly total: number;
  /** With all its digits. */
  readonly amount: string;
  readonly amounts: CostParts;
}

export function bars(rows: readonly CompareRow[]): Bar[] {
  return rows.map(({ id, offer, summary }) => ({
    id,
    label: shortLabel(offer),
    total: drawn(summary.total),
    amount: summary.total ?? "0",
    amounts: summary.parts,
    ...(Object.fromEntries(PARTS.map((part) => [part, drawn(summary.parts[part])])) as Record<CostCategory, number>),
  }));
}

/** Of every class and redundancy the cheapest region alone; of equal ones the first. `rows` are sorted. */
export function bestRegions(rows: readonly CompareRow[]): CompareRow[] {
  const seen = new Set<string>();
  return rows.filter(({ offer: { key } }) => {
    const name = `${key.provider}/${key.class}/${key.redundancy}`;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

/** "S3 Glacier Deep Archive · us-east-1", with the redundancy where the class has several. */
export function shortLabel({ class: { label, redundancies }, redundancy, region }: Offer): string {
  const short = label.replace(/ \(.*\)$/, "");
  const more = redundancies.length > 1 ? `, ${redundancy.label}` : "";
  return `${short}${more} · ${region.id}`;
}

/** Parts that have a length in any bar: the legend shows no others. */
export function partsShown(all: readonly Bar[]): CostCategory[] {
  return PARTS.filter((part) => all.some((bar) => bar[part] > 0));
}

/** Parts that cost anything in any row: the table has no other columns. */
export function partsOf(rows: readonly CompareRow[]): CostCategory[] {
  return PARTS.filter((part) => rows.some(({ summary }) => drawn(summary.parts[part]) > 0));
}
