/** Which offers do what is asked, and at which speed of retrieval; why the others do not. */
import type { OfferName } from "../model/cost.ts";
import type { Needs } from "../model/cost-question.ts";
import type { RedundancyLevel } from "../model/price.ts";
import type { Workload } from "../model/workload.ts";
import { digits, exact } from "./decimal.ts";
import { nameOf } from "./estimate.ts";
import type { Offer } from "./offer.ts";

export const ANY_NEEDS: Needs = {
  maximumWaitHours: null,
  redundancy: "zone",
  providers: [],
  regions: [],
  continents: [],
};

const LEVELS: readonly RedundancyLevel[] = ["zone", "zones", "regions"];

export interface Fitting {
  /** Offers by the speed at which they meet the needs; "": whatever the workload says. */
  bySpeed: Map<string, Offer[]>;
  left: { offer: OfferName; reason: string }[];
}

/** The offers that are in the place asked for, told apart by whether they meet the needs. */
export function fitting(offers: readonly Offer[], needs: Needs): Fitting {
  const bySpeed = new Map<string, Offer[]>();
  const left: Fitting["left"] = [];
  for (const offer of offers) {
    if (!inPlace(offer, needs)) continue;
    const fit = fitOf(offer, needs);
    if ("reason" in fit) left.push({ offer: nameOf(offer), reason: fit.reason });
    else bySpeed.set(fit.speed, [...(bySpeed.get(fit.speed) ?? []), offer]);
  }
  return { bySpeed, left };
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

/** The workload with its restores at that speed. */
export function atSpeed(workload: Workload, speed: string): Workload {
  if (speed === "" || workload.kind !== "job") return workload;
  return { ...workload, reads: workload.reads.map((read) => ({ ...read, speed })) };
}
