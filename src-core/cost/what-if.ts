/** What changes if the class, the region or the retention changes: the same workload beside its neighbours. */
import type { CostSummary } from "../model/cost.ts";
import type { CostChange, WhatIf } from "../model/cost-answer.ts";
import type { OfferRef } from "../model/cost-question.ts";
import type { PriceBook } from "../model/price.ts";
import type { Gfs, Workload } from "../model/workload.ts";
import { byCost, compareOffers } from "./compare.ts";
import { digits, exact } from "./decimal.ts";
import { type Offer, offerOf, offersOf } from "./offer.ts";

export function whatIf(book: PriceBook, workload: Workload, key: OfferRef): WhatIf {
  const offer = offerOf(book, key);
  const now = summaryOf(workload, offer);
  const others = offersOf(book).filter(({ provider }) => provider.id === offer.provider.id);
  const here = others.filter((each) => each.region.id === offer.region.id && !same(each, offer));
  const elsewhere = others.filter(
    (each) =>
      each.class.id === offer.class.id &&
      each.redundancy.id === offer.redundancy.id &&
      each.region.id !== offer.region.id,
  );
  const changes = (offers: readonly Offer[], label: (each: Offer) => string) =>
    offers
      .map((each) => change(now, label(each), summaryOf(workload, each)))
      .sort((a, b) => byCost(a.summary, b.summary));
  const many = (each: Offer) => each.class.redundancies.length > 1;
  return {
    now,
    class: changes(here, (each) => (many(each) ? `${each.class.label}, ${each.redundancy.label}` : each.class.label)),
    region: changes(elsewhere, (each) => each.region.label),
    retention: retentions(workload).map(([label, other]) => change(now, label, summaryOf(other, offer))),
  };
}

function same(a: Offer, b: Offer): boolean {
  return a.class.id === b.class.id && a.redundancy.id === b.redundancy.id;
}

function summaryOf(workload: Workload, offer: Offer): CostSummary {
  const [summary] = compareOffers(workload, [offer]);
  if (summary === undefined) throw new Error("one offer gives one summary");
  return summary;
}

function change(now: CostSummary, label: string, summary: CostSummary): CostChange {
  const unknown = now.total === null || summary.total === null;
  return { label, summary, difference: unknown ? null : digits(exact(summary.total ?? "0").minus(now.total ?? "0")) };
}

function retentions(workload: Workload): [string, Workload][] {
  if (workload.kind !== "job" || workload.retention === null) return [];
  const { retention } = workload;
  const scaled = (scale: (count: number) => number): Gfs => ({
    daily: scale(retention.daily),
    weekly: scale(retention.weekly),
    monthly: scale(retention.monthly),
    yearly: scale(retention.yearly),
  });
  return [
    ["Half as many restore points", { ...workload, retention: scaled((count) => Math.ceil(count / 2)) }],
    ["Twice as many restore points", { ...workload, retention: scaled((count) => count * 2) }],
  ];
}
