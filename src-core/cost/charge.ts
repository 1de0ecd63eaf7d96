/** What a month's units of one meter cost: bands, whole units, minimums. */
import type { CostCategory } from "../model/price.ts";
import { type Amount, roundedUp, ZERO } from "./decimal.ts";
import type { MeterPrice, PricedBand } from "./offer.ts";

/** Units that one thing puts on a meter. */
export interface Usage {
  category: CostCategory;
  quantity: Amount;
  rule: string;
}

export type Charged = (usage: Usage, quantity: Amount, band: PricedBand, amount: Amount | null) => void;

/**
 * Charges `usages` of one month, in order, by marginal bands.
 *
 * `already` units of the account fill the bands first. A meter that bills whole units rounds the month's sum, and one with a minimum
 * fills it up; what that adds is charged as a usage of its own.
 */
export function charge(price: MeterPrice, usages: readonly Usage[], already: Amount, charged: Charged): void {
  const [only] = price.bands;
  // One band for everything: nothing is used up.
  const flat = price.bands.length === 1 ? only : undefined;
  let at = already;
  for (const usage of withExtras(price, usages, already)) {
    if (flat !== undefined) {
      charged(usage, usage.quantity, flat, flat.price === null ? null : costOf(price, usage.quantity, flat.price));
      continue;
    }
    let left = usage.quantity;
    for (const band of price.bands) {
      if (left.isZero()) break;
      if (band.upTo?.lte(at)) continue;
      const room = band.upTo?.minus(at);
      const taken = room !== undefined && left.gt(room) ? room : left;
      charged(usage, taken, band, band.price === null ? null : costOf(price, taken, band.price));
      at = at.plus(taken);
      if (taken === left) break;
      left = left.minus(taken);
    }
  }
}

function costOf(price: MeterPrice, quantity: Amount, each: Amount): Amount {
  return price.perOne ? quantity.times(each) : sharesOf(quantity, price.per).times(each);
}

/** Divisions are dear, and the offers of a comparison share their quantities. */
const shares = new WeakMap<Amount, Map<string, Amount>>();

/** `quantity` ÷ `per`, exact where the quotient ends. */
function sharesOf(quantity: Amount, per: Amount): Amount {
  let known = shares.get(quantity);
  if (known === undefined) {
    known = new Map();
    shares.set(quantity, known);
  }
  const key = per.toFixed();
  let share = known.get(key);
  if (share === undefined) {
    share = quantity.div(per);
    known.set(key, share);
  }
  return share;
}

function withExtras(price: MeterPrice, usages: readonly Usage[], already: Amount): readonly Usage[] {
  const { roundUp, minimumUnits, unit } = price.meter;
  const first = usages[0];
  if (first === undefined || (roundUp !== true && minimumUnits === undefined)) return usages;
  const sum = usages.reduce((total, { quantity }) => total.plus(quantity), ZERO);
  const extras = [...usages];
  const rounded = roundUp === true ? roundedUp(already.plus(sum)).minus(already) : sum;
  if (rounded.gt(sum)) {
    extras.push({ category: first.category, quantity: rounded.minus(sum), rule: `Billed in whole units of ${unit}` });
  }
  if (minimumUnits !== undefined && already.plus(rounded).lt(minimumUnits)) {
    const missing = already.plus(rounded).minus(minimumUnits).abs();
    extras.push({
      category: first.category,
      quantity: missing,
      rule: `At least ${minimumUnits} ${unit} are billed in a month`,
    });
  }
  return extras;
}
