/** The book that is shipped, its published schema, and the rules by which another one may take its place. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import json from "../../resources/prices/price-book.json" with { type: "json" };
import schema from "../../resources/prices/price-book.schema.json" with { type: "json" };
import { PriceBook, PriceOverrides } from "../model/price.ts";
import { SimpleWorkload } from "../model/workload.ts";
import { bookFaults } from "./book-check.ts";
import { diffBooks } from "./book-diff.ts";
import { estimate } from "./estimate.ts";
import { offersOf } from "./offer.ts";
import { withOverrides } from "./overrides.ts";
import { without } from "./testing/sample.ts";

const book = PriceBook.parse(json);
const NOW = Date.parse("2026-11-30T00:00:00Z");

/** A copy of the shipped book, one serial later, changed by `change`. */
function later(change: (copy: PriceBook) => void = () => {}): PriceBook {
  const copy = structuredClone(book);
  copy.serial += 1;
  change(copy);
  return PriceBook.parse(copy);
}

function priceOf(copy: PriceBook, provider: string, region: string, key: string) {
  const found = copy.providers.find(({ id }) => id === provider)?.regions.find(({ id }) => id === region)?.prices[key];
  if (found === undefined) throw new Error(`no price ${provider}/${region}/${key}`);
  return found;
}

describe("the shipped book", () => {
  test("has the published schema", () => {
    expect(JSON.parse(JSON.stringify(z.toJSONSchema(PriceBook)))).toEqual(schema);
  });

  test("has no faults", () => {
    expect(bookFaults(book, null, NOW)).toEqual([]);
  });

  test("has twelve regions or more of each of the three big providers, and all their classes", () => {
    const classes = Object.fromEntries(book.providers.map((each) => [each.id, each.classes.map(({ id }) => id)]));
    for (const id of ["aws", "azure", "gcs"]) {
      expect(book.providers.find((each) => each.id === id)?.regions.length).toBeGreaterThanOrEqual(12);
    }
    expect(classes).toEqual({
      aws: ["standard", "intelligent-tiering", "standard-ia", "onezone-ia", "glacier-ir", "glacier", "deep-archive"],
      azure: ["hot", "cool", "cold", "archive"],
      gcs: ["standard", "nearline", "coldline", "archive"],
      b2: ["b2"],
      wasabi: ["wasabi"],
      r2: ["standard", "infrequent"],
      oci: ["standard", "infrequent", "archive"],
    });
  });

  test("every source says when it was read", () => {
    for (const { readAt, url } of book.sources) {
      expect(Date.parse(readAt)).toBeLessThanOrEqual(Date.parse(book.generatedAt));
      expect(url).toMatch(/^https:/);
    }
  });

  test("every offer can be estimated, and says what is missing or what it costs", () => {
    const workload = SimpleWorkload.parse({
      kind: "simple",
      storageGB: 2000,
      transferGB: 10,
      requests: 1000,
      days: 30,
    });
    const offers = offersOf(book);
    expect(offers.length).toBeGreaterThan(300);
    for (const { key } of offers) {
      const { total, missing } = estimate(book, workload, key);
      expect(missing.length === 0).toBe(total !== null);
      if (total !== null) expect(Number(total)).toBeGreaterThan(0);
    }
  });
});

describe("what the schema refuses", () => {
  const refused = (change: (raw: { providers: { prices: Record<string, unknown> }[] }) => void) => {
    const raw = structuredClone(json) as unknown as { providers: { prices: Record<string, unknown> }[] };
    change(raw);
    const { error } = PriceBook.safeParse(raw);
    return error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
  };
  const band = (...bands: unknown[]) => ({ bands, source: "aws-us-east-1-2026" });

  test.each([
    ["a negative price", band({ upTo: null, price: "-0.01" })],
    ["a price with an exponent", band({ upTo: null, price: "1e-3" })],
    ["a price as a number", band({ upTo: null, price: 0.01 })],
    ["no band", band()],
    ["a last band that ends", band({ upTo: "10", price: "1" })],
    ["a band without end before the last", band({ upTo: null, price: "1" }, { upTo: null, price: "2" })],
    ["bands that fall", band({ upTo: "10", price: "1" }, { upTo: "5", price: "2" }, { upTo: null, price: "3" })],
    ["a price for nothing", { ...band({ upTo: null, price: "1" }), per: "0" }],
  ])("%s, at its place", (_name, price) => {
    const issues = refused((raw) => {
      (raw.providers[0] as { prices: Record<string, unknown> }).prices.internet = price;
    });
    expect(issues.length).toBeGreaterThan(0);
    expect(issues.every((issue) => issue.startsWith("providers.0.prices.internet"))).toBe(true);
  });
});

