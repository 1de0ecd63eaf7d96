/** What the program advises and refuses: retention checks, choices, lifecycle files, carbon, bad input. */
import { describe, expect, test } from "vitest";
import { SimpleWorkload } from "../model/workload.ts";
import { carbonOf } from "./carbon.ts";
import { shown } from "./decimal.ts";
import { estimate } from "./estimate.ts";
import { lifecycleRules } from "./lifecycle.ts";
import { ANY_NEEDS } from "./needs.ts";
import { offerOf } from "./offer.ts";
import { planOf } from "./plan.ts";
import { recommend } from "./recommend.ts";
import { checkRetention } from "./retention-check.ts";
import { aws, book, GIB, job, without } from "./testing/sample.ts";

const TIB = 2 ** 40;

describe("retention against the tier", () => {
  const key = { provider: "aws", region: "us-east-1", class: "deep-archive" };

  test("names each kind of prune, how often, and what it costs; all of them are the bill's early deletion", () => {
    const check = checkRetention(book, job(), key);
    expect(check.ok).toBe(false);
    expect(check.prunes.some(({ livedDays, owedDays }) => livedDays === 7 && owedDays === 173)).toBe(true);
    expect(check.prunes[0]?.sentence).toMatch(/pruned after \d+ days; S3 Glacier Deep Archive charges 180/);
    const billed = estimate(book, job(), key).parts["early-deletion"];
    expect(shown(check.total ?? "", 12)).toBe(shown(billed ?? "", 12));
    expect(check.advice.join(" ")).toMatch(/daily 180.*S3 Standard/);
  });

  test("retention that is long enough is fine", () => {
    const keep = { daily: 180, weekly: 0, monthly: 0, yearly: 0 };
    expect(checkRetention(book, job({ retention: keep }), key)).toMatchObject({
      ok: true,
      prunes: [],
      total: "0",
      advice: [],
    });
    // One day less is not.
    expect(checkRetention(book, job({ retention: { ...keep, daily: 179 } }), key).prunes).toMatchObject([
      { livedDays: 179, owedDays: 1 },
    ]);
  });

  test("a class without minimum days never objects", () => {
    expect(checkRetention(book, job(), { ...key, class: "standard" }).ok).toBe(true);
  });

  test("without a price the prune is named and its cost unknown", () => {
    const poorer = without(book, "azure/germanywestcentral/archive-storage/lrs");
    const check = checkRetention(poorer, job(), {
      provider: "azure",
      region: "germanywestcentral",
      class: "archive",
      redundancy: "lrs",
    });
    expect([check.ok, check.total, check.prunes[0]?.amount]).toEqual([false, null, null]);
  });
});

