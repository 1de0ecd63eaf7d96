/** Which parts of a request's answer came: each byte once, or the answer is none. */

/** A server that cuts an answer smaller than that is playing. */
const MAX_PIECES = 4096;

export class Coverage {
  readonly #length: number;
  #filled = 0;
  #pieces = 0;
  /** Ranges that came out of order, by start; empty as long as everything comes in order. */
  readonly #later = new Map<number, number>();

  constructor(length: number) {
    this.#length = length;
  }

  get complete(): boolean {
    return this.#filled === this.#length;
  }

  /** @returns false where [start, start+length) is not inside, came before, or comes in too many pieces */
  add(start: number, length: number): boolean {
    this.#pieces++;
    if (length === 0 || start < this.#filled || start + length > this.#length || this.#pieces > MAX_PIECES)
      return false;
    for (const [from, to] of this.#later) if (start < to && from < start + length) return false;
    this.#later.set(start, start + length);
    for (let end = this.#later.get(this.#filled); end !== undefined; end = this.#later.get(this.#filled)) {
      this.#later.delete(this.#filled);
      this.#filled = end;
    }
    return true;
  }
}
