import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { clockFrom, clockOf } from "./clock.ts";

const REAL = Date.UTC(2026, 10, 1);
const START = Date.UTC(2026, 2, 28);
const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ now: REAL });
});
afterEach(() => {
  vi.useRealTimers();
});

const setting = (text?: string) => clockFrom(text === undefined ? {} : { HYPERSDK_TEST_CLOCK: text });

describe("the setting for tests", () => {
  it.each([undefined, ""])("%j is the system's clock", (text) => {
    const clock = setting(text);
    expect([clock.test, clock.now()]).toEqual([null, REAL]);
  });

  it.each([
    ["2026-03-28T00:00:00Z,60", 60],
    ["2026-03-28T01:00:00+01:00,0.5", 0.5],
    ["2026-03-28T00:00:00Z", 1],
  ])("%s begins there and runs as fast", (text, speed) => {
    const clock = setting(text);
    expect(clock.now()).toBe(START);
    vi.setSystemTime(REAL + 10_000);
    expect(clock.now()).toBe(START + 10_000 * speed);
    expect(clock.test).toEqual({ realAt: REAL, startAt: START, speed });
  });

  it.each([
    "yesterday",
    "2026-13-28T00:00:00Z,60",
    ",60",
    "2026-03-28T00:00:00Z,",
    "2026-03-28T00:00:00Z,0",
    "2026-03-28T00:00:00Z,-1",
    "2026-03-28T00:00:00Z,fast",
    "2026-03-28T00:00:00Z,Infinity",
    "2026-03-28T00:00:00Z,100001",
    "2026-03-28T00:00:00Z,60,60",
  ])("%s is refused, and said", (text) => {
    expect(() => setting(text)).toThrow(
      expect.objectContaining({ code: "usage.invalid", message: expect.stringContaining(text) }),
    );
  });
});

describe("at", () => {
  const waiting = (speed: number, afterMs: number) => {
    const clock = clockOf({ realAt: REAL, startAt: START, speed });
    const calls: number[] = [];
    const end = clock.at(START + afterMs, () => calls.push(clock.now() - START));
    return { calls, end };
  };

  it("waits the time that its clock shows: sixty times as fast, a minute is a second", () => {
    const { calls } = waiting(60, MINUTE);
    vi.advanceTimersByTime(999);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(calls).toEqual([MINUTE]);
    vi.advanceTimersByTime(MINUTE);
    expect(calls).toEqual([MINUTE]);
  });

  it("waits longer than itself where the clock is slow", () => {
    const { calls } = waiting(0.5, MINUTE);
    vi.advanceTimersByTime(2 * MINUTE - 1);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(calls).toEqual([MINUTE]);
  });

  it("calls back for what is past, though not at once", () => {
    const { calls } = waiting(60, -MINUTE);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(calls).toHaveLength(1);
  });

  it("is ended, also between two of its steps", () => {
    const { calls, end } = waiting(1, 10 * MINUTE);
    vi.advanceTimersByTime(5 * MINUTE);
    end();
    vi.advanceTimersByTime(20 * MINUTE);
    expect([calls, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it("goes by the system's clock where that is set: on, it is late by a step at most; back, it waits again", () => {
    const calls: string[] = [];
    const clock = clockOf(null);
    clock.at(REAL + 60 * MINUTE, () => calls.push("set on"));
    vi.setSystemTime(REAL + 90 * MINUTE);
    vi.advanceTimersByTime(30_000);
    expect(calls).toEqual(["set on"]);
    clock.at(REAL + 100 * MINUTE, () => calls.push("set back"));
    vi.setSystemTime(REAL);
    vi.advanceTimersByTime(99 * MINUTE);
    expect(calls).toEqual(["set on"]);
    vi.advanceTimersByTime(MINUTE);
    expect(calls).toEqual(["set on", "set back"]);
  });

  it("waits longer than timers can", () => {
    const { calls } = waiting(1, 60 * 24 * 60 * MINUTE);
    vi.advanceTimersByTime(60 * 24 * 60 * MINUTE - 1);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(calls).toHaveLength(1);
  });
});
