import { expect, test } from "vitest";
import { type Stratum, stratifiedTotal } from "./stratified.ts";

const stratum = (total: number, looks: readonly number[]): Stratum => ({
  total,
  count: looks.length,
  sum: looks.reduce((sum, each) => sum + each, 0),
  squares: looks.reduce((sum, each) => sum + each * each, 0),
});

test("nothing is nothing, and all that was looked at is known", () => {
  expect(stratifiedTotal([], 10)).toEqual({ low: 0, likely: 0, high: 0 });
  expect(stratifiedTotal([stratum(3, [1, 2, 3]), stratum(0, [])], 10)).toEqual({ low: 6, likely: 6, high: 6 });
});

test("without a look anything is possible", () => {
  expect(stratifiedTotal([stratum(100, [])], 10)).toEqual({ low: 0, likely: 500, high: 1000 });
});

test("each stratum counts by its own mean", () => {
  // 1000 members of 2 and 10 of 100: a plain mean of the looks would be far off.
  const { likely } = stratifiedTotal([stratum(1000, [2, 2, 2]), stratum(10, [100, 100, 100])], 100);
  expect(likely).toBe(3000);
});

test("looks that are all alike leave room for what they may have missed: three in the number of looks", () => {
  const { low, likely, high } = stratifiedTotal(
    [
      stratum(
        10_000,
        Array.from({ length: 100 }, () => 5),
      ),
    ],
    10,
  );
  expect(likely).toBe(50_000);
  expect(high - likely).toBeCloseTo((3 / 100) * 9_900 * 10, 6);
  expect(likely - low).toBeCloseTo(high - likely, 6);
});

test("a range of 95 % holds the truth in nineteen cases of twenty", () => {
  let x = 1;
  const random = () => {
    x = (x + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  let within = 0;
  const trials = 400;
  for (let trial = 0; trial < trials; trial++) {
    const populations = Array.from({ length: 10 }, (_, h) =>
      Array.from({ length: 500 }, () => (random() < 0.1 * h ? 100 * random() : 20)),
    );
    const truth = populations.flat().reduce((sum, each) => sum + each, 0);
    // The members come in no order: any beginning is a fair choice.
    const strata = populations.map((members) => stratum(members.length, members.slice(0, 40)));
    const { low, high } = stratifiedTotal(strata, 100);
    if (low <= truth && truth <= high) within += 1;
  }
  expect(within / trials).toBeGreaterThan(0.94);
});

test("the range never leaves what is possible", () => {
  const { low, high } = stratifiedTotal([stratum(1000, [0, 10])], 10);
  expect(low).toBeGreaterThanOrEqual(0);
  expect(high).toBeLessThanOrEqual(10_000);
});
