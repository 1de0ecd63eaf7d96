import { describe, expect, test } from "vitest";
import { exact } from "../../../src-core/cost/decimal.ts";
import { estimate } from "../../../src-core/cost/estimate.ts";
import { ANY_NEEDS, fitting } from "../../../src-core/cost/needs.ts";
import { offersOf } from "../../../src-core/cost/offer.ts";
import { project } from "../../../src-core/cost/projection.ts";
import { compareFitting } from "../../../src-core/cost/recommend.ts";
import { book, without } from "../../../src-core/cost/testing/sample.ts";
import { FIRST_FORM } from "../../ui-state/cost-plan.ts";
import { moneyTicks } from "./axis-ticks.ts";
import { bars, bestRegions, compareView, fastestHours, partsShown, shortLabel } from "./compare-view.ts";
import { toWorkload } from "./cost-form.ts";
import { compareCsv, csv, projectionCsv } from "./csv.ts";
import { curlText, shellQuoted } from "./curl.ts";
import { bandWords, linesOf, sumsByMeter } from "./lines-view.ts";
import { numberFault } from "./number-text.ts";
import { offerId, offerKey } from "./offer-id.ts";
import { byteTicks, marks, projectionPoints, projectionTable } from "./projection-view.ts";
import { shareWords, treeNodes } from "./tree-view.ts";

const workload = toWorkload(FIRST_FORM);
const offers = new Map(offersOf(book).map((offer) => [offerId(offer.key), offer]));
const view = compareView(compareFitting(workload, fitting([...offers.values()], ANY_NEEDS).bySpeed), offers);
const deepArchive = "aws/us-east-1/deep-archive/zones";
const standard = "aws/us-east-1/standard/zones";

function keyOf(id: string) {
  const key = offerKey(id);
  if (key === null) throw new Error(`${id} names no offer`);
  return key;
}

describe("a comparison", () => {
  test("what is unknown is apart, and has no bar", () => {
    expect(view.known.length + view.unknown.length).toBe(offers.size);
    expect(view.known.every(({ summary }) => summary.total !== null)).toBe(true);
    expect(view.unknown.every(({ summary }) => summary.total === null && summary.missing.length > 0)).toBe(true);
    expect(view.unknown.length).toBeGreaterThan(0);
  });

  test("is sorted, and a bar is as long as its parts together", () => {
    const drawn = bars(view.known);
    for (const [at, bar] of drawn.entries()) {
      const sum = bar.storage + bar.requests + bar.retrieval + bar.egress + bar["early-deletion"] + bar.fees;
      expect(sum).toBeCloseTo(bar.total, 6);
      expect(exact(bar.amount).gte(drawn[at - 1]?.amount ?? "0")).toBe(true);
    }
  });

  test("the best region of a class is the cheapest, and each class is there once", () => {
    const best = bestRegions(view.known);
    const names = best.map(({ offer: { key } }) => `${key.provider} ${key.class} ${key.redundancy}`);
    expect(new Set(names).size).toBe(names.length);
    expect(best[0]).toBe(view.known[0]);
    for (const row of best) {
      const same = view.known.find(
        ({ offer: { key } }) => `${key.provider} ${key.class} ${key.redundancy}` === names[best.indexOf(row)],
      );
      expect(same).toBe(row);
    }
  });

  test("the legend has the parts that are drawn", () => {
    const [first] = bars(view.known.filter(({ id }) => id === standard));
    expect(first && partsShown([first])).toEqual(["storage", "requests", "egress"]);
  });

  test("labels and restore times", () => {
    const offer = offers.get(deepArchive);
    expect(offer && shortLabel(offer)).toBe("S3 Glacier Deep Archive · us-east-1");
    expect(offer && fastestHours(offer)).toBe("12");
    const lrs = offers.get("azure/eastus/hot/lrs");
    expect(lrs && shortLabel(lrs)).toBe("Blob Hot, LRS · eastus");
  });

  test("an id that is none is nothing", () => {
    expect(offerKey("aws/us-east-1/standard")).toBeNull();
    expect(offerKey("")).toBeNull();
    expect(offerKey(standard)).toEqual({
      provider: "aws",
      region: "us-east-1",
      class: "standard",
      redundancy: "zones",
    });
  });
});

