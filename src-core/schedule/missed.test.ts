import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MissedPolicy } from "../model/schedule.ts";
import { fromIso } from "./instant.ts";
import { jitterBy } from "./jitter.ts";
import { type Due, dueNow } from "./missed.ts";
import { planOf } from "./plan.ts";

const HOUR = 3_600_000;
const nightly = planOf({ when: { kind: "cron", expression: "30 2 * * *" }, zone: "UTC", startsOn: null, endsOn: null });
const at = (text: string) => fromIso(`2025-06-${text}:00Z`);

function due(policy: object, handled: string, awakeSince: string, now: string): Due {
  return dueNow({
    plan: nightly,
    missed: MissedPolicy.parse({ settleMs: 0, ...policy }),
    jitterOf: () => 0,
    handledAt: at(handled),
    awakeSinceAt: at(awakeSince),
    now: at(now),
  });
}

/** "04 catch-up" for each run, then what was decided without one. */
function said({ runs, facts }: Due): string[] {
  const day = (nominalAt: number) => new Date(nominalAt).toISOString().slice(8, 10);
  return [
    ...runs.map(({ occurrence, catchesUp, facts: own }) => {
      const stood = own.flatMap((fact) => (fact.kind === "catches-up" ? [` for ${fact.stoodFor}`] : []));
      return `${day(occurrence.nominalAt)}${catchesUp ? " catch-up" : ""}${stood.join("")}`;
    }),
    ...facts.map((fact) => ("count" in fact ? `${fact.kind} ${fact.count}` : fact.kind)),
  ];
}

