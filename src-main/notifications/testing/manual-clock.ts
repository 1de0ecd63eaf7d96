/** A clock that is moved by hand: what waits for a time is called when it is passed. */
import type { Clock } from "../../clock.ts";

export interface ManualClock extends Clock {
  /** Goes on to this time, calling what becomes due on the way in its order. */
  goTo(atMs: number): void;
  /** Shows another time; nothing is called. */
  set(atMs: number): void;
}

export function manualClock(startMs: number): ManualClock {
  let nowMs = startMs;
  const waiting = new Set<{ atMs: number; then: () => void }>();
  return {
    now: () => nowMs,
    test: null,
    at(atMs, then) {
      const entry = { atMs, then };
      waiting.add(entry);
      return () => waiting.delete(entry);
    },
    goTo(atMs) {
      for (;;) {
        const next = [...waiting].sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > atMs) break;
        waiting.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.then();
      }
      nowMs = atMs;
    },
    set(atMs) {
      nowMs = atMs;
    },
  };
}
