/** The whole answer for one offer: every line, by month and year, and what it costs to get everything back. */
import type { CostEstimate, CostSummary, OfferName, PeriodCost, RestoreCost } from "../model/cost.ts";
import type { OfferRef, RestoreTerms } from "../model/cost-question.ts";
import type { PriceBook } from "../model/price.ts";
import type { Workload } from "../model/workload.ts";
import { bill } from "./bill.ts";
import { carbonOf } from "./carbon.ts";
import { digits } from "./decimal.ts";
import { type Offer, offerOf } from "./offer.ts";
import { type Plan, planOf } from "./plan.ts";
import { quoteRestore } from "./restore.ts";
import { LineSink, type SumSink, TotalSink } from "./sinks.ts";

/** Estimates `workload` under one offer of the book. Workload and book alone decide the answer. */
export function estimate(
  book: PriceBook,
  workload: Workload,
  key: OfferRef,
  terms: RestoreTerms = { speed: null, bitsPerSecond: null },
): CostEstimate {
  const offer = offerOf(book, key);
  const plan = planOf(workload, offer.gigabyteBytes);
  const sink = new LineSink();
  bill(plan, offer, sink);
  const count = plan.months.length;
  const sources = book.sources.filter(({ id }) => sink.sources.has(id));
  const unconfirmed = sources
    .filter(({ kind }) => kind === "unconfirmed")
    .map(({ title }) => `Not confirmed: ${title}.`);
  return {
    ...summaryOf(offer, sink, count),
    currency: book.currency,
    book: { serial: book.serial, generatedAt: book.generatedAt, expiresAt: book.expiresAt },
    months: plan.months.map(({ index, label }) => period(sink, label, index, index + 1)),
    years: yearsOf(sink, count),
    firstYear: count < 12 ? null : amountOf(sink, 0, 12),
    steadyYear: count < 12 ? null : amountOf(sink, count - 12, count),
    restoreEverything: restoreAtEnd(offer, plan, workload, storedAtEnd(plan, workload), terms),
    restoreNewest: restoreAtEnd(offer, plan, workload, plan.protectedBytesAtEnd, terms),
    lines: sink.lines,
    carbon: carbonOf(plan, offer),
    assumptions: [...plan.assumptions, ...unconfirmed],
    sources: sources.map(({ id, title, url, readAt, kind }) => ({ id, title, url, readAt, kind })),
  };
}

/** Sums alone, for comparing many offers. */
export function summarize(plan: Plan, offer: Offer): CostSummary {
  const sink = new TotalSink();
  bill(plan, offer, sink);
  return summaryOf(offer, sink, plan.months.length);
}

export function nameOf(offer: Offer): OfferName {
  return { ...offer.key, label: offer.label };
}

function summaryOf(offer: Offer, sink: SumSink, count: number): CostSummary {
  const { total, atLeast, parts } = sink.over(0, count);
  return {
    offer: nameOf(offer),
    level: offer.redundancy.level,
    total: total === null ? null : digits(total),
    atLeast: digits(atLeast),
    parts,
    missing: [...sink.missingThings],
    sourceIds: [...sink.sources],
  };
}

function amountOf(sink: SumSink, from: number, to: number): string | null {
  const { total } = sink.over(from, to);
  return total === null ? null : digits(total);
}

function period(sink: SumSink, label: string, from: number, to: number): PeriodCost {
  const { total, parts } = sink.over(from, to);
  return { label, total: total === null ? null : digits(total), parts };
}

function yearsOf(sink: SumSink, count: number): PeriodCost[] {
  const years: PeriodCost[] = [];
  for (let from = 0; from < count; from += 12) {
    years.push(period(sink, `year ${years.length + 1}`, from, Math.min(from + 12, count)));
  }
  return years;
}

/** The simple form's data are gone at the end of its days: they are what would have been restored. */
function storedAtEnd(plan: Plan, workload: Workload): number {
  if (workload.kind === "simple") return plan.protectedBytesAtEnd;
  return (plan.main.atEnd().at(-1)?.bytes ?? 0) + (plan.arrival?.part.atEnd().at(-1)?.bytes ?? 0);
}

const GIB = 2 ** 30;

function restoreAtEnd(offer: Offer, plan: Plan, workload: Workload, bytes: number, terms: RestoreTerms): RestoreCost {
  const planned = workload.kind === "job" ? workload.reads[0] : undefined;
  return quoteRestore(offer, {
    bytes,
    storedBytes: Math.max(bytes, storedAtEnd(plan, workload)),
    objectBytes: plan.layout?.objectBytes ?? GIB,
    partBytes: plan.layout?.partBytes ?? GIB,
    to: planned?.to ?? "internet",
    speed: terms.speed ?? planned?.speed ?? null,
    copyDays: planned?.copyDays ?? 3,
    bitsPerSecond: terms.bitsPerSecond,
    internetBytesPerMonth: workload.account.internetBytesPerMonth,
  });
}
