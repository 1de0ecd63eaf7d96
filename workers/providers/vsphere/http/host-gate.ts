/**
 * How many requests a host gets at once: no more than allowed, fewer while it says that it has too much to do, and again more bit by
 * bit when it copes. All disks that are read from the host share one gate.
 */
import { AppError } from "../../../../src-core/model/error.ts";

interface Waiter {
  readonly enter: () => void;
  readonly signal: AbortSignal;
}

export class HostGate {
  readonly #most: number;
  #allowed: number;
  #inside = 0;
  #waiting: Waiter[] = [];

  constructor(most: number) {
    this.#most = Math.max(1, most);
    this.#allowed = this.#most;
  }

  /** At best. */
  get most(): number {
    return this.#most;
  }

  /** At present. */
  get allowed(): number {
    return Math.max(1, Math.floor(this.#allowed));
  }

  /** Waits for its turn; `leave` must follow. @throws AppError job.canceled */
  async enter(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new AppError("job.canceled");
    if (this.#inside < this.allowed && this.#waiting.length === 0) {
      this.#inside++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        this.#waiting = this.#waiting.filter((one) => one !== waiter);
        reject(new AppError("job.canceled"));
      };
      const waiter: Waiter = {
        signal,
        enter: () => {
          signal.removeEventListener("abort", stop);
          resolve();
        },
      };
      signal.addEventListener("abort", stop, { once: true });
      this.#waiting.push(waiter);
    });
  }

  leave(): void {
    this.#inside--;
    this.#admit();
  }

  /** The host copes: a little more, up to what is allowed. */
  fine(): void {
    this.#allowed = Math.min(this.#most, this.#allowed + 0.1 / this.allowed);
  }

  /** The host has too much to do: half as much. */
  tooMuch(): void {
    this.#allowed = Math.max(1, this.#allowed / 2);
  }

  #admit(): void {
    while (this.#inside < this.allowed) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#inside++;
      next.enter();
    }
  }
}
