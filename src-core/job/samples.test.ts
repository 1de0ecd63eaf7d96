import { describe, expect, it } from "vitest";
import type { Sample } from "../model/run.ts";
import { addSample, MAX_SAMPLES } from "./samples.ts";

const sample = (atMs: number, kind: Sample["taskKind"] = "convert"): Sample => ({
  at: new Date(1_900_000_000_000 + atMs).toISOString(),
  doneBytes: atMs * 10,
  taskKind: kind,
});
const grow = (everyMs: number, count: number) => {
  let samples: Sample[] = [];
  for (let n = 0; n < count; n += 1) samples = addSample(samples, sample(n * everyMs));
  return samples;
};

describe("addSample", () => {
  it("keeps points half a second apart, the newest always", () => {
    const samples = grow(100, 51);
    expect(samples.length).toBeLessThanOrEqual(12);
    expect(samples[0]).toEqual(sample(0));
    expect(samples.at(-1)).toEqual(sample(5000));
  });

  it("keeps the step from one task to the next", () => {
    const samples = [sample(0), sample(500), sample(600, "verify"), sample(700, "verify")].reduce<Sample[]>(
      (kept, next) => addSample(kept, next),
      [],
    );
    expect(samples.map((s) => s.taskKind)).toEqual(["convert", "convert", "verify", "verify"]);
  });

  it("stays within its limit, spread evenly from the first to the last", () => {
    const samples = grow(250, 40_000);
    expect(samples.length).toBeLessThanOrEqual(MAX_SAMPLES);
    expect(samples.length).toBeGreaterThan(MAX_SAMPLES / 2 - 2);
    expect(samples[0]).toEqual(sample(0));
    expect(samples.at(-1)).toEqual(sample(39_999 * 250));
    const gaps = samples.slice(1).map((s, n) => Date.parse(s.at) - Date.parse(samples[n]?.at ?? ""));
    expect(Math.max(...gaps)).toBeLessThan(6 * (gaps.reduce((a, b) => a + b) / gaps.length));
  });
});
