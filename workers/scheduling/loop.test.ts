/** The scheduling thread's loop on a clock that the test moves: when it asks, when it sleeps, and what it makes of a clock that is set. */
import { describe, expect, it } from "vitest";
import type { FromScheduling } from "../../src-core/schedule/engine/messages.ts";
import { at, planned } from "../../src-core/schedule/engine/testing/pictures.ts";
import { createClockWatch } from "./clock-watch.ts";
import { createLoop } from "./loop.ts";

function testLoop(startAt: number) {
  let wall = startAt;
  let monotonic = 0;
  const timers = new Set<{ at: number; then: () => void }>();
  const said: FromScheduling[] = [];
  const loop = createLoop({
    startedAt: startAt,
    now: () => wall,
    realMs: (ms) => ms,
    watch: createClockWatch({ wall: () => wall, monotonic: () => monotonic }),
    post: (message) => said.push(message),
    answer: (question, schedules) => [question, schedules.length],
    timer(ms, then) {
      const timer = { at: monotonic + ms, then };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  });
  return {
    loop,
    said,
    timers,
    /** What was said since it was asked the last time, but for times to come. */
    hear: () => said.splice(0).filter(({ type }) => type !== "coming"),
    pass(ms: number) {
      const end = monotonic + ms;
      for (;;) {
        const next = [...timers].sort((a, b) => a.at - b.at).find((timer) => timer.at <= end);
        if (next === undefined) break;
        timers.delete(next);
        wall += Math.max(0, next.at - monotonic);
        monotonic = Math.max(monotonic, next.at);
        next.then();
      }
      wall += end - monotonic;
      monotonic = end;
    },
    setClock: (ms: number) => {
      wall += ms;
    },
    /** A sleep in which the monotonic clock goes on, as some systems have it. */
    sleepCounted(ms: number) {
      wall += ms;
      monotonic += ms;
    },
  };
}

const HOURLY = planned("s", { when: { kind: "cron", expression: "0 * * * *" }, handledAt: at("00:30") });

function begun(startAt = at("00:30")) {
  const test = testLoop(startAt);
  test.loop.take({ type: "picture", change: { whole: true, schedules: [HOURLY], runs: [] } });
  test.hear();
  return test;
}

it("fires at the instant, once, and waits for the answer", () => {
  const test = begun();
  test.pass(30 * 60_000 - 1);
  expect(test.hear()).toEqual([]);
  test.pass(1);
  expect(test.hear()).toMatchObject([{ type: "decisions", decisions: [{ kind: "fire", to: at("01:00") }] }]);
  test.pass(300_000);
  expect(test.hear()).toEqual([]);
  test.loop.take({ type: "picture", change: { handled: [["s", at("01:00")]] } });
  test.pass(55 * 60_000);
  expect(test.hear()).toMatchObject([{ type: "decisions", decisions: [{ kind: "fire", to: at("02:00") }] }]);
});

it("never sleeps for longer than half a minute", () => {
  const test = begun();
  expect([...test.timers].map((timer) => timer.at)).toEqual([30_000]);
});

describe("a clock that is set", () => {
  it.each([
    ["on by three hours", (test: ReturnType<typeof testLoop>) => test.setClock(3 * 3_600_000), /slept/],
    ["asleep for three hours", (test: ReturnType<typeof testLoop>) => test.sleepCounted(3 * 3_600_000), /nothing ran/],
  ])("%s: what passed counts as missed, and rests first", (_, happens, why) => {
    const test = begun();
    test.pass(60_000);
    happens(test);
    test.pass(30_000);
    expect(test.hear()).toMatchObject([
      { type: "awake", why: expect.stringMatching(why) },
      { type: "decisions", decisions: [{ runs: [{ catchesUp: true, nominalAt: at("03:00") }] }] },
    ]);
  });
  it("back by an hour: it is seen within half a minute, and nothing runs twice", () => {
    const test = begun();
    test.pass(31 * 60_000);
    test.loop.take({ type: "picture", change: { handled: [["s", at("01:00")]] } });
    test.hear();
    test.setClock(-3_600_000);
    test.pass(30_000);
    expect(test.hear()).toMatchObject([
      { type: "awake", sinceAt: at("00:01:30") },
      { type: "decisions", decisions: [{ runs: [], facts: [{ kind: "clock-set-back" }] }] },
    ]);
    test.loop.take({ type: "picture", change: { handled: [["s", at("01:00")]] } });
    test.pass(115 * 60_000);
    expect(test.hear()).toEqual([]);
    test.pass(4 * 60_000);
    expect(test.hear()).toMatchObject([{ decisions: [{ to: at("02:00") }] }]);
  });
  it("by a second: nothing", () => {
    const test = begun();
    test.setClock(1_500);
    test.pass(60_000);
    expect(test.hear()).toEqual([]);
  });
});

it("asks nothing while the machine is going to sleep", () => {
  const test = begun();
  test.loop.take({ type: "suspended" });
  test.pass(3_600_000);
  expect(test.hear().filter(({ type }) => type === "decisions")).toEqual([]);
  test.loop.take({ type: "resumed" });
  expect(test.hear()).toMatchObject([
    { type: "awake" },
    { type: "decisions", decisions: [{ runs: [{ catchesUp: true }] }] },
  ]);
});

it("answers questions from the schedules it holds, one after the other", () => {
  const test = begun();
  for (const id of [1, 2]) test.loop.take({ type: "ask", id, question: { kind: "calendar", text: `${id}` } });
  expect(test.hear()).toEqual([]);
  test.pass(1);
  expect(test.hear()).toMatchObject([
    { type: "answer", id: 1, answer: [{ text: "1" }, 1] },
    { type: "answer", id: 2 },
  ]);
});
