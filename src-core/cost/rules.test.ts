/** The rules beneath the bill: decimals, calendars, restore points, cohorts, byte-hours, restores. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RestoreAsk } from "../model/cost-question.ts";
import { bill } from "./bill.ts";
import { billingMonths, periodsOf } from "./calendar.ts";
import { type Cohort, cohortsOf } from "./cohorts.ts";
import { digits, exact, roundedUp, shown, significant, ZERO } from "./decimal.ts";
import { Kept } from "./kept.ts";
import { offerOf } from "./offer.ts";
import type { Plan } from "./plan.ts";
import { quoteRestore } from "./restore.ts";
import { restorePoints } from "./restore-points.ts";
import { SumSink } from "./sinks.ts";
import { layoutOf, StoredPart } from "./stored-part.ts";
import { Tally } from "./tally.ts";
import { aws, book, GIB, job } from "./testing/sample.ts";

describe("decimals", () => {
  test("sums that floats get wrong are exact", () => {
    expect(digits(exact("0.1").plus("0.2"))).toBe("0.3");
    expect(digits(exact("0.023").times(exact(2 ** 53 - 1)))).toBe("207165582859042.793");
  });

  test("halves go up when shown, and only then", () => {
    expect([shown("0.005"), shown("1.004999"), shown("2.675"), significant(exact("0.0284"), 1)]).toEqual([
      "0.01",
      "1.00",
      "2.68",
      "0.03",
    ]);
  });

  test("the last places of a third make no whole unit more", () => {
    const thirds = exact(1).div(3).times(2).plus(exact(1).div(3)).plus(exact("0.000000000000000000000000000001"));
    expect(digits(roundedUp(thirds))).toBe("1");
    expect(digits(roundedUp(exact("1.0000001")))).toBe("2");
  });
});

describe("calendar", () => {
  test("real months, over a leap year", () => {
    expect(billingMonths("2027-12", 3).map(({ label, firstDay, days }) => [label, firstDay, days])).toEqual([
      ["2027-12", 0, 31],
      ["2028-01", 31, 31],
      ["2028-02", 62, 29],
    ]);
  });

  test("weeks begin on Monday", () => {
    // 1 February 2027 is a Monday.
    const [sunday, monday] = [periodsOf("2027-01", 30), periodsOf("2027-01", 31)];
    expect([monday.week - sunday.week, monday.month - sunday.month, monday.year - sunday.year]).toEqual([1, 1, 0]);
  });
});

describe("restore points", () => {
  const pruned = (keep: Parameters<typeof restorePoints>[3], endDay = 40) =>
    new Map(restorePoints("2027-02", endDay, 1, keep).map(({ day, prunedDay }) => [day, prunedDay]));

  test("daily 3: a point goes when the third after it is made", () => {
    const ends = pruned({ daily: 3, weekly: 0, monthly: 0, yearly: 0 });
    expect([ends.get(0), ends.get(36), ends.get(37)]).toEqual([3, 39, Number.POSITIVE_INFINITY]);
  });

  test("weekly 2: Sundays stay until the week after next begins", () => {
    const ends = pruned({ daily: 1, weekly: 2, monthly: 0, yearly: 0 });
    // Day 6 is a Sunday (1 February is a Monday); its week is pushed out by the one that begins on day 14.
    expect([ends.get(5), ends.get(6), ends.get(13)]).toEqual([6, 14, 21]);
  });

  test("monthly: the last day of February stays through March", () => {
    const ends = pruned({ daily: 1, weekly: 0, monthly: 2, yearly: 0 }, 70);
    // Day 27 is 28 February; April begins on day 59.
    expect([ends.get(26), ends.get(27), ends.get(58)]).toEqual([27, 59, Number.POSITIVE_INFINITY]);
  });

  test("without retention nothing goes", () => {
    expect([...pruned(null).values()].every((end) => end === Number.POSITIVE_INFINITY)).toBe(true);
  });

  test("no rule keeps the newest point all the same", () => {
    const ends = pruned({ daily: 0, weekly: 0, monthly: 0, yearly: 1 });
    expect([ends.get(0), ends.get(39)]).toEqual([1, Number.POSITIVE_INFINITY]);
  });
});

describe("cohorts", () => {
  test("a chain goes link by link from its end, and never before what stands on it", () => {
    const cohorts = cohortsOf(job({ fullEveryDays: 7, retention: { daily: 7, weekly: 0, monthly: 0, yearly: 0 } }), 30);
    // Points 0 … 6 stand on the full of day 0; the last of them (day 6) is pruned on day 13.
    expect(cohorts.slice(0, 8).map(({ kind, bornDay, diedDay }) => [kind, bornDay, diedDay])).toEqual([
      ["full", 0, 13],
      ["increment", 1, 13],
      ["increment", 2, 13],
      ["increment", 3, 13],
      ["increment", 4, 13],
      ["increment", 5, 13],
      ["increment", 6, 13],
      ["full", 7, 20],
    ]);
  });

  test("growth stays, and a later full is as large as what it protects", () => {
    const [first, second] = cohortsOf(job({ growthBytesPerDay: GIB, fullEveryDays: 10, everyDays: 10 }), 20);
    expect([first?.bytes, second?.bytes]).toEqual([1000 * GIB, 1010 * GIB]);
    const growth = cohortsOf(job({ growthBytesPerDay: GIB }), 30).filter(({ kind }) => kind === "growth");
    expect([growth.length, growth.every(({ diedDay }) => diedDay === Number.POSITIVE_INFINITY)]).toEqual([29, true]);
  });
});

/** A plan of cohorts as they are. */
function planWith(cohorts: Cohort[], start: string | null, count: number): Plan {
  const months = billingMonths(start, count);
  const none = months.map(() => ZERO);
  return {
    months,
    main: new StoredPart(months, cohorts, "counted", null, null),
    arrival: null,
    reads: [],
    lists: none,
    extraWrites: none,
    extraReads: none,
    account: { storedBytes: ZERO, internetBytesPerMonth: ZERO },
    protectedBytesAtEnd: 0,
    layout: null,
    assumptions: [],
    kept: new Kept(),
  };
}

