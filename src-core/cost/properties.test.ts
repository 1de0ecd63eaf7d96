/** What must hold for every workload, whatever the prices. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import json from "../../resources/prices/price-book.json" with { type: "json" };
import { type Meter, PriceBook } from "../model/price.ts";
import { JobWorkload, SimpleWorkload } from "../model/workload.ts";
import { charge } from "./charge.ts";
import { compare } from "./compare.ts";
import { type Amount, digits, exact, ZERO } from "./decimal.ts";
import { estimate } from "./estimate.ts";
import { type MeterPrice, offersOf } from "./offer.ts";

const book = PriceBook.parse(json);
const GIB = 2 ** 30;

/** Offers whose prices are all known for what the workloads below do. */
const KNOWN = [
  "aws/us-east-1/standard/zones",
  "aws/us-east-1/standard-ia/zones",
  "aws/us-east-1/glacier/zones",
  "aws/us-east-1/deep-archive/zones",
  "azure/eastus/hot/lrs",
  "azure/eastus/archive/lrs",
  "gcs/us-east1/standard/region",
  "gcs/europe-west1/archive/region",
  "b2/us-west/b2/one",
  "r2/auto/standard/jurisdiction",
  "r2/auto/infrequent/jurisdiction",
  "wasabi/us-east-1/wasabi/one",
];
const keyOf = (path: string) => {
  const [provider = "", region = "", storageClass = "", redundancy = ""] = path.split("/");
  return { provider, region, class: storageClass, redundancy };
};
const anOffer = fc.constantFrom(...KNOWN).map(keyOf);

const aJob = fc
  .record({
    start: fc.constantFrom(null, "2027-01", "2028-02"),
    months: fc.integer({ min: 1, max: 30 }),
    gibibytes: fc.integer({ min: 1, max: 20_000 }),
    change: fc.integer({ min: 0, max: 200 }),
    daily: fc.integer({ min: 1, max: 60 }),
    monthly: fc.integer({ min: 0, max: 24 }),
    fullEveryDays: fc.constantFrom(null, 7, 30),
    lockDays: fc.constantFrom(0, 14),
    share: fc.constantFrom(0, 0.01, 0.05),
  })
  .map(({ gibibytes, change, daily, monthly, share, ...rest }) =>
    JobWorkload.parse({
      kind: "job",
      ...rest,
      initialBytes: gibibytes * GIB,
      changeBytesPerDay: change * GIB,
      retention: { daily, weekly: 0, monthly, yearly: 0 },
      objectBytes: GIB,
      partBytes: 64 * 2 ** 20,
      reads: [{ label: "Test", amount: { share }, everyMonths: 2, to: "internet" }],
    }),
  );

const sum = (amounts: readonly (string | null)[]): string =>
  digits(amounts.reduce((total: Amount, each) => total.plus(each ?? "0"), ZERO));

const known = (amount: string | null): Amount => {
  if (amount === null) throw new Error("unknown where all prices are known");
  return exact(amount);
};

