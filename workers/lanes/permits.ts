/**
 * The program's one limit on how many threads compute at once: as many permits as there are cores, shared by the lanes of all
 * tasks. A lane holds one while it prepares a window, so several disks at once share the cores window by window. How many a task's
 * lanes hold is counted beside its control cells: what a thread held that died is given back from there.
 */
import { CONTROL } from "../task.ts";

/** How long a lane sleeps at most before it looks again. */
const LOOK_MS = 50;

/** Memory for `count` permits. */
export function createPermits(count: number): SharedArrayBuffer {
  const free = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  Atomics.store(new Int32Array(free), 0, count);
  return free;
}

export interface Permits {
  /** Blocks the calling thread until a permit is free and takes it: for threads that have nothing else to do. */
  take(): void;
  giveBack(): void;
  /** Gives back whatever is still held: once all lanes of the task are gone. */
  giveBackAll(): void;
}

/** @param control the task's control cells */
export function permitsOf(freeCells: SharedArrayBuffer, control: SharedArrayBuffer): Permits {
  const free = new Int32Array(freeCells);
  const held = new Int32Array(control);
  const release = (count: number) => {
    Atomics.add(free, 0, count);
    Atomics.notify(free, 0, count);
  };
  return {
    take() {
      for (;;) {
        const left = Atomics.load(free, 0);
        if (left <= 0) Atomics.wait(free, 0, left, LOOK_MS);
        else if (Atomics.compareExchange(free, 0, left, left - 1) === left) break;
      }
      Atomics.add(held, CONTROL.held, 1);
    },
    giveBack() {
      Atomics.sub(held, CONTROL.held, 1);
      release(1);
    },
    giveBackAll() {
      const left = Atomics.exchange(held, CONTROL.held, 0);
      if (left > 0) release(left);
    },
  };
}
