/**
 * What a disk format is to the engine: n readers and m writers meet in disk/copy.ts, never n×m converters.
 * A format is one file (or folder) here and one line in registry.ts; formats never import each other.
 */
import type { z } from "zod";
import type { CheckFinding, ExtentState, Fact, FormatInfo, InternalSnapshot } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { ResolvedTarget } from "../../src-core/model/resolve-target.ts";
import type { TargetVariant } from "../../src-core/model/target.ts";
import type { ByteSource, ByteTarget } from "../io/byte-source.ts";
import type { SequentialSource } from "../io/sequential.ts";

/** A range of a virtual disk in one state. Bytes; `length` > 0. */
export interface Extent {
  readonly start: number;
  readonly length: number;
  readonly state: ExtentState;
}

/**
 * Merges neighbours of one state in an ascending, gap-free sequence; holds one extent.
 * @param most neighbours that become one, so that whoever walks a huge disk of one state gets a word in now and then
 */
export async function* mergeExtents(
  extents: AsyncIterable<Extent>,
  most = Number.POSITIVE_INFINITY,
): AsyncIterable<Extent> {
  let last: Extent | null = null;
  let merged = 0;
  for await (const next of extents) {
    if (last?.state === next.state && merged < most) {
      last = { start: last.start, length: last.length + next.length, state: last.state };
      merged++;
    } else {
      if (last) yield last;
      last = next;
      merged = 1;
    }
  }
  if (last) yield last;
}

/** For a reader's `extents`: as many neighbours may become one extent. */
export const READER_MERGE = 64;

/** After so many pages of tables a reader gives out what it has. */
const TABLE_STEPS = 512;

/**
 * The runs that a reader finds page by page of its tables, as one sequence in which neighbours that `joins` are one run; not
 * longer than a bounded walk, so that also a disk without an end of one state is told bit by bit.
 */
export async function* joinRuns<R extends { length: number }>(
  pages: AsyncIterable<readonly R[]>,
  joins: (before: R, after: R) => boolean,
): AsyncIterable<R> {
  let pending: R | null = null;
  let steps = 0;
  for await (const found of pages) {
    for (const run of found) {
      if (pending && joins(pending, run)) pending.length += run.length;
      else {
        if (pending) yield pending;
        pending = run;
      }
    }
    steps++;
    if (pending && steps % TABLE_STEPS === 0) {
      yield pending;
      pending = null;
    }
  }
  if (pending) yield pending;
}

/**
 * The extents of guest bytes that lie one to one in `source`, from `sourceOffset` on: raw disks, flat extents, fixed images. The
 * source's holes are told where its file system knows them, everything else is data.
 * @param start guest offset of the first byte; `sourceOffset` is where that one lies
 * @param empty what a hole of the file is to the guest: "zero" for a disk with a parent, from which a "hole" would be read
 */
export async function* storedExtents(
  source: ByteSource,
  sourceOffset: number,
  start: number,
  length: number,
  empty: "zero" | "hole",
): AsyncIterable<Extent> {
  if (length === 0) return;
  if (source.ranges === undefined) yield { start, length, state: "data" };
  else {
    for await (const range of source.ranges(sourceOffset, length)) {
      yield { start: start + range.start - sourceOffset, length: range.length, state: range.hole ? empty : "data" };
    }
  }
}

/**
 * Readers call it before anything else: the engine asks only for what is there.
 * @throws AppError internal.bug when [start, start+length) is not inside the disk
 */
export function assertInside(name: string, virtualSizeBytes: number, start: number, length: number): void {
  if (start >= 0 && length >= 0 && start + length <= virtualSizeBytes) return;
  throw new AppError(
    "internal.bug",
    `${name}: [${start}, +${length}) is not inside the disk of ${virtualSizeBytes} bytes`,
  );
}

