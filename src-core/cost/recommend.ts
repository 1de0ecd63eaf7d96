/** The cheapest offer that does what is asked, the next two and why not they, and what was left out for which reason. */
import type { CostSummary, OfferName } from "../model/cost.ts";
import type { PriceBook, RedundancyLevel } from "../model/price.ts";
import type { Workload } from "../model/workload.ts";
import { byCost, compareOffers } from "./compare.ts";
import { digits, exact, shown } from "./decimal.ts";
import { nameOf } from "./estimate.ts";
import { type Offer, offersOf } from "./offer.ts";

export interface Needs {
  /** From asking for data until they can be read, at most. Null: any. */
  maximumWaitHours: number | null;
  redundancy: RedundancyLevel;
  /** Providers, regions or continents that are allowed; empty: all. */
  providers: readonly string[];
  regions: readonly string[];
  continents: readonly string[];
}

export const ANY_NEEDS: Needs = {
  maximumWaitHours: null,
  redundancy: "zone",
  providers: [],
  regions: [],
  continents: [],
};

export interface Choice {
  offer: OfferName;
  total: string;
  reason: string;
}

export interface Recommendation {
  /** Null: nothing that is known meets the needs. */
  best: Choice | null;
  next: Choice[];
  /** Meets the needs, and might be cheaper: what is missing. */
  unknown: { offer: OfferName; atLeast: string; missing: string[] }[];
  left: { offer: OfferName; reason: string }[];
}

const LEVELS: readonly RedundancyLevel[] = ["zone", "zones", "regions"];

export function recommend(book: PriceBook, workload: Workload, needs: Needs): Recommendation {
  const fit = fitting(offersOf(book), needs);
  return recommendFrom(book, compareFitting(workload, fit), fit.left);
}

/** Offers that do what is asked, by the speed at which each does it. */
export interface Fitting {
  readonly bySpeed: ReadonlyMap<string, readonly Offer[]>;
  readonly left: Recommendation["left"];
}

/** Offers in other places are not in it at all; those that fall short are in `left`. */
export function fitting(offers: readonly Offer[], needs: Needs): Fitting {
  const bySpeed = new Map<string, Offer[]>();
  const left: Recommendation["left"] = [];
  for (const offer of offers) {
    if (!inPlace(offer, needs)) continue;
    const fit = fitOf(offer, needs);
    if ("reason" in fit) left.push({ offer: nameOf(offer), reason: fit.reason });
    else bySpeed.set(fit.speed, [...(bySpeed.get(fit.speed) ?? []), offer]);
  }
  return { bySpeed, left };
}

/** All of them for one workload, cheapest first, each with its restores at the speed that is asked for. */
export function compareFitting(workload: Workload, { bySpeed }: Pick<Fitting, "bySpeed">): CostSummary[] {
  return [...bySpeed].flatMap(([speed, offers]) => compareOffers(atSpeed(workload, speed), offers)).sort(byCost);
}

/** From rows of {@link compareFitting}. */
export function recommendFrom(
  book: Pick<PriceBook, "sources">,
  rows: readonly CostSummary[],
  left: Recommendation["left"],
): Recommendation {
  const known = rows.filter((row): row is CostSummary & { total: string } => row.total !== null);
  const [best, ...others] = known;
  return {
    best:
      best === undefined ? null : { offer: best.offer, total: best.total, reason: whyBest(book, best, rows.length) },
    next:
      best === undefined
        ? []
        : others.slice(0, 2).map((row) => ({ offer: row.offer, total: row.total, reason: whyNot(best, row) })),
    unknown: rows
      .filter(({ total, atLeast }) => total === null && (best === undefined || exact(atLeast).lt(best.total)))
      .map(({ offer, atLeast, missing }) => ({ offer, atLeast, missing })),
    left,
  };
}

function inPlace({ provider, region }: Offer, { providers, regions, continents }: Needs): boolean {
  const among = (all: readonly string[], one: string) => all.length === 0 || all.includes(one);
  return (
    among(providers, provider.id) &&
    among(regions, region.id) &&
    (region.continent === "worldwide" ? continents.length === 0 : among(continents, region.continent))
  );
}

/** The speed at which an offer does what is asked ("": whatever the workload says), or why it does not. */
function fitOf(
  { class: { label, retrieval }, redundancy }: Offer,
  needs: Needs,
): { speed: string } | { reason: string } {
  if (LEVELS.indexOf(redundancy.level) < LEVELS.indexOf(needs.redundancy)) {
    return { reason: `${redundancy.label} is less redundancy than asked for.` };
  }
  const { maximumWaitHours } = needs;
  if (maximumWaitHours === null) return { speed: "" };
  // The usual one first; a faster one makes restores dearer, and that is on the bill then.
  const quick = retrieval.find(({ hours }) => hours !== null && exact(hours.to).lte(maximumWaitHours));
  if (quick !== undefined) return { speed: quick.id };
  const known = retrieval.flatMap(({ hours }) => (hours === null ? [] : [exact(hours.to)]));
  if (known.length < retrieval.length)
    return { reason: `How long the fastest restore from ${label} takes is not known.` };
  const [fastest = exact(0)] = known.sort((a, b) => a.comparedTo(b) ?? 0);
  return { reason: `A restore from ${label} may take ${digits(fastest)} hours; ${maximumWaitHours} were asked for.` };
}

/** The workload with its restores at that speed; "": as the workload says. */
export function atSpeed(workload: Workload, speed: string): Workload {
  if (speed === "" || workload.kind !== "job") return workload;
  return { ...workload, reads: workload.reads.map((read) => ({ ...read, speed })) };
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
function whyNot(best: CostSummary & { total: string }, row: CostSummary & { total: string }): string {
  const more = exact(row.total).minus(best.total);
  if (more.isZero()) return "It costs the same.";
  const differences = Object.entries(row.parts).map(([part, amount]) => ({
    part,
    by: exact(amount ?? "0").minus(best.parts[part as keyof typeof best.parts] ?? "0"),
  }));
  differences.sort((a, b) => b.by.comparedTo(a.by) ?? 0);
  const [most] = differences;
  const why = most?.by.gt(0) ? `, mostly by ${PART_WORDS[most.part] ?? most.part} (${shown(most.by)} more)` : "";
  const share = exact(best.total).isZero() ? "" : ` (${shown(digits(more.times(100).div(best.total)), 0)} %)`;
  return `It costs ${shown(more)} more${share}${why}.`;
}
