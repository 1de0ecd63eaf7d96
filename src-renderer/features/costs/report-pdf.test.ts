import { describe, expect, test } from "vitest";
import json from "../../../resources/prices/price-book.json" with { type: "json" };
import { estimate } from "../../../src-core/cost/estimate.ts";
import { ANY_NEEDS, fitting } from "../../../src-core/cost/needs.ts";
import { offersOf } from "../../../src-core/cost/offer.ts";
import { compareFitting, recommendFrom } from "../../../src-core/cost/recommend.ts";
import { PriceBook } from "../../../src-core/model/price.ts";
import type { PriceBookInfo } from "../../../src-core/model/price-book-state.ts";
import { formatMoney } from "../../format/money.ts";
import { type CostForm, FIRST_FORM } from "../../ui-state/cost-plan.ts";
import { compareView } from "./compare-view.ts";
import { toWorkload } from "./cost-form.ts";
import { offerId } from "./offer-id.ts";
import { type Report, reportOf } from "./report.ts";
import { drawReport, latin } from "./report-pdf.ts";

const book = PriceBook.parse(json);
const info: PriceBookInfo = {
  serial: 7,
  currency: book.currency,
  generatedAt: book.generatedAt,
  expiresAt: book.expiresAt,
  origin: "shipped",
  signature: { state: "good", key: "test" },
  readAt: { oldest: "2026-11-22", newest: "2026-11-29" },
  ageDays: 7,
  stale: false,
  expired: false,
  sources: book.sources,
  providers: [],
  overrides: { discounts: 0, providers: 0 },
  previousSerial: null,
  refused: null,
};

function reportFor(form: CostForm): Report & { total: string } {
  const workload = toWorkload(form);
  const offers = new Map(offersOf(book).map((offer) => [offerId(offer.key), offer]));
  const fit = fitting([...offers.values()], ANY_NEEDS);
  const rows = compareFitting(workload, fit.bySpeed);
  const recommendation = recommendFrom(book, rows, fit.left);
  const best = recommendation.best;
  if (best === null) throw new Error("the shipped book knows some class");
  const report = reportOf({
    form,
    view: compareView(rows, offers),
    recommendation,
    estimate: estimate(book, workload, best.offer),
    info,
    day: "2026-11-30",
  });
  return { ...report, total: best.total };
}

/** What a reader of the file finds: its pages, and its text in order. */
function read(pdf: string): { pages: number; text: string } {
  const strings = [...pdf.matchAll(/\(((?:\\.|[^\\()])*)\) Tj/g)].map(([, text = ""]) =>
    text.replaceAll(/\\(.)/g, "$1"),
  );
  return { pages: pdf.match(/\/Type \/Page\b/g)?.length ?? 0, text: strings.join("\n") };
}

describe("the report", () => {
  test("is one page with the right total, the two that follow and the age of the prices", () => {
    const report = reportFor({ ...FIRST_FORM, name: "app-server" });
    const { pages, text } = read(drawReport(report).output());
    expect(pages).toBe(1);
    expect(text).toContain("Cost of object storage: app-server");
    expect(text.match(new RegExp(`^\\${formatMoney(report.total, "USD")}$`, "gm"))?.length).toBe(2);
    for (const { total } of report.next) expect(text).toContain(total);
    expect(text).toContain("Prices read 2026-11-22 to 2026-11-29 (book 7, 7 days old, USD).");
    expect(text).toContain("Every month has 30 days.");
    expect(text).toMatch(/\d+ classes are not compared/);
  });

  test("stays one page whatever there is to say", () => {
    const report = reportFor({ ...FIRST_FORM, name: "n".repeat(300) });
    const many = Array.from({ length: 90 }, (_, at) => `Assumption ${at} ${"word ".repeat(60)}`);
    const { pages, text } = read(drawReport({ ...report, assumptions: many, sources: many, warnings: many }).output());
    expect(pages).toBe(1);
    expect(text).toContain("and 78 more");
  });

  test("says so where no class is known", () => {
    const report = reportFor(FIRST_FORM);
    const { text } = read(drawReport({ ...report, best: null, next: [], facts: [], bars: [] }).output());
    expect(text).toContain("No class with known prices does what is asked.");
  });
});

test("letters that the fonts lack are told as such, others stay", () => {
  expect(latin("São Paulo – 3 €, CO₂, −5 → 4 сервер")).toBe("São Paulo - 3 €, CO2, -5 to 4 ??????");
});
