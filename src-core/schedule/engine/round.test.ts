/** What fires when: the round over schedules, with pauses, sleep, a clock that is set, and the graph. */
import { describe, expect, it } from "vitest";
import type { FireDecision } from "./decision.ts";
import type { PlannedSchedule } from "./picture.ts";
import { createEngine } from "./round.ts";
import { type Asked, ask, at, iso, planned } from "./testing/pictures.ts";

const HOUR = 3_600_000;
const HOURLY = { when: { kind: "cron", expression: "0 * * * *" } };

function fires(asked: Asked, now: number): FireDecision[] {
  return ask(asked, now).decisions.filter((each): each is FireDecision => each.kind === "fire");
}

/** Nominal times that fire, "HH:MM". */
function times(asked: Asked, now: number): string[] {
  return fires(asked, now).flatMap(({ runs }) => runs.map(({ nominalAt }) => iso(nominalAt).slice(11, 16)));
}

describe("firing", () => {
  it("names the firing by its nominal time, and moves the mark to it", () => {
    expect(fires({ schedules: [planned("s")] }, at("02:00"))).toEqual([
      {
        kind: "fire",
        scheduleId: "s",
        from: at("00:00"),
        to: at("02:00"),
        facts: [],
        runs: [
          {
            scheduleId: "s",
            firingId: "s@2026-03-02T02:00:00.000Z",
            nominalAt: at("02:00"),
            catchesUp: false,
            waitsFor: null,
            facts: [],
          },
        ],
      },
    ]);
  });
  it("does nothing a moment before, and says when", () => {
    expect(ask({ schedules: [planned("s")] }, at("02:00") - 1)).toMatchObject({ decisions: [], nextAt: at("02:00") });
  });
  it.each([
    ["disabled", { enabled: false }],
    ["without a time", { when: { kind: "after" }, dependencies: [{ parentId: "x" }] }],
    ["decided already", { handledAt: at("02:00") }],
    ["over", { endsOn: "2026-03-01" }],
    ["not begun", { startsOn: "2026-03-03" }],
  ])("never: %s", (_, more) => {
    expect(times({ schedules: [planned("s", more)] }, at("02:00"))).toEqual([]);
  });
  it("takes jitter into account, and says so", () => {
    const schedule = planned("s", { jitterMs: 600_000 });
    const { nextAt } = ask({ schedules: [schedule] }, at("02:00"));
    expect(nextAt).toBeGreaterThan(at("02:00"));
    expect(fires({ schedules: [schedule] }, nextAt ?? 0)[0]?.runs[0]).toMatchObject({
      nominalAt: at("02:00"),
      facts: [{ kind: "jitter" }],
    });
  });
  it("says what the clock did to its time", () => {
    const schedule = planned("s", {
      zone: "Europe/Berlin",
      when: { kind: "cron", expression: "30 2 * * *" },
      handledAt: at("00:00", "2026-03-29"),
    });
    const [fired] = fires({ schedules: [schedule], awakeSinceAt: 0 }, at("01:00", "2026-03-29"));
    expect(fired?.runs[0]).toMatchObject({ nominalAt: at("01:00", "2026-03-29"), facts: [{ kind: "clock-gap" }] });
  });
});

describe("its graph", () => {
  const child = (id: string, parents: string[], more: object = {}) =>
    planned(id, { when: { kind: "after" }, dependencies: parents.map((parentId) => ({ parentId })), ...more });
  const made = (schedules: PlannedSchedule[]) =>
    fires({ schedules }, at("02:00")).flatMap(({ runs }) => runs.map(({ scheduleId }) => scheduleId));
  it.each([
    ["what comes after it, parents first", [child("c", ["b"]), child("b", ["a"]), planned("a")], ["a", "b", "c"]],
    [
      "what comes after two of its own once",
      [planned("a"), child("b", ["a"]), child("c", ["a"]), child("d", ["b", "c"])],
      ["a", "b", "c", "d"],
    ],
    ["nothing behind a disabled one", [planned("a"), child("b", ["a"], { enabled: false }), child("c", ["b"])], ["a"]],
    [
      "nothing that has a time of its own",
      [planned("a"), planned("b", { when: HOURLY.when, handledAt: at("02:00"), dependencies: [{ parentId: "a" }] })],
      ["a"],
    ],
    [
      "nothing by an edge of today",
      [planned("a"), child("b", ["a"], { dependencies: [{ parentId: "a", run: "today" }] })],
      ["a"],
    ],
  ] as const)("takes %s", (_, schedules, expected) => {
    expect(made([...schedules])).toEqual(expected);
  });
  it("is one firing, and waits for its parents", () => {
    const [fired] = fires({ schedules: [planned("a"), child("b", ["a"])] }, at("02:00"));
    expect(fired?.runs[1]).toMatchObject({
      firingId: fired?.runs[0]?.firingId,
      waitsFor: "parents",
      nominalAt: at("02:00"),
    });
  });
});

