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

/** Timers are not asked for more: the clock may be set, and Node's longest is 24 days. */
const STEP_MS = 30_000;

export function clockOf(test: TestClock | null): Clock {
  const now = test === null ? Date.now : () => testClockNow(test, Date.now());
  const speed = test?.speed ?? 1;
  return {
    now,
    test,
    at(atMs, then) {
      let timer: NodeJS.Timeout;
      const step = () => {
        const left = (atMs - now()) / speed;
        if (left <= 0) then();
        else timer = setTimeout(step, Math.min(STEP_MS, Math.ceil(left))).unref();
      };
      timer = setTimeout(step, Math.min(STEP_MS, Math.max(0, Math.ceil((atMs - now()) / speed)))).unref();
      return () => clearTimeout(timer);
    },
  };
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