/** A parent as the image names it: untrusted text that only tasks/ resolves, inside the allowed folders. */
export interface BackingRef {
  readonly name: string;
  /** Registry id the image states for the parent, unchecked text; null when it does not say. */
  readonly format: string | null;
  /** What the parent must be (VMDK: its CID), for whoever opens it; null when the format has no such mark. */
  readonly mark: string | null;
  /**
   * Present where the image knows its parent only by how its mark begins (VDI): disks of the stated format nearby are asked for
   * theirs, and `name` is no more than a guess.
   */
  readonly markStart?: string;
}

/** An open disk. Reads of the same reader do not overlap: call one at a time. */
export interface DiskReader {
  readonly format: FormatInfo["id"];
  readonly subformat: string;
  readonly virtualSizeBytes: number;
  /** Smallest unit in which the format allocates; power of two. */
  readonly grainBytes: number;
  readonly backing: BackingRef | null;
  /** The mark a child compares with `BackingRef.mark`. */
  readonly mark: string | null;
  readonly snapshots: readonly InternalSnapshot[];
  /** Header facts by the specification's names. */
  readonly facts: readonly Fact[];
  /** Things worth telling that do not stop reading. */
  readonly warnings: readonly string[];
  /** Bytes allocated for guest data, when a header or the tables' size tells cheaply; else null (then extents are summed). */
  readonly allocatedBytes: number | null;
  /** Other files of this disk that were opened (VMDK extents). */
  readonly files: readonly ByteSource[];
  /**
   * The states of [start, start+length): ascending, gap-free, neighbours of one state merged, but told at least every
   * so many tables. Own layer only: what a backing supplies is `hole` here. Memory stays constant.
   */
  extents(start: number, length: number): AsyncIterable<Extent>;
  /** Fills `into` with guest bytes; holes and zeros of this layer read as 0. @throws AppError with the structure's name */
  read(offset: number, into: Uint8Array): Promise<void>;
  /** Closes what `open` opened besides the source it was given. */
  close(): Promise<void>;
}

/** What a reader may ask for while opening. */
export interface OpenContext {
  /** Opens another file the image names (a VMDK extent), resolved and checked by tasks/. The reader closes it. */
  openExtentFile(name: string): Promise<ByteSource>;
  /** Id or name of the internal snapshot whose state is wanted; null or absent = the active layer. */
  readonly snapshot?: string | null;
}

/** The way of writing a format that has just one, with nothing to choose: other variants say in what they differ. */
export const PLAIN_VARIANT: Omit<TargetVariant, "id" | "label"> = {
  blockBytes: null,
  sectorBytes: [512],
  compression: [{ method: "none", levels: null }],
  preallocation: ["off"],
  backing: false,
  sizeUnitBytes: 512,
};

/** The image to make: every choice made (src-core/model/resolve-target.ts), of values the format's variant offers. */
export interface WritePlan extends ResolvedTarget {
  readonly virtualSizeBytes: number;
  /** The parent of a delta: what is not written reads as the parent's. Null = no parent. */
  readonly backing: BackingRef | null;
}

/** How a writer wants its units: compressed where they are prepared (disk/), on whichever thread that is. */
export interface UnitEncoding {
  /**
   * "deflate-4k": raw deflate with a window of 4 KiB (QCOW2 zlib clusters); "zlib": a zlib stream with a window of 32 KiB (VMDK
   * grains); "zstd": one zstd frame.
   */
  readonly method: "deflate-4k" | "zlib" | "zstd";
  readonly level: number;
  /** Store units that would not get smaller as they are (`write`); false: always encoded, a little larger at worst. */
  readonly plainWhenLarger: boolean;
}

/** State a writer needs to go on after a crash; JSON. Everything below `doneBytes` is durable when it is handed out. */
export interface WriterCheckpoint {
  readonly doneBytes: number;
  readonly state: Record<string, unknown>;
}

/**
 * A checkpoint comes back from the database.
 * @param schema loaded by those who go on only: a thread that reads has no use for schemas
 * @throws AppError state.conflict when this writer did not make it
 */
export async function parseResumeState<T>(
  schema: () => Promise<z.ZodType<T>>,
  checkpoint: WriterCheckpoint,
  targetName: string,
): Promise<T> {
  const parsed = (await schema()).safeParse(checkpoint.state);
  if (parsed.success) return parsed.data;
  throw new AppError("state.conflict", `the checkpoint for ${targetName} cannot be used`, { cause: parsed.error });
}

