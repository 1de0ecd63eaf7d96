import { expect, test } from "vitest";
import { Reservoir } from "./reservoir.ts";
import { seededRandom } from "./sample.ts";

test("keeps all where there are few", () => {
  const reservoir = new Reservoir(10, seededRandom(1));
  reservoir.pass(5, 2);
  reservoir.pass(100, 3);
  expect(reservoir.total).toBe(5);
  expect(reservoir.chosen().sort((a, b) => a - b)).toEqual([5, 6, 100, 101, 102]);
});

test("every unit is as likely as every other, however the runs are cut", () => {
  const counts = new Map<number, number>();
  const trials = 4_000;
  for (let seed = 0; seed < trials; seed++) {
    const reservoir = new Reservoir(5, seededRandom(seed));
    for (const [first, count] of [
      [0, 3],
      [10, 1],
      [20, 30],
      [60, 16],
    ] as const)
      reservoir.pass(first, count);
    const chosen = reservoir.chosen();
    expect(new Set(chosen).size).toBe(5);
    for (const unit of chosen) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  }
  expect(counts.size).toBe(50);
  // 400 each, give or take five standard deviations.
  for (const count of counts.values()) expect(Math.abs(count - 400)).toBeLessThan(100);
});

test("a huge run is leapt over", () => {
  const reservoir = new Reservoir(64, seededRandom(3));
  reservoir.pass(0, 1e12);
  expect(reservoir.chosen().every((unit) => unit >= 0 && unit < 1e12)).toBe(true);
  expect(Math.max(...reservoir.chosen())).toBeGreaterThan(5e11);
});
