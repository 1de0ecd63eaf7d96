/** Every question of src-core/model/cost-question.ts with its rule. Book and question alone decide the answer. */
import type { CostEstimate, PlanCarbon, RestoreCost } from "../model/cost.ts";
import type {
  CostRow,
  LifecycleRules,
  Projection,
  Recommendation,
  RetentionCheck,
  WhatIf,
} from "../model/cost-answer.ts";
import type { CostQuestion, CostQuestionKind } from "../model/cost-question.ts";
import type { PriceBook } from "../model/price.ts";
import { carbonOf } from "./carbon.ts";
import { estimate } from "./estimate.ts";
import { lifecycleRules } from "./lifecycle.ts";
import { offerOf } from "./offer.ts";
import { planOf } from "./plan.ts";
import { project } from "./projection.ts";
import { recommend } from "./recommend.ts";
import { quoteRestore } from "./restore.ts";
import { checkRetention } from "./retention-check.ts";
import { costRows } from "./rows.ts";
import { whatIf } from "./what-if.ts";

export interface CostAnswers {
  estimate: CostEstimate;
  compare: CostRow[];
  project: Projection;
  quote: RestoreCost;
  check: RetentionCheck;
  recommend: Recommendation;
  lifecycle: LifecycleRules;
  whatIf: WhatIf;
  carbon: PlanCarbon;
}

const RULES: { [K in CostQuestionKind]: (book: PriceBook, question: CostQuestion<K>) => CostAnswers[K] } = {
  estimate: (book, { workload, offer, terms }) => estimate(book, workload, offer, terms),
  compare: (book, { workload, needs }) => costRows(book, workload, needs),
  project: (book, { workload, offers }) => project(book, workload, offers),
  quote: (book, { offer, restore }) => quoteRestore(offerOf(book, offer), restore),
  check: (book, { workload, offer }) => checkRetention(book, workload, offer),
  recommend: (book, { workload, needs }) => recommend(book, workload, needs),
  lifecycle: (book, { offer, ask }) => lifecycleRules(offerOf(book, offer), ask),
  whatIf: (book, { workload, offer }) => whatIf(book, workload, offer),
  carbon(book, { workload, offer }) {
    const found = offerOf(book, offer);
    return carbonOf(planOf(workload, found.gigabyteBytes), found);
  },
};

/** @throws AppError request.invalid for what the book does not know or the workload cannot be */
export function answerCost<K extends CostQuestionKind>(
  kind: K,
  question: CostQuestion<K>,
  book: PriceBook,
): CostAnswers[K] {
  return RULES[kind](book, question);
}
