/** Disks in memory for tests of the engine: a reader whose bytes are computed from their offset, and a writer that checks its caller. */
import { AppError } from "../../../src-core/model/error.ts";
import type { DiskWriter, Extent } from "../../formats/format.ts";
import type { Layer } from "../chain.ts";

/** Fills `into` with what belongs at `offset`: every 8 bytes hold their own number and `salt`, so that a shifted read shows. */
export function stamp(offset: number, into: Uint8Array, salt = 1): void {
  for (let i = 0; i < into.length; i += 1) {
    const at = offset + i;
    const word = Math.floor(at / 8);
    const shift = at % 8;
    into[i] = shift === 7 ? salt : Math.floor(word / 256 ** shift) % 256;
  }
}

export interface FakeDisk {
  readonly sizeBytes: number;
  /** Data and zero ranges, ascending; all else is hole. `plain` data reads as zeros although it is stored. */
  readonly ranges: readonly { start: number; length: number; state: "data" | "zero"; plain?: boolean }[];
  readonly salt?: number;
  /** Extents are cut on multiples of this, unmerged, as a format does at the end of a table. */
  readonly tableBytes?: number;
  /** Bytes that differ from the stamp, by guest offset. */
  readonly patches?: ReadonlyMap<number, number>;
}

/** A reader of `disk`. `reads` lists every range of data that was asked of it. */
export function fakeReader(disk: FakeDisk): Layer & { readonly reads: { offset: number; length: number }[] } {
  const reads: { offset: number; length: number }[] = [];
  const tableBytes = disk.tableBytes ?? Number.MAX_SAFE_INTEGER;

  function* walk(start: number, length: number): Iterable<Extent & { plain: boolean }> {
    const end = start + length;
    if (start < 0 || end > disk.sizeBytes)
      throw new RangeError(`extents(${start}, ${length}) beyond ${disk.sizeBytes}`);
    for (let at = start; at < end; ) {
      const inside = disk.ranges.find((range) => at >= range.start && at < range.start + range.length);
      const next = disk.ranges.find((range) => range.start > at);
      const limit = inside === undefined ? (next?.start ?? end) : inside.start + inside.length;
      const stop = Math.min(end, limit, (Math.floor(at / tableBytes) + 1) * tableBytes);
      yield { start: at, length: stop - at, state: inside?.state ?? "hole", plain: inside?.plain === true };
      at = stop;
    }
  }

  return {
    virtualSizeBytes: disk.sizeBytes,
    reads,
    async *extents(start, length) {
      for (const { plain: _, ...extent } of walk(start, length)) yield extent;
    },
    async read(offset, into) {
      reads.push({ offset, length: into.length });
      for (const extent of walk(offset, into.length)) {
        const part = into.subarray(extent.start - offset, extent.start - offset + extent.length);
        if (extent.state === "data" && !extent.plain) stamp(extent.start, part, disk.salt);
        else part.fill(0);
      }
      for (const [at, byte] of disk.patches ?? []) {
        if (at >= offset && at < offset + into.length) into[at - offset] = byte;
      }
    },
  };
}

export interface FakeWriter extends DiskWriter {
  /** Every write, in order. */
  readonly writes: { offset: number; length: number }[];
  /** The disk as it would read. */
  content(): Uint8Array;
  /** What was there at the last checkpoint. */
  durable(): Uint8Array;
}

/** A writer that refuses writes out of order, off the grid or beyond the end, and may fail its n-th call. */
export function fakeWriter(sizeBytes: number, grainBytes: number, failAtCall?: number): FakeWriter {
  const bytes = new Uint8Array(sizeBytes);
  let durable = bytes.slice();
  let reached = 0;
  let calls = 0;
  const writes: { offset: number; length: number }[] = [];
  const call = () => {
    calls += 1;
    if (calls === failAtCall) throw new AppError("target.no-space", `fake target: call ${calls}`);
  };
  return {
    grainBytes,
    encoding: null,
    writes,
    content: () => bytes,
    durable: () => durable,
    async write(offset, piece) {
      call();
      const end = offset + piece.length;
      if (piece.length === 0) throw new Error(`empty write at ${offset}`);
      if (offset < reached) throw new Error(`write at ${offset} after ${reached}`);
      if (offset % grainBytes !== 0) throw new Error(`write at ${offset} off the grain of ${grainBytes}`);
      if (end % grainBytes !== 0 && end !== sizeBytes) throw new Error(`write ends at ${end}, off the grain`);
      if (end > sizeBytes) throw new Error(`write ends at ${end}, beyond ${sizeBytes}`);
      bytes.set(piece, offset);
      reached = end;
      writes.push({ offset, length: piece.length });
    },
    async checkpoint(doneBytes) {
      call();
      if (doneBytes % grainBytes !== 0) throw new Error(`checkpoint at ${doneBytes}, off the grain`);
      durable = bytes.slice();
      return { doneBytes, state: {} };
    },
    async finish() {
      return { writtenBytes: writes.reduce((sum, write) => sum + write.length, 0), fileSizeBytes: sizeBytes };
    },
  };
}

/** The whole of a disk as it reads. */
export async function wholeOf(disk: Layer): Promise<Uint8Array> {
  const bytes = new Uint8Array(disk.virtualSizeBytes);
  if (bytes.length > 0) await disk.read(0, bytes);
  return bytes;
}
