/**
 * Guest bytes out of a sparse extent of any kind: plain grains as they lie in the file, compressed grains (hosted sparse extents,
 * "Virtual Disk Format 5.0", section "Stream-Optimized Compressed Sparse Extents") through their marker and zlib stream.
 *
 *   compressed grain:   guest sector u64 │ length u32 │ zlib stream (RFC 1950) of one grain │ up to the next sector
 *
 * What a request needs comes with as few reads of the file as there are gaps between its grains.
 */
import { AppError } from "../../../src-core/model/error.ts";
import { kernels } from "../../codec/engine.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { ReadAhead } from "../../io/read-ahead.ts";
import type { Extent } from "../format.ts";
import { GrainMap, type GrainTables, grainProblem, type Run } from "./grain-map.ts";
import { GRAIN_MARKER_BYTES, SECTOR_BYTES } from "./structures.ts";

/** At least this much of a file of compressed grains is read at once where as much is asked for. */
const STORED_BYTES = 1024 * 1024;

export class SparseExtent {
  readonly #source: ByteSource;
  readonly #grainBytes: number;
  readonly #map: GrainMap;
  readonly #stored: ReadAhead | null;
  readonly #storedBytes: number;
  /** The last grain that was inflated, for reads smaller than a grain. */
  #grainAt = -1;
  #grain: Uint8Array = new Uint8Array(0);
  /** What `#grain` is a part of. */
  readonly #inflated: Uint8Array;
  /** The stretch of the file in which lie the compressed grains that are asked for. */
  #wantedFrom = 0;
  #wantedTo = 0;

  constructor(source: ByteSource, layout: GrainTables) {
    this.#source = source;
    this.#grainBytes = layout.grainBytes;
    this.#map = new GrainMap(source, layout);
    this.#inflated = new Uint8Array(layout.compressed ? layout.grainBytes : 0);
    this.#storedBytes = Math.max(STORED_BYTES, 4 * layout.grainBytes);
    this.#stored = layout.compressed ? new ReadAhead(source, this.#storedBytes) : null;
  }

  /** @throws AppError disk.damaged, disk.truncated: see GrainMap */
  assertDirectoryFits(): Promise<void> {
    return this.#map.assertDirectoryFits();
  }

  extents(start: number, length: number): AsyncIterable<Extent> {
    return this.#map.extents(start, length);
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    for await (const runs of this.#map.runs(offset, offset + into.length)) {
      for (const [index, run] of runs.entries()) {
        const part = into.subarray(run.start - offset, run.start - offset + run.length);
        if (run.kind === "data") await this.#source.read(run.fileOffset, part);
        else if (run.kind === "compressed") {
          if (run.fileOffset < this.#wantedFrom || run.fileOffset >= this.#wantedTo) this.#want(runs, index);
          await this.#readCompressed(run, part);
        } else part.fill(0);
      }
    }
  }

  /** Finds the stretch that holds run `index` and those after it, as long as they ascend in the file and fit one read. */
  #want(runs: readonly Run[], index: number): void {
    const from = runs[index]?.fileOffset ?? 0;
    let last = from;
    for (let next = index + 1; next < runs.length; next++) {
      const run = runs[next];
      if (run?.kind !== "compressed") continue;
      if (run.fileOffset <= last || run.fileOffset + this.#grainBytes > from + this.#storedBytes) break;
      last = run.fileOffset;
    }
    this.#wantedFrom = from;
    // A compressed grain is seldom larger than a plain one; where it is, its rest is one more read.
    this.#wantedTo = last + this.#grainBytes;
  }

  async #readCompressed(run: Run, into: Uint8Array): Promise<void> {
    const inGrain = run.start % this.#grainBytes;
    const grainAt = run.start - inGrain;
    if (into.length === this.#grainBytes) return this.#inflateInto(run, into);
    if (this.#grainAt !== grainAt) {
      this.#grainAt = -1;
      this.#grain = this.#inflated.subarray(0, await this.#inflate(run, this.#inflated));
      this.#grainAt = grainAt;
    }
    if (inGrain + into.length > this.#grain.length)
      throw this.#tooShort(run, this.#grain.length, inGrain + into.length);
    into.set(this.#grain.subarray(inGrain, inGrain + into.length));
  }

  /** A whole grain, without a stop on its way. */
  async #inflateInto(run: Run, into: Uint8Array): Promise<void> {
    const length = await this.#inflate(run, into);
    if (length < into.length) throw this.#tooShort(run, length, into.length);
  }

  /** @returns how many bytes the grain of `run` holds; they are the first of `into` */
  async #inflate(run: Run, into: Uint8Array): Promise<number> {
    const reader = this.#stored;
    if (!reader) throw new AppError("internal.bug", "a compressed grain in an extent without compression");
    const grain = Math.floor(run.start / this.#grainBytes);
    const ahead = this.#wantedTo - run.fileOffset;
    const head = await reader.bytes(run.fileOffset, GRAIN_MARKER_BYTES, `grain ${grain}`, ahead);
    const length = grainLength(this.#source, head, grain, this.#grainBytes, run.fileOffset);
    const stored = await reader.bytes(run.fileOffset + GRAIN_MARKER_BYTES, length, `grain ${grain}`, ahead);
    return inflateGrain(this.#source, stored, into, grain, run.fileOffset);
  }

  #tooShort(run: Run, holds: number, needed: number): AppError {
    const grain = Math.floor(run.start / this.#grainBytes);
    return grainProblem(
      "disk.damaged",
      this.#source,
      grain,
      run.fileOffset,
      `holds ${holds} bytes, ${needed} are needed`,
    );
  }
}

/**
 * The marker of the compressed grain `grain`, checked.
 * @returns the length of the zlib stream that follows
 * @throws AppError disk.damaged
 */
function grainLength(
  source: Pick<ByteSource, "name">,
  marker: Uint8Array,
  grain: number,
  grainBytes: number,
  offset: number,
): number {
  const view = new DataView(marker.buffer, marker.byteOffset, GRAIN_MARKER_BYTES);
  const sector = view.getBigUint64(0, true);
  const due = (grain * grainBytes) / SECTOR_BYTES;
  if (sector !== BigInt(due)) {
    const what = `has the marker of guest sector ${sector}, not of ${due}`;
    throw grainProblem("disk.damaged", source, grain, offset, what);
  }
  const length = view.getUint32(8, true);
  assertStoredLength(source, length, grain, grainBytes, offset);
  return length;
}

/** @throws AppError disk.damaged where no grain is compressed to `length` bytes */
export function assertStoredLength(
  source: Pick<ByteSource, "name">,
  length: number,
  grain: number,
  grainBytes: number,
  offset: number,
): void {
  if (length > 0 && length <= 2 * grainBytes) return;
  const what = `says it has ${length} compressed bytes; 1 to ${2 * grainBytes} are possible`;
  throw grainProblem("disk.damaged", source, grain, offset, what);
}

/**
 * Inflates a grain into the beginning of `into`.
 * @returns the number of bytes it holds
 * @throws AppError disk.damaged where the stream is not sound or holds more than `into`
 */
export function inflateGrain(
  source: Pick<ByteSource, "name">,
  stored: Uint8Array,
  into: Uint8Array,
  grain: number,
  offset: number,
): number {
  try {
    return kernels().inflate(stored, into, "zlib");
  } catch (error) {
    throw grainProblem("disk.damaged", source, grain, offset, "does not inflate to one grain", error);
  }
}
