/** Many offers for one workload, cheapest first; what is unknown stands behind everything that is known. */
import type { CostSummary } from "../model/cost.ts";
import type { PriceBook } from "../model/price.ts";
import type { Workload } from "../model/workload.ts";
import { exact } from "./decimal.ts";
import { summarize } from "./estimate.ts";
import { type Offer, offersOf } from "./offer.ts";
import { type Plan, planOf } from "./plan.ts";

/** Every offer of the book that `wanted` takes. */
export function compare(
  book: PriceBook,
  workload: Workload,
  wanted: (offer: Offer) => boolean = () => true,
): CostSummary[] {
  return compareOffers(workload, offersOf(book).filter(wanted));
}

export function compareOffers(workload: Workload, offers: readonly Offer[]): CostSummary[] {
  const plans = new Map<number, Plan>();
  const planFor = (gigabyteBytes: number): Plan => {
    // A job speaks of bytes: one plan for all.
    const key = workload.kind === "job" ? 0 : gigabyteBytes;
    const plan = plans.get(key) ?? planOf(workload, gigabyteBytes);
    plans.set(key, plan);
    return plan;
  };
  return offers.map((offer) => summarize(planFor(offer.gigabyteBytes), offer)).sort(byCost);
}

/** By total; unknown ones last, among themselves by what is known of them. */
export function byCost(a: CostSummary, b: CostSummary): number {
  if (a.total === null || b.total === null) {
    if (a.total !== b.total) return a.total === null ? 1 : -1;
    return exact(a.atLeast).comparedTo(exact(b.atLeast)) ?? 0;
  }
  return exact(a.total).comparedTo(exact(b.total)) ?? 0;
}