describe("dueNow", () => {
  const day = 24 * HOUR;
  it.each([
    ["nothing yet", {}, "03T02:30", "03T00:00", "03T12:00", []],
    ["in time", {}, "03T02:30", "03T00:00", "04T02:30", ["04"]],
    ["a timer some seconds late", {}, "03T02:30", "04T02:30", "04T02:30", ["04"]],
    ["skip", { mode: "skip" }, "03T02:30", "06T08:00", "06T08:00", ["missed-skipped 3"]],
    ["once: the latest, for all", { mode: "once" }, "03T02:30", "06T08:00", "06T08:00", ["06 catch-up for 3"]],
    [
      "all, oldest first",
      { mode: "all" },
      "03T02:30",
      "06T08:00",
      "06T08:00",
      ["04 catch-up for 1", "05 catch-up for 1", "06 catch-up for 1"],
    ],
    [
      "all, up to the cap the latest",
      { mode: "all", cap: 2 },
      "03T02:30",
      "06T08:00",
      "06T08:00",
      ["05 catch-up for 1", "06 catch-up for 1", "missed-over-cap 1"],
    ],
    [
      "once, one past its deadline",
      { mode: "once", deadlineMs: 2 * day },
      "03T02:30",
      "06T08:00",
      "06T08:00",
      ["06 catch-up for 2", "missed-too-old 1"],
    ],
    [
      "all past their deadline",
      { mode: "once", deadlineMs: HOUR },
      "03T02:30",
      "06T08:00",
      "06T08:00",
      ["missed-too-old 3"],
    ],
    [
      "exactly at the deadline",
      { mode: "once", deadlineMs: 5.5 * HOUR },
      "05T02:30",
      "06T08:00",
      "06T08:00",
      ["06 catch-up for 1"],
    ],
    [
      "woken before the time: in time, and for those before",
      { mode: "once" },
      "03T02:30",
      "06T02:00",
      "06T02:30",
      ["06 for 2"],
    ],
    ["the same with skip", { mode: "skip" }, "03T02:30", "06T02:00", "06T02:30", ["06", "missed-skipped 2"]],
    ["settles first", { settleMs: 10 * 60_000 }, "03T02:30", "06T08:00", "06T08:09", ["settles"]],
    ["settled", { settleMs: 10 * 60_000 }, "03T02:30", "06T08:00", "06T08:10", ["06 catch-up for 3"]],
    ["due while it settles: one run", { settleMs: HOUR }, "03T02:30", "06T02:00", "06T03:00", ["06 for 2"]],
    ["set back", {}, "06T02:30", "06T00:00", "05T03:00", ["clock-set-back"]],
  ])("%s", (_, policy, handled, awakeSince, now, expected) => {
    expect(said(due(policy, handled, awakeSince, now))).toEqual(expected);
  });

  it.each([
    ["the next time", {}, "03T02:30", "03T00:00", "03T12:00", "04T02:30"],
    ["after a catch-up the nominal one, unmoved", {}, "03T02:30", "06T08:00", "06T08:00", "07T02:30"],
    ["the end of settling", { settleMs: 10 * 60_000 }, "03T02:30", "06T08:00", "06T08:00", "06T08:10"],
    ["after a clock that was set back", {}, "06T02:30", "06T00:00", "05T03:00", "07T02:30"],
  ])("asks again at %s", (_, policy, handled, awakeSince, now, expected) => {
    expect(due(policy, handled, awakeSince, now).nextAt).toBe(at(expected));
  });

  it("goes on from now when the clock is set back by a year, and not when by a day", () => {
    const yearAhead = dueNow({
      plan: nightly,
      missed: MissedPolicy.parse({}),
      jitterOf: () => 0,
      handledAt: fromIso("2026-06-03T02:30:00Z"),
      awakeSinceAt: at("03T00:00"),
      now: at("03T12:00"),
    });
    expect(yearAhead.runs).toEqual([]);
    expect(yearAhead.facts).toMatchObject([{ kind: "clock-set-back", goesOn: true }]);
    expect([yearAhead.handledAt, yearAhead.nextAt]).toEqual([at("03T12:00"), at("04T02:30")]);
    const dayAhead = due({}, "06T02:30", "05T00:00", "05T02:30");
    expect(dayAhead.facts).toMatchObject([{ kind: "clock-set-back", goesOn: false }]);
    expect([dayAhead.handledAt, dayAhead.nextAt]).toEqual([at("06T02:30"), at("07T02:30")]);
  });

  it("decides for each time exactly once, however often and whenever it is asked", () => {
    const every10 = planOf({
      when: { kind: "interval", everyMs: 600_000, fromAt: "2025-06-01T00:00:00Z" },
      zone: "UTC",
      startsOn: null,
      endsOn: null,
    });
    const step = fc.record({ passMs: fc.integer({ min: 1, max: 4 * HOUR }), slept: fc.boolean(), again: fc.boolean() });
    fc.assert(
      fc.property(
        fc.constantFrom("skip", "once", "all"),
        fc.integer({ min: 0, max: 1_200_000 }),
        fc.array(step, { minLength: 1, maxLength: 60 }),
        (mode, jitter, steps) => {
          const missed = MissedPolicy.parse({ mode, cap: 3, settleMs: 60_000, deadlineMs: 2 * HOUR });
          const startAt = at("01T00:00");
          let handledAt = startAt;
          let awakeSinceAt = startAt;
          let now = startAt;
          let decided = 0;
          const made = new Set<number>();
          const ask = () => {
            const jitterOf = jitterBy("s", jitter);
            const answer = dueNow({ plan: every10, missed, jitterOf, handledAt, awakeSinceAt, now });
            expect(answer.handledAt).toBeGreaterThanOrEqual(handledAt);
            for (const { occurrence } of answer.runs) {
              expect(made.has(occurrence.nominalAt)).toBe(false);
              expect(occurrence.nominalAt).toBeGreaterThan(handledAt);
              expect(occurrence.nominalAt % 600_000).toBe(0);
              made.add(occurrence.nominalAt);
            }
            decided += (answer.handledAt - handledAt) / 600_000;
            if (answer.nextAt !== null) expect(answer.nextAt).toBeGreaterThan(now);
            handledAt = answer.handledAt;
            return answer;
          };
          for (const { passMs, slept, again } of steps) {
            now += passMs;
            if (slept) awakeSinceAt = now;
            ask();
            if (again) expect(ask().runs).toEqual([]);
          }
          // Awake for long enough, everything up to now less the jitter has been decided for.
          now += 10 * 60_000 + jitter;
          ask();
          expect(decided).toBe((handledAt - startAt) / 600_000);
          expect(handledAt).toBeGreaterThanOrEqual(now - jitter - 600_000);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("looks no further back than any deadline", () => {
    const minutely = planOf({
      when: { kind: "cron", expression: "* * * * *" },
      zone: "UTC",
      startsOn: null,
      endsOn: null,
    });
    const answer = dueNow({
      plan: minutely,
      missed: MissedPolicy.parse({ mode: "once" }),
      jitterOf: () => 0,
      handledAt: fromIso("1999-01-01T00:00:00Z"),
      awakeSinceAt: at("06T08:00"),
      now: at("06T09:00"),
    });
    expect(answer.runs).toHaveLength(61);
    expect(answer.handledAt).toBe(at("06T09:00"));
  });
});

describe("jitterBy", () => {
  it("is the same for the same time, within its bounds, and spread over them", () => {
    const found = Array.from({ length: 1_000 }, (_, i) => jitterBy(`schedule-${i}`, 999)(1_750_000_000_000));
    expect(found).toEqual(Array.from({ length: 1_000 }, (_, i) => jitterBy(`schedule-${i}`, 999)(1_750_000_000_000)));
    for (let tenth = 0; tenth < 10; tenth++) {
      const inTenth = found.filter((ms) => Math.floor(ms / 100) === tenth).length;
      expect(inTenth).toBeGreaterThan(60);
      expect(inTenth).toBeLessThan(140);
    }
    expect(jitterBy("a", 0)(5)).toBe(0);
  });
});