describe("a book that is to replace the last one", () => {
  const faults = (change: (copy: PriceBook) => void, now = NOW) => bookFaults(later(change), book, now);

  test("may be the same with a higher serial", () => {
    expect(faults(() => {})).toEqual([]);
  });

  test.each<[string, (copy: PriceBook) => void, RegExp]>([
    ["an older serial", (copy) => Object.assign(copy, { serial: 1 }), /serial 1 is not above \d+/],
    ["another currency", (copy) => Object.assign(copy, { currency: "EUR" }), /in EUR, the last one in USD/],
    [
      "a class that is gone",
      (copy) => void copy.providers[0]?.classes.pop(),
      /class S3 Glacier Deep Archive is missing/,
    ],
    [
      "a region that is gone",
      (copy) => void copy.providers[1]?.regions.pop(),
      /region Brazil South of Azure Blob is missing/,
    ],
    ["a provider that is gone", (copy) => void copy.providers.pop(), /Oracle Cloud Object Storage is missing/],
    [
      "a price that is gone",
      (copy) => delete copy.providers[0]?.regions[0]?.prices["glacier-storage"],
      /aws\/us-east-1\/glacier-storage had a price and has none/,
    ],
    [
      "hot storage cheaper than archive",
      (copy) =>
        priceOf(copy, "aws", "us-east-1", "deep-archive-storage").bands.splice(0, 1, { upTo: null, price: "0.5" }),
      /S3 Standard is cheaper than S3 Glacier Deep Archive/,
    ],
    [
      "a price that doubled",
      (copy) =>
        priceOf(copy, "aws", "us-east-1", "standard-ia-storage").bands.splice(0, 1, { upTo: null, price: "0.0200" }),
      /standard-ia-storage moved by 60\.0 % \(0\.0125 to 0\.02\)/,
    ],
    [
      "a source that is not listed",
      (copy) => Object.assign(priceOf(copy, "aws", "us-east-1", "internet"), { source: "hearsay" }),
      /names a source "hearsay"/,
    ],
    [
      "a meter that is not defined",
      (copy) => void (copy.providers[0] as PriceBook["providers"][number]).meters.shift(),
      /meter "standard-storage" that aws does not define/,
    ],
  ])("is refused for %s", (_name, change, reason) => {
    expect(faults(change).join("\n")).toMatch(reason);
  });

  test("is refused when it is expired or made in the future", () => {
    expect(faults(() => {}, Date.parse("2027-03-01T00:00:00Z")).join()).toMatch(/expired/);
    expect(faults((copy) => Object.assign(copy, { generatedAt: "2027-01-01T00:00:00Z" })).join()).toMatch(/future/);
  });

  test("may move a price by more than half when that was reviewed", () => {
    const change = (copy: PriceBook) => {
      priceOf(copy, "aws", "us-east-1", "standard-ia-storage").bands.splice(0, 1, { upTo: null, price: "0.02" });
      copy.reviewed = ["aws/us-east-1/standard-ia-storage"];
    };
    expect(faults(change)).toEqual([]);
  });

  test("may move a price that nobody had confirmed, and not lose it", () => {
    const key = "deep-archive-bulk-bytes";
    const price = (copy: PriceBook) => priceOf(copy, "aws", "ap-southeast-2", key);
    expect(book.sources.find(({ id }) => id === price(book).source)?.kind).toBe("unconfirmed");
    expect(faults((copy) => price(copy).bands.splice(0, 1, { upTo: null, price: "0.001" }))).toEqual([]);
    expect(faults((copy) => price(copy).bands.splice(0, 1, { upTo: null, price: null })).join()).toMatch(/has none/);
  });
});

