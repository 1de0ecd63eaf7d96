/** Waits for an instant of the system's clock rather than for a span of time: the clock may be set, or the machine sleep. */

/** A wait is at most so long before the clock is looked at again. */
const LOOK_MS = 30_000;

/** Calls `then` once the clock shows `atMs`; never at once. @returns what calls it off */
export function wakeAt(now: () => number): (atMs: number, then: () => void) => () => void {
  return (atMs, then) => {
    let timer: NodeJS.Timeout | undefined;
    const wait = () => {
      const leftMs = Math.max(0, atMs - now());
      timer = setTimeout(() => (now() >= atMs ? then() : wait()), Math.min(leftMs, LOOK_MS)).unref();
    };
    wait();
    return () => clearTimeout(timer);
  };
}
