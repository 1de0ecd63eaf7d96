/** Retention against the class's minimum days: every kind of prune that deletes too early, and what it costs. */
import type { EarlyPrune, RetentionCheck } from "../model/cost-answer.ts";
import type { OfferRef } from "../model/cost-question.ts";
import { AppError } from "../model/error.ts";
import type { PriceBook } from "../model/price.ts";
import type { JobWorkload } from "../model/workload.ts";
import { charge } from "./charge.ts";
import { type Cohort, cohortsOf } from "./cohorts.ts";
import { type Amount, digits, ZERO } from "./decimal.ts";
import { type Offer, offerOf } from "./offer.ts";
import { planOf } from "./plan.ts";
import { layoutOf, StoredPart } from "./stored-part.ts";
import { storageUnits } from "./units.ts";

/** Days that are listed of each kind of prune. */
const LISTED = 10;

export function checkRetention(book: PriceBook, job: JobWorkload, key: OfferRef): RetentionCheck {
  const offer = offerOf(book, key);
  const { minimumDays, label } = offer.class;
  const { months } = planOf(job, offer.gigabyteBytes);
  const endDay = months.reduce((sum, { days }) => sum + days, 0);
  const groups = new Map<string, Cohort[]>();
  for (const cohort of cohortsOf(job, endDay)) {
    // Data that a lifecycle rule brings here later live here for so much less.
    const cohortHere = { ...cohort, bornDay: cohort.bornDay + (job.arrival?.days ?? 0) };
    const lived = cohortHere.diedDay - cohortHere.bornDay;
    if (lived <= 0 || lived >= minimumDays) continue;
    const group = `${cohort.kind} ${lived}`;
    const others = groups.get(group);
    if (others === undefined) groups.set(group, [cohortHere]);
    else others.push(cohortHere);
  }
  const prunes = [...groups.values()].map((cohorts) => pruneOf(job, offer, cohorts, months));
  const total = prunes.reduce<Amount | null>(
    (sum, { amount }) => (sum === null || amount === null ? null : sum.plus(amount)),
    ZERO,
  );
  prunes.sort((a, b) => b.owedDays * b.count - a.owedDays * a.count);
  return {
    class: label,
    minimumDays,
    ok: prunes.length === 0,
    prunes,
    total: total === null ? null : digits(total),
    advice: prunes.length === 0 ? [] : adviceFor(job, offer, prunes),
  };
}

function pruneOf(
  job: JobWorkload,
  offer: Offer,
  cohorts: Cohort[],
  months: ReturnType<typeof planOf>["months"],
): EarlyPrune {
  const [first] = cohorts;
  if (first === undefined) throw new AppError("internal.bug", "a group of prunes without one");
  const { minimumDays, minimumObjectBytes, label } = offer.class;
  const part = new StoredPart(months, cohorts, "upload", layoutOf(job.objectBytes, job.partBytes), null);
  const price = offer.price(offer.class.storage);
  let amount: Amount | null = price === null ? null : ZERO;
  let bytes = ZERO;
  for (const month of months) {
    const early = part.leavesEarly(minimumDays, minimumObjectBytes)[month.index];
    if (!early) continue;
    bytes = bytes.plus(early.bytes);
    if (price === null) continue;
    const quantity = storageUnits(price.meter, early.byteDays, month);
    charge(price, [{ category: "early-deletion", quantity, rule: "" }], ZERO, (_usage, _quantity, _band, cost) => {
      amount = cost === null ? null : (amount?.plus(cost) ?? null);
    });
  }
  const livedDays = first.diedDay - first.bornDay;
  const owedDays = minimumDays - livedDays;
  const what = { full: "A full", increment: "The data of a restore point", growth: "New data" }[first.kind];
  return {
    kind: first.kind,
    livedDays,
    owedDays,
    count: cohorts.length,
    days: cohorts.slice(0, LISTED).map(({ bornDay, diedDay }) => ({ written: bornDay, pruned: diedDay })),
    bytes: digits(bytes),
    amount: amount === null ? null : digits(amount),
    sentence: `${what} is pruned after ${livedDays} days; ${label} charges ${minimumDays}: ${owedDays} more days, ${cohorts.length} times in this plan.`,
  };
}

function adviceFor(job: JobWorkload, offer: Offer, prunes: readonly EarlyPrune[]): string[] {
  const { minimumDays, label } = offer.class;
  const shortest = Math.min(...prunes.map(({ livedDays }) => livedDays));
  const warmer = offer.provider.classes.filter((each) => each.minimumDays <= shortest).map((each) => each.label);
  const advice = [
    `Keep every restore point for ${minimumDays} days or more: daily ${Math.ceil(minimumDays / job.everyDays)}.`,
  ];
  if (warmer.length > 0) advice.push(`Or store restore points that live ${shortest} days in ${warmer.join(" or ")}.`);
  if (job.arrival === null) {
    advice.push(
      `Or let only what stays longer than ${minimumDays} days move to ${label}: point its lifecycle rule at those restore points alone.`,
    );
  }
  return advice;
}
