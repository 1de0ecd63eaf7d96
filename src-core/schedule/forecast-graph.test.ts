import { describe, expect, it } from "vitest";
import type { Schedule } from "../model/schedule.ts";
import { comingRun } from "./coming-run.ts";
import { compileSchedule, type ForecastRun } from "./forecast.ts";
import { type ForecastGround, runsOf } from "./forecast-graph.ts";
import { fromIso, HOUR_MS, MINUTE_MS } from "./instant.ts";
import { simulate } from "./play-out.ts";
import { scheduleOf } from "./testing/schedule-of.ts";

const NOW = fromIso("2026-06-01T12:00:00Z");
const DAY = 24 * HOUR_MS;
const at = (expression: string) => ({ when: { kind: "cron", expression }, zone: "UTC" });
const follows = (...parents: (string | object)[]) => ({
  when: { kind: "after" },
  zone: "UTC",
  dependencies: parents.map((parent) => (typeof parent === "string" ? { parentId: parent } : parent)),
});
const takes = (minutes: Record<string, number>): ForecastGround["predicted"] =>
  Object.fromEntries(
    Object.entries(minutes).map(([id, each]) => [id, { lowMs: each * MINUTE_MS, highMs: each * MINUTE_MS }]),
  );

function forecast(schedules: readonly Schedule[], minutes: Record<string, number> = {}, days = 1): ForecastRun[] {
  return runsOf(schedules, { predicted: takes(minutes), pause: null }, [NOW, NOW + days * DAY], NOW);
}

/** "b 02:30 after "a"": those of these schedules, by their start. */
function told(runs: readonly ForecastRun[], ...ids: string[]): string[] {
  return runs
    .filter(({ scheduleId }) => ids.includes(scheduleId))
    .sort((a, b) => a.startAt - b.startAt)
    .map((run) => {
      const { startAt, reasons } = comingRun(run, "UTC");
      return [run.scheduleId, startAt.slice(8, 16).replace("02T", ""), ...reasons].join(" ");
    });
}

const window = (from: string, to: string) => ({
  windows: [{ name: "w", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from, to }],
});
const a = scheduleOf("a", at("0 2 * * *"));
const FAR = { sinceAt: "2026-05-01T00:00:00.000Z", reason: "" };

