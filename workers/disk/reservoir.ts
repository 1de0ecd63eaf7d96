/** A fair choice among units that pass by in runs, without keeping them: algorithm L of Li (1994), which leaps over what it does not take. */

export class Reservoir {
  /** Units that passed by. */
  total = 0;
  readonly #kept: number[] = [];
  readonly #most: number;
  readonly #random: () => number;
  #next: number;
  #weight = 1;

  /** @param random in [0, 1) */
  constructor(most: number, random: () => number) {
    this.#most = most;
    this.#random = random;
    this.#next = most;
    this.#leap();
  }

  /** Units first, first + 1 … first + count − 1 pass by. */
  pass(first: number, count: number): void {
    const start = this.total;
    this.total += count;
    let at = start;
    for (; at < this.#most && at < this.total; at++) this.#kept.push(first + at - start);
    while (this.#next < this.total) {
      if (this.#next >= at) {
        this.#kept[Math.floor(this.#random() * this.#most)] = first + this.#next - start;
      }
      this.#next += 1;
      this.#leap();
    }
  }

  /** The chosen ones in an order as random as the choice: any beginning of it is a fair choice, too. */
  chosen(): number[] {
    const order = [...this.#kept];
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(this.#random() * (i + 1));
      const held = order[i] as number;
      order[i] = order[j] as number;
      order[j] = held;
    }
    return order;
  }

  #leap(): void {
    this.#weight *= Math.exp(Math.log(1 - this.#random()) / this.#most);
    this.#next += Math.floor(Math.log(1 - this.#random()) / Math.log1p(-this.#weight));
  }
}
