/**
 * Reads clusters that are stored compressed ("Compressed Clusters Descriptor"): they follow each other in the file at any byte, so
 * neighbours come with one read, no more of the file than they take. The last cluster of which only a part was wanted is kept.
 */
import { AppError } from "../../../src-core/model/error.ts";
import { DamagedStreamError } from "../../codec/codec.ts";
import { kernelBytes, kernels } from "../../codec/engine.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import type { Run } from "./mapping.ts";
import { decodeZstd } from "./zstd-cluster.ts";

/** Most that is read at once, and how much of it may belong to nobody. */
const READ_BYTES = 1024 * 1024;
const MAX_GAP_BYTES = 64 * 1024;

export class CompressedClusters {
  readonly #source: ByteSource;
  readonly #clusterBytes: number;
  readonly #compression: "zlib" | "zstd";
  #stored: Uint8Array = new Uint8Array(0);
  /** Guest offset of the cluster in `#cluster`; -1 = none. */
  #clusterAt = -1;
  #cluster = new Uint8Array(0);
  #clusterLength = 0;

  constructor(source: ByteSource, clusterBytes: number, compression: "zlib" | "zstd") {
    this.#source = source;
    this.#clusterBytes = clusterBytes;
    this.#compression = compression;
  }

  /**
   * Fills `into`, which begins at guest offset `offset`, from compressed runs: runs[first] and those after it that come with the
   * same read of the file.
   * @returns the index of the first run that was not read
   * @throws AppError disk.damaged naming the cluster
   */
  async read(runs: readonly Run[], first: number, offset: number, into: Uint8Array): Promise<number> {
    const run = runs[first];
    if (run?.kind !== "compressed") throw new AppError("internal.bug", "no compressed run to read");
    const part = (one: Run): Uint8Array => into.subarray(one.start - offset, one.start - offset + one.length);
    if (this.#holds(run)) {
      this.#copy(run, part(run));
      return first + 1;
    }
    // The length field can count up to twice the cluster in sectors.
    if (this.#stored.length === 0) this.#stored = kernelBytes(Math.max(READ_BYTES, 2 * this.#clusterBytes + 512));
    let end = run.hostOffset + run.storedBytes;
    let next = first + 1;
    for (let one = runs[next]; one?.kind === "compressed"; one = runs[++next]) {
      const oneEnd = one.hostOffset + one.storedBytes;
      if (one.hostOffset < run.hostOffset || one.hostOffset > end + MAX_GAP_BYTES) break;
      if (oneEnd - run.hostOffset > this.#stored.length) break;
      end = Math.max(end, oneEnd);
    }
    await this.#source.read(run.hostOffset, this.#stored.subarray(0, end - run.hostOffset));
    for (const one of runs.slice(first, next)) {
      const at = one.hostOffset - run.hostOffset;
      this.#decode(one, this.#stored.subarray(at, at + one.storedBytes), part(one));
    }
    return next;
  }

  #holds(run: Run): boolean {
    return this.#clusterAt >= 0 && Math.floor(run.start / this.#clusterBytes) * this.#clusterBytes === this.#clusterAt;
  }

  #copy(run: Run, into: Uint8Array): void {
    const from = run.start - this.#clusterAt;
    const holds = this.#clusterLength;
    if (from + into.length > holds) throw this.#damage(run, `holds ${holds} bytes, ${from + into.length} are needed`);
    into.set(this.#cluster.subarray(from, from + into.length));
  }

  /** A whole cluster goes where it is wanted, of another one a part. */
  #decode(run: Run, stored: Uint8Array, into: Uint8Array): void {
    if (run.length === this.#clusterBytes) {
      const length = this.#expand(run, stored, into);
      if (length < into.length) throw this.#damage(run, `holds ${length} bytes, ${into.length} are needed`);
      return;
    }
    if (this.#cluster.length === 0) this.#cluster = new Uint8Array(this.#clusterBytes);
    this.#clusterAt = -1;
    this.#clusterLength = this.#expand(run, stored, this.#cluster);
    this.#clusterAt = Math.floor(run.start / this.#clusterBytes) * this.#clusterBytes;
    this.#copy(run, into);
  }

  #expand(run: Run, stored: Uint8Array, into: Uint8Array): number {
    try {
      return this.#compression === "zstd" ? decodeZstd(stored, into) : kernels().inflate(stored, into, "raw");
    } catch (error) {
      if (!(error instanceof DamagedStreamError)) throw error;
      throw this.#damage(run, `does not expand to one cluster: ${error.message}`, error);
    }
  }

  #damage(run: Run, what: string, cause?: unknown): AppError {
    return new AppError(
      "disk.damaged",
      `compressed cluster of guest offset ${run.start} in ${this.#source.name} at offset ${run.hostOffset} ${what}`,
      {
        details: { file: this.#source.name, structure: "compressed cluster", offset: run.hostOffset },
        ...(cause === undefined ? {} : { cause }),
      },
    );
  }
}
