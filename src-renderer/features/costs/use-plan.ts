/** The plan's question and its answers over all classes, computed in the page: the price book comes over once. */
import { useMemo } from "react";
import { ANY_NEEDS, type Fitting, fitting } from "../../../src-core/cost/needs.ts";
import { type Offer, offersOf } from "../../../src-core/cost/offer.ts";
import { compareFitting, recommendFrom } from "../../../src-core/cost/recommend.ts";
import type { Recommendation } from "../../../src-core/model/cost-answer.ts";
import type { Needs } from "../../../src-core/model/cost-question.ts";
import type { AppErrorData } from "../../../src-core/model/error.ts";
import type { PriceBook } from "../../../src-core/model/price.ts";
import type { PriceBookInfo } from "../../../src-core/model/price-book-state.ts";
import type { Workload } from "../../../src-core/model/workload.ts";
import { toErrorData } from "../../app/error-data.ts";
import { useDebounced } from "../../components/use-debounced.ts";
import { type CostNeeds, useCostPlan } from "../../ui-state/cost-plan.ts";
import { type CompareView, compareView } from "./compare-view.ts";
import { formFault, toWorkload } from "./cost-form.ts";
import { offerId } from "./offer-id.ts";

/** After the last movement of a slider; bars do not wait for it. */
const SETTLED_MS = 200;

export interface Plan {
  readonly book: PriceBook;
  readonly info: PriceBookInfo;
  readonly currency: string;
  /** All offers of the book, by id. */
  readonly offers: ReadonlyMap<string, Offer>;
  readonly needs: Needs;
  readonly fit: Fitting;
  /** As the form is this moment. */
  readonly workload: Workload;
  /** As the form was when it last rested: what all but the bars speak of. */
  readonly settled: Workload;
  /** Nothing moves: `settled` is what the form says. */
  readonly atRest: boolean;
  readonly view: CompareView;
  readonly recommendation: Recommendation;
  /** Why the settled form cannot be computed. */
  readonly error: AppErrorData | null;
}

const NOTHING: Pick<Plan, "view" | "recommendation"> = {
  view: { known: [], unknown: [] },
  recommendation: { best: null, next: [], unknown: [], left: [] },
};

export function needsOf({ maximumWaitHours, redundancy, providers, region, continent }: CostNeeds): Needs {
  return {
    ...ANY_NEEDS,
    maximumWaitHours,
    redundancy,
    providers: [...providers],
    regions: region === "" ? [] : [region],
    continents: continent === "" ? [] : [continent],
  };
}

export function usePlan(book: PriceBook, info: PriceBookInfo): Plan {
  const form = useCostPlan((state) => state.form);
  const costNeeds = useCostPlan((state) => state.needs);
  const fault = formFault(form);
  const workload = useMemo(() => toWorkload(form), [form]);
  const settled = useDebounced(workload, SETTLED_MS);
  const atRest = JSON.stringify(workload) === JSON.stringify(settled);
  const needs = useMemo(() => needsOf(costNeeds), [costNeeds]);
  const offers = useMemo(() => new Map(offersOf(book).map((offer) => [offerId(offer.key), offer])), [book]);
  const fit = useMemo(() => fitting([...offers.values()], needs), [offers, needs]);
  const answers = useMemo(() => {
    if (fault !== null)
      return { ...NOTHING, error: { code: "request.invalid", message: fault, retryable: false } as const };
    try {
      const rows = compareFitting(settled, fit.bySpeed);
      return { view: compareView(rows, offers), recommendation: recommendFrom(book, rows, fit.left), error: null };
    } catch (thrown) {
      return { ...NOTHING, error: toErrorData(thrown) };
    }
  }, [settled, fault, fit, offers, book]);
  return { book, info, currency: book.currency, offers, needs, fit, workload, settled, atRest, ...answers };
}
