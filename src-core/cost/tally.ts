/** Exact sums of whole numbers that may pass 2^53: numbers while they fit, big integers beyond. */
export class Tally {
  #carried = 0n;
  #sum = 0;

  /** Adds a × b; both whole and below 2^53. */
  add(a: number, b = 1): void {
    const product = a * b;
    if (!Number.isSafeInteger(product)) {
      this.#carried += BigInt(a) * BigInt(b);
      return;
    }
    const sum = this.#sum + product;
    if (Number.isSafeInteger(sum)) this.#sum = sum;
    else {
      this.#carried += BigInt(this.#sum) + BigInt(product);
      this.#sum = 0;
    }
  }

  get total(): bigint {
    return this.#carried + BigInt(this.#sum);
  }
}
