/** A small limit on how much runs at once: who comes when all slots are taken waits in line. */
import { AppError } from "../../src-core/model/error.ts";

export interface Slots {
  /** Runs `work` when a slot is free. @throws AppError job.canceled when `signal` aborts while waiting */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** `count` slots, first come first served. */
export function createSlots(count: number): Slots {
  let free = count;
  const line: (() => void)[] = [];

  const enter = (signal: AbortSignal | undefined): Promise<void> | undefined => {
    if (signal?.aborted) throw new AppError("job.canceled");
    if (free > 0) {
      free -= 1;
      return undefined;
    }
    return new Promise<void>((resolve, reject) => {
      const proceed = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        line.splice(line.indexOf(proceed), 1);
        reject(new AppError("job.canceled"));
      };
      signal?.addEventListener("abort", leave, { once: true });
      line.push(proceed);
    });
  };

  return {
    async run(work, signal) {
      await enter(signal);
      try {
        return await work();
      } finally {
        const next = line.shift();
        // The slot goes straight to the next in line.
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
