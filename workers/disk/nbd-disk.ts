/**
 * An NBD export as a disk: extents from base:allocation, and reads that run ahead of whoever reads in order. What was read ahead lies
 * in pooled pieces; everything else goes straight where it is wanted. Memory: the pool, whatever the disk's size.
 *
 *   extents()   asks for block status and remembers the last answers (`known`)
 *   read()      pieces that were read ahead are copied, the others are asked for; then the next data pieces of `known` are
 *
 * Reads of this reader may overlap, unlike those of others. Whoever has several under way needs nothing read ahead, and saves a copy.
 */
import { assertInside, type DiskReader, type Extent } from "../formats/format.ts";
import { type NbdConnection, PIECE_BYTES } from "../io/nbd/connection.ts";
import { ALLOCATION, BASE_ALLOCATION } from "../io/nbd/protocol.ts";
import { type StatusRange, statusFrom } from "../io/nbd/status.ts";

/** Pieces read ahead at most. */
const AHEAD = 16;
/** Down to so many nothing more is asked for, so that several are at once. */
const LOW = 8;
/** Answers remembered: the walk over the extents is a little ahead of the reads. */
const REMEMBERED = 2;

/** A piece of the disk, on a multiple of PIECE_BYTES, that comes or has come. */
interface Piece {
  readonly bytes: Uint8Array;
  /** False when it failed: then it is asked for again where it is wanted. */
  readonly arrived: Promise<boolean>;
}

