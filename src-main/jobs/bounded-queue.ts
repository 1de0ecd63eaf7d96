/** A queue between one that pushes and one that takes at its own pace. Full: its content is dropped and the taker is told. */
export class BoundedQueue<T extends object> {
  readonly #limit: number;
  #items: T[] = [];
  #overflowed = false;
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Never blocks. */
  push(item: T): void {
    if (this.#ended) return;
    if (this.#items.length >= this.#limit) {
      this.#items = [];
      this.#overflowed = true;
    }
    // After an overflow everything is read anew, so what comes before the taker noticed need not be kept.
    if (!this.#overflowed) this.#items.push(item);
    this.#signal();
  }

  /** What was not taken yet is dropped; every `take` from now on answers "end". */
  end(): void {
    this.#ended = true;
    this.#items = [];
    this.#signal();
  }

  /** The next item, waiting for it; one taker at a time. */
  async take(): Promise<T | "overflow" | "end"> {
    for (;;) {
      if (this.#ended) return "end";
      if (this.#overflowed) {
        this.#overflowed = false;
        return "overflow";
      }
      const item = this.#items.shift();
      if (item !== undefined) return item;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