describe("the difference of two books", () => {
  test("says what got dearer first, by how much, and what is new", () => {
    const after = later((copy) => {
      priceOf(copy, "aws", "us-east-1", "standard-ia-storage").bands.splice(0, 1, { upTo: null, price: "0.013" });
      priceOf(copy, "aws", "us-east-1", "glacier-storage").bands.splice(0, 1, { upTo: null, price: "0.0035" });
    });
    expect(
      diffBooks(without(book, "aws/us-east-2/monitoring"), after).map(({ path, kind, percent }) => [
        path,
        kind,
        percent,
      ]),
    ).toEqual([
      ["aws/us-east-1/standard-ia-storage", "dearer", "4.0"],
      ["aws/us-east-1/glacier-storage", "cheaper", "-2.8"],
      ["aws/us-east-2/monitoring", "new", null],
    ]);
  });

  test("bands are compared where they begin, however they are cut", () => {
    const after = later((copy) => {
      const price = priceOf(copy, "aws", "us-east-1", "standard-storage");
      price.bands = [
        { upTo: "1024", price: "0.023" },
        { upTo: "512000", price: "0.0242" },
        { upTo: null, price: "0.021" },
      ];
    });
    const path = "aws/us-east-1/standard-storage";
    expect(diffBooks(book, after).map(({ kind, above, percent }) => [kind, above, percent])).toEqual([
      ["dearer", "51200", "10.0"],
      ["dearer", "1024", "5.2"],
    ]);
    expect(diffBooks(book, after).every((each) => each.path === path)).toBe(true);
  });

  test("a price stated for 730 hours is the same as one for an hour", () => {
    const after = later((copy) => {
      const price = priceOf(copy, "gcs", "us-east4", "standard-storage");
      price.per = "1460";
      price.bands = [{ upTo: null, price: "0.046" }];
    });
    expect(diffBooks(book, after)).toEqual([]);
  });
});

describe("the user's own terms", () => {
  const workload = SimpleWorkload.parse({ kind: "simple", storageGB: 100, transferGB: 200, requests: 0, days: 30 });
  const key = { provider: "aws", region: "us-east-1", class: "standard" };
  const withDiscounts = (...discounts: unknown[]) => withOverrides(book, PriceOverrides.parse({ discounts }));

  test("a discount on everything", () => {
    // (100 × 0.023 + 100 × 0.09) × 0.9
    expect(estimate(withDiscounts({ provider: "aws", percent: 10, note: "EDP" }), workload, key).total).toBe("10.17");
  });

  test("the more exact discount counts, not both", () => {
    const own = withDiscounts(
      { provider: "aws", region: "us-east-1", meter: "internet", percent: 50, note: "Direct Connect" },
      { provider: "aws", percent: 10, note: "EDP" },
    );
    // 2.3 × 0.9 + 9 × 0.5
    expect(estimate(own, workload, key).total).toBe("6.57");
  });

  test("a discount of one region reaches prices that hold everywhere, and no other region", () => {
    const own = withDiscounts({ provider: "b2", region: "eu-central", percent: 50, note: "Reserve" });
    const terabytes = SimpleWorkload.parse({ kind: "simple", storageGB: 1010, transferGB: 0, requests: 0, days: 30 });
    expect(estimate(own, terabytes, { provider: "b2", region: "eu-central", class: "b2" }).total).toBe("3.475");
    expect(estimate(own, terabytes, { provider: "b2", region: "us-west", class: "b2" }).total).toBe("6.95");
  });

  test("the book itself stays as it is, and the book's refresh sees no change", () => {
    const before = structuredClone(book);
    withDiscounts({ provider: "aws", percent: 10, note: "EDP" });
    expect(book).toEqual(before);
  });

  test("an unknown provider, region or meter is named", () => {
    expect(() => withDiscounts({ provider: "awz", percent: 10, note: "" })).toThrow(/provider "awz"/);
    expect(() => withDiscounts({ provider: "aws", region: "mars", percent: 10, note: "" })).toThrow(/region "mars"/);
    expect(() => withDiscounts({ provider: "aws", meter: "air", percent: 10, note: "" })).toThrow(/meter "air"/);
    expect(PriceOverrides.safeParse({ discounts: [{ provider: "aws", percent: 101, note: "" }] }).success).toBe(false);
  });

  test("an own endpoint is compared like the others", () => {
    const minio = {
      ...structuredClone(book.providers.find(({ id }) => id === "b2")),
      id: "cellar",
      label: "Our cellar",
      prices: { storage: { bands: [{ upTo: null, price: "2" }], source: "own" } },
    };
    const own = withOverrides(
      book,
      PriceOverrides.parse({
        providers: [minio],
        sources: [
          {
            id: "own",
            title: "Our accounts",
            url: "https://intranet.example",
            readAt: "2026-11-01",
            publishedAt: null,
            kind: "page",
          },
        ],
      }),
    );
    const answer = estimate(
      own,
      SimpleWorkload.parse({ kind: "simple", storageGB: 1000, transferGB: 0, requests: 0, days: 30 }),
      {
        provider: "cellar",
        region: "us-west",
        class: "b2",
      },
    );
    expect([answer.total, answer.sources.map(({ title }) => title)]).toEqual(["2", ["Our accounts"]]);
    expect(() => withOverrides(book, PriceOverrides.parse({ providers: [{ ...minio, id: "b2" }] }))).toThrow(/already/);
  });
});
