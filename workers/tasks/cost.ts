/** Answers a question to the cost rules on this thread: hundreds of classes over years are no work for the thread that answers calls. */
import { answerCost } from "../../src-core/cost/questions.ts";
import type { CostQuestion, CostQuestionKind } from "../../src-core/model/cost-question.ts";
import type { PriceBook } from "../../src-core/model/price.ts";
import type { TaskRunner } from "../task.ts";

export const cost: TaskRunner<"cost"> = async ({ asks, question, book }, ctx) => {
  ctx.started(null);
  // Parsed where they came in.
  const kind = asks as CostQuestionKind;
  return { kind: "cost", answer: answerCost(kind, question as CostQuestion<typeof kind>, book as PriceBook) };
};
