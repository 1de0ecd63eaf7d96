/**
 * The program's clock. For tests it can be another one: HYPERSDK_TEST_CLOCK="2026-03-28T00:00:00Z,60" starts it there and lets it run 60
 * times as fast. What is measured (speeds, timeouts of networks) keeps to real time.
 */
import { AppError } from "../src-core/model/error.ts";
import { type TestClock, testClockNow } from "../src-core/schedule/engine/messages.ts";

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once, when the clock shows that instant or a later one. @returns the end of it */
  at(atMs: number, then: () => void): () => void;
  /** Null: it is the system's. */
  readonly test: TestClock | null;
}

/** A wait is at most so long in real time before the clock is looked at again: it may be set, and the machine may sleep. */
const STEP_MS = 30_000;

/**
 * Waits for instants of a clock rather than for spans of time.
 * @param speed how much faster than real time it runs
 * @returns as `Clock.at`; never calls back at once
 */
export function wakeAt(now: () => number, speed = 1): Clock["at"] {
  return (atMs, then) => {
    let timer: NodeJS.Timeout | undefined;
    const wait = () => {
      const leftMs = Math.max(0, Math.ceil((atMs - now()) / speed));
      timer = setTimeout(() => (now() >= atMs ? then() : wait()), Math.min(leftMs, STEP_MS)).unref();
    };
    wait();
    return () => clearTimeout(timer);
  };
}

export function clockOf(test: TestClock | null): Clock {
  const now = test === null ? Date.now : () => testClockNow(test, Date.now());
  return { now, test, at: wakeAt(now, test?.speed) };
}

/** Fastest that a clock of tests runs: beyond it nothing would be ready before it is late. */
const FASTEST = 100_000;

/** @throws AppError usage.invalid for what is no such setting */
export function clockFrom(env: NodeJS.ProcessEnv): Clock {
  const text = env.HYPERSDK_TEST_CLOCK;
  if (text === undefined || text === "") return clockOf(null);
  const [start = "", speedText = "1", ...more] = text.split(",");
  const startAt = Date.parse(start);
  const speed = Number(speedText);
  if (Number.isNaN(startAt) || !(speed > 0 && speed <= FASTEST) || more.length > 0) {
    throw new AppError("usage.invalid", `HYPERSDK_TEST_CLOCK=${text} is not "2026-03-28T00:00:00Z,60".`);
  }
  return clockOf({ realAt: Date.now(), startAt, speed });
}
