/** Values that are computed once and asked for often: what a comparison shares between its offers. */
export class Kept {
  readonly #values = new Map<string, unknown>();

  /** The value of that key; made when it is first asked for. A key must always stand for the same type. */
  of<T>(key: string, make: () => T): T {
    if (!this.#values.has(key)) this.#values.set(key, make());
    return this.#values.get(key) as T;
  }
}
