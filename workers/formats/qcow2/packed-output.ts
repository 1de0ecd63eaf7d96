/** Compressed clusters on their way into the file: neighbours are gathered into one write. */
import type { ByteTarget } from "../../io/byte-source.ts";

const BUFFER_BYTES = 256 * 1024;

export class PackedOutput {
  readonly #target: ByteTarget;
  #buffer = new Uint8Array(0);
  #start = 0;
  #length = 0;

  constructor(target: ByteTarget) {
    this.#target = target;
  }

  /** Takes a copy of `bytes`; they are in the file after the next `flush` at the latest. */
  async write(atBytes: number, bytes: Uint8Array): Promise<void> {
    if (this.#buffer.length === 0) this.#buffer = new Uint8Array(BUFFER_BYTES);
    const end = this.#start + this.#length;
    if (atBytes !== end || this.#length + bytes.length > this.#buffer.length) await this.flush();
    if (bytes.length > this.#buffer.length) return this.#target.write(atBytes, bytes);
    if (this.#length === 0) this.#start = atBytes;
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  async flush(): Promise<void> {
    const length = this.#length;
    this.#length = 0;
    if (length > 0) await this.#target.write(this.#start, this.#buffer.subarray(0, length));
  }
}
