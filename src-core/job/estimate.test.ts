import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addPoint, EMPTY_METER, MEASURE_MS, type Meter, RATE_WINDOW_MS, readMeter } from "./estimate.ts";

const MB = 1_000_000;

/** A meter after `points` of [seconds, megabytes]. */
function metered(points: readonly (readonly [number, number])[]): Meter {
  return points.reduce((meter, [seconds, megabytes]) => addPoint(meter, seconds * 1000, megabytes * MB), EMPTY_METER);
}

/** A meter told every `everyMs` of a constant rate. */
function constant(bytesPerSecond: number, forMs: number, everyMs: number): Meter {
  let meter = EMPTY_METER;
  for (let atMs = 0; atMs <= forMs; atMs += everyMs) meter = addPoint(meter, atMs, (bytesPerSecond * atMs) / 1000);
  return meter;
}

describe("readMeter", () => {
  it.each([
    ["nothing", [], 0],
    ["one point", [[0, 5]], 0],
    [
      "two seconds at 10 MB/s",
      [
        [0, 0],
        [1, 10],
        [2, 20],
      ],
      10 * MB,
    ],
    [
      "the last five seconds only",
      [
        [0, 0],
        [5, 500],
        [10, 510],
      ],
      2 * MB,
    ],
    [
      "from where it was resumed",
      [
        [0, 1000],
        [1, 1010],
        [2, 1020],
      ],
      10 * MB,
    ],
  ] as const)("gives the rate of %s", (_, points, expected) => {
    const last = points.at(-1);
    expect(readMeter(metered(points), MB, (last?.[0] ?? 0) * 1000).rateBytesPerSecond).toBe(expected);
  });

  it("gives no time left while measuring", () => {
    const meter = metered([
      [0, 0],
      [0.5, 5],
      [1, 10],
      [1.9, 19],
    ]);
    expect(readMeter(meter, 100 * MB, 1900)).toMatchObject({ eta: null });
    expect(readMeter(addPoint(meter, MEASURE_MS, 20 * MB), 100 * MB, MEASURE_MS).eta).not.toBeNull();
  });

  it("shows a stall as rate 0 without a time left, also when no event says so", () => {
    const meter = constant(10 * MB, 10_000, 250);
    expect(readMeter(meter, MB, 10_000 + RATE_WINDOW_MS - 300).rateBytesPerSecond).toBeGreaterThan(0);
    expect(readMeter(meter, MB, 10_000 + RATE_WINDOW_MS)).toEqual({ rateBytesPerSecond: 0, eta: null });
  });

  it("keeps the range finite after a stall", () => {
    let meter = constant(10 * MB, 10_000, 250);
    for (let s = 10.25; s <= 18; s += 0.25) meter = addPoint(meter, s * 1000, 100 * MB);
    for (let s = 18.25; s <= 20; s += 0.25) meter = addPoint(meter, s * 1000, (100 + (s - 18) * 10) * MB);
    const { eta } = readMeter(meter, 100 * MB, 20_000);
    expect(eta?.highMs).toBeLessThan(120_000);
    expect(eta?.lowMs).toBeLessThan(10_000);
  });

  it("begins anew when bytes go backwards", () => {
    const meter = addPoint(constant(10 * MB, 10_000, 250), 10_250, 5 * MB);
    expect(readMeter(meter, MB, 10_250)).toEqual({ rateBytesPerSecond: 0, eta: null });
  });

  it("contains the truth for any constant rate, whatever the rhythm of the events", () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 10_000 * MB }),
      fc.integer({ min: 3_000, max: 120_000 }),
      fc.integer({ min: 50, max: 1_000 }),
      fc.integer({ min: 1, max: 1_000_000 * MB }),
      (rate, forMs, everyMs, remainingBytes) => {
        const { eta, rateBytesPerSecond } = readMeter(constant(rate, forMs, everyMs), remainingBytes, forMs);
        const truthMs = (remainingBytes / rate) * 1000;
        expect(eta).not.toBeNull();
        expect(eta?.lowMs).toBeLessThanOrEqual(truthMs);
        expect(eta?.highMs).toBeGreaterThanOrEqual(truthMs);
        // The last event may be up to one interval old.
        expect(rateBytesPerSecond).toBeLessThanOrEqual(rate * 1.000001);
        expect(rateBytesPerSecond).toBeGreaterThan(rate * 0.6);
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it("narrows with the time measured", () => {
    const width = (forMs: number) => {
      const { eta } = readMeter(constant(MB, forMs, 250), 1000 * MB, forMs);
      return (eta?.highMs ?? Number.NaN) - (eta?.lowMs ?? Number.NaN);
    };
    const widths = [2_000, 4_000, 10_000, 30_000, 60_000].map(width);
    expect(widths).toEqual(widths.toSorted((a, b) => b - a));
    expect(widths[4]).toBeLessThan((widths[0] ?? 0) / 4);
  });

  it("is wider for an uneven rate than for an even one", () => {
    let uneven = EMPTY_METER;
    let done = 0;
    for (let s = 0; s <= 40; s += 0.5) {
      uneven = addPoint(uneven, s * 1000, done);
      done += Math.floor(s / 5) % 2 === 0 ? 8 * MB : 2 * MB;
    }
    const even = readMeter(constant(10 * MB, 40_000, 500), 100 * MB, 40_000).eta;
    const range = readMeter(uneven, 100 * MB, 40_000).eta;
    expect((range?.highMs ?? 0) - (range?.lowMs ?? 0)).toBeGreaterThan(2 * ((even?.highMs ?? 0) - (even?.lowMs ?? 0)));
  });

  it("keeps a bounded number of points", () => {
    expect(constant(MB, 600_000, 50).points.length).toBeLessThan(130);
  });
});
