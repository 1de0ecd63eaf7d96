/** Opens a QCOW2 image for reading: its active layer, not its snapshots. */
import type { Fact } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { kernels } from "../../codec/engine.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { ReadAhead } from "../../io/read-ahead.ts";
import { assertInside, type DiskReader, type Extent, mergeExtents, READER_MERGE } from "../format.ts";
import { type Qcow2Header, readHeader } from "./header.ts";
import { Mapping, type Run } from "./mapping.ts";
import { readSnapshots } from "./snapshots.ts";

/** @throws AppError disk.* naming the structure */
export async function openQcow2(source: ByteSource): Promise<DiskReader> {
  const header = await readHeader(source);
  const mapping = new Mapping(source, header);
  await mapping.assertTablesFit();
  const snapshots = await readSnapshots(source, header);
  const clusters = new CompressedClusters(source, header.clusterBytes);
  async function* states(start: number, end: number): AsyncIterable<Extent> {
    for await (const run of mapping.runs(start, end)) {
      yield { start: run.start, length: run.length, state: run.kind === "compressed" ? "data" : run.kind };
    }
  }
  return {
    format: "qcow2",
    subformat: `v${header.version}`,
    virtualSizeBytes: header.size,
    grainBytes: header.clusterBytes,
    backing:
      header.backingName === null ? null : { name: header.backingName, format: header.backingFormat, mark: null },
    mark: null,
    snapshots,
    facts: facts(header),
    warnings: header.warnings,
    allocatedBytes: null,
    files: [],
    extents(start, length) {
      assertInside(source.name, header.size, start, length);
      return mergeExtents(states(start, start + length), READER_MERGE);
    },
    async read(offset, into) {
      assertInside(source.name, header.size, offset, into.length);
      for await (const run of mapping.runs(offset, offset + into.length)) {
        const part = into.subarray(run.start - offset, run.start - offset + run.length);
        if (run.kind === "data") await source.read(run.hostOffset, part);
        else if (run.kind === "compressed") await clusters.read(run, part);
        else part.fill(0);
      }
    },
    async close() {},
  };
}

/** Clusters stored as raw deflate streams (RFC 1951), one after the other in the file; keeps the last one inflated. */
class CompressedClusters {
  readonly #source: ByteSource;
  readonly #clusterBytes: number;
  #stored: ReadAhead | null = null;
  #clusterAt = -1;
  #cluster: Uint8Array = new Uint8Array(0);
  /** What `#cluster` is a part of. */
  #inflated: Uint8Array | null = null;

  constructor(source: ByteSource, clusterBytes: number) {
    this.#source = source;
    this.#clusterBytes = clusterBytes;
  }

  async read(run: Run, into: Uint8Array): Promise<void> {
    const inCluster = run.start % this.#clusterBytes;
    const clusterAt = run.start - inCluster;
    if (this.#clusterAt !== clusterAt) {
      this.#clusterAt = -1;
      this.#cluster = await this.#inflate(run);
      this.#clusterAt = clusterAt;
    }
    if (inCluster + into.length > this.#cluster.length) {
      throw this.#damage(run, `holds ${this.#cluster.length} bytes, ${inCluster + into.length} are needed`);
    }
    into.set(this.#cluster.subarray(inCluster, inCluster + into.length));
  }

  async #inflate(run: Run): Promise<Uint8Array> {
    // The length field can count up to twice the cluster in sectors.
    this.#stored ??= new ReadAhead(this.#source, Math.max(1024 * 1024, 2 * this.#clusterBytes + 512));
    const stored = await this.#stored.bytes(
      run.hostOffset,
      run.storedBytes,
      `compressed cluster of guest offset ${run.start}`,
    );
    this.#inflated ??= new Uint8Array(this.#clusterBytes);
    try {
      return this.#inflated.subarray(0, kernels().inflate(stored, this.#inflated, "raw"));
    } catch (error) {
      throw this.#damage(run, "does not inflate to one cluster", error);
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

function facts(header: Qcow2Header): Fact[] {
  const fact = (name: string, value: string | number | bigint): Fact => ({
    group: "qcow2 header",
    name,
    value: String(value),
  });
  const hex = (bits: bigint): string => `0x${bits.toString(16)}`;
  return [
    fact("version", header.version),
    fact("cluster_bits", `${header.clusterBits} (${header.clusterBytes} bytes)`),
    fact("l1_size", header.l1Size),
    fact("l1_table_offset", header.l1TableOffset),
    fact("refcount_table_offset", header.refcountTableOffset),
    fact("refcount_order", header.refcountOrder),
    fact("nb_snapshots", header.nbSnapshots),
    fact("incompatible_features", hex(header.incompatibleFeatures)),
    fact("compatible_features", hex(header.compatibleFeatures)),
    fact("autoclear_features", hex(header.autoclearFeatures)),
    fact("header_length", header.headerLength),
    fact("bitmaps", header.hasBitmaps ? "yes" : "no"),
  ];
}
