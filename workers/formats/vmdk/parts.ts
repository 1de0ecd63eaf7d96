/** The pieces that a VMDK is made of, and the disk they make in their order. */
import type { Fact } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import {
  assertInside,
  type BackingRef,
  type DiskReader,
  type Extent,
  mergeExtents,
  READER_MERGE,
  storedExtents,
} from "../format.ts";
import type { Descriptor } from "./descriptor.ts";
import type { GrainTables } from "./grain-map.ts";
import { SparseExtent } from "./sparse-extent.ts";
import { NO_PARENT, SECTOR_BYTES } from "./structures.ts";

/** A piece of the disk, in order; `offset`s are counted from the piece's beginning. */
export interface Part {
  readonly lengthBytes: number;
  readonly grainBytes: number;
  /** Bytes set aside for guest data where that is known without walking tables. */
  readonly allocatedBytes: number | null;
  extents(start: number, length: number): AsyncIterable<Extent>;
  read(offset: number, into: Uint8Array): Promise<void>;
}

/**
 * A sparse extent whose header was read.
 * @param lengthBytes what the disk has of it
 * @throws AppError disk.damaged, disk.truncated
 */
export async function sparsePart(source: ByteSource, layout: GrainTables, lengthBytes: number): Promise<Part> {
  if (lengthBytes > layout.capacityBytes) {
    throw new AppError(
      "disk.damaged",
      `the descriptor says ${source.name} holds ${lengthBytes} bytes, its header says ${layout.capacityBytes}`,
      { details: { file: source.name, structure: "sparse header", field: "capacity" } },
    );
  }
  const extent = new SparseExtent(source, layout);
  await extent.assertDirectoryFits();
  return {
    lengthBytes,
    grainBytes: layout.grainBytes,
    allocatedBytes: null,
    extents: (start, length) => extent.extents(start, length),
    read: (offset, into) => extent.read(offset, into),
  };
}

/** @throws AppError disk.truncated */
export function flatPart(source: ByteSource, offsetBytes: number, lengthBytes: number): Part {
  if (offsetBytes + lengthBytes > source.sizeBytes) {
    throw new AppError(
      "disk.truncated",
      `flat extent ${source.name} has ${source.sizeBytes} bytes; the descriptor says ${lengthBytes} from offset ${offsetBytes}`,
      { details: { file: source.name, structure: "flat extent", offset: source.sizeBytes } },
    );
  }
  const whole = offsetBytes === 0 && lengthBytes === source.sizeBytes;
  return {
    lengthBytes,
    grainBytes: SECTOR_BYTES,
    allocatedBytes: whole && source.allocatedBytes !== null ? Math.min(source.allocatedBytes, lengthBytes) : null,
    extents: (start, length) => storedExtents(source, offsetBytes + start, start, length, "zero"),
    read: (offset, into) => source.read(offsetBytes + offset, into),
  };
}

export function zeroPart(lengthBytes: number): Part {
  return {
    lengthBytes,
    grainBytes: SECTOR_BYTES,
    allocatedBytes: 0,
    async *extents(start, length) {
      yield { start, length, state: "zero" };
    },
    async read(_, into) {
      into.fill(0);
    },
  };
}

/** What the image says of itself. */
export interface About {
  readonly subformat: string;
  /** Null where the descriptor says. */
  readonly backing?: BackingRef | null;
  readonly facts: readonly Fact[];
  readonly warnings: readonly string[];
}

/**
 * The disk that `parts` make in their order.
 * @param files what was opened besides `source`
 * @throws AppError disk.too-large
 */
export function diskOf(
  source: ByteSource,
  descriptor: Descriptor | null,
  parts: readonly Part[],
  files: readonly ByteSource[],
  about: About,
): DiskReader {
  const starts: number[] = [];
  let virtualSizeBytes = 0;
  for (const part of parts) {
    starts.push(virtualSizeBytes);
    virtualSizeBytes += part.lengthBytes;
  }
  if (!Number.isSafeInteger(virtualSizeBytes)) {
    throw new AppError("disk.too-large", `the extents of ${source.name} add up to more than 2^53 bytes`);
  }
  /** The parts that [start, start+length) touches, with the range inside each. */
  function* touched(
    start: number,
    length: number,
  ): Iterable<{ part: Part; from: number; length: number; base: number }> {
    for (const [index, part] of parts.entries()) {
      const base = starts[index] ?? 0;
      const from = Math.max(start, base);
      const to = Math.min(start + length, base + part.lengthBytes);
      if (from < to) yield { part, from: from - base, length: to - from, base };
    }
  }
  async function* extents(start: number, length: number): AsyncIterable<Extent> {
    for (const piece of touched(start, length)) {
      for await (const one of piece.part.extents(piece.from, piece.length)) {
        yield { start: piece.base + one.start, length: one.length, state: one.state };
      }
    }
  }
  const known = parts.map((part) => part.allocatedBytes);
  return {
    format: "vmdk",
    subformat: about.subformat,
    virtualSizeBytes,
    grainBytes: Math.min(...parts.map((part) => part.grainBytes)),
    backing: descriptor ? backingOf(descriptor, source.name) : (about.backing ?? null),
    mark: descriptor?.cid ?? null,
    snapshots: [],
    facts: [...about.facts, ...(descriptor?.entries ?? []).map((entry) => ({ group: "descriptor", ...entry }))],
    warnings: about.warnings,
    allocatedBytes: known.reduce(
      (sum, bytes) => (sum === null || bytes === null ? null : sum + bytes),
      0 as number | null,
    ),
    files,
    async *extents(start, length) {
      assertInside(source.name, virtualSizeBytes, start, length);
      yield* mergeExtents(extents(start, length), READER_MERGE);
    },
    async read(offset, into) {
      assertInside(source.name, virtualSizeBytes, offset, into.length);
      for (const piece of touched(offset, into.length)) {
        const at = piece.base + piece.from - offset;
        await piece.part.read(piece.from, into.subarray(at, at + piece.length));
      }
    },
    async close() {
      for (const file of files) await file.close();
    },
  };
}

/** A child says so by the content ID of its parent, or (where that is missing) at least by the parent's name. */
function backingOf({ parentCid, parentFileNameHint }: Descriptor, file: string): BackingRef | null {
  if (parentCid === NO_PARENT) return null;
  if (parentFileNameHint) return { name: parentFileNameHint, format: "vmdk", mark: parentCid };
  if (parentCid === null) return null;
  throw new AppError("disk.damaged", `the descriptor of ${file} has parentCID ${parentCid} but no parentFileNameHint`, {
    details: { file, structure: "descriptor", field: "parentFileNameHint" },
  });
}
