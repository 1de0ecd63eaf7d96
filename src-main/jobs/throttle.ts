/** Hands on the newest of many values, at most every so often: the first at once, the last one always. */
export class Throttle<T> {
  readonly #everyMs: number;
  readonly #now: () => number;
  readonly #hand: (value: T) => void;
  #handedAtMs = Number.NEGATIVE_INFINITY;
  #held: { value: T } | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** `hand` must not throw: it may be called from a timer. */
  constructor(everyMs: number, now: () => number, hand: (value: T) => void) {
    this.#everyMs = everyMs;
    this.#now = now;
    this.#hand = hand;
  }

  push(value: T): void {
    this.#held = { value };
    const waitMs = this.#everyMs - (this.#now() - this.#handedAtMs);
    if (waitMs <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), waitMs).unref();
  }

  /** Hands on what is held back. */
  flush(): void {
    const held = this.#held;
    this.drop();
    if (held === null) return;
    this.#handedAtMs = this.#now();
    this.#hand(held.value);
  }

  /** Forgets what is held back. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#held = null;
  }
}
