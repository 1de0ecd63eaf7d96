import { describe, expect, test } from "vitest";
import { chooseSome, detectionProbability } from "./sample.ts";

const draw = (total: number, chosen: number, seed: number): number[] => {
  const take = chooseSome(total, chosen, seed);
  return Array.from({ length: total }, (_, index) => index).filter(() => take());
};

describe("chooseSome", () => {
  test.each([
    [10, 0],
    [10, 3],
    [10, 10],
    [1, 1],
    [1000, 37],
  ])("of %i takes exactly %i, whatever the seed", (total, chosen) => {
    for (let seed = 0; seed < 50; seed += 1) expect(draw(total, chosen, seed)).toHaveLength(chosen);
  });

  test("every chunk is taken equally often", () => {
    const counts = new Array<number>(20).fill(0);
    for (let seed = 0; seed < 4000; seed += 1)
      for (const index of draw(20, 5, seed)) counts[index] = (counts[index] ?? 0) + 1;
    // 1000 expected each, standard deviation about 27: seven of them either way.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(190);
  });
});

describe("detectionProbability", () => {
  test.each([
    { total: 10, chosen: 1, damaged: 1, expected: 0.1 },
    { total: 10, chosen: 5, damaged: 1, expected: 0.5 },
    { total: 4, chosen: 2, damaged: 2, expected: 5 / 6 },
    { total: 10, chosen: 10, damaged: 1, expected: 1 },
    { total: 10, chosen: 6, damaged: 5, expected: 1 },
    { total: 10, chosen: 0, damaged: 5, expected: 0 },
    { total: 10, chosen: 5, damaged: 0, expected: 0 },
  ])("$chosen of $total, $damaged damaged: $expected", ({ total, chosen, damaged, expected }) => {
    expect(detectionProbability(total, chosen, damaged)).toBeCloseTo(expected, 12);
    expect(detectionProbability(total, damaged, chosen)).toBeCloseTo(expected, 12);
  });

  test("agrees with trying it", () => {
    let found = 0;
    for (let seed = 0; seed < 5000; seed += 1) if (draw(60, 9, seed).some((index) => index < 4)) found += 1;
    expect(found / 5000).toBeCloseTo(detectionProbability(60, 9, 4), 1);
  });
});
