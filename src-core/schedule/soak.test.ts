/**
 * Seven days on a simulated clock: a small engine in memory sleeps till the next time it is told, is put to sleep and killed at random, before
 * or after it stored an answer. What it fired must be what a walk minute by minute says, which knows only when the machine was awake.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MissedPolicy } from "../model/schedule.ts";
import { dueNow } from "./missed.ts";
import { type Plan, planOf } from "./plan.ts";
import { type CronSets, dueByMinutes, wallClock } from "./testing/minutes.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Outage {
  /** How long it was awake before, and how long it was not then. */
  readonly awakeMs: number;
  readonly awayMs: number;
}

interface Stored {
  readonly handledAt: number;
  readonly fired: readonly number[];
}

/** @param lost for each look in turn: the program is killed after it decided and before it stored, and looks again */
function engine(
  plan: Plan,
  missed: MissedPolicy,
  spans: readonly (readonly [number, number])[],
  lost: readonly boolean[],
): number[] {
  let stored: Stored = { handledAt: spans[0]?.[0] ?? 0, fired: [] };
  let looks = 0;
  for (const [awakeSinceAt, untilAt] of spans) {
    for (let now: number | null = awakeSinceAt; now !== null && now < untilAt; ) {
      const due = dueNow({ plan, missed, jitterOf: () => 0, handledAt: stored.handledAt, awakeSinceAt, now });
      if (lost[looks++ % Math.max(1, lost.length)] === true && looks < 5_000) continue;
      const made = due.runs.map(({ occurrence }) => occurrence.nominalAt);
      stored = { handledAt: due.handledAt, fired: [...stored.fired, ...made] };
      now = due.nextAt;
    }
  }
  return [...stored.fired];
}

/** What a person would say had to run. @param times all nominal times, of the whole week */
function expected(
  times: readonly number[],
  mode: MissedPolicy["mode"],
  spans: readonly (readonly [number, number])[],
): number[] {
  const startAt = spans[0]?.[0] ?? 0;
  const endAt = spans.at(-1)?.[1] ?? 0;
  const mine = times.filter((at) => at > startAt && at < endAt);
  const isAwake = (at: number) => spans.some(([from, to]) => at >= from && at < to);
  if (mode === "all") return mine;
  const inTime = mine.filter(isAwake);
  if (mode === "skip") return inTime;
  // Once: on waking the latest of those slept through; where one is due that very moment, that one stands for them.
  const made = spans.flatMap(([from], index) => {
    const fellAsleepAt = spans[index - 1]?.[1];
    const latest = fellAsleepAt === undefined ? undefined : mine.findLast((at) => at >= fellAsleepAt && at < from);
    return latest === undefined || mine.includes(from) ? [] : [latest];
  });
  return [...inTime, ...made].sort((a, b) => a - b);
}

describe.each([
  ["Europe/Berlin", 2025, Date.UTC(2025, 9, 22)],
  ["Europe/Berlin", 2025, Date.UTC(2025, 2, 26)],
  ["Australia/Lord_Howe", 2019, Date.UTC(2019, 9, 2)],
  ["Pacific/Apia", 2011, Date.UTC(2011, 11, 24)],
])("%s, a week of %i with a change of the clock", (zone, year, weekAt) => {
  const clock = wallClock(zone, year, year + 1);
  const rules: [string, CronSets][] = [
    ["30 2 * * *", sets([30], [2])],
    ["*/20 * * * *", sets([0, 20, 40], null)],
    ["0 1,2,3,14 * * *", sets([0], [1, 2, 3, 14])],
  ];
  // Away for at least five minutes: less counts as a late timer.
  const outage: fc.Arbitrary<Outage> = fc.record({
    awakeMs: fc.integer({ min: 1, max: 36 * 60 }).map((minutes) => minutes * MINUTE),
    awayMs: fc.integer({ min: 5, max: 20 * 60 }).map((minutes) => minutes * MINUTE),
  });

  it("fires what the walk says", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...rules),
        fc.constantFrom("skip", "once", "all"),
        fc.array(outage, { minLength: 1, maxLength: 12 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }).filter((list) => list.includes(false)),
        ([expression, rule], mode, outages, lost) => {
          const plan = planOf({ when: { kind: "cron", expression }, zone, startsOn: null, endsOn: null });
          const missed = MissedPolicy.parse({ mode, cap: 1_000, deadlineMs: 30 * DAY, settleMs: 0 });
          const spans = spansOf(weekAt, outages);
          const times = dueByMinutes(clock, rule, (weekAt - clock.startAt) / MINUTE, 700);
          const fired = engine(plan, missed, spans, lost);
          expect(new Set(fired).size).toBe(fired.length);
          expect(fired.toSorted((a, b) => a - b).map(iso)).toEqual(expected(times, mode, spans).map(iso));
        },
      ),
      { numRuns: 100 },
    );
  });
});

/** When it was awake, in a week. */
function spansOf(startAt: number, outages: readonly Outage[]): [number, number][] {
  const endAt = startAt + 7 * DAY;
  const spans: [number, number][] = [];
  let at = startAt;
  for (const { awakeMs, awayMs } of outages) {
    if (at + awakeMs >= endAt) break;
    spans.push([at, at + awakeMs]);
    at += awakeMs + awayMs;
  }
  spans.push([Math.min(at, endAt - MINUTE), endAt]);
  return spans;
}

function sets(minutes: number[], hours: number[] | null): CronSets {
  return { minutes: new Set(minutes), hours: hours && new Set(hours), days: null, months: null, weekdays: null };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