function totalOf(plan: Plan, storageClass: string, provider = "aws", region = "us-east-1"): string {
  const sink = new SumSink();
  bill(plan, offerOf(book, { provider, region, class: storageClass }), sink);
  return digits(sink.over(0, plan.months.length).total ?? exact(-1));
}

describe("byte-hours", () => {
  test("Amazon's example of March: 100 GB for 15 days, 100 TB for 16: 52,900 GB-months, $1,215.00", () => {
    // Amazon S3 FAQ: 42,259,901,212,262,400 byte-hours; 51,200 × 0.023 = 1,177.60; 1,700 × 0.022 = 37.40
    const plan = planWith(
      [
        { bytes: 107_374_182_400, bornDay: 0, diedDay: 15, kind: "full" },
        { bytes: 109_951_162_777_600, bornDay: 15, diedDay: Number.POSITIVE_INFINITY, kind: "full" },
      ],
      "2027-03",
      1,
    );
    expect(digits(plan.main.byteDays(0)[0]?.times(24) ?? ZERO)).toBe("42259901212262400");
    expect(shown(totalOf(plan, "standard"))).toBe("1215.00");
  });

  test("Cloudflare's example: 1 GB for 5 days, then 3 GB for 25: 2.67 GB-months, billed as 3", () => {
    const plan = planWith(
      [
        { bytes: 1e9, bornDay: 0, diedDay: Number.POSITIVE_INFINITY, kind: "full" },
        { bytes: 2e9, bornDay: 5, diedDay: Number.POSITIVE_INFINITY, kind: "full" },
      ],
      null,
      1,
    );
    expect(shown(plan.main.byteDays(0)[0]?.div(30e9) ?? ZERO, 2)).toBe("2.67");
    expect(totalOf(plan, "infrequent", "r2", "auto")).toBe("0.03");
  });

  test("what leaves early pays in the month in which it leaves, and only there", () => {
    const cohort: Cohort = { bytes: 1000 * GIB, bornDay: 0, diedDay: 40, kind: "full" };
    const plan = planWith([cohort], null, 12);
    const sink = new SumSink();
    bill(plan, aws("deep-archive"), sink);
    // 1,000 × 140/30 × 0.00099 = 4.62, in month 2 alone
    expect(plan.months.map(({ index }) => shown(sink.over(index, index + 1).parts["early-deletion"] ?? "0"))).toEqual([
      "0.00",
      "4.62",
      ...Array(10).fill("0.00"),
    ]);
  });

  test("more than 9 PB at a time is refused, not computed wrongly", () => {
    const cohort: Cohort = { bytes: 2 ** 52, bornDay: 0, diedDay: Number.POSITIVE_INFINITY, kind: "full" };
    expect(() => planWith([cohort, cohort, cohort], null, 1).main.byteDays(0)).toThrow(/9 PB/);
  });
});

