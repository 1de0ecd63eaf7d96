/**
 * Cuts what comes in into pieces of stated lengths, by callbacks: no buffers are joined, and the content of a read goes straight to
 * where it belongs. Every callback says what comes next before it returns; while nothing is said, what comes is held back.
 */

/** What may come while nobody waits for anything: a server that says more unasked is none. */
const MAX_HELD_BYTES = 64 * 1024;
/** A structured reply's head with the offset of its content: what lies behind is read straight to its place. */
const HEAD_BYTES = 28;

export class Intake {
  #small = Buffer.allocUnsafe(4096);
  #into: Uint8Array | null = null;
  #need = 0;
  #have = 0;
  #then: ((piece: Buffer) => void) | null = null;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #feeding = false;
  readonly #head = Buffer.allocUnsafe(HEAD_BYTES);

  /** Where the next bytes are best read to before they are fed: the rest of what is to be filled, else memory for a head. */
  get room(): Uint8Array {
    return this.#then === null || this.#into === null ? this.#head : this.#into.subarray(this.#have);
  }

  /** Bytes that came and that nobody asked for yet. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** @param then gets the next `length` bytes, in a buffer that is good until it returns */
  expect(length: number, then: (piece: Buffer) => void): void {
    if (length > this.#small.length) this.#small = Buffer.allocUnsafe(length);
    this.#into = null;
    this.#await(length, then);
  }

  /** Puts the next bytes into `into`, which must not be empty. */
  fill(into: Uint8Array, then: () => void): void {
    this.#into = into;
    this.#await(into.length, then);
  }

  #await(length: number, then: (piece: Buffer) => void): void {
    this.#need = length;
    this.#have = 0;
    this.#then = then;
    if (!this.#feeding && this.#heldBytes > 0) {
      const held = this.#held;
      this.#held = [];
      this.#heldBytes = 0;
      for (const bytes of held) this.feed(bytes);
    }
  }

  /** @throws RangeError where too much comes that nobody asked for; whatever a callback throws */
  feed(bytes: Uint8Array): void {
    this.#feeding = true;
    try {
      let at = 0;
      while (this.#then !== null && (at < bytes.length || this.#need === 0)) {
        const count = Math.min(this.#need - this.#have, bytes.length - at);
        const into = this.#into ?? this.#small;
        const liesThere = into.buffer === bytes.buffer && into.byteOffset + this.#have === bytes.byteOffset + at;
        if (!liesThere) into.set(bytes.subarray(at, at + count), this.#have);
        this.#have += count;
        at += count;
        if (this.#have < this.#need) return;
        const then = this.#then;
        this.#then = null;
        then(this.#small.subarray(0, this.#into === null ? this.#need : 0));
      }
      if (at < bytes.length) this.#hold(bytes.subarray(at));
    } finally {
      this.#feeding = false;
    }
  }

  #hold(bytes: Uint8Array): void {
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > MAX_HELD_BYTES) throw new RangeError(`${this.#heldBytes} bytes came that nobody asked for`);
    this.#held.push(Uint8Array.from(bytes));
  }
}
