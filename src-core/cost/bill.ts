/** The bill of a plan under an offer: every dimension, month by month, handed to a sink piece by piece. */
import type { BillingMonth } from "./calendar.ts";
import { charge, type Usage } from "./charge.ts";
import { type Amount, ZERO } from "./decimal.ts";
import type { MeterPrice, Offer, PricedBand } from "./offer.ts";
import type { Plan } from "./plan.ts";
import { egressByStored, type Series, seriesOf } from "./series.ts";
import { storageUnitsAllMonth, units } from "./units.ts";

/** Gets every piece of the bill. */
export interface BillSink {
  /** Where only the sum over all months is asked for: what has one price may come in one piece, as of the first month. */
  readonly inOnePiece?: boolean;
  /** `quantity` units within one band. */
  charged(month: number, price: MeterPrice, usage: Usage, quantity: Amount, band: PricedBand, amount: Amount): void;
  /** Something is free by the provider's word. */
  free(month: number, usage: Usage, unit: string): void;
  /** The book does not say what `usage` costs; `what` names the price that is missing. */
  missing(month: number, usage: Usage, unit: string, what: string): void;
}

/** Bills all months of `plan`. */
export function bill(plan: Plan, offer: Offer, sink: BillSink): void {
  const all = seriesOf(plan, offer);
  const series = sink.inOnePiece === true ? all.filter((each) => !chargedAtOnce(each, offer, sink)) : all;
  const stored = egressByStored(offer);
  for (const month of plan.months) {
    const meters = new Map<string, Usage[]>();
    for (const each of series) put(each, month.index, meters, sink);
    if (stored) for (const each of internetByStored(plan, offer, month, sink)) put(each, month.index, meters, sink);
    for (const [id, usages] of meters) chargeMonth(plan, offer, month, id, usages, sink);
  }
}

/** Sums are dear, and the offers of a comparison share their quantities. */
const sums = new WeakMap<readonly Amount[], Amount>();

function sumOf(quantities: readonly Amount[]): Amount {
  const known = sums.get(quantities);
  if (known !== undefined) return known;
  const sum = quantities.reduce((total, each) => total.plus(each), ZERO);
  sums.set(quantities, sum);
  return sum;
}

/**
 * Charges all months at once where that is the same to the last digit: one price for each unit, whatever else is used in the month.
 *
 * @returns whether it did
 */
function chargedAtOnce({ category, meter: id, quantities }: Series, offer: Offer, sink: BillSink): boolean {
  const price = id === undefined || id === "free" ? null : offer.price(id);
  if (price === null) return false;
  const { meter, bands, perOne } = price;
  const [band] = bands;
  const isFlat = bands.length === 1 && perOne && meter.roundUp !== true && meter.minimumUnits === undefined;
  if (!isFlat || band === undefined || band.price === null) return false;
  const quantity = sumOf(quantities);
  sink.charged(0, price, { category, quantity, rule: "all months" }, quantity, band, quantity.times(band.price));
  return true;
}

function put(
  { category, meter, quantities, unit, rule, what }: Series,
  month: number,
  meters: Map<string, Usage[]>,
  sink: BillSink,
): void {
  const quantity = quantities[month];
  if (quantity === undefined || quantity.isZero()) return;
  const usage: Usage = { category, quantity, rule: typeof rule === "string" ? rule : (rule[month] ?? "") };
  if (meter === undefined) sink.missing(month, usage, unit, what);
  else if (meter === "free") sink.free(month, usage, unit);
  else {
    const usages = meters.get(meter);
    if (usages === undefined) meters.set(meter, [usage]);
    else usages.push(usage);
  }
}

function chargeMonth(plan: Plan, offer: Offer, month: BillingMonth, id: string, usages: Usage[], sink: BillSink): void {
  const price = offer.price(id);
  const { label, unit } = offer.meter(id);
  if (price === null) {
    for (const usage of usages) sink.missing(month.index, usage, unit, `${label} in ${offer.region.label}`);
    return;
  }
  charge(price, usages, usedBefore(plan, offer, month, price), (usage, quantity, band, amount) => {
    if (amount !== null) sink.charged(month.index, price, usage, quantity, band, amount);
    else {
      const what = `${label} above ${band.from.toFixed()} ${unit} in ${offer.region.label}`;
      sink.missing(month.index, { ...usage, quantity }, unit, what);
    }
  });
}

/** Units that the account has used up before. */
function usedBefore({ account }: Plan, offer: Offer, month: BillingMonth, { meter, bands }: MeterPrice): Amount {
  const matters = bands.length > 1 || meter.roundUp === true || meter.minimumUnits !== undefined;
  if (!matters) return ZERO;
  if (meter.id === offer.class.storage && !account.storedBytes.isZero()) {
    return storageUnitsAllMonth(meter, account.storedBytes, month);
  }
  if (meter.id === offer.provider.egress.meters.internet) return units(meter, account.internetBytesPerMonth);
  return ZERO;
}

/** Network to the internet where some times the stored bytes leave for free: all reads of the month share that allowance. */
function* internetByStored(plan: Plan, offer: Offer, month: BillingMonth, sink: BillSink): Generator<Series> {
  const { meters, freeTimesStored, limitTimesStored } = offer.provider.egress;
  const average = ((plan.storedForEgress ?? plan.main).byteDays(0)[month.index] ?? ZERO).div(month.days);
  const allowed = average.times(freeTimesStored ?? limitTimesStored ?? "0");
  const times = `${freeTimesStored ?? limitTimesStored} times what is stored`;
  let before = plan.account.internetBytesPerMonth;
  for (const { label, bytes, to } of plan.reads) {
    const sent = bytes[month.index] ?? ZERO;
    if (to !== "internet" || sent.isZero()) continue;
    const over = above(before, before.plus(sent), allowed);
    before = before.plus(sent);
    const rule = `${label}: network to internet`;
    const within = sent.minus(over);
    if (within.gt(0))
      sink.free(month.index, { category: "egress", quantity: within, rule: `${rule}, free up to ${times}` }, "bytes");
    if (over.isZero()) continue;
    const meter = freeTimesStored === undefined ? undefined : meters.internet;
    const quantity = meter === undefined ? over : units(offer.meter(meter), over);
    const quantities: Amount[] = [];
    quantities[month.index] = quantity;
    yield {
      category: "egress",
      meter,
      quantities,
      unit: meter === undefined ? "bytes" : offer.meter(meter).unit,
      rule: `${rule}, beyond ${times}`,
      what: `network to the internet beyond ${times}, which the provider may refuse`,
    };
  }
}

/** How much of from..to lies above `mark`. */
function above(from: Amount, to: Amount, mark: Amount): Amount {
  if (to.lte(mark)) return ZERO;
  return from.gte(mark) ? to.minus(from) : to.minus(mark);
}