describe("a bill", () => {
  const answer = estimate(book, workload, keyOf(deepArchive));
  test("sums by meter are the bill", () => {
    const sum = sumsByMeter(answer.lines).reduce((total, { amount }) => total.plus(amount ?? "0"), exact(0));
    expect(sum.toFixed()).toBe(answer.total);
    expect(sumsByMeter(answer.lines).every(({ amount }) => amount !== "0")).toBe(true);
  });

  test("lines of a month are all of it, by part", () => {
    const lines = linesOf(answer.lines, 5);
    const sum = lines.reduce((total, { amount }) => total.plus(amount ?? "0"), exact(0));
    expect(sum.toFixed()).toBe(answer.months[5]?.total);
    expect(lines[0]?.category).toBe("storage");
  });

  test("areas and shares", () => {
    const nodes = treeNodes(answer);
    expect(nodes.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(Number(answer.total), 6);
    expect(shareWords("1", "3")).toBe("33.3 %");
    expect(shareWords("1", "3000")).toBe("<0.1 %");
    expect(shareWords(null, "3")).toBe("");
    expect(shareWords("0", "0")).toBe("");
  });

  test("what has no price is unknown, not nothing", () => {
    const poorer = without(book, "aws/eu-west-1/deep-archive-put");
    const lines = estimate(poorer, workload, keyOf("aws/eu-west-1/deep-archive/zones")).lines;
    expect(sumsByMeter(lines).some(({ amount }) => amount === null)).toBe(true);
  });

  test.each([
    [{ from: "0", upTo: "50" }, "first 50 GB"],
    [{ from: "50", upTo: "51200" }, "50 to 51,200 GB"],
    [{ from: "500", upTo: null }, "above 500 GB"],
    [{ from: "0", upTo: null }, null],
    [null, null],
  ])("band %o is %s", (band, words) => {
    const [line] = answer.lines;
    expect(line && bandWords({ ...line, band, unit: "GB" })).toBe(words);
  });
});

describe("a projection", () => {
  const projection = project(book, workload, [keyOf(standard), keyOf(deepArchive)]);
  test("has a point a month, with the sum so far or the month alone", () => {
    const sums = projectionPoints(projection, "cumulative");
    const months = projectionPoints(projection, "monthly");
    expect(sums).toHaveLength(36);
    const total = months.reduce((sum, point) => sum + Number(point[standard]), 0);
    expect(Number(sums.at(-1)?.[standard])).toBeCloseTo(total, 6);
    expect(projectionTable(projection, "cumulative", "USD").rows).toHaveLength(36);
  });

  test("marks lie on the line of the class that has become the cheaper one", () => {
    const twice = project(book, workload, [keyOf("gcs/us-central1/archive/region"), keyOf("b2/us-west/b2/one")]);
    const found = marks(twice);
    expect(found.length).toBe(twice.breakEvens.length);
    for (const [at, mark] of found.entries()) {
      const { month, cheaper } = twice.breakEvens[at] ?? { month: -1, cheaper: null };
      const point = projectionPoints(twice, "cumulative")[month];
      expect(mark.month).toBe(point?.month);
      expect(mark.value).toBe(point?.[cheaper === null ? "" : offerId(cheaper)]);
    }
  });

  test("as CSV: exact amounts", () => {
    const lines = projectionCsv(projection, "USD").split("\r\n");
    expect(lines).toHaveLength(38);
    expect(lines[1]).toContain(projection.offers[0]?.monthly[0] ?? "");
  });

  test.each([
    [600 * 2 ** 30, 200 * 2 ** 30],
    [1, 0.5],
    [2 ** 40, 0.5 * 2 ** 40],
  ])("an axis up to %i bytes has steps of %d", (highest, step) => {
    const ticks = byteTicks(highest);
    expect((ticks[1] ?? 0) - (ticks[0] ?? 0)).toBe(step);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest);
  });
});

describe("CSV", () => {
  test("quotes what must be quoted, and no text is a formula", () => {
    expect(csv([["a,b", 'say "x"', "=1+1", "-0.5", "@x", null, 3]])).toBe(`"a,b","say ""x""",'=1+1,-0.5,'@x,,3\r\n`);
  });

  test("a comparison: unknown ones at the end, without a total and with what is missing", () => {
    const lines = compareCsv([...view.known, ...view.unknown], "USD", 7)
      .trimEnd()
      .split("\r\n");
    expect(lines).toHaveLength(offers.size + 1);
    expect(lines[1]).toContain(view.known[0]?.summary.total ?? "none");
    expect(lines.at(-1)).toContain(",USD,,");
    expect(lines.at(-1)).toContain(view.unknown.at(-1)?.summary.missing[0] ?? "none");
  });
});

describe("a call for a shell", () => {
  test("whatever is in it stays one argument", () => {
    expect(shellQuoted("it's $HOME `x`")).toBe(`'it'\\''s $HOME \`x\`'`);
  });
  test("the token comes through a pipe, and is not in it", () => {
    const text = curlText("http://127.0.0.1:1", "/data/it's/token", "/cost/compare", { name: "it's" });
    expect(text).toContain(`cat '/data/it'\\''s/token'`);
    expect(text).toContain("-H @-");
    expect(text).toContain(`-d '{"name":"it'\\''s"}'`);
  });
});

test.each([
  ["12", null],
  ["1.5", "A whole number."],
  ["-1", "From 0 to 1,000."],
  ["1001", "From 0 to 1,000."],
  ["1e3", "A number, such as 12."],
  ["Infinity", "A number, such as 12."],
  ["", "A number, such as 12."],
])("a field with %j says %s", (text, fault) => {
  expect(numberFault(text, { min: 0, max: 1000, fractions: false })).toBe(fault);
});

test.each([
  [0, [0, 0.005, 0.01]],
  [0.71, [0, 0.2, 0.4, 0.6, 0.8]],
  [278.07, [0, 100, 200, 300]],
  [1000, [0, 500, 1000]],
])("an axis up to %d has round amounts", (highest, ticks) => {
  expect(moneyTicks(highest)).toEqual(ticks);
});
