/**
 * For `check`: which ranges of a file are claimed twice, and which by nobody, in constant memory. A bitmap of one bit per unit
 * covers a window of the file; where the file is larger, the tables are walked again for each window that something claims.
 *
 *   file      |hdr|table|..grain..|..grain..|..........|..grain..|
 *   claims     ==  ====  ========= =========             =========
 *                              ============                          overlap: named by whichever comes later in the walk
 *   gaps                                     ==========              claimed by nobody
 */
import { AppError } from "../../../src-core/model/error.ts";

/** A range of the file that a structure takes for itself. Bytes, `length` > 0; whoever makes it adds what names the structure. */
export interface Claim {
  readonly start: number;
  readonly length: number;
}

export type ClaimTrouble<C extends Claim> =
  /** [start, start+length) of `claim` is taken already by one that came before it in the walk. */
  | { readonly kind: "overlap"; readonly claim: C; readonly start: number; readonly length: number }
  /** A range of the file that nothing claims. */
  | { readonly kind: "gap"; readonly start: number; readonly length: number };

export interface ClaimedFile {
  /** What lies behind is left out: that a claim goes beyond the file is for its maker to say. */
  readonly sizeBytes: number;
  /**
   * What borders of claims are multiples of, as far as it matters: a unit that two claims share counts as an overlap, one that a
   * claim merely touches as claimed.
   */
  readonly unitBytes: number;
}

/** 64 Mi units: 32 GiB of file in sectors, 4 TiB in clusters of 64 KiB. */
const WINDOW_BYTES = 8 * 1024 * 1024;
const BITS = 8;
const WORD_BITS = 32;

/**
 * Overlaps come in the order of the walk, gaps in the order of the file, window by window of the file. Neighbouring claims may
 * come as one, which is quicker.
 * @param walk all claims, page by page; the same each time it is called, which is once for each window with a claim in it.
 *   Whether the work was canceled is for it to ask.
 * @param windowBytes memory for the bitmap, a multiple of 8
 */
export async function* findClaimTrouble<C extends Claim>(
  file: ClaimedFile,
  walk: () => AsyncIterable<readonly C[]>,
  windowBytes: number = WINDOW_BYTES,
): AsyncIterable<ClaimTrouble<C>> {
  const { unitBytes } = file;
  const units = Math.ceil(file.sizeBytes / unitBytes);
  const bitmap = new Bitmap(Math.min(windowBytes, Math.ceil(units / 64) * BITS));
  const range = (from: number, to: number): Claim => ({
    start: from * unitBytes,
    length: Math.min(to * unitBytes, file.sizeBytes) - from * unitBytes,
  });
  let gapFrom = 0;
  for (let first = 0; first < units; ) {
    const end = Math.min(units, first + bitmap.bits);
    bitmap.clear();
    let next = units;
    for await (const claims of walk()) {
      for (const claim of claims) {
        if (!(claim.length > 0)) throw new AppError("internal.bug", `a claim of ${claim.length} bytes`);
        const from = Math.floor(claim.start / unitBytes);
        const to = Math.min(units, Math.ceil((claim.start + claim.length) / unitBytes));
        if (to > end) next = Math.min(next, Math.max(from, end));
        if (from >= end || to <= first) continue;
        for (const [taken, until] of bitmap.claim(Math.max(from, first) - first, Math.min(to, end) - first)) {
          yield { kind: "overlap", claim, ...range(first + taken, first + until) };
        }
      }
    }
    for (const [taken, until] of bitmap.runs(0, end - first)) {
      if (first + taken > gapFrom) yield { kind: "gap", ...range(gapFrom, first + taken) };
      gapFrom = first + until;
    }
    first = next;
  }
  if (gapFrom < units) yield { kind: "gap", ...range(gapFrom, units) };
}

/** Runs of bits as [from, to). */
type BitRun = readonly [number, number];

class Bitmap {
  readonly bits: number;
  readonly #bytes: Uint8Array;
  /** The same memory: what is all set or all clear is passed over in larger steps. */
  readonly #words: Int32Array;

  constructor(sizeBytes: number) {
    this.#bytes = new Uint8Array(sizeBytes);
    this.#words = new Int32Array(this.#bytes.buffer);
    this.bits = sizeBytes * BITS;
  }

  clear(): void {
    this.#bytes.fill(0);
  }

  /** Sets [from, to). @returns the runs in it that were set before */
  claim(from: number, to: number): readonly BitRun[] {
    const taken = [...this.runs(from, to)];
    const [firstWhole, lastWhole] = [Math.ceil(from / BITS), Math.floor(to / BITS)];
    if (firstWhole > lastWhole) this.#set(lastWhole, from % BITS, to % BITS);
    else {
      if (from % BITS > 0) this.#set(firstWhole - 1, from % BITS, BITS);
      this.#bytes.fill(0xff, firstWhole, lastWhole);
      if (to % BITS > 0) this.#set(lastWhole, 0, to % BITS);
    }
    return taken;
  }

  /** The runs of set bits in [from, to). */
  *runs(from: number, to: number): Iterable<BitRun> {
    for (let at = this.#next(from, to, 1); at < to; ) {
      const until = this.#next(at, to, 0);
      yield [at, until];
      at = this.#next(until, to, 1);
    }
  }

  /** The first bit of [from, to) that is `value`, else `to`. */
  #next(from: number, to: number, value: 0 | 1): number {
    const others = value === 1 ? 0 : -1;
    for (let at = from; at < to; ) {
      if (at % WORD_BITS === 0 && this.#words[at / WORD_BITS] === others) at += WORD_BITS;
      else if ((((this.#bytes[Math.floor(at / BITS)] ?? 0) >> (at % BITS)) & 1) === value) return at;
      else at++;
    }
    return to;
  }

  #set(byte: number, fromBit: number, toBit: number): void {
    this.#bytes[byte] = (this.#bytes[byte] ?? 0) | (2 ** toBit - 2 ** fromBit);
  }
}
