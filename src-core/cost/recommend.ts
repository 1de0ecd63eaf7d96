/** The cheapest offer that does what is asked, the next two and why not they, and what was left out for which reason. */
import type { CostSummary } from "../model/cost.ts";
import type { Recommendation } from "../model/cost-answer.ts";
import type { Needs } from "../model/cost-question.ts";
import type { PriceBook } from "../model/price.ts";
import type { Workload } from "../model/workload.ts";
import { byCost, compareOffers } from "./compare.ts";
import { digits, exact, shown } from "./decimal.ts";
import { atSpeed, type Fitting, fitting } from "./needs.ts";
import { offersOf } from "./offer.ts";

export function recommend(book: PriceBook, workload: Workload, needs: Needs): Recommendation {
  const fit = fitting(offersOf(book), needs);
  return recommendFrom(book, compareFitting(workload, fit.bySpeed), fit.left);
}

/** All of them for one workload, cheapest first, each with its restores at the speed that is asked for. */
export function compareFitting(workload: Workload, bySpeed: Fitting["bySpeed"]): CostSummary[] {
  return [...bySpeed].flatMap(([speed, offers]) => compareOffers(atSpeed(workload, speed), offers)).sort(byCost);
}

/** From rows of {@link compareFitting}. */
export function recommendFrom(
  book: Pick<PriceBook, "sources" | "currency">,
  rows: readonly CostSummary[],
  left: Fitting["left"],
): Recommendation {
  const known = rows.filter((row): row is CostSummary & { total: string } => row.total !== null);
  const [best, ...others] = known;
  return {
    best:
      best === undefined ? null : { offer: best.offer, total: best.total, reason: whyBest(book, best, rows.length) },
    next:
      best === undefined
        ? []
        : others
            .slice(0, 2)
            .map((row) => ({ offer: row.offer, total: row.total, reason: whyNot(book.currency, best, row) })),
    unknown: rows
      .filter(({ total, atLeast }) => total === null && (best === undefined || exact(atLeast).lt(best.total)))
      .map(({ offer, atLeast, missing }) => ({ offer, atLeast, missing })),
    left,
  };
}

function whyBest(book: Pick<PriceBook, "sources">, { sourceIds }: CostSummary, of: number): string {
  const unconfirmed = book.sources.filter(({ id, kind }) => kind === "unconfirmed" && sourceIds.includes(id));
  const doubt =
    unconfirmed.length === 0
      ? ""
      : ` Some of its prices are not confirmed (${unconfirmed.map(({ title }) => title).join("; ")}).`;
  return `The cheapest of ${of} that meet what was asked.${doubt}`;
}

const PART_WORDS: Record<string, string> = {
  storage: "storage",
  requests: "requests",
  retrieval: "retrieval",
  egress: "network",
  "early-deletion": "early deletion",
  fees: "fees",
};

/** Where the difference comes from: the part that adds most to it. */
function whyNot(currency: string, best: CostSummary & { total: string }, row: CostSummary & { total: string }): string {
  const more = exact(row.total).minus(best.total);
  if (more.isZero()) return "It costs the same.";
  const differences = Object.entries(row.parts).map(([part, amount]) => ({
    part,
    by: exact(amount ?? "0").minus(best.parts[part as keyof typeof best.parts] ?? "0"),
  }));
  differences.sort((a, b) => b.by.comparedTo(a.by) ?? 0);
  const [most] = differences;
  const why = most?.by.gt(0)
    ? `, mostly by ${PART_WORDS[most.part] ?? most.part} (${currency} ${shown(most.by)} more)`
    : "";
  const share = exact(best.total).isZero() ? "" : ` (${shown(digits(more.times(100).div(best.total)), 0)} %)`;
  return `It costs ${currency} ${shown(more)} more${share}${why}.`;
}