describe("what comes after others", () => {
  const cases: [string, Schedule[], Record<string, number>, string[]][] = [
    [
      "a chain",
      [a, scheduleOf("b", follows("a")), scheduleOf("c", follows("b"))],
      { a: 30, b: 60 },
      ['b 02:30 after "a"', 'c 03:30 after "b"'],
    ],
    [
      "given children first",
      [scheduleOf("c", follows("b")), scheduleOf("b", follows("a")), a],
      { a: 30 },
      ['b 02:30 after "a"', 'c 02:30 after "b"'],
    ],
    [
      "all of two: the last end",
      [a, scheduleOf("b", follows("a")), scheduleOf("d", follows("a")), scheduleOf("c", follows("b", "d"))],
      { a: 10, b: 60, d: 20 },
      ['b 02:10 after "a"', 'c 03:10 after "b"'],
    ],
    [
      "any of two: the first",
      [
        a,
        scheduleOf("b", follows("a")),
        scheduleOf("d", follows("a")),
        scheduleOf("c", { ...follows("b", "d"), join: "any" }),
      ],
      { a: 10, b: 60, d: 20 },
      ['b 02:10 after "a"', 'c 02:30 after "d"'],
    ],
    [
      "its window",
      [a, scheduleOf("b", { ...follows("a"), allowed: window("05:00", "06:00") })],
      { a: 30 },
      ['b 05:00 after "a" waits 2 h 30 min for window "w", which opens at 2026-06-02 05:00'],
    ],
    [
      "its window, skipped, and so is what comes after it",
      [
        a,
        scheduleOf("b", { ...follows("a"), allowed: { ...window("05:00", "06:00"), outside: "skip" } }),
        scheduleOf("c", follows({ parentId: "b", on: "either" })),
      ],
      { a: 30 },
      ['b 02:30 after "a" skipped: outside "w"', 'c 02:30 skipped: "b" is skipped'],
    ],
    [
      "on failure, on warning, and down the graph",
      [a, scheduleOf("b", follows({ parentId: "a", on: "failure" })), scheduleOf("c", follows("b"))],
      { a: 30 },
      ['b 02:30 skipped: runs on failure of "a", which is expected to succeed', 'c 02:30 skipped: "b" is skipped'],
    ],
    [
      "any of one that refuses and one that agrees",
      [
        a,
        scheduleOf("d", follows("a")),
        scheduleOf("b", { ...follows({ parentId: "a", on: "warning" }, "d"), join: "any" }),
      ],
      { a: 30, d: 30 },
      ['b 03:00 after "d"'],
    ],
    [
      "a time limit",
      [a, scheduleOf("b", follows({ parentId: "a", timeoutMs: 20 * MINUTE_MS }))],
      { a: 30 },
      ['b 02:20 skipped: "a" is not expected to end within 20 min'],
    ],
    [
      "a time limit that is kept",
      [a, scheduleOf("b", follows({ parentId: "a", timeoutMs: 30 * MINUTE_MS }))],
      { a: 30 },
      ['b 02:30 after "a"'],
    ],
    [
      "a disabled one is no part, nor what comes after it",
      [a, scheduleOf("b", { ...follows("a"), enabled: false }), scheduleOf("c", follows("b"))],
      {},
      [],
    ],
    [
      "a disabled parent beside another does not hold",
      [a, scheduleOf("d", { ...follows("a"), enabled: false }), scheduleOf("b", follows("a", "d"))],
      { a: 30 },
      ['b 02:30 after "a"'],
    ],
    [
      "a disabled root",
      [scheduleOf("a", { ...at("0 2 * * *"), enabled: false }), scheduleOf("b", follows("a"))],
      {},
      [],
    ],
    [
      "two roots: a run in each firing, and the other root is not waited for",
      [a, scheduleOf("d", at("0 4 * * *")), scheduleOf("b", follows("a", "d"))],
      { a: 30, d: 30 },
      ['b 02:30 after "a"', 'b 04:30 after "d"'],
    ],
    [
      "two roots at once: the policy for overlap decides",
      [a, scheduleOf("d", at("0 2 * * *")), scheduleOf("b", follows("a", "d"))],
      { a: 30, d: 45, b: 60 },
      ['b 02:30 after "a"', "b 02:45 skipped: the run before has not ended"],
    ],
    [
      "one that ended while the next waited for its parents is not in its way",
      [scheduleOf("a", { ...at("0,20 2 * * *"), overlap: "allow" }), scheduleOf("b", follows("a"))],
      { a: 30, b: 10 },
      ['b 02:30 after "a"', 'b 02:50 after "a"'],
    ],
    [
      "two roots at once, one after the other",
      [a, scheduleOf("d", at("0 2 * * *")), scheduleOf("b", { ...follows("a", "d"), overlap: "buffer-all" })],
      { a: 30, d: 45, b: 60 },
      ['b 02:30 after "a"', 'b 03:30 after "d" waits for the runs before'],
    ],
    [
      "one of the clock does not wait for an edge of the firing",
      [a, scheduleOf("b", { ...follows("a"), ...at("0 2 * * *") })],
      { a: 30 },
      ["b 02:00"],
    ],
    [
      "paused for good: it waits, and so does the rest",
      [a, scheduleOf("b", { ...follows("a"), pause: { ...FAR, untilAt: null } }), scheduleOf("c", follows("b"))],
      {},
      [],
    ],
    [
      "paused for good is not waited for where one is enough",
      [
        a,
        scheduleOf("d", { ...follows("a"), pause: { ...FAR, untilAt: null } }),
        scheduleOf("b", { ...follows("a", "d"), join: "any" }),
      ],
      { a: 30 },
      ['b 02:30 after "a"'],
    ],
    [
      "paused for a while",
      [
        a,
        scheduleOf("b", { ...follows("a"), pause: { ...FAR, untilAt: "2026-06-02T09:00:00.000Z" } }),
        scheduleOf("c", follows("b")),
      ],
      { a: 30, b: 10 },
      ['b 09:00 after "a" paused, until 2026-06-02 09:00', 'c 09:10 after "b"'],
    ],
    [
      "a parent that is canceled for a later run",
      [
        scheduleOf("a", { ...at("0,20 2 * * *"), overlap: "cancel-other" }),
        scheduleOf("b", follows("a")),
        scheduleOf("c", follows({ parentId: "a", on: "either" })),
      ],
      { a: 30 },
      [
        'b 02:20 skipped: runs on success of "a", which is expected to be canceled',
        'c 02:20 after "a"',
        'b 02:50 after "a"',
        'c 02:50 after "a"',
      ],
    ],
  ];
  it.each(cases)("%s", (_, schedules, minutes, expected) => {
    expect(told(forecast(schedules, minutes), "b", "c")).toEqual(expected);
  });

  it("has the root's nominal time, and its share of chance from when its parents end", () => {
    const b = scheduleOf("b", { ...follows("a"), jitterMs: 600_000 });
    const [run] = forecast([a, b], { a: 30 }).filter(({ scheduleId }) => scheduleId === "b");
    const nominalAt = fromIso("2026-06-02T02:00:00Z");
    const ms = compileSchedule(b).jitterOf(nominalAt);
    expect(ms).toBeGreaterThan(0);
    expect(run).toMatchObject({ rootId: "a", nominalAt, startAt: nominalAt + 30 * MINUTE_MS + ms });
    expect(run?.facts.at(-1)).toEqual({ kind: "jitter", ms });
    expect(run === undefined ? null : comingRun(run, "UTC").firingId).toBe("a@2026-06-02T02:00:00.000Z");
  });
});

