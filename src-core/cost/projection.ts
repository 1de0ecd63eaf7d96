/** Several offers over the months of one workload: what each month costs, what all did until then, and where one overtakes another. */
import type { BreakEven, ProjectedOffer, Projection } from "../model/cost-answer.ts";
import type { OfferRef } from "../model/cost-question.ts";
import type { PriceBook } from "../model/price.ts";
import type { Workload } from "../model/workload.ts";
import { bill } from "./bill.ts";
import { type Amount, digits, ZERO } from "./decimal.ts";
import { nameOf } from "./estimate.ts";
import { atSpeed } from "./needs.ts";
import { type Offer, offerOf } from "./offer.ts";
import { planOf } from "./plan.ts";
import { SumSink } from "./sinks.ts";

/** `speedOf`: at which speed reads of an offer are billed; left out, as the workload says. */
export function project(
  book: PriceBook,
  workload: Workload,
  keys: readonly OfferRef[],
  speedOf: (offer: Offer) => string = () => "",
): Projection {
  let months: string[] = [];
  const sums: (Amount | null)[][] = [];
  const offers = keys.map((key): ProjectedOffer => {
    const offer = offerOf(book, key);
    const plan = planOf(atSpeed(workload, speedOf(offer)), offer.gigabyteBytes);
    const sink = new SumSink();
    bill(plan, offer, sink);
    months = plan.months.map(({ label }) => label);
    const monthly = plan.months.map(({ index }) => sink.over(index, index + 1).total);
    const cumulative = running(monthly);
    sums.push(cumulative);
    const arrived = plan.arrival?.part.atEnd();
    return {
      offer: nameOf(offer),
      monthly: monthly.map(text),
      cumulative: cumulative.map(text),
      storedBytes: plan.main.atEnd().map(({ bytes }, at) => bytes + (arrived?.[at]?.bytes ?? 0)),
    };
  });
  return { months, offers, breakEvens: breakEvens(offers, sums, months) };
}

function running(monthly: readonly (Amount | null)[]): (Amount | null)[] {
  let sum: Amount | null = ZERO;
  return monthly.map((each) => {
    sum = sum === null || each === null ? null : sum.plus(each);
    return sum;
  });
}

function breakEvens(
  offers: readonly ProjectedOffer[],
  sums: readonly (Amount | null)[][],
  months: readonly string[],
): BreakEven[] {
  const found: BreakEven[] = [];
  for (let a = 0; a < offers.length; a++) {
    for (let b = a + 1; b < offers.length; b++) {
      let ahead = 0;
      for (let month = 0; month < months.length; month++) {
        const [sumA, sumB] = [sums[a]?.[month] ?? null, sums[b]?.[month] ?? null];
        if (sumA === null || sumB === null) break;
        const now = sumA.comparedTo(sumB) ?? 0;
        const [cheaper, dearer] = now < 0 ? [offers[a], offers[b]] : [offers[b], offers[a]];
        if (now !== 0 && ahead !== 0 && now !== ahead && cheaper && dearer) {
          found.push({ month, label: months[month] ?? "", cheaper: cheaper.offer, dearer: dearer.offer });
        }
        if (now !== 0) ahead = now;
      }
    }
  }
  return found.sort((x, y) => x.month - y.month);
}

function text(amount: Amount | null): string | null {
  return amount === null ? null : digits(amount);
}