/** @param connection closed by the reader's `close` */
export function nbdDisk(connection: NbdConnection): DiskReader {
  const { name, sizeBytes } = connection;
  const told = connection.contexts.has(BASE_ALLOCATION);
  const block = connection.minimumBlockBytes;
  const pool: Uint8Array[] = [];
  const ahead = new Map<number, Piece>();
  const known: (readonly StatusRange[])[] = [];
  /** Where the last read ended, and how many in a row began where the one before ended. */
  let lastEnd = -1;
  let inOrder = 0;
  let reading = 0;
  let overlapping = false;

  function discard(number: number, piece: Piece): void {
    ahead.delete(number);
    // Not before it has come: until then it is written to.
    void piece.arrived.then(() => {
      if (pool.length < AHEAD) pool.push(piece.bytes);
    });
  }

  function begin(number: number): void {
    const bytes = pool.pop() ?? Buffer.allocUnsafe(PIECE_BYTES);
    const start = number * PIECE_BYTES;
    const part = bytes.subarray(0, Math.min(PIECE_BYTES, sizeBytes - start));
    const piece: Piece = {
      bytes,
      arrived: connection.read(start, part).then(
        () => true,
        () => false,
      ),
    };
    ahead.set(number, piece);
  }

  /** Asks for the next pieces from `offset` on that hold data. */
  function readAhead(offset: number): void {
    let number = Math.floor(offset / PIECE_BYTES);
    for (const old of [...ahead.keys()]) {
      const piece = ahead.get(old);
      if (piece !== undefined && old < number) discard(old, piece);
    }
    if (ahead.size > LOW) return;
    for (const range of dataRanges(known, offset)) {
      number = Math.max(number, Math.floor(range.start / PIECE_BYTES));
      for (; number * PIECE_BYTES < range.start + range.length; number++) {
        if (ahead.size >= AHEAD) return;
        if (!ahead.has(number)) begin(number);
      }
    }
  }

  async function readAligned(offset: number, into: Uint8Array): Promise<void> {
    const from = offset - (offset % block);
    const to = Math.min(sizeBytes, Math.ceil((offset + into.length) / block) * block);
    if (from === offset && to === offset + into.length) return connection.read(offset, into);
    const whole = new Uint8Array(to - from);
    await connection.read(from, whole);
    into.set(whole.subarray(offset - from, offset - from + into.length));
  }

  async function readInOrder(offset: number, into: Uint8Array): Promise<void> {
    inOrder = offset === lastEnd || ahead.has(Math.floor(offset / PIECE_BYTES)) ? inOrder + 1 : 0;
    lastEnd = offset + into.length;
    if (inOrder === 0) for (const [number, piece] of [...ahead]) discard(number, piece);
    const asked: Promise<void>[] = [];
    const ask = (at: number, part: Uint8Array) => {
      const read = readAligned(at, part);
      // It may fail before it is waited for.
      read.catch(() => {});
      asked.push(read);
    };
    const waiting: { piece: Piece; number: number; from: number; to: number }[] = [];
    let direct = offset;
    const flush = (end: number) => {
      if (end > direct) ask(direct, into.subarray(direct - offset, end - offset));
    };
    for (let at = offset; at < lastEnd; ) {
      const number = Math.floor(at / PIECE_BYTES);
      const to = Math.min(lastEnd, (number + 1) * PIECE_BYTES);
      const piece = ahead.get(number);
      if (piece !== undefined) {
        flush(at);
        waiting.push({ piece, number, from: at, to });
        direct = to;
      }
      at = to;
    }
    flush(lastEnd);
    for (const { piece, number, from, to } of waiting) {
      const arrived = await piece.arrived;
      const part = into.subarray(from - offset, to - offset);
      const start = number * PIECE_BYTES;
      if (arrived) part.set(piece.bytes.subarray(from - start, to - start));
      else ask(from, part);
      if (to === (number + 1) * PIECE_BYTES || !arrived) discard(number, piece);
      if (inOrder > 0 && !overlapping) readAhead(to);
    }
    if (inOrder > 0 && !overlapping) readAhead(lastEnd);
    const failed = (await Promise.allSettled(asked)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }

  return {
    format: "raw",
    subformat: "nbd",
    virtualSizeBytes: sizeBytes,
    grainBytes: Math.max(512, block),
    backing: null,
    mark: null,
    snapshots: [],
    facts: [{ group: "NBD", name: "Server", value: name }],
    warnings: told ? [] : ["The server does not tell which areas are empty: everything is read."],
    allocatedBytes: null,
    files: [],
    async *extents(start, length): AsyncIterable<Extent> {
      assertInside(name, sizeBytes, start, length);
      if (!told && length > 0) yield { start, length, state: "data" };
      for (let at = start - (start % block); told && at < start + length; ) {
        const ranges = await statusFrom(
          connection,
          BASE_ALLOCATION,
          at,
          Math.min(sizeBytes, alignUp(start + length, block)),
        );
        if (known.push(ranges) > REMEMBERED) known.shift();
        for (const range of ranges) {
          const from = Math.max(start, range.start);
          const to = Math.min(start + length, range.start + range.length);
          if (from < to) yield { start: from, length: to - from, state: stateOf(range.flags) };
          at = range.start + range.length;
        }
      }
    },
    async read(offset, into) {
      assertInside(name, sizeBytes, offset, into.length);
      overlapping ||= reading > 0;
      reading++;
      try {
        // What was read ahead belongs to the read that is under way.
        await (overlapping ? readAligned(offset, into) : readInOrder(offset, into));
      } finally {
        reading--;
      }
    },
    close: () => connection.close(),
  };
}

const alignUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** Zeros that are allocated are "zero": a target with a parent has to hold them; a full one leaves both out. */
function stateOf(flags: number): Extent["state"] {
  if ((flags & ALLOCATION.zero) === 0) return "data";
  return (flags & ALLOCATION.hole) === 0 ? "zero" : "hole";
}

/** What is known to hold data from `offset` on, ascending; as far as the answers follow on each other. */
function* dataRanges(known: readonly (readonly StatusRange[])[], offset: number): Iterable<StatusRange> {
  let from = offset;
  for (const ranges of known) {
    // Answers are long lists: the first range that matters is found by halving.
    let [low, high] = [0, ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const range = ranges[middle];
      if (range !== undefined && range.start + range.length <= from) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < ranges.length; i++) {
      const range = ranges[i];
      if (range === undefined || range.start > from) break;
      const end = range.start + range.length;
      if (stateOf(range.flags) === "data") yield { start: from, length: end - from, flags: range.flags };
      from = end;
    }
  }
}