describe("sums of cohorts", () => {
  test("are what counting day by day gives, for any cohorts and object sizes", () => {
    const aCohort = fc
      .record({
        bytes: fc.integer({ min: 1, max: 5_000 }),
        bornDay: fc.nat(89),
        lives: fc.integer({ min: 1, max: 120 }),
      })
      .map(({ bytes, bornDay, lives }): Cohort => {
        const died = bornDay + lives;
        return { bytes, bornDay, diedDay: died < 90 ? died : Number.POSITIVE_INFINITY, kind: "increment" };
      });
    const billed = (bytes: number, size: number, least: number) => {
      let sum = 0;
      for (let left = bytes; left > 0; left -= size) sum += Math.max(least, Math.min(size, left));
      return sum;
    };
    fc.assert(
      fc.property(
        fc.array(aCohort, { maxLength: 30 }),
        fc.integer({ min: 50, max: 900 }),
        fc.constantFrom(0, 128, 1000),
        (cohorts, size, least) => {
          const months = billingMonths(null, 3);
          const part = new StoredPart(months, cohorts, "upload", layoutOf(size, size), null);
          for (const { index, firstDay } of months) {
            let [stored, objects, owed] = [0, 0, 0];
            for (const { bytes, bornDay, diedDay } of cohorts) {
              for (let day = firstDay; day < firstDay + 30; day++) {
                if (day < bornDay || day >= diedDay) continue;
                stored += billed(bytes, size, least);
                objects += Math.ceil(bytes / size);
              }
              const lived = diedDay - bornDay;
              if (diedDay >= firstDay && diedDay < firstDay + 30 && lived < 60)
                owed += billed(bytes, size, least) * (60 - lived);
            }
            expect(digits(part.byteDays(least)[index] ?? ZERO)).toBe(String(stored));
            expect(digits(part.objectDays(0)[index] ?? ZERO)).toBe(String(objects));
            expect(digits(part.leavesEarly(60, least)[index]?.byteDays ?? ZERO)).toBe(String(owed));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test("a tally passes 2^53 without losing a unit", () => {
    const tally = new Tally();
    const most = Number.MAX_SAFE_INTEGER;
    for (const [a, b] of [
      [most, 31],
      [most, 1],
      [1, 1],
      [most, 1],
    ] as const)
      tally.add(a, b);
    expect(tally.total).toBe(BigInt(most) * 33n + 1n);
  });
});

describe("restore quote", () => {
  const ask = (more: Partial<RestoreAsk> = {}): RestoreAsk => ({
    bytes: 102_400 * GIB,
    storedBytes: 102_400 * GIB,
    // 15,000,000 objects
    objectBytes: 7_330_078,
    partBytes: 8_000_000,
    to: "same-region",
    speed: "standard",
    copyDays: 1,
    bitsPerSecond: null,
    internetBytesPerMonth: 0,
    ...more,
  });
  const retrievalLines = (speed: string) =>
    quoteRestore(aws("glacier"), ask({ speed }))
      .lines.filter(({ meter }) => meter.includes("Flexible Retrieval") && meter.includes(speed))
      .map(({ amount }) => amount);

  test("AWS's example: 15,000,000 objects, 100 TB", () => {
    // repost.aws/knowledge-center/s3-manage-data-retrieval: 750 + 1,024; expedited 150,000 + 102,400 × 0.03 = 3,072; bulk is free
    expect(quoteRestore(aws("glacier"), ask()).objects).toBe(15_000_000);
    expect(retrievalLines("standard").sort()).toEqual(["1024", "750"]);
    expect(retrievalLines("expedited").sort()).toEqual(["150000", "3072"]);
    expect(retrievalLines("bulk")).toEqual([]);
  });

  test("hours of waiting and of transfer, and the steps", () => {
    // 9 × 10^12 bits... 1 TB at 1 Gbit/s: 8 × 10^12 / 10^9 = 8,000 s = 2.22 h
    const quote = quoteRestore(
      aws("deep-archive"),
      ask({ bytes: 1e12, bitsPerSecond: 1e9, speed: "bulk", to: "internet" }),
    );
    expect(quote.waitHours).toEqual({ from: "0", to: "48" });
    expect(shown(quote.transferHours ?? "0")).toBe("2.22");
    expect(quote.steps).toHaveLength(3);
    expect(quote.steps.join(" ")).toMatch(/bulk.*48 hours.*internet/);
  });

  test("a class that needs no restore is one step without waiting", () => {
    const quote = quoteRestore(aws("glacier-ir"), ask({ speed: null }));
    expect([quote.waitHours, quote.steps]).toEqual([{ from: "0", to: "0" }, ["Read the objects inside the region."]]);
  });

  test("a destination without a price is unknown", () => {
    const quote = quoteRestore(aws("standard"), ask({ to: "other-region", speed: null }));
    expect([quote.total, quote.missing]).toEqual([null, ["network from US East (N. Virginia) to other-region"]]);
  });

  test("what an account sends already uses up the free allowance", () => {
    const small = { bytes: 100 * GIB, objectBytes: GIB, partBytes: GIB, to: "internet" as const, speed: null };
    expect(quoteRestore(aws("standard"), ask(small)).parts.egress).toBe("0");
    expect(quoteRestore(aws("standard"), ask({ ...small, internetBytesPerMonth: 100 * GIB })).parts.egress).toBe("9");
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])("%s bytes are refused by name", (bytes) => {
    expect(() => quoteRestore(aws("standard"), ask({ bytes }))).toThrow(/bytes/);
  });
});
