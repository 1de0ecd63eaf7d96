/** Costs for people: tables, with unknown said as such. */
import { exact, shown, significant } from "../../../src-core/cost/decimal.ts";
import type { CostEstimate, CostParts, OfferName, RestoreCost } from "../../../src-core/model/cost.ts";
import type {
  CostRow,
  PriceChange,
  Projection,
  Recommendation,
  RetentionCheck,
} from "../../../src-core/model/cost-answer.ts";
import { pairs, table } from "./table.ts";

const UNKNOWN = "unknown";
const PARTS = ["storage", "requests", "retrieval", "egress", "early-deletion", "fees"] as const;
const right = (title: string) => ({ title, align: "right" }) as const;

export function moneyText(amount: string | null): string {
  if (amount === null) return UNKNOWN;
  // A small price must not look like none.
  const cents = shown(amount);
  return cents === "0.00" && !exact(amount).isZero() ? significant(exact(amount), 2) : cents;
}

export function offerText({ provider, region, class: storageClass, redundancy }: OfferName): string {
  return [provider, region, storageClass, redundancy].join("/");
}

function partCells(parts: CostParts): string[] {
  return PARTS.map((part) => moneyText(parts[part]));
}

function hoursText(hours: { from: string; to: string } | null): string {
  if (hours === null) return UNKNOWN;
  if (exact(hours.to).isZero()) return "at once";
  return hours.from === hours.to ? `${hours.to} h` : `${hours.from}–${hours.to} h`;
}

export function estimateText(estimate: CostEstimate): string[] {
  const { offer, currency, total, missing, book, firstYear, steadyYear, restoreEverything, restoreNewest } = estimate;
  return [
    `${offer.label} (${offerText(offer)})`,
    ...pairs([
      ["Total", `${moneyText(total)} ${currency}${total === null ? ` (${moneyText(estimate.atLeast)} or more)` : ""}`],
      ...(firstYear === null && total !== null ? [] : ([["First year", moneyText(firstYear)]] as const)),
      ...(steadyYear === null && total !== null ? [] : ([["Last twelve months", moneyText(steadyYear)]] as const)),
      ["Restore everything", `${moneyText(restoreEverything.total)}, wait ${hoursText(restoreEverything.waitHours)}`],
      ["Restore newest", `${moneyText(restoreNewest.total)}, wait ${hoursText(restoreNewest.waitHours)}`],
      ["Carbon", estimate.carbon.totalKg === null ? UNKNOWN : `about ${estimate.carbon.totalKg} kg CO2e`],
    ]),
    "",
    ...table(
      [{ title: "MONTH" }, ...PARTS.map((part) => right(part.toUpperCase())), right("TOTAL")],
      estimate.years.map((year) => [year.label, ...partCells(year.parts), moneyText(year.total)]),
    ).map((line, at) => (at === 0 ? line.replace("MONTH", "YEAR ") : line)),
    ...list("Missing in the price book:", missing),
    ...list("Assumed:", estimate.assumptions),
    "",
    `Prices of ${book.generatedAt.slice(0, 10)} (book ${book.serial}).`,
  ];
}

export function rowsText(rows: readonly CostRow[], currency: string): string[] {
  return table(
    [
      right(`TOTAL ${currency}`),
      ...PARTS.map((part) => right(part.toUpperCase())),
      { title: "WAIT" },
      { title: "OFFER" },
    ],
    rows.map((row) => [moneyText(row.total), ...partCells(row.parts), hoursText(row.wait), offerText(row.offer)]),
  );
}

export function projectionText({ months, offers, breakEvens }: Projection): string[] {
  return [
    ...table(
      [{ title: "MONTH" }, ...offers.map(({ offer }) => right(offerText(offer)))],
      [
        ...months.map((label, at) => [label, ...offers.map(({ monthly }) => moneyText(monthly[at] ?? null))]),
        ["in all", ...offers.map(({ cumulative }) => moneyText(cumulative.at(-1) ?? null))],
      ],
    ),
    ...list(
      "",
      breakEvens.map(
        ({ label, cheaper, dearer }) =>
          `From ${label} on ${offerText(cheaper)} has cost less than ${offerText(dearer)}.`,
      ),
    ),
  ];
}

export function quoteText(quote: RestoreCost, currency: string): string[] {
  return [
    ...pairs([
      ["Costs", `${moneyText(quote.total)} ${currency}`],
      ["Wait", hoursText(quote.waitHours)],
      ["Transfer", quote.transferHours === null ? "no rate stated" : `${shown(quote.transferHours, 1)} h`],
      ...PARTS.filter((part) => quote.parts[part] !== "0").map((part) => [part, moneyText(quote.parts[part])] as const),
    ]),
    ...list("Missing in the price book:", quote.missing),
    "",
    ...quote.steps.map((step, at) => `${at + 1}. ${step}`),
  ];
}

export function checkText({ ok, class: label, minimumDays, prunes, total, advice }: RetentionCheck): string[] {
  if (ok) return [`Nothing is pruned before the ${minimumDays} days of ${label}.`];
  return [
    ...table(
      [{ title: "PRUNE" }, right("LIVED"), right("OWED"), right("TIMES"), right("COSTS")],
      prunes.map((each) => [
        each.kind,
        `${each.livedDays} days`,
        `${each.owedDays} days`,
        String(each.count),
        moneyText(each.amount),
      ]),
    ),
    "",
    `In all ${moneyText(total)}.`,
    ...advice,
  ];
}

export function recommendationText({ best, next, unknown, left }: Recommendation, currency: string): string[] {
  if (best === null)
    return [
      "Nothing that is known meets the needs.",
      ...list(
        "Unknown:",
        unknown.map(({ offer }) => offerText(offer)),
      ),
    ];
  return [
    `${best.offer.label} (${offerText(best.offer)}): ${moneyText(best.total)} ${currency}. ${best.reason}`,
    ...next.map(({ offer, total, reason }) => `  then ${offerText(offer)}: ${moneyText(total)}. ${reason}`),
    ...list(
      "Might be cheaper, but a price is missing:",
      unknown.slice(0, 10).map(({ offer }) => offerText(offer)),
    ),
    ...(left.length === 0 ? [] : [`${left.length} do not meet the needs.`]),
  ];
}

export function changesText(changes: readonly PriceChange[]): string[] {
  if (changes.length === 0) return ["No price changed."];
  return table(
    [{ title: "PRICE" }, { title: "" }, right("FROM"), right("TO"), right("%")],
    changes.map(({ path, above, kind, from, to, percent }) => [
      above === "0" ? path : `${path} above ${above}`,
      kind,
      from ?? UNKNOWN,
      to ?? UNKNOWN,
      percent ?? "",
    ]),
  );
}

function list(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  return ["", ...(title === "" ? [] : [title]), ...items.map((item) => `  ${item}`)];
}
