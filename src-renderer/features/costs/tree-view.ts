/** What a bill is made of, as areas and as a table. */
import { exact } from "../../../src-core/cost/decimal.ts";
import type { CostEstimate } from "../../../src-core/model/cost.ts";
import type { CostCategory } from "../../../src-core/model/price.ts";
import type { ChartTableData } from "../../components/chart-frame.tsx";
import { drawn, formatMoney } from "../../format/money.ts";
import { type MeterSum, sumsByMeter } from "./lines-view.ts";
import { PART_WORDS } from "./part-words.ts";

export interface TreeNode {
  readonly name: string;
  readonly part: CostCategory;
  /** For drawing. */
  readonly value: number;
  readonly words: string;
}

/** "12.5 %" of the whole; "" where the whole is nothing or unknown. */
export function shareWords(amount: string | null, whole: string): string {
  const all = exact(whole);
  if (amount === null || all.isZero()) return "";
  const percent = exact(amount).times(100).div(all);
  return percent.gt(0) && percent.lt("0.1") ? "<0.1 %" : `${percent.toFixed(1)} %`;
}

/** Sums that are known, with what they cost. */
export function treeNodes(estimate: CostEstimate): TreeNode[] {
  return sumsByMeter(estimate.lines).flatMap(({ category, meter, rule, amount }) =>
    amount === null
      ? []
      : [
          {
            name: `${PART_WORDS[category]}: ${meter}`,
            part: category,
            value: drawn(amount),
            words: `${formatMoney(amount, estimate.currency)}, ${shareWords(amount, estimate.atLeast)}`,
            rule,
          },
        ],
  );
}

export function treeTable(estimate: CostEstimate): ChartTableData {
  const row = ({ category, meter, rule, amount }: MeterSum) => [
    PART_WORDS[category],
    meter,
    rule,
    formatMoney(amount, estimate.currency),
    shareWords(amount, estimate.atLeast),
  ];
  return {
    columns: [
      { label: "Part" },
      { label: "What is counted" },
      { label: "Rule" },
      { label: "Amount", align: "right" },
      { label: "Share", align: "right" },
    ],
    rows: sumsByMeter(estimate.lines).map(row),
  };
}
