/** What becomes of the pieces of a bill: sums alone, or lines with their arithmetic too. */
import type { CostLine, CostParts } from "../model/cost.ts";
import { COST_CATEGORIES } from "../model/cost-category.ts";
import type { CostCategory } from "../model/price.ts";
import type { BillSink } from "./bill.ts";
import type { Usage } from "./charge.ts";
import { type Amount, digits, ZERO } from "./decimal.ts";
import type { MeterPrice, PricedBand } from "./offer.ts";

interface MonthSums {
  parts: Map<CostCategory, Amount>;
  unknown: Set<CostCategory>;
}

/** Sums by month and part. */
export class SumSink implements BillSink {
  readonly months: MonthSums[] = [];
  readonly missingThings = new Set<string>();
  /** Of the prices that were used. */
  readonly sources = new Set<string>();

  charged(
    month: number,
    { source }: MeterPrice,
    { category }: Usage,
    _quantity: Amount,
    _band: PricedBand,
    amount: Amount,
  ): void {
    this.sources.add(source);
    const { parts } = this.at(month);
    const sum = parts.get(category);
    parts.set(category, sum === undefined ? amount : sum.plus(amount));
  }

  free(month: number, _usage: Usage, _unit: string): void {
    this.at(month);
  }

  missing(month: number, { category }: Usage, _unit: string, what: string): void {
    this.at(month).unknown.add(category);
    this.missingThings.add(what);
  }

  at(month: number): MonthSums {
    let sums = this.months[month];
    if (sums === undefined) {
      sums = { parts: new Map(), unknown: new Set() };
      this.months[month] = sums;
    }
    return sums;
  }

  /** Sums over `from` up to, not with, `to`. Unknown where anything in it is. */
  over(from: number, to: number): { total: Amount | null; atLeast: Amount; parts: CostParts } {
    let atLeast = ZERO;
    let unknown = false;
    const parts: Partial<CostParts> = {};
    for (const category of COST_CATEGORIES) {
      let sum = ZERO;
      let partUnknown = false;
      for (let month = from; month < to; month++) {
        const sums = this.months[month];
        const part = sums?.parts.get(category);
        if (part !== undefined) sum = sum.plus(part);
        partUnknown ||= sums?.unknown.has(category) ?? false;
      }
      atLeast = atLeast.plus(sum);
      unknown ||= partUnknown;
      parts[category] = partUnknown ? null : digits(sum);
    }
    return { total: unknown ? null : atLeast, atLeast, parts: parts as CostParts };
  }
}

/** The sum of all months alone. */
export class TotalSink extends SumSink {
  readonly inOnePiece = true;
}

/** Sums, and every line. */
export class LineSink extends SumSink {
  readonly lines: CostLine[] = [];

  override charged(
    month: number,
    price: MeterPrice,
    usage: Usage,
    quantity: Amount,
    band: PricedBand,
    amount: Amount,
  ): void {
    super.charged(month, price, usage, quantity, band, amount);
    const banded = price.bands.length > 1;
    this.lines.push({
      month,
      category: usage.category,
      meter: price.meter.label,
      quantity: digits(quantity),
      unit: price.meter.unit,
      unitPrice: band.text,
      per: digits(price.per),
      band: banded ? { from: digits(band.from), upTo: band.upTo === null ? null : digits(band.upTo) } : null,
      amount: digits(amount),
      rule: usage.rule,
      source: price.source,
    });
  }

  override free(month: number, usage: Usage, unit: string): void {
    super.free(month, usage, unit);
    this.lines.push({
      month,
      category: usage.category,
      meter: "Free",
      quantity: digits(usage.quantity),
      unit,
      unitPrice: "0",
      per: "1",
      band: null,
      amount: "0",
      rule: usage.rule,
      source: null,
    });
  }

  override missing(month: number, usage: Usage, unit: string, what: string): void {
    super.missing(month, usage, unit, what);
    this.lines.push({
      month,
      category: usage.category,
      meter: what,
      quantity: digits(usage.quantity),
      unit,
      unitPrice: null,
      per: "1",
      band: null,
      amount: null,
      rule: `${usage.rule} (no price in the book)`,
      source: null,
    });
  }
}