describe("what was missed", () => {
  const slept = (more: object, now = at("05:30")) => ({
    asked: { schedules: [planned("s", { ...HOURLY, ...more })], awakeSinceAt: at("05:20") },
    now,
  });
  it.each([
    ["once", { missed: { mode: "once", settleMs: 0 } }, ["05:00"]],
    ["skip", { missed: { mode: "skip", settleMs: 0 } }, []],
    ["all", { missed: { mode: "all", settleMs: 0 } }, ["01:00", "02:00", "03:00", "04:00", "05:00"]],
    ["all, with a cap", { missed: { mode: "all", cap: 2, settleMs: 0 } }, ["04:00", "05:00"]],
    ["all, with a deadline", { missed: { mode: "all", deadlineMs: 2 * HOUR, settleMs: 0 } }, ["04:00", "05:00"]],
  ])("%s", (_, more, expected) => {
    const { asked, now } = slept(more);
    expect(times(asked, now)).toEqual(expected);
  });
  it("rests first, without a word", () => {
    const { asked } = slept({ missed: { settleMs: 900_000 } });
    expect(ask(asked, at("05:30"))).toMatchObject({ decisions: [], nextAt: at("05:35") });
    expect(times(asked, at("05:35"))).toEqual(["05:00"]);
  });
});

describe("pause", () => {
  const pause = (untilAt: string | null) => ({
    reason: "",
    sinceAt: iso(at("00:30")),
    untilAt: untilAt === null ? null : iso(at(untilAt)),
  });
  it.each([
    ["its own", (until: string | null): Asked => ({ schedules: [planned("s", { ...HOURLY, pause: pause(until) })] })],
    ["that of all", (until: string | null): Asked => ({ schedules: [planned("s", HOURLY)], pause: pause(until) })],
  ])("%s keeps all from firing, and what passed is missed when it is over", (_, asked) => {
    expect(ask(asked(null), at("02:00"))).toMatchObject({ decisions: [], nextAt: null });
    expect(ask(asked("03:30"), at("02:00"))).toMatchObject({ decisions: [], nextAt: at("03:30") });
    expect(times(asked("03:30"), at("03:30"))).toEqual(["03:00"]);
  });
  it.each(["its own", "that of all"])("%s ended by hand: the same", (which) => {
    const engine = createEngine(at("00:00"));
    const schedule = planned("s", HOURLY);
    const own = which === "its own";
    engine.take(
      {
        schedules: [own ? planned("s", { ...HOURLY, pause: pause(null) }) : schedule],
        pause: own ? null : pause(null),
      },
      at("00:30"),
    );
    expect(engine.round(at("03:20")).decisions).toEqual([]);
    engine.take(own ? { schedules: [schedule] } : { pause: null }, at("03:30"));
    const [fired] = engine.round(at("03:30")).decisions;
    expect(fired).toMatchObject({ kind: "fire", to: at("03:00"), runs: [{ nominalAt: at("03:00"), catchesUp: true }] });
  });
});

describe("the clock is set back", () => {
  const asleep = (handledAt: number): Asked => ({
    schedules: [planned("s", { ...HOURLY, handledAt })],
    awakeSinceAt: at("02:30"),
  });
  it("by an hour: nothing runs again, and that is told once", () => {
    const engine = createEngine(at("00:00"));
    engine.take({ schedules: [planned("s", { ...HOURLY, handledAt: at("03:00") })] }, at("02:30"));
    engine.awake(at("02:30"));
    const first = engine.round(at("02:30"));
    expect(first.decisions).toMatchObject([
      { from: at("03:00"), to: at("03:00"), runs: [], facts: [{ kind: "clock-set-back", goesOn: false }] },
    ]);
    engine.take({ handled: [["s", at("03:00")]] }, at("02:30"));
    expect(engine.round(at("02:30"))).toMatchObject({ decisions: [], nextAt: at("04:00") });
    expect(engine.round(at("03:59")).decisions).toEqual([]);
    expect(engine.round(at("04:00")).decisions).toMatchObject([
      { runs: [{ nominalAt: at("04:00"), catchesUp: false }] },
    ]);
  });
  it("by months: it goes on from now", () => {
    const [fired] = fires(asleep(at("00:00", "2026-09-01")), at("02:30"));
    expect(fired).toMatchObject({ to: at("02:30"), runs: [], facts: [{ kind: "clock-set-back", goesOn: true }] });
    expect(times({ ...asleep(at("02:30")) }, at("03:00"))).toEqual(["03:00"]);
  });
});

it("asks again with the mark that the picture has, and says what comes", () => {
  const engine = createEngine(at("00:00"));
  engine.take({ schedules: [planned("s", HOURLY)] }, at("00:30"));
  expect(engine.round(at("00:30")).coming).toEqual([["s", { nominalAt: at("01:00"), startAt: at("01:00") }]]);
  const fired = engine.round(at("01:00"));
  expect(fired).toMatchObject({ decisions: [{ to: at("01:00") }], coming: [["s", { nominalAt: at("02:00") }]] });
  // It was not written: the same again.
  engine.take({}, at("01:00"));
  expect(engine.round(at("01:00")).decisions).toEqual(fired.decisions);
  engine.take({ handled: [["s", at("01:00")]] }, at("01:00"));
  expect(engine.round(at("01:00"))).toMatchObject({ decisions: [], nextAt: at("02:00"), coming: [] });
  engine.take({ removedSchedules: ["s"] }, at("01:10"));
  expect(engine.round(at("01:10"))).toEqual({ decisions: [], nextAt: null, coming: [["s", null]] });
});
