/** A bill's lines by month, and by what they are for. */
import { type Amount, digits, exact, ZERO } from "../../../src-core/cost/decimal.ts";
import type { CostEstimate, CostLine } from "../../../src-core/model/cost.ts";
import type { CostCategory } from "../../../src-core/model/price.ts";
import { PARTS } from "./part-words.ts";

/** Lines of one month in the order of the parts, as they were computed within a part. */
export function linesOf(lines: readonly CostLine[], month: number): CostLine[] {
  return lines
    .filter((line) => line.month === month)
    .toSorted((a, b) => PARTS.indexOf(a.category) - PARTS.indexOf(b.category));
}

export interface MeterSum {
  readonly category: CostCategory;
  readonly meter: string;
  readonly rule: string;
  /** Null: unknown. */
  readonly amount: string | null;
}

/** What each meter and rule costs over the whole plan; the dearest first, what is free left out. */
export function sumsByMeter(lines: readonly CostLine[]): MeterSum[] {
  const sums = new Map<string, { category: CostCategory; meter: string; rule: string; amount: Amount | null }>();
  for (const { category, meter, rule, amount } of lines) {
    const key = `${category}\n${meter}\n${rule}`;
    const sum = sums.get(key) ?? { category, meter, rule, amount: ZERO };
    sums.set(key, { ...sum, amount: sum.amount === null || amount === null ? null : sum.amount.plus(exact(amount)) });
  }
  return [...sums.values()]
    .filter(({ amount }) => amount === null || !amount.isZero())
    .sort((a, b) => (b.amount ?? ZERO).comparedTo(a.amount ?? ZERO) ?? 0)
    .map((sum) => ({ ...sum, amount: sum.amount === null ? null : digits(sum.amount) }));
}

/** "first 50", "50 to 500", "above 500" of the line's unit; null: one price for all. */
export function bandWords({ band, unit }: CostLine): string | null {
  if (band === null) return null;
  const short = (text: string) => new Intl.NumberFormat("en").format(Number(text));
  if (band.upTo === null) return band.from === "0" ? null : `above ${short(band.from)} ${unit}`;
  return band.from === "0" ? `first ${short(band.upTo)} ${unit}` : `${short(band.from)} to ${short(band.upTo)} ${unit}`;
}

/** Title and read date of a line's source. */
export function sourceWords(estimate: Pick<CostEstimate, "sources">, id: string | null): string {
  const source = estimate.sources.find((each) => each.id === id);
  if (source === undefined) return "";
  return `${source.title}, read ${source.readAt}${source.kind === "unconfirmed" ? ", not confirmed" : ""}`;
}
