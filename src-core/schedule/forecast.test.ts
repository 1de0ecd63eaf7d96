import { describe, expect, it } from "vitest";
import { When } from "../model/when.ts";
import { Allowed } from "../model/window.ts";
import { collisions, schedulesIn } from "./collisions.ts";
import { compileSchedule, type Forecasted, type ForecastRun, preview } from "./forecast.ts";
import { forecastDiff } from "./forecast-diff.ts";
import { fromIso, wallText } from "./instant.ts";
import { simulate } from "./play-out.ts";
import { zoneOf } from "./zone.ts";

const HOUR = 3_600_000;
const everyDay = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const nights = { name: "nights", days: everyDay, from: "22:00", to: "06:00" };

function schedule(
  expression: string,
  part: { allowed?: object } & Partial<Omit<Forecasted, "allowed">> = {},
): Forecasted {
  return {
    id: "s",
    when: When.parse({ kind: "cron", expression }),
    zone: "Europe/Berlin",
    startsOn: null,
    endsOn: null,
    jitterMs: 0,
    overlap: "skip",
    groups: [],
    ...part,
    allowed: Allowed.parse(part.allowed ?? {}),
  };
}

function shown(runs: readonly ForecastRun[]): string[] {
  const wall = (at: number) => wallText(zoneOf("Europe/Berlin").wallAt(at)).slice(5);
  return runs.map(({ startAt, skipped, facts }) => {
    const why = facts.map((fact) => fact.kind).join(" ");
    return `${wall(startAt)}${skipped ? " skipped" : ""}${why === "" ? "" : ` ${why}`}`;
  });
}

describe("preview", () => {
  it.each([
    ["DST", schedule("30 2 * * *"), "2025-03-28T12:00:00Z", ["03-29T02:30", "03-30T03:00 clock-gap", "03-31T02:30"]],
    ["DST, twice", schedule("30 2 * * *"), "2025-10-25T12:00:00Z", ["10-26T02:30 clock-repeats", "10-27T02:30"]],
    [
      "a window",
      schedule("0 20 * * *", { allowed: { windows: [nights] } }),
      "2025-06-03T12:00:00Z",
      ["06-03T22:00 waits-for-window"],
    ],
    [
      "a window that skips",
      schedule("0 20 * * *", { allowed: { windows: [nights], outside: "skip" } }),
      "2025-06-03T12:00:00Z",
      ["06-03T20:00 skipped outside-skipped"],
    ],
    [
      "a blackout",
      schedule("0 20 * * *", {
        allowed: { blackouts: [{ kind: "range", name: "f", from: "2025-06-03T00:00", to: "2025-06-04T08:00" }] },
      }),
      "2025-06-03T12:00:00Z",
      ["06-04T08:00 blackout", "06-04T20:00"],
    ],
    [
      "a blackout and then a window",
      schedule("0 20 * * *", {
        allowed: {
          windows: [nights],
          blackouts: [{ kind: "range", name: "f", from: "2025-06-03T00:00", to: "2025-06-04T08:00" }],
        },
      }),
      "2025-06-03T12:00:00Z",
      ["06-04T22:00 blackout waits-for-window"],
    ],
    [
      "never",
      schedule("0 20 * * *", {
        allowed: { blackouts: [{ kind: "range", name: "f", from: "2025-01-01T00:00", to: "2198-01-01T00:00" }] },
      }),
      "2025-06-03T12:00:00Z",
      ["06-03T20:00 skipped blackout never-allowed"],
    ],
  ])("%s", (_, what, after, expected) => {
    expect(shown(preview(compileSchedule(what), fromIso(after), expected.length))).toEqual(expected);
  });

  it("shows the jitter that firing will have", () => {
    const compiled = compileSchedule(schedule("0 20 * * *", { jitterMs: 600_000 }));
    const [first] = preview(compiled, fromIso("2025-06-03T12:00:00Z"), 1);
    const [again] = preview(compiled, fromIso("2025-06-03T12:00:00Z"), 1);
    expect(first).toEqual(again);
    const late = (first?.startAt ?? 0) - (first?.nominalAt ?? 0);
    expect(first?.facts).toEqual([{ kind: "jitter", ms: late }]);
    expect(late).toBeGreaterThan(0);
    expect(late).toBeLessThanOrEqual(600_000);
  });
});