describe("recommendation", () => {
  const workload = job({ reads: [{ label: "Test", amount: { share: 0.1 }, everyMonths: 3, to: "same-region" }] });

  test("an archive for who can wait, none for who cannot", () => {
    const patient = recommend(book, workload, { ...ANY_NEEDS, providers: ["aws"], regions: ["us-east-1"] });
    const hasty = recommend(book, workload, {
      ...ANY_NEEDS,
      providers: ["aws"],
      regions: ["us-east-1"],
      maximumWaitHours: 1,
    });
    // Glacier Flexible can be had in minutes, for a price; Deep Archive cannot.
    expect(hasty.left.map(({ offer }) => offer.class)).toEqual(["deep-archive"]);
    expect(hasty.left[0]?.reason).toMatch(/may take 12 hours; 1 were asked for/);
    expect([hasty.best, ...hasty.next].every((choice) => choice?.offer.class !== "deep-archive")).toBe(true);
    expect(Number(patient.best?.total)).toBeLessThanOrEqual(Number(hasty.best?.total));
  });

  test("a faster restore that is needed is on the bill", () => {
    const glacier = (maximumWaitHours: number | null) => {
      const needs = { ...ANY_NEEDS, providers: ["aws"], regions: ["us-east-1"], maximumWaitHours };
      const all = recommend(book, job({ months: 3, changeBytesPerDay: 0, reads: workload.reads }), needs);
      return [all.best, ...all.next].find((choice) => choice?.offer.class === "glacier")?.total ?? "";
    };
    // One read of 100 of 1,000 GB: expedited 100 × 0.03 + 100/1,000 × 10 = 4; standard 100 × 0.01 + 100/1,000 × 0.05 = 1.005
    expect(shown(String(Number(glacier(1)) - Number(glacier(null))), 3)).toBe("2.995");
  });

  test("the next two are dearer, in order, and say why", () => {
    const { best, next } = recommend(book, workload, { ...ANY_NEEDS, providers: ["aws"], regions: ["us-east-1"] });
    expect(next).toHaveLength(2);
    expect(Number(best?.total)).toBeLessThanOrEqual(Number(next[0]?.total));
    expect(Number(next[0]?.total)).toBeLessThanOrEqual(Number(next[1]?.total));
    for (const { reason } of next) expect(reason).toMatch(/costs USD \d+\.\d\d more/);
  });

  test("what is unknown is never the best, and is named when it might be", () => {
    const classes = [
      "standard",
      "intelligent-tiering",
      "standard-ia",
      "onezone-ia",
      "glacier-ir",
      "glacier",
      "deep-archive",
    ];
    const poorer = without(book, ...classes.map((id) => `aws/eu-west-1/${id}-put`));
    const answer = recommend(poorer, workload, { ...ANY_NEEDS, providers: ["aws"], regions: ["eu-west-1"] });
    expect([answer.best, answer.next]).toEqual([null, []]);
    expect(answer.unknown.length).toBe(7);
    expect(answer.unknown[0]?.missing.length).toBeGreaterThan(0);
  });

  test("less redundancy than asked for is left out", () => {
    const answer = recommend(book, workload, {
      ...ANY_NEEDS,
      providers: ["aws"],
      regions: ["us-east-1"],
      redundancy: "zones",
    });
    expect(answer.left.map(({ offer }) => offer.class)).toEqual(["onezone-ia"]);
  });

  test("unconfirmed prices are said to be", () => {
    const answer = recommend(book, job({ reads: [] }), { ...ANY_NEEDS, providers: ["oci"] });
    expect(answer.best?.reason).toMatch(/not confirmed \(Oracle/);
  });
});

describe("lifecycle rules", () => {
  const rulesOf = (
    key: { provider: string; region: string; class: string; redundancy?: string | undefined },
    moveAfterDays: number | null = 30,
  ) => lifecycleRules(offerOf(book, key), { prefix: "vm/", moveAfterDays, abortAfterDays: 7 }).rules;

  test("S3", () => {
    expect(rulesOf({ provider: "aws", region: "us-east-1", class: "glacier-ir" })).toEqual({
      Rules: [
        {
          ID: "hypersdk",
          Status: "Enabled",
          Filter: { Prefix: "vm/" },
          Transitions: [{ Days: 30, StorageClass: "GLACIER_IR" }],
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        },
      ],
    });
  });

  test("Azure", () => {
    expect(rulesOf({ provider: "azure", region: "eastus", class: "cold", redundancy: "lrs" })).toEqual({
      rules: [
        {
          enabled: true,
          name: "hypersdk",
          type: "Lifecycle",
          definition: {
            actions: { baseBlob: { tierToCold: { daysAfterModificationGreaterThan: 30 } } },
            filters: { blobTypes: ["blockBlob"], prefixMatch: ["vm/"] },
          },
        },
      ],
    });
  });

  test("Google", () => {
    expect(rulesOf({ provider: "gcs", region: "us-east4", class: "coldline" })).toEqual({
      rule: [
        {
          action: { type: "SetStorageClass", storageClass: "COLDLINE" },
          condition: { age: 30, matchesStorageClass: ["STANDARD", "NEARLINE"], matchesPrefix: ["vm/"] },
        },
        { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 7, matchesPrefix: ["vm/"] } },
      ],
    });
  });

  test("R2, Wasabi, B2 and Oracle", () => {
    expect(rulesOf({ provider: "r2", region: "auto", class: "infrequent" })).toMatchObject({
      Rules: [{ Transitions: [{ StorageClass: "STANDARD_IA" }] }],
    });
    expect(rulesOf({ provider: "wasabi", region: "us-east-1", class: "wasabi" })).toEqual({
      Rules: [
        {
          ID: "hypersdk",
          Status: "Enabled",
          Filter: { Prefix: "vm/" },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        },
      ],
    });
    expect(rulesOf({ provider: "b2", region: "us-west", class: "b2" })).toEqual([
      { fileNamePrefix: "vm/", daysFromStartingToCancelingUnfinishedLargeFiles: 7 },
    ]);
    expect(rulesOf({ provider: "oci", region: "uk-london-1", class: "archive" })).toMatchObject([
      { action: "ARCHIVE", timeAmount: 30, timeUnit: "DAYS", target: "objects" },
      { action: "ABORT", timeAmount: 7, target: "multipart-uploads" },
    ]);
  });

  test("none of them ever deletes data", () => {
    for (const [provider, region, storageClass, redundancy] of [
      ["aws", "us-east-1", "deep-archive"],
      ["azure", "eastus", "archive", "lrs"],
      ["gcs", "us-east4", "archive"],
      ["oci", "uk-london-1", "archive"],
    ] as const) {
      const key = { provider, region, class: storageClass, redundancy };
      expect(JSON.stringify(rulesOf(key))).not.toMatch(/Expir|"Delete"|"DELETE"|"delete"/);
    }
  });

  test("what a provider refuses is refused here, with what to do", () => {
    expect(() => rulesOf({ provider: "aws", region: "us-east-1", class: "standard-ia" }, 10)).toThrow(
      /30 days at the earliest/,
    );
    expect(() => rulesOf({ provider: "aws", region: "us-east-1", class: "standard" })).toThrow(/S3 Standard/);
    expect(() => rulesOf({ provider: "gcs", region: "us-east4", class: "standard" })).toThrow(/Standard/);
    expect(() => rulesOf({ provider: "aws", region: "us-east-1", class: "glacier" }, 0)).toThrow(/1 to 3650/);
  });
});

