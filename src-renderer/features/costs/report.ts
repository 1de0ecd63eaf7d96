/** What the one-page report says, in words: everything but where it stands on the page. */
import type { CostEstimate } from "../../../src-core/model/cost.ts";
import type { Recommendation } from "../../../src-core/model/cost-answer.ts";
import type { CostCategory } from "../../../src-core/model/price.ts";
import type { PriceBookInfo } from "../../../src-core/model/price-book-state.ts";
import { formatBytes } from "../../format/bytes.ts";
import { formatMoney } from "../../format/money.ts";
import type { CostForm } from "../../ui-state/cost-plan.ts";
import { ageWords, bookWarnings, readWords } from "./book-words.ts";
import { type Bar, bars, bestRegions, type CompareView } from "./compare-view.ts";
import { heldAssumptions, restoreWords, retentionWords, spanWords } from "./cost-form.ts";
import { hoursWords } from "./hours-words.ts";
import { DESTINATION_WORDS } from "./part-words.ts";

export interface Report {
  readonly title: string;
  readonly day: string;
  readonly plan: readonly (readonly [string, string])[];
  /** Null: no class with known prices does what is asked. */
  readonly best: { readonly label: string; readonly total: string; readonly reason: string } | null;
  /** First year, restore, carbon of the best. */
  readonly facts: readonly (readonly [string, string])[];
  readonly next: readonly { readonly label: string; readonly total: string; readonly reason: string }[];
  readonly bars: readonly (Pick<Bar, "label" | "total"> & Record<CostCategory, number> & { readonly words: string })[];
  readonly unknown: string | null;
  readonly assumptions: readonly string[];
  readonly book: string;
  readonly warnings: readonly string[];
  readonly sources: readonly string[];
}

/** Bars that a reader takes in at a glance. */
const BARS = 8;

interface ReportInput {
  form: CostForm;
  view: CompareView;
  recommendation: Recommendation;
  /** Of the recommended class. */
  estimate: CostEstimate | null;
  info: PriceBookInfo;
  day: string;
}

export function reportOf({ form, view, recommendation, estimate, info, day }: ReportInput): Report {
  const { currency } = info;
  const { best, next } = recommendation;
  const choice = (each: NonNullable<typeof best>) => ({
    label: each.offer.label,
    total: formatMoney(each.total, currency),
    reason: each.reason,
  });
  return {
    title: form.name === "" ? "Cost of object storage" : `Cost of object storage: ${form.name}`,
    day,
    plan: planRows(form),
    best: best === null ? null : choice(best),
    facts: estimate === null ? [] : factRows(estimate, currency),
    next: next.map(choice),
    bars: bars(bestRegions(view.known).slice(0, BARS)).map((bar) => ({
      ...bar,
      words: formatMoney(bar.amount, currency),
    })),
    unknown:
      view.unknown.length === 0
        ? null
        : `${view.unknown.length} classes are not compared: the price book lacks a price for them. Missing prices count as unknown, never as nothing.`,
    assumptions: [...heldAssumptions(form), ...(estimate?.assumptions ?? []), "No taxes, support plans or contracts."],
    book: `${readWords(info)} (${ageWords(info)}, ${info.currency}).`,
    warnings: bookWarnings(info),
    sources: (estimate?.sources ?? []).map(({ title, readAt }) => `${title}, read ${readAt}`),
  };
}

function planRows(form: CostForm): [string, string][] {
  if (form.kind === "simple") {
    return [
      ["Stored", `${form.storageGB} GB`],
      ["Read out", `${form.transferGB} GB`],
      ["Requests", String(form.requests)],
      ["For", spanWords(form)],
    ];
  }
  return [
    ["Size", formatBytes(form.sizeBytes)],
    ["Daily change", `${form.changePercent} %`],
    ["Growth a month", `${form.growthPercent} %`],
    ["Kept", retentionWords(form)],
    [
      "Restores",
      form.restoresPerYear === 0
        ? "never"
        : `${restoreWords(form.restoresPerYear)}, ${form.restorePercent} % each, ${DESTINATION_WORDS[form.restoreTo].toLowerCase()}`,
    ],
    ["For", spanWords(form)],
  ];
}

function factRows(estimate: CostEstimate, currency: string): [string, string][] {
  const { firstYear, steadyYear, restoreEverything, carbon } = estimate;
  return [
    ...(firstYear === null ? [] : [["First year", formatMoney(firstYear, currency)] as [string, string]]),
    ...(steadyYear === null ? [] : [["Last twelve months", formatMoney(steadyYear, currency)] as [string, string]]),
    [
      "Restore everything once",
      `${formatMoney(restoreEverything.total, currency)} for ${formatBytes(restoreEverything.bytes)}, ${hoursWords(restoreEverything)}`,
    ],
    ["Carbon", carbon.totalKg === null ? "unknown" : `about ${carbon.totalKg} kg CO2e`],
  ];
}
