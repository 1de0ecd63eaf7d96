import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planOf } from "./plan.ts";
import { type CronSets, dueByMinutes, wallClock } from "./testing/minutes.ts";

const MINUTE = 60_000;

function someOf(low: number, high: number, most: number): fc.Arbitrary<ReadonlySet<number> | null> {
  return fc.option(
    fc.uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: most }).map((list) => new Set(list)),
    { nil: null },
  );
}

const sets: fc.Arbitrary<CronSets> = fc.record({
  minutes: someOf(0, 59, 4),
  // Hours near midnight and those in which clocks are changed come up more often than by chance.
  hours: fc.oneof(someOf(0, 3, 3), someOf(0, 23, 3)),
  days: fc.option(
    fc.uniqueArray(fc.integer({ min: 1, max: 31 }), { minLength: 1, maxLength: 8 }).map((l) => new Set(l)),
    {
      nil: null,
      freq: 1,
    },
  ),
  months: fc.constant(null),
  weekdays: someOf(0, 6, 3),
});

function cronOf({ minutes, hours, days, months, weekdays }: CronSets): string {
  return [minutes, hours, days, months, weekdays].map((set) => (set === null ? "*" : [...set].join(","))).join(" ");
}

/* Years in which something odd happened: laws changed, a day was left out, Ramadan fell into summer time. */
describe.each([
  ["Europe/Berlin", 2023, 2026],
  ["America/New_York", 2006, 2009],
  ["Australia/Lord_Howe", 2017, 2020],
  ["Africa/Casablanca", 2011, 2014],
  ["Africa/Casablanca", 2018, 2021],
  ["Asia/Kathmandu", 1985, 1988],
  ["Pacific/Apia", 2010, 2013],
  ["America/Sao_Paulo", 2017, 2020],
  ["Asia/Gaza", 2020, 2023],
  ["Antarctica/Troll", 2022, 2024],
])("%s from %i to %i", (zone, fromYear, toYear) => {
  const clock = wallClock(zone, fromYear, toYear);
  /** Minutes around which the clock jumps. */
  const jumps = [...clock.shown.keys()].filter((m) => m > 0 && clock.shown[m] !== (clock.shown[m - 1] ?? 0) + 1);

  const agree = (rule: CronSets, minute: number, count: number) => {
    const plan = planOf({ when: { kind: "cron", expression: cronOf(rule) }, zone, startsOn: null, endsOn: null });
    const expected = dueByMinutes(clock, rule, minute, count);
    const endAt = clock.startAt + clock.shown.length * MINUTE;
    const found: number[] = [];
    for (let after = clock.startAt + minute * MINUTE - 1; found.length < count; ) {
      const next = plan.next(after);
      if (next === null || next.nominalAt >= endAt) break;
      found.push(next.nominalAt);
      after = next.nominalAt;
    }
    expect(found.map(iso)).toEqual(expected.map(iso));
  };

  it(`agrees from anywhere with a walk minute by minute, and has ${jumps.length} jumps`, () => {
    const somewhere = fc.integer({ min: 0, max: clock.shown.length - 1 });
    const nearJump =
      jumps.length === 0
        ? somewhere
        : fc
            .tuple(fc.constantFrom(...jumps), fc.integer({ min: -3_000, max: 200 }))
            .map(([jump, by]) => Math.min(Math.max(0, jump + by), clock.shown.length - 1));
    fc.assert(
      fc.property(sets, fc.oneof(somewhere, nearJump), (rule, minute) => agree(rule, minute, 12)),
      { numRuns: 150 },
    );
  });

  it("agrees over all these years", () => {
    fc.assert(
      fc.property(sets, (rule) => agree(rule, 0, Number.POSITIVE_INFINITY)),
      { numRuns: 2 },
    );
  });
});

function iso(at: number): string {
  return new Date(at).toISOString();
}