describe("properties", () => {
  test("a year equals its months, the total its years, its parts and its lines", () => {
    fc.assert(
      fc.property(aJob, anOffer, (workload, key) => {
        const { total, months, years, parts, lines } = estimate(book, workload, key);
        expect(sum(months.map((month) => month.total))).toBe(total);
        expect(sum(years.map((year) => year.total))).toBe(total);
        expect(sum(Object.values(parts))).toBe(total);
        expect(sum(lines.map(({ amount }) => amount))).toBe(total);
        for (const [at, { total: year }] of years.entries()) {
          expect(sum(months.slice(at * 12, at * 12 + 12).map((month) => month.total))).toBe(year);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("every line is its quantity times its price", () => {
    fc.assert(
      fc.property(aJob, anOffer, (workload, key) => {
        for (const { quantity, unitPrice, per, amount } of estimate(book, workload, key).lines) {
          const product = exact(quantity).times(known(unitPrice));
          const difference = product.div(per).minus(known(amount)).abs();
          expect(difference.lt("1e-20")).toBe(true);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("more bytes never cost less", () => {
    // Wasabi's and B2's free egress grows with what is stored: with reads that grow as well it still never falls.
    fc.assert(
      fc.property(aJob, anOffer, fc.integer({ min: 1, max: 1000 }), (workload, key, more) => {
        const larger = { ...workload, initialBytes: workload.initialBytes + more * GIB };
        const [small, large] = [estimate(book, workload, key).total, estimate(book, larger, key).total];
        expect(known(large).gte(known(small))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("a longer time never costs less", () => {
    fc.assert(
      fc.property(aJob, anOffer, fc.integer({ min: 1, max: 12 }), (workload, key, more) => {
        const longer = { ...workload, months: workload.months + more };
        const [short, long] = [estimate(book, workload, key).total, estimate(book, longer, key).total];
        expect(known(long).gte(known(short))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("keeping data for longer and then deleting them never costs less, past minimum days or not", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 60 }), anOffer, (days, more, key) => {
        const of = (count: number) =>
          estimate(
            book,
            SimpleWorkload.parse({ kind: "simple", storageGB: 2048, transferGB: 0, requests: 0, days: count }),
            key,
          ).total;
        // Before its minimum days a class costs the same however long: to the last places of quotients that do not end.
        expect(
          known(of(days + more))
            .plus("0.00000000000000000001")
            .gte(known(of(days))),
        ).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test("bands join without jumps, and in whatever pieces the quantity comes", () => {
    const price = (marks: readonly number[], prices: readonly number[]): MeterPrice => ({
      meter: { id: "m", label: "m", unit: "GB", measure: { kind: "bytes", unitBytes: 1 } } satisfies Meter,
      bands: prices.map((each, at) => ({
        from: exact(marks[at - 1] ?? 0),
        upTo: marks[at] === undefined ? null : exact(marks[at]),
        price: exact(each).div(1000),
        text: String(each),
      })),
      per: exact(1),
      perOne: true,
      source: "s",
    });
    const cost = (of: MeterPrice, quantities: readonly Amount[], already = ZERO) => {
      let total = ZERO;
      const usages = quantities.map((quantity) => ({ category: "egress" as const, quantity, rule: "" }));
      charge(of, usages, already, (_usage, _quantity, _band, amount) => {
        total = total.plus(amount ?? 0);
      });
      return total;
    };
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 5, maxLength: 5 }),
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 0, max: 20_000 }),
        (unsorted, prices, a, b) => {
          const marks = unsorted.toSorted((x, y) => x - y);
          const of = price(marks, prices.slice(0, marks.length + 1));
          // In one piece, in two, and the second on top of what the account used before.
          const whole = cost(of, [exact(a + b)]);
          expect(digits(cost(of, [exact(a), exact(b)]))).toBe(digits(whole));
          expect(digits(cost(of, [exact(a)]).plus(cost(of, [exact(b)], exact(a))))).toBe(digits(whole));
          // Across each mark a sliver costs a sliver.
          for (const mark of marks) {
            const sliver = cost(of, [exact(mark).plus("0.001")]).minus(cost(of, [exact(mark).minus("0.001")]));
            expect(sliver.lte("0.0002")).toBe(true);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test("compare equals the single estimates, in order, the unknown ones last", () => {
    const offers = offersOf(book);
    fc.assert(
      fc.property(aJob, fc.array(fc.nat(offers.length - 1), { minLength: 8, maxLength: 8 }), (workload, picks) => {
        const wanted = new Set(picks.map((at) => JSON.stringify(offers[at]?.key)));
        const rows = compare(book, workload, (offer) => wanted.has(JSON.stringify(offer.key)));
        expect(rows).toHaveLength(wanted.size);
        for (const row of rows) {
          const single = estimate(book, workload, row.offer);
          expect([row.total, row.parts, row.missing]).toEqual([single.total, single.parts, single.missing]);
        }
        const totals = rows.map(({ total }) => (total === null ? Number.POSITIVE_INFINITY : Number(total)));
        expect(totals).toEqual(totals.toSorted((a, b) => a - b));
      }),
      { numRuns: 15 },
    );
  });

  test("taking a price out of the book makes a total unknown, never smaller", () => {
    const meters = [
      "glacier-storage",
      "glacier-put",
      "standard-put",
      "internet",
      "glacier-standard-bytes",
      "standard-storage",
    ];
    const workload = JobWorkload.parse({
      kind: "job",
      start: null,
      months: 2,
      initialBytes: 200 * GIB,
      changeBytesPerDay: 0,
      retention: null,
      objectBytes: GIB,
      partBytes: 64 * 2 ** 20,
      reads: [{ label: "Test", amount: { share: 1 }, everyMonths: 1, to: "internet" }],
    });
    for (const meter of meters) {
      const poorer = structuredClone(book);
      delete poorer.providers[0]?.regions[0]?.prices[meter];
      const answer = estimate(poorer, workload, { provider: "aws", region: "us-east-1", class: "glacier" });
      expect([meter, answer.total, answer.missing.length]).toEqual([meter, null, 1]);
    }
  });
});
