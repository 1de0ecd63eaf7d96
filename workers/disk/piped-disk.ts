/**
 * A disk that comes once and in order, for the copy loop: keeps what came between the walk, which is ahead by a window at most,
 * and the reads that follow it. Neighbours: copy.ts (who walks and reads), formats/format.ts (`openStream`).
 *
 *   read ──► |..kept..|..kept..| ◄── walk       a piece goes once a read has passed it; its memory is used again
 */
import type { ExtentTotals } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { DiskReader, Extent } from "../formats/format.ts";
import type { Layer } from "./chain.ts";

interface Kept {
  readonly start: number;
  readonly end: number;
  /** Of a grain; filled from the front. */
  readonly bytes: Uint8Array;
}

/** Wraps a reader that `openStream` made. Its extents are walked once; reads go up, and only where the walk has been. */
export class PipedDisk implements Layer {
  readonly virtualSizeBytes: number;
  readonly #reader: DiskReader;
  readonly #totals = { data: 0, zero: 0, hole: 0 };
  #kept: Kept[] = [];
  readonly #free: Uint8Array[] = [];
  #walkedBytes = 0;
  #readBytes = 0;

  constructor(reader: DiskReader) {
    this.#reader = reader;
    this.virtualSizeBytes = reader.virtualSizeBytes;
  }

  /** How far into the disk the walk has come. */
  get walkedBytes(): number {
    return this.#walkedBytes;
  }

  /** What the walk has come across so far. */
  get totals(): ExtentTotals {
    const { data, zero, hole } = this.#totals;
    return { dataBytes: data, zeroBytes: zero, holeBytes: hole };
  }

  /** Memory it holds at present, in bytes. */
  get heldBytes(): number {
    return (this.#kept.length + this.#free.length) * this.#reader.grainBytes;
  }

  async *extents(start: number, length: number): AsyncIterable<Extent> {
    for await (const extent of this.#reader.extents(start, length)) {
      const end = extent.start + extent.length;
      if (extent.state === "data") {
        const bytes = this.#free.pop() ?? new Uint8Array(this.#reader.grainBytes);
        await this.#reader.read(extent.start, bytes.subarray(0, extent.length));
        this.#kept.push({ start: extent.start, end, bytes });
      }
      this.#totals[extent.state] += extent.length;
      this.#walkedBytes = end;
      yield extent;
    }
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    const end = offset + into.length;
    if (offset < this.#readBytes || end > this.#walkedBytes) {
      throw new AppError("internal.bug", `[${offset}, +${into.length}) of a pipe is gone or has not come yet`);
    }
    const gone = this.#kept.findIndex((piece) => piece.end > offset);
    for (const { bytes } of this.#kept.splice(0, gone < 0 ? this.#kept.length : gone)) this.#free.push(bytes);
    let filled = offset;
    for (const piece of this.#kept) {
      if (piece.start >= end) break;
      const [from, to] = [Math.max(offset, piece.start), Math.min(end, piece.end)];
      if (from > filled) into.fill(0, filled - offset, from - offset);
      into.set(piece.bytes.subarray(from - piece.start, to - piece.start), from - offset);
      filled = to;
    }
    if (filled < end) into.fill(0, filled - offset);
    this.#readBytes = end;
  }
}
