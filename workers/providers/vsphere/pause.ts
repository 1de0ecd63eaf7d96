/** Waiting that ends when it is told to. */
import { AppError } from "../../../src-core/model/error.ts";

/** @throws AppError job.canceled when `signal` aborts */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new AppError("job.canceled"));
    };
    if (signal.aborted) return reject(new AppError("job.canceled"));
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/**
 * Does `work` every `ms` until the function that is returned is called; one turn at a time. What fails is told to `failed` and does not
 * end it. Does not keep the process alive.
 */
export function every(ms: number, work: () => Promise<void>, failed: (error: unknown) => void): () => void {
  let running = false;
  const timer = setInterval(async () => {
    if (running) return;
    running = true;
    try {
      await work();
    } catch (error) {
      failed(error);
    } finally {
      running = false;
    }
  }, ms);
  timer.unref();
  return () => clearInterval(timer);
}
