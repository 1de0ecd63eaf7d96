/**
 * Small neighbouring reads (compressed grains with their markers) served from one large read each. Holds a single buffer;
 * what it hands out is valid until the next call.
 */
import { AppError } from "../../src-core/model/error.ts";
import type { ByteSource } from "./byte-source.ts";

/** A read far from the one before: nobody has shown yet that the neighbours are wanted. */
const FIRST_READ_BYTES = 64 * 1024;

export class ReadAhead {
  readonly #source: ByteSource;
  readonly #buffer: Uint8Array;
  #start = 0;
  #length = 0;

  /** @param bufferBytes most that one call may ask for, and how much is read at once */
  constructor(source: ByteSource, bufferBytes: number) {
    this.#source = source;
    this.#buffer = new Uint8Array(bufferBytes);
  }

  /**
   * A view of `length` bytes at `offset`.
   * @param ahead where it is known: how much from `offset` on will be asked for next; so much is read, where it fits the buffer
   * @throws AppError disk.truncated naming `what` where the file ends before
   */
  async bytes(offset: number, length: number, what: string, ahead?: number): Promise<Uint8Array> {
    if (offset < this.#start || offset + length > this.#start + this.#length) {
      await this.#fill(offset, length, what, ahead);
    }
    return this.#buffer.subarray(offset - this.#start, offset - this.#start + length);
  }

  async #fill(offset: number, length: number, what: string, ahead?: number): Promise<void> {
    const { name, sizeBytes } = this.#source;
    if (offset + length > sizeBytes || length > this.#buffer.length) {
      throw new AppError(
        "disk.truncated",
        `${what} of ${name}: ${length} bytes at offset ${offset} lie beyond the end of the file (${sizeBytes} bytes)`,
        { details: { file: name, structure: what, offset } },
      );
    }
    const end = this.#start + this.#length;
    const goesOn = offset >= this.#start && offset <= end + this.#buffer.length;
    const wanted = Math.max(length, ahead ?? (goesOn ? this.#buffer.length : FIRST_READ_BYTES));
    const available = Math.min(wanted, this.#buffer.length, sizeBytes - offset);
    this.#length = 0;
    await this.#source.read(offset, this.#buffer.subarray(0, available));
    this.#start = offset;
    this.#length = available;
  }
}
