/** Named cases, computed by hand (testing/cases-of-*.ts): each says where its rule or its numbers come from. */
import { describe, expect, test } from "vitest";
import type { CostCategory } from "../model/price.ts";
import { JobWorkload, SimpleWorkload } from "../model/workload.ts";
import { shown } from "./decimal.ts";
import { estimate } from "./estimate.ts";
import { MINIMUM_CASES } from "./testing/cases-of-minimums.ts";
import { OTHER_CASES } from "./testing/cases-of-others.ts";
import { S3_CASES } from "./testing/cases-of-s3.ts";
import { book, without } from "./testing/sample.ts";

const cases = [...S3_CASES, ...OTHER_CASES, ...MINIMUM_CASES];

const parse = (raw: Record<string, unknown>) =>
  raw.kind === "job" ? JobWorkload.parse(raw) : SimpleWorkload.parse(raw);

/** As many places as the expectation has. */
function same(amount: string | null | undefined, expected: string | null): void {
  if (expected === null || amount === null || amount === undefined) expect(amount).toBe(expected);
  else expect(shown(amount, expected.split(".")[1]?.length ?? 0)).toBe(expected);
}

describe("named cases", () => {
  test.each(cases.map((each) => [each.name, each] as const))(
    "%s",
    (_name, { offer, workload, lacks, total, parts }) => {
      const [provider = "", region = "", storageClass = "", redundancy] = offer.split("/");
      const answer = estimate(without(book, ...(lacks ?? [])), parse(workload), {
        provider,
        region,
        class: storageClass,
        redundancy,
      });
      if (total !== undefined) same(answer.total, total);
      for (const [category, amount] of Object.entries(parts ?? {}))
        same(answer.parts[category as CostCategory], amount);
      expect(total !== undefined || parts !== undefined).toBe(true);
      // What is unknown says what is missing.
      expect(answer.missing.length > 0).toBe(answer.total === null);
    },
  );

  test("there are at least thirty, each with its source", () => {
    expect(cases.length).toBeGreaterThanOrEqual(30);
    expect(cases.every(({ source }) => source.length > 0)).toBe(true);
  });
});