/** What a writer may ask for while beginning. */
export interface CreateContext {
  /** The main file's final name, without folder: `target` itself may still lie under another. */
  readonly name: string;
  /** For the names that `Format.companions` gave, in their order; new and empty, or as an earlier attempt left them. */
  readonly companions: readonly ByteTarget[];
  /** Present: the target holds what an earlier attempt wrote up to here. */
  readonly resume: WriterCheckpoint | null;
}

export interface CheckContext extends OpenContext {
  /** Await between tables: lets messages in, throws when canceled. */
  gate(): Promise<void>;
  /** Bytes of tables (or whatever unit the walk has) dealt with so far and in all. */
  progress(done: number, total: number): void;
}

export interface WriteSummary {
  /** Guest bytes stored. */
  readonly writtenBytes: number;
  readonly fileSizeBytes: number;
}

/**
 * Makes an image. The file probes as this format only after `finish`; the magic goes in last.
 * Writes come in ascending, non-overlapping order, start and length multiples of `grainBytes` (the disk's end excepted).
 * What is never written reads as zero.
 */
export interface DiskWriter {
  readonly grainBytes: number;
  /** Null = units are stored as they are. */
  readonly encoding: UnitEncoding | null;
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /**
   * With an encoding: stores the unit of `grainBytes` at `offset` (in the same ascending order as `write`), whose encoded form is
   * `stored`. The disk's last unit was filled up with zeros.
   */
  writeEncoded?(offset: number, stored: Uint8Array): Promise<void>;
  /**
   * For a delta: [offset, +length) reads as zeros, though the parent has data there. Whole units (the disk's end excepted), in the
   * same ascending order as `write`. Writers of variants with `backing` have it.
   */
  writeZero?(offset: number, length: number): Promise<void>;
  /** Makes everything before `doneBytes` durable and says how to go on from there. */
  checkpoint(doneBytes: number): Promise<WriterCheckpoint>;
  finish(): Promise<WriteSummary>;
}

export type ProbeAnswer = "no" | "yes";

/**
 * What is asked of every format to tell which one a file is lies in the format's own file. What opens, makes and checks images is read
 * when it is wanted (`await import`): a thread waits for no other format's code.
 */
export interface Format {
  readonly info: FormatInfo;
  /** How many bytes `probe` wants from either end of the file. */
  readonly probeBytes: { readonly head: number; readonly tail: number };
  /** By content only. "yes" also for damaged images of this format: `open` then names the damage. */
  probe(head: Uint8Array, tail: Uint8Array): ProbeAnswer;
  /** @throws AppError disk.* naming the structure and offset. The caller closes `source` after the reader. */
  open(source: ByteSource, context: OpenContext): Promise<DiskReader>;
  /**
   * Opens a disk that comes through a pipe; absent where the format cannot be read without going back. The reader's `extents` may
   * be called once, for the whole disk, and `read` only for (parts of) the data extent it gave out last; neighbours are not merged.
   * What shows only at the end (a cut-off stream) is told by the extents' end: until then nothing is certain.
   * @throws AppError disk.* as `open`. The caller closes `source` after the reader.
   */
  openStream?(source: SequentialSource): Promise<DiskReader>;
  /** Absent where the format cannot be written. */
  create?(target: ByteTarget, plan: WritePlan, context: CreateContext): Promise<DiskWriter>;
  /**
   * Names of the further files that an image of this variant consists of, beside a main file called `name` (a flat VMDK's data);
   * absent = none. Pure.
   */
  companions?(subformat: string, name: string): readonly string[];
  /**
   * Structural consistency beyond what opening needs: overlaps, leaks, out-of-range, checksums. Absent where there is no structure.
   * Reads tables, not data; constant memory. Damage that stops the walk is a finding, not an error.
   */
  check?(source: ByteSource, context: CheckContext): AsyncIterable<CheckFinding>;
}