describe("simulate", () => {
  const from = fromIso("2025-06-03T00:00:00Z");
  const run = (what: Forecasted, hours: number, days = 1) =>
    shown(
      simulate(compileSchedule(what), from, from + days * 24 * HOUR, { lowMs: hours * HOUR, highMs: hours * HOUR }),
    );
  it.each([
    ["each ends before the next", schedule("0 8,12,16 * * *"), 4, ["06-03T08:00", "06-03T12:00", "06-03T16:00"]],
    ["skip", schedule("0 8,12,16 * * *"), 5, ["06-03T08:00", "06-03T12:00 skipped overlap", "06-03T16:00"]],
    [
      "buffer one",
      schedule("0 8,9,10,16 * * *", { overlap: "buffer-one" }),
      3,
      ["06-03T08:00", "06-03T11:00 overlap", "06-03T10:00 skipped overlap", "06-03T16:00"],
    ],
    [
      "buffer all",
      schedule("0 8,9,10,16 * * *", { overlap: "buffer-all" }),
      3,
      ["06-03T08:00", "06-03T11:00 overlap", "06-03T14:00 overlap", "06-03T17:00 overlap"],
    ],
    [
      "cancel other",
      schedule("0 8,9,16 * * *", { overlap: "cancel-other" }),
      3,
      ["06-03T08:00", "06-03T09:00 overlap", "06-03T16:00"],
    ],
    ["allow", schedule("0 8,9 * * *", { overlap: "allow" }), 3, ["06-03T08:00", "06-03T09:00"]],
    [
      "one that waits for a window is one that has not ended",
      schedule("0 18,20 * * *", { allowed: { windows: [nights] } }),
      1,
      ["06-03T22:00 waits-for-window", "06-03T20:00 skipped overlap"],
    ],
    ["does not fit", schedule("0 23 * * *", { allowed: { windows: [nights] } }), 8, ["06-03T23:00 does-not-fit"]],
    [
      "a buffered one waits for the next window",
      schedule("0 0,1 * * *", { overlap: "buffer-all", allowed: { windows: [{ ...nights, to: "03:00" }] } }),
      4,
      ["06-04T00:00 does-not-fit", "06-04T22:00 overlap"],
    ],
  ])("%s", (_, what, hours, expected) => {
    expect(run(what, hours)).toEqual(expected);
  });

  it("ends the runs that another cancels", () => {
    const what = compileSchedule(schedule("0 8,9 * * *", { overlap: "cancel-other" }));
    const [first] = simulate(what, from, from + 24 * HOUR, { lowMs: HOUR, highMs: 3 * HOUR });
    expect((first?.endAt ?? 0) - (first?.startAt ?? 0)).toBe(HOUR);
  });

  it("takes all nominal times of a range, its beginning included and its end not", () => {
    const what = compileSchedule(schedule("0 2 * * *"));
    expect(simulate(what, from, from + 24 * HOUR, null)).toHaveLength(1);
    expect(simulate(what, from + HOUR, from + 24 * HOUR, null)).toHaveLength(0);
    expect(simulate(what, from - 24 * HOUR, from, null)).toHaveLength(1);
  });
});

describe("collisions", () => {
  const run = (scheduleId: string, fromHour: number, toHour: number | null): ForecastRun => ({
    scheduleId,
    rootId: scheduleId,
    nominalAt: fromHour * HOUR,
    startAt: fromHour * HOUR,
    endAt: toHour === null ? null : toHour * HOUR,
    skipped: toHour === null,
    facts: [],
  });
  const groups: Record<string, string[]> = { a: ["ds1"], b: ["ds1"], c: ["ds2"] };
  const groupsOf = (id: string) => groups[id] ?? [];
  const limitOf = (group: string | null) => (group === null ? 2 : group === "ds1" ? 1 : null);
  const find = (runs: ForecastRun[]) =>
    collisions(runs, groupsOf, limitOf).map((found) => {
      const { group, fromAt, toAt, peak } = found;
      return `${group} ${fromAt / HOUR}-${toAt / HOUR} ${peak} ${schedulesIn(found, runs, groupsOf).join("")}`;
    });
  it.each([
    ["beside each other", [run("a", 0, 1), run("b", 1, 2)], []],
    ["a group", [run("a", 0, 2), run("b", 1, 3)], ["ds1 1-2 2 ab"]],
    ["the global limit", [run("a", 0, 4), run("c", 1, 3), run("d", 2, 5)], ["null 2-3 3 acd"]],
    ["a higher peak in between", [run("c", 0, 9), run("d", 0, 9), run("e", 1, 8), run("f", 2, 3)], ["null 1-8 4 cdef"]],
    ["skipped ones do not count", [run("a", 0, 2), run("b", 1, null)], []],
    ["a group without limit", [run("c", 0, 2), run("c", 1, 3)], []],
  ])("%s", (_, runs, expected) => {
    expect(find(runs)).toEqual(expected);
  });
});

it("forecastDiff names what a change does", () => {
  const from = fromIso("2025-06-03T00:00:00Z");
  const of = (what: Forecasted) => simulate(compileSchedule(what), from, from + 48 * HOUR, null);
  const diff = (a: Forecasted, b: Forecasted) => forecastDiff(of(a), of(b)).map(({ kind }) => kind);
  const plain = schedule("0 20 * * *");
  expect(diff(plain, plain)).toEqual([]);
  expect(diff(plain, schedule("0 20 * * *", { allowed: { windows: [nights] } }))).toEqual(["moved", "moved"]);
  expect(diff(plain, schedule("0 21 * * *"))).toEqual(["removed", "added", "removed", "added"]);
  const skips = schedule("0 20 * * *", { allowed: { windows: [nights], outside: "skip" } });
  expect(diff(plain, skips)).toEqual(["skipped", "skipped"]);
  expect(diff(skips, plain)).toEqual(["no-longer-skipped", "no-longer-skipped"]);
});
