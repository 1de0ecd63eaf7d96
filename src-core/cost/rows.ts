/** A comparison as a table: the sums of every offer that meets the needs, with what the table is filtered by. */
import type { CostRow } from "../model/cost-answer.ts";
import type { Needs } from "../model/cost-question.ts";
import type { PriceBook } from "../model/price.ts";
import type { Workload } from "../model/workload.ts";
import { byCost, compareOffers } from "./compare.ts";
import { digits, exact } from "./decimal.ts";
import { atSpeed, fitting } from "./needs.ts";
import { type Offer, offersOf } from "./offer.ts";

/** Cheapest first, unknown ones last. Where a wait is asked for, restores are billed at a speed that keeps it. */
export function costRows(book: PriceBook, workload: Workload, needs: Needs): CostRow[] {
  const rows = [...fitting(offersOf(book), needs).bySpeed].flatMap(([speed, offers]) => {
    const byName = new Map(offers.map((offer) => [nameKey(offer.key), offer]));
    return compareOffers(atSpeed(workload, speed), offers).flatMap((summary) => {
      const offer = byName.get(nameKey(summary.offer));
      return offer === undefined ? [] : [{ ...summary, ...factsOf(offer) }];
    });
  });
  return rows.sort(byCost);
}

function nameKey({ provider, region, class: storageClass, redundancy }: Offer["key"]): string {
  return [provider, region, storageClass, redundancy].join("/");
}

function factsOf({ region, class: { temperature, minimumDays, retrieval } }: Offer) {
  const longest = retrieval.map(({ hours }) => (hours === null ? null : exact(hours.to)));
  const known = longest.filter((hours) => hours !== null).sort((a, b) => a.comparedTo(b) ?? 0);
  const [fastest] = known;
  return {
    continent: region.continent,
    temperature,
    minimumDays,
    wait: retrieval[0]?.hours ?? null,
    fastestHours: fastest === undefined ? null : digits(fastest),
  };
}
