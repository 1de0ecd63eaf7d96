import { describe, expect, it } from "vitest";
import type { ConvertRow, Sample } from "./result.ts";
import { median, pairRatios, spread, summarize, summarizeMemory, verdictOf } from "./statistics.ts";

const MiB = 1024 * 1024;

function samples(walls: readonly number[], more: Partial<Sample> = {}): Sample[] {
  return walls.map((wallSeconds) => ({
    wallSeconds,
    cpuSeconds: wallSeconds,
    peakRssBytes: MiB,
    outBytes: 1000,
    ...more,
  }));
}

function row(change: Partial<ConvertRow> = {}): ConvertRow {
  return {
    id: "a-to-b",
    label: "a → b",
    must: 0.6,
    aim: 0.4,
    sizeLimit: null,
    ours: samples([1, 1, 1]),
    peers: [{ flags: "", samples: samples([2, 2, 2]) }],
    problems: [],
    ...change,
  };
}

describe("median", () => {
  it.each([
    { values: [3], is: 3 },
    { values: [10, 1, 9], is: 9 },
    { values: [4, 1, 3, 20], is: 3.5 },
  ])("of $values is $is", ({ values, is }) => expect(median(values)).toBe(is));

  it("of nothing is an error", () => expect(() => median([])).toThrow(RangeError));

  it("is told with the ends", () => expect(spread([10, 1, 9])).toEqual({ min: 1, median: 9, max: 10 }));
});

describe("pairs", () => {
  it("are divided in the order of the rounds, not of their size", () => {
    expect(pairRatios([1, 6], [4, 3])).toEqual([0.25, 2]);
  });

  it("must be whole", () => expect(() => pairRatios([1, 2], [1])).toThrow(/2 and 1/));

  it("can have another median than their sides: a slow minute slows both", () => {
    const peers = [{ flags: "", samples: samples([2, 20, 10]) }];
    const { ratio, ours, theirs } = summarize(row({ ours: samples([1, 8, 7]), peers }));
    expect(ratio).toEqual({ min: 0.4, median: 0.5, max: 0.7 });
    expect(ours.median / theirs.median).toBe(0.7);
  });
});

describe("a row", () => {
  it.each([
    { ratio: 0.4, verdict: "aim" },
    { ratio: 0.41, verdict: "must" },
    { ratio: 0.6, verdict: "must" },
    { ratio: 0.61, verdict: "missed" },
    { ratio: Number.NaN, verdict: "missed" },
  ])("of $ratio is called $verdict", ({ ratio, verdict }) => expect(verdictOf(ratio, row())).toBe(verdict));

  it("does not count a way that lost in the first round, however the others ran later", () => {
    const peers = [
      { flags: "", samples: samples([3]) },
      { flags: "-W", samples: samples([2, 4, 4]) },
    ];
    const { flags, ratio } = summarize(row({ ours: samples([2, 2, 2]), peers }));
    expect({ flags, median: ratio.median }).toEqual({ flags: "-W", median: 0.5 });
  });

  it("counts the peer's better way by its median, even when another had the best single run", () => {
    const peers = [
      { flags: "", samples: samples([1, 9, 9], { cpuSeconds: 9 }) },
      { flags: "-W", samples: samples([4, 4, 8], { cpuSeconds: 4 }) },
    ];
    const summary = summarize(row({ ours: samples([2, 2, 2], { cpuSeconds: 3 }), peers }));
    expect(summary.flags).toBe("-W");
    expect(summary.ratio.median).toBe(0.5);
    expect(summary.cpuRatio).toBe(0.75);
  });

  it("does not count when the oracle has something against the result", () => {
    const summary = summarize(row({ problems: ["not identical"] }));
    expect(summary).toMatchObject({ verdict: "invalid", problems: ["not identical"] });
  });

  it("does not count when a compressed result is larger than allowed; without a limit size is only told", () => {
    const ours = samples([1, 1, 1], { outBytes: 1011 });
    expect(summarize(row({ ours }))).toMatchObject({ verdict: "must", sizeRatio: 1.011 });
    const summary = summarize(row({ ours, sizeLimit: 1.01 }));
    expect(summary).toMatchObject({ verdict: "invalid", problems: [expect.stringContaining("1.0110 times")] });
    expect(summarize(row({ ours: samples([1, 1, 1], { outBytes: 1010 }), sizeLimit: 1.01 })).verdict).toBe("must");
  });

  it("has no size when nothing is written", () => {
    const nothing = { outBytes: null };
    const peers = [{ flags: "", samples: samples([2, 2], nothing) }];
    expect(summarize(row({ ours: samples([1, 1], nothing), peers })).sizeRatio).toBeNull();
  });

  it("tells the largest memory of all runs", () => {
    const ours = [...samples([1, 1]), ...samples([1], { peakRssBytes: 7 * MiB })];
    expect(summarize(row({ ours })).peakRssBytes).toBe(7 * MiB);
  });
});

describe("memory", () => {
  const peaks = (...mebibytes: number[]) => mebibytes.flatMap((peak) => samples([1], { peakRssBytes: peak * MiB }));
  const of = (small: Sample[], huge: Sample[], problems: string[] = []) =>
    summarizeMemory({ id: "a", label: "a", small, huge, problems });

  it.each([
    { why: "inside both limits", small: peaks(120, 121, 128), huge: peaks(128, 128, 128), verdict: "kept" },
    { why: "too much once", small: peaks(100, 100, 129), huge: peaks(100, 100, 100), verdict: "missed" },
    { why: "grown too much", small: peaks(100, 100, 108), huge: peaks(109, 109, 100), verdict: "missed" },
    { why: "shrunk too much", small: peaks(100), huge: peaks(91), verdict: "missed" },
  ])("is $verdict when $why", ({ small, huge, verdict }) => expect(of(small, huge).verdict).toBe(verdict));

  it("of a wrong result does not count", () => {
    expect(of(peaks(1), peaks(1), ["not clean"]).verdict).toBe("invalid");
  });

  it("growth is told between medians, peaks as the largest", () => {
    expect(of(peaks(100, 101, 120), peaks(103, 104, 105))).toMatchObject({
      small: 120 * MiB,
      huge: 105 * MiB,
      growth: 3 * MiB,
    });
  });
});