describe("carbon", () => {
  /** 1 TB for 730 hours is 30 days and 10 hours; 365 days are 12 of them. */
  const yearKg = (provider: string, region: string, storageClass: string, redundancy?: string) => {
    const plan = planOf(job({ start: "2027-01", initialBytes: 1e12, changeBytesPerDay: 0 }), GIB);
    return carbonOf(plan, offerOf(book, { provider, region, class: storageClass, redundancy }));
  };

  test.each([
    // cloud.md §5, for a month: 1.22, 0.028, 0.64 and 0.48 kg; × 12 and one digit
    ["aws", "us-east-1", "standard", undefined, "10"],
    ["aws", "eu-north-1", "standard", undefined, "0.3"],
    ["azure", "eastus", "hot", "lrs", "8"],
    ["gcs", "us-central1", "standard", undefined, "6"],
  ])("%s %s", (provider, region, storageClass, redundancy, kg) => {
    expect(yearKg(provider, region, storageClass, redundancy)).toMatchObject({
      storageKg: kg,
      networkKg: "0",
      totalKg: kg,
      missing: [],
    });
  });

  test("what has no factor is unknown", () => {
    expect(yearKg("wasabi", "us-east-1", "wasabi")).toMatchObject({ totalKg: null, missing: ["factors of Wasabi"] });
    expect(yearKg("aws", "us-west-1", "standard")).toMatchObject({
      totalKg: null,
      missing: ["grid of US West (N. California)"],
    });
  });

  test("the network to the internet counts, inside the region not", () => {
    const read = (to: string) =>
      planOf(job({ months: 1, reads: [{ label: "R", amount: { bytes: 1e12 }, everyMonths: 1, to }] }), GIB);
    // 1,000 GB × 0.001 kWh × 1.135 × 0.379 = 0.43 kg
    expect(carbonOf(read("internet"), aws("standard")).networkKg).toBe("0.4");
    expect(carbonOf(read("same-region"), aws("standard")).networkKg).toBe("0");
  });
});

describe("bad input", () => {
  const base = { kind: "simple", storageGB: 1, transferGB: 0, requests: 0, days: 30 };
  test.each([
    ["storageGB", -1],
    ["storageGB", Number.NaN],
    ["storageGB", Number.POSITIVE_INFINITY],
    ["storageGB", 1e15],
    ["days", 0],
    ["days", 1.5],
    ["requests", -5],
    ["start", "2027-13"],
  ])("%s %s is refused at its field", (field, value) => {
    const { error } = SimpleWorkload.safeParse({ ...base, [field]: value });
    expect(error?.issues[0]?.path[0]).toBe(field);
  });

  test("an object in more parts than any provider takes", () => {
    expect(() => job({ objectBytes: TIB, partBytes: 1024 })).toThrow(/50,000 parts/);
  });

  test("unknown providers, regions and classes are named with what is known", () => {
    const workload = SimpleWorkload.parse(base);
    expect(() => estimate(book, workload, { provider: "aws", region: "mars", class: "standard" })).toThrow(
      /region of Amazon S3 "mars"/,
    );
    expect(() => estimate(book, workload, { provider: "aws", region: "us-east-1", class: "s3-standard" })).toThrow(
      /"s3-standard"/,
    );
    expect(() => estimate(book, workload, { provider: "azure", region: "eastus", class: "hot" })).toThrow(
      /several redundancies/,
    );
  });
});
