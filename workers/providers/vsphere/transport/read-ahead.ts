/**
 * A remote file read from front to back as fast as its host gives it: large reads go out as several requests at once, and what will be
 * asked for next is on its way already. Memory is a fixed number of pieces. A read that is not the next one gets just what it asks for.
 *
 *   read  |#####################|              pieces that are here are copied, others go straight into the caller's memory
 *   ahead                       |######|######|..hole..|######|
 */
import type { RangeFile } from "../http/range-file.ts";

interface Piece {
  /** Offset in the file. */
  readonly start: number;
  readonly length: number;
  readonly memory: Uint8Array;
  readonly ready: Promise<void>;
  readonly stop: AbortController;
}

/** What of the file is worth reading ahead, from an offset on; null = nothing known of. */
export type NextWanted = (offset: number) => { readonly start: number; readonly end: number } | null;

export class ReadAheadFile {
  readonly #file: RangeFile;
  readonly #pieceBytes: number;
  readonly #most: number;
  readonly #next: NextWanted;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #pieces: Piece[] = [];
  #free: Uint8Array[] = [];
  #lastEnd = -1;

  /**
   * @param pieceBytes of one request
   * @param most pieces ahead
   */
  constructor(file: RangeFile, pieceBytes: number, most: number, next: NextWanted, signal: AbortSignal) {
    this.#file = file;
    this.#pieceBytes = pieceBytes;
    this.#most = most;
    this.#next = next;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
  }

  /** Fills `into`, which lies inside the file. One call at a time. */
  async read(offset: number, into: Uint8Array): Promise<void> {
    const end = offset + into.length;
    if (!this.#goesOn(offset)) this.#drop(this.#pieces);
    const sequential = this.#goesOn(offset);
    const parts: Promise<void>[] = [];
    const used = new Set<Piece>();
    for (let at = offset; at < end; ) {
      const piece = this.#pieces.find(({ start, length }) => start <= at && at < start + length);
      if (piece !== undefined) {
        const to = Math.min(end, piece.start + piece.length);
        parts.push(copyWhenReady(piece, at - piece.start, into.subarray(at - offset, to - offset)));
        used.add(piece);
        at = to;
        continue;
      }
      const nextPiece = this.#pieces.reduce((first, { start }) => (start > at ? Math.min(first, start) : first), end);
      const to = Math.min(end, nextPiece, at + this.#pieceBytes);
      parts.push(this.#file.read(at, into.subarray(at - offset, to - offset), this.#signal));
      at = to;
    }
    this.#lastEnd = end;
    if (sequential) this.#ahead(end);
    // All of them end before the caller has its memory back.
    const outcomes = await Promise.allSettled(parts);
    this.#drop(this.#pieces.filter((piece) => piece.start + piece.length <= end || failedPiece(piece, used, outcomes)));
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure !== undefined) throw failure.reason;
    if (sequential) this.#ahead(end);
  }

  close(): void {
    this.#stop.abort();
    this.#pieces = [];
    this.#free = [];
  }

  /** Where the read before ended, or after a gap that nobody reads. */
  #goesOn(offset: number): boolean {
    if (this.#lastEnd < 0) return offset === 0;
    if (offset === this.#lastEnd) return true;
    if (offset < this.#lastEnd) return false;
    const next = this.#next(this.#lastEnd);
    return next !== null && offset <= next.start;
  }

  #ahead(from: number): void {
    const last = this.#pieces.at(-1);
    for (
      let at = last === undefined ? from : Math.max(from, last.start + last.length);
      this.#pieces.length < this.#most;
    ) {
      const wanted = this.#next(at);
      if (wanted === null) return;
      const start = Math.max(at, wanted.start);
      // Requests end at multiples of their size: so do the reads that follow.
      const length = Math.min(wanted.end, start - (start % this.#pieceBytes) + this.#pieceBytes) - start;
      this.#pieces.push(this.#begin(start, length));
      at = start + length;
    }
  }

  #begin(start: number, length: number): Piece {
    const memory = this.#free.pop() ?? new Uint8Array(this.#pieceBytes);
    const stop = new AbortController();
    const ready = this.#file.read(start, memory.subarray(0, length), AbortSignal.any([this.#signal, stop.signal]));
    // Told to whoever reads it; nobody may.
    ready.catch(() => {});
    return { start, length, memory, ready, stop };
  }

  #drop(pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      piece.stop.abort();
      // Its memory is free once nothing is written to it any more.
      const back = () => {
        if (this.#free.length < this.#most && !this.#stop.signal.aborted) this.#free.push(piece.memory);
      };
      piece.ready.then(back, back);
    }
    this.#pieces = this.#pieces.filter((piece) => !pieces.includes(piece));
  }
}

async function copyWhenReady(piece: Piece, from: number, into: Uint8Array): Promise<void> {
  await piece.ready;
  into.set(piece.memory.subarray(from, from + into.length));
}

/** A piece that failed is not kept: the next read asks anew. */
function failedPiece(piece: Piece, used: ReadonlySet<Piece>, outcomes: readonly PromiseSettledResult<void>[]): boolean {
  return used.has(piece) && outcomes.some(({ status }) => status === "rejected");
}
