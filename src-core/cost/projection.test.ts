/** Projections with their break-evens, and what-if. */
import { describe, expect, test } from "vitest";
import { JobWorkload, SimpleWorkload } from "../model/workload.ts";
import { estimate } from "./estimate.ts";
import { project } from "./projection.ts";
import { book, GIB, without } from "./testing/sample.ts";
import { whatIf } from "./what-if.ts";

const aws = (storageClass: string, region = "us-east-1") => ({ provider: "aws", region, class: storageClass });

const job = (more: Record<string, unknown> = {}) =>
  JobWorkload.parse({
    kind: "job",
    start: null,
    months: 24,
    initialBytes: 1000 * GIB,
    changeBytesPerDay: 0,
    retention: null,
    objectBytes: GIB,
    partBytes: GIB,
    ...more,
  });

describe("projection", () => {
  test("months, sums until then, and stored bytes", () => {
    const { months, offers } = project(book, job({ months: 3 }), [aws("standard")]);
    expect(months).toEqual(["month 1", "month 2", "month 3"]);
    // 1,000 × 0.023 = 23 each month, 1,000 PUT × 0.005/1,000 in the first
    expect(offers[0]?.monthly).toEqual(["23.005", "23", "23"]);
    expect(offers[0]?.cumulative).toEqual(["23.005", "46.005", "69.005"]);
    expect(offers[0]?.storedBytes).toEqual([1000 * GIB, 1000 * GIB, 1000 * GIB]);
  });

  test("the break-even is the month in which the cheaper storage has paid for the dearer beginning", () => {
    // A read of all in month 1: Instant 30 + 4 a month, Standard-IA 10 + 12.5 a month (and some requests): 34 > 22.5, 38 > 35, 42 < 47.5
    const reads = [{ label: "First", amount: { share: 1 }, everyMonths: 24, to: "same-region" }];
    expect(project(book, job({ reads }), [aws("glacier-ir"), aws("standard-ia")]).breakEvens).toEqual([
      // The read is in month 24: only then is Instant overtaken, if at all. It is not.
    ]);
    const small = job({ objectBytes: 512 * 1024, partBytes: 512 * 1024 });
    // 2,048,000 PUT: Instant 40.96 + 4 a month, Standard-IA 20.48 + 12.5 a month: 44.96 > 32.98, 48.96 > 45.48, 52.96 < 57.98
    const [only, ...others] = project(book, small, [aws("glacier-ir"), aws("standard-ia")]).breakEvens;
    expect([only?.month, only?.cheaper.class, only?.dearer.class, others.length]).toEqual([
      2,
      "glacier-ir",
      "standard-ia",
      0,
    ]);
  });

  test("a year of months is what the estimate says", () => {
    const workload = job({
      months: 12,
      changeBytesPerDay: GIB,
      retention: { daily: 7, weekly: 4, monthly: 6, yearly: 0 },
    });
    const { offers } = project(book, workload, [aws("glacier")]);
    expect(offers[0]?.cumulative.at(-1)).toBe(estimate(book, workload, aws("glacier")).firstYear);
  });

  test("what is unknown stays unknown in the sums", () => {
    const poorer = without(book, "azure/germanywestcentral/hot-storage/lrs");
    const { offers, breakEvens } = project(poorer, job({ months: 2 }), [
      { provider: "azure", region: "germanywestcentral", class: "hot", redundancy: "lrs" },
      aws("standard"),
    ]);
    expect([offers[0]?.monthly, offers[0]?.cumulative, breakEvens]).toEqual([[null, null], [null, null], []]);
  });
});

describe("what if", () => {
  test("other classes in order of cost, other regions, and other retention", () => {
    const workload = job({ changeBytesPerDay: 10 * GIB, retention: { daily: 30, weekly: 0, monthly: 0, yearly: 0 } });
    const poorer = without(book, "aws/eu-west-1/standard-put", "aws/us-west-2/standard-storage");
    const answer = whatIf(poorer, workload, aws("standard"));
    expect(answer.class.map(({ label }) => label)).toContain("S3 Standard-IA");
    expect(answer.class).toHaveLength(6);
    const totals = answer.class.map(({ summary }) => Number(summary.total));
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
    // What is unknown in two of the other regions is not cheaper, and comes last.
    expect(answer.region).toHaveLength(14);
    const unknown = answer.region.slice(12);
    expect(answer.region.slice(0, 12).every(({ summary }) => summary.total !== null)).toBe(true);
    expect(unknown.every(({ difference, summary }) => difference === null && summary.total === null)).toBe(true);
    const [half, twice] = answer.retention;
    expect([Number(half?.difference) < 0, Number(twice?.difference) > 0]).toEqual([true, true]);
  });

  test("a difference is exact", () => {
    const simple = SimpleWorkload.parse({ kind: "simple", storageGB: 100, transferGB: 0, requests: 0, days: 60 });
    const answer = whatIf(book, simple, aws("standard"));
    // 200 × (0.01 − 0.023) for One Zone-IA
    expect(answer.class.find(({ label }) => label === "S3 One Zone-IA")?.difference).toBe("-2.6");
    expect(answer.retention).toEqual([]);
  });
});
