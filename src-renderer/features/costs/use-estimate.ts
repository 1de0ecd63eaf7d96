/** The whole bill of one class for the plan, with its restores as fast as is asked for. */
import { useMemo } from "react";
import { estimate } from "../../../src-core/cost/estimate.ts";
import { atSpeed } from "../../../src-core/cost/needs.ts";
import type { Offer } from "../../../src-core/cost/offer.ts";
import type { CostEstimate } from "../../../src-core/model/cost.ts";
import type { AppErrorData } from "../../../src-core/model/error.ts";
import { toErrorData } from "../../app/error-data.ts";
import type { Plan } from "./use-plan.ts";

/** The speed at which the plan reads from the offer back; "": the class's usual one. */
export function speedIn({ fit }: Pick<Plan, "fit">, offer: Offer): string {
  for (const [speed, offers] of fit.bySpeed) if (offers.includes(offer)) return speed;
  return "";
}

export function useEstimate(
  plan: Plan,
  offer: Offer | undefined,
): { estimate: CostEstimate | null; error: AppErrorData | null } {
  const { book, settled, fit } = plan;
  return useMemo(() => {
    if (offer === undefined) return { estimate: null, error: null };
    const speed = speedIn({ fit }, offer);
    try {
      const terms = { speed: speed === "" ? null : speed, bitsPerSecond: null };
      return { estimate: estimate(book, atSpeed(settled, speed), offer.key, terms), error: null };
    } catch (thrown) {
      return { estimate: null, error: toErrorData(thrown) };
    }
  }, [book, settled, fit, offer]);
}
