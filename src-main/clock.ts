/** The clock everything in main that waits for a time goes by. */

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `then` once it is so late. @returns what takes that back */
  at(atMs: number, then: () => void): () => void;
}

/** More is not a delay for setTimeout. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function systemClock(now: () => number = Date.now): Clock {
  return {
    now,
    at(atMs, then) {
      let timer: NodeJS.Timeout;
      const wait = () => {
        const left = atMs - now();
        if (left <= 0) then();
        else timer = setTimeout(wait, Math.min(left, LONGEST_TIMER_MS)).unref();
      };
      timer = setTimeout(wait, Math.min(Math.max(0, atMs - now()), LONGEST_TIMER_MS)).unref();
      return () => clearTimeout(timer);
    },
  };
}