describe("edges of today", () => {
  const today = (parentId: string, more: object = {}) => ({ dependencies: [{ parentId, run: "today", ...more }] });
  const cases: [string, Schedule[], Record<string, number>, string[]][] = [
    [
      "wait for the day's run",
      [a, scheduleOf("b", { ...at("15 2 * * *"), ...today("a") })],
      { a: 30 },
      ['b 02:30 after "a"'],
    ],
    [
      "a run that is over lets it go on",
      [a, scheduleOf("b", { ...at("0 9 * * *"), ...today("a") })],
      { a: 30 },
      ['b 09:00 after "a"'],
    ],
    [
      "the latest run counts, also one that comes while it waits",
      [
        scheduleOf("a", { ...at("0,20 2 * * *"), overlap: "allow" }),
        scheduleOf("b", { ...at("10 2 * * *"), ...today("a") }),
      ],
      { a: 30 },
      ['b 02:50 after "a"'],
    ],
    [
      "what comes after it goes on later as well",
      [a, scheduleOf("b", { ...at("15 2 * * *"), ...today("a") }), scheduleOf("c", follows("b"))],
      { a: 30, b: 10 },
      ['b 02:30 after "a"', 'c 02:40 after "b"'],
    ],
    [
      "earlier on the first day it is taken to have run",
      [scheduleOf("a", at("0 9 * * *")), scheduleOf("b", { ...at("0 15 * * *"), ...today("a") })],
      { a: 30 },
      ['b 01T15:00 after "a"'],
    ],
    [
      "a schedule made after that time has not run",
      [
        scheduleOf("b", { ...at("0 15 * * *"), ...today("a") }),
        { ...scheduleOf("a", at("0 9 * * *")), createdAt: "2026-06-01T11:00:00.000Z" },
      ],
      {},
      ['b 00:00 skipped: "a" does not run on 2026-06-01'],
    ],
    [
      "no run that day",
      [scheduleOf("a", at("0 2 * * sun")), scheduleOf("b", { ...at("0 3 * * *"), ...today("a") })],
      {},
      ['b 03T00:00 skipped: "a" does not run on 2026-06-02'],
    ],
    [
      "a disabled parent",
      [scheduleOf("a", { ...at("0 2 * * *"), enabled: false }), scheduleOf("b", { ...at("0 3 * * *"), ...today("a") })],
      {},
      ['b 03T00:00 skipped: "a" does not run on 2026-06-02'],
    ],
    [
      "one that waits for its window until the next day",
      [
        scheduleOf("a", { ...at("0 22 * * *"), allowed: window("01:00", "02:00") }),
        scheduleOf("b", { ...at("0 23 * * *"), ...today("a") }),
      ],
      {},
      ['b 00:00 skipped: "a" does not run on 2026-06-01'],
    ],
  ];
  it.each(cases)("%s", (_, schedules, minutes, expected) => {
    expect(told(forecast(schedules, minutes), "b", "c")).toEqual(expected);
  });
});

it("without edges is what each schedule's own simulation is", () => {
  const overlaps = ["skip", "buffer-one", "buffer-all", "cancel-other", "allow"];
  const many = Array.from({ length: 60 }, (_, i) =>
    scheduleOf(`s${i}`, {
      when: { kind: "cron", expression: `${(i * 7) % 60} ${i % 3 === 0 ? "*/2" : i % 24} * * *` },
      zone: ["UTC", "Europe/Berlin", "America/New_York"][i % 3],
      jitterMs: i % 4 === 0 ? 5_400_000 : 0,
      overlap: overlaps[i % overlaps.length],
      allowed: i % 2 === 0 ? { ...window("20:00", "06:00"), outside: i % 4 === 0 ? "skip" : "wait" } : {},
    }),
  );
  const minutes = Object.fromEntries(many.map(({ id }, i) => [id, (i * 37) % 300]));
  const predicted = takes(minutes);
  const alone = many.flatMap((schedule) =>
    simulate(compileSchedule(schedule), NOW, NOW + 30 * DAY, predicted[schedule.id] ?? null),
  );
  expect(forecast(many, minutes, 30)).toEqual(alone);
  // Beside a graph that they have no part in, too.
  const graph = [
    a,
    scheduleOf("b", { ...follows("a") }),
    scheduleOf("t", { ...at("0 3 * * *"), dependencies: [{ parentId: "a", run: "today" }] }),
  ];
  const own = forecast([...graph, ...many], minutes, 30).filter(({ scheduleId }) => scheduleId.startsWith("s"));
  expect(own).toEqual(alone);
});

it("refuses firings of a large graph that nobody could look through, before it walks them", () => {
  const chain = Array.from({ length: 5_000 }, (_, i) =>
    scheduleOf(`n${i}`, i === 0 ? at("* * * * *") : follows(`n${i - 1}`)),
  );
  expect(() => forecast(chain, {}, 90)).toThrow(expect.objectContaining({ code: "request.invalid" }));
  expect(forecast(chain.with(0, scheduleOf("n0", at("0 2 * * *"))), {}, 30)).toHaveLength(150_000);
});
