/**
 * VMware virtual disks ("Virtual Disk Format 5.0"): one file, or a descriptor with the extent files it names.
 *
 *   monolithicSparse, streamOptimized   one sparse extent with the descriptor inside it
 *   twoGbMaxExtentSparse                descriptor + sparse extents           ┐
 *   twoGbMaxExtentFlat, monolithicFlat  descriptor + flat extents             ├ parts in order make the disk
 *   vmfs                                descriptor + one flat extent (ESXi)   ┘
 *
 * Neighbours: descriptor.ts (text), sparse-header.ts (checks), sparse-extent.ts (tables and grains), structures.ts (bytes).
 */
import type { Fact } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import {
  assertInside,
  type BackingRef,
  type DiskReader,
  type Extent,
  type Format,
  mergeExtents,
  type OpenContext,
  READER_MERGE,
} from "../format.ts";
import { type Descriptor, looksLikeDescriptor, MAX_DESCRIPTOR_BYTES, parseDescriptor } from "./descriptor.ts";
import { createFlat, flatNameOf } from "./flat-writer.ts";
import { SparseExtent } from "./sparse-extent.ts";
import { readSparseLayout, type SparseLayout } from "./sparse-header.ts";
import { createSparse } from "./sparse-writer.ts";
import { createStream } from "./stream-writer.ts";
import { NO_PARENT, SECTOR_BYTES } from "./structures.ts";
import { FLAT_VARIANTS, VARIANTS } from "./variants.ts";

/** Magics of kinds of VMDK that are recognized in order to be refused by name. */
const REFUSED = [
  { name: "vmfsSparse (COWD)", magic: Buffer.from("COWD", "latin1") },
  { name: "seSparse", magic: Buffer.from("bebafeca00000000", "hex") },
] as const;

const HEAD_BYTES = 1024;

export const vmdk: Format = {
  info: {
    id: "vmdk",
    label: "VMDK image",
    extensions: ["vmdk"],
    can: { read: true, write: true, differencing: true, compressed: true },
    variants: VARIANTS,
  },
  probeBytes: { head: HEAD_BYTES, tail: 0 },
  probe: (head) =>
    startsWith(head, "KDMV") ||
    looksLikeDescriptor(head) ||
    REFUSED.some(({ magic }) => magic.equals(head.subarray(0, magic.length)))
      ? "yes"
      : "no",
  open,
  create: (target, plan, context) => {
    if (FLAT_VARIANTS.has(plan.subformat)) return createFlat(target, plan, context);
    return (plan.subformat === "streamOptimized" ? createStream : createSparse)(target, plan, context);
  },
  companions: (subformat, name) => (FLAT_VARIANTS.has(subformat) ? [flatNameOf(name)] : []),
};

async function open(source: ByteSource, context: OpenContext): Promise<DiskReader> {
  const head = new Uint8Array(Math.min(HEAD_BYTES, source.sizeBytes));
  await source.read(0, head);
  for (const { name, magic } of REFUSED) {
    if (magic.equals(head.subarray(0, magic.length))) {
      throw new AppError(
        "disk.unsupported",
        `${source.name} is a VMDK of kind ${name}, which this program cannot read`,
        {
          details: { file: source.name, structure: "magic", offset: 0 },
        },
      );
    }
  }
  return startsWith(head, "KDMV") ? openSparse(source) : openDescribed(source, context);
}

/** A piece of the disk, in order; `offset`s are counted from the piece's beginning. */
interface Part {
  readonly lengthBytes: number;
  readonly grainBytes: number;
  /** Bytes set aside for guest data where that is known without walking tables. */
  readonly allocatedBytes: number | null;
  extents(start: number, length: number): AsyncIterable<Extent>;
  read(offset: number, into: Uint8Array): Promise<void>;
}

/** One sparse file that is the disk. */
async function openSparse(source: ByteSource): Promise<DiskReader> {
  const layout = await readSparseLayout(source);
  const descriptor = await readEmbeddedDescriptor(source, layout);
  if (descriptor && (descriptor.extents.length > 1 || descriptor.extents.some(({ kind }) => kind !== "sparse"))) {
    throw new AppError(
      "disk.unsupported",
      `the descriptor inside ${source.name} describes extents in other files; only one sparse extent is supported there`,
      { details: { file: source.name, structure: "descriptor" } },
    );
  }
  const warnings =
    layout.header.uncleanShutdown === 0 ? [] : ["The disk was not closed cleanly; its last writes may be missing."];
  const described = descriptor?.extents[0]?.lengthBytes;
  if (described !== undefined && described !== layout.capacityBytes) {
    warnings.push(
      `The descriptor says ${described} bytes, the header ${layout.capacityBytes}; the header is believed.`,
    );
  }
  return reader(source, descriptor, [await sparsePart(source, layout, layout.capacityBytes)], [], {
    subformat: descriptor?.createType ?? "sparse extent without descriptor",
    facts: headerFacts(layout),
    warnings,
  });
}

async function readEmbeddedDescriptor(source: ByteSource, layout: SparseLayout): Promise<Descriptor | null> {
  const { descriptorOffset, descriptorSize } = layout.header;
  if (descriptorOffset === 0 || descriptorSize === 0) return null;
  return readDescriptor(source, descriptorOffset * SECTOR_BYTES, descriptorSize * SECTOR_BYTES);
}

/** A descriptor file and what it names. Extent files are opened once each, however often they are named. */
async function openDescribed(source: ByteSource, context: OpenContext): Promise<DiskReader> {
  const descriptor = await readDescriptor(source, 0, source.sizeBytes);
  if (descriptor.extents.length === 0) {
    throw new AppError("disk.damaged", `the descriptor ${source.name} names no extents`, {
      details: { file: source.name, structure: "descriptor" },
    });
  }
  const files = new Map<string, ByteSource>();
  const sparse = new Set<string>();
  try {
    const parts: Part[] = [];
    const warnings: string[] = [];
    let facts: Fact[] = [];
    for (const extent of descriptor.extents) {
      if (extent.kind === "zero") {
        parts.push(zeroPart(extent.lengthBytes));
        continue;
      }
      const file = files.get(extent.fileName) ?? (await context.openExtentFile(extent.fileName));
      files.set(extent.fileName, file);
      if (extent.kind === "flat") {
        parts.push(flatPart(file, extent.offsetBytes, extent.lengthBytes));
        continue;
      }
      if (sparse.has(file.name)) {
        // Its tables would be walked once for each time: a short descriptor could ask for hours of that.
        throw new AppError("disk.damaged", `the descriptor ${source.name} names the sparse extent ${file.name} twice`, {
          details: { file: source.name, structure: "descriptor" },
        });
      }
      sparse.add(file.name);
      const layout = await readSparseLayout(file);
      parts.push(await sparsePart(file, layout, extent.lengthBytes));
      if (facts.length === 0) facts = headerFacts(layout);
      if (layout.header.uncleanShutdown !== 0)
        warnings.push(`${extent.fileName} was not closed cleanly; last writes may be missing.`);
    }
    return reader(source, descriptor, parts, [...files.values()], {
      subformat: descriptor.createType,
      facts,
      warnings,
    });
  } catch (error) {
    for (const file of files.values()) await file.close();
    throw error;
  }
}

async function readDescriptor(source: ByteSource, atBytes: number, length: number): Promise<Descriptor> {
  const place = { file: source.name, structure: "descriptor", offset: atBytes };
  if (length > MAX_DESCRIPTOR_BYTES) {
    throw new AppError(
      "disk.too-large",
      `descriptor of ${source.name} at offset ${atBytes} has ${length} bytes; at most ${MAX_DESCRIPTOR_BYTES} are read`,
      { details: place },
    );
  }
  if (atBytes + length > source.sizeBytes) {
    throw new AppError(
      "disk.truncated",
      `descriptor of ${source.name} at offset ${atBytes} lies beyond the end of the file`,
      { details: place },
    );
  }
  const content = new Uint8Array(length);
  await source.read(atBytes, content);
  return parseDescriptor(content, source.name, atBytes);
}

async function sparsePart(source: ByteSource, layout: SparseLayout, lengthBytes: number): Promise<Part> {
  if (lengthBytes > layout.capacityBytes) {
    throw new AppError(
      "disk.damaged",
      `the descriptor says ${source.name} holds ${lengthBytes} bytes, its header says ${layout.capacityBytes}`,
      { details: { file: source.name, structure: "VMDK sparse header", field: "capacity" } },
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

function flatPart(source: ByteSource, offsetBytes: number, lengthBytes: number): Part {
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
    async *extents(start, length) {
      yield { start, length, state: source.allocatedBytes === 0 ? "zero" : "data" };
    },
    read: (offset, into) => source.read(offsetBytes + offset, into),
  };
}

function zeroPart(lengthBytes: number): Part {
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

interface About {
  readonly subformat: string;
  readonly facts: readonly Fact[];
  readonly warnings: readonly string[];
}

function reader(
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
    backing: descriptor ? backingOf(descriptor, source.name) : null,
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

function headerFacts(layout: SparseLayout): Fact[] {
  const { header } = layout;
  const fact = (name: string, value: string | number | bigint): Fact => ({
    group: "sparse header",
    name,
    value: String(value),
  });
  return [
    fact("version", header.version),
    fact("flags", `0x${header.flags.toString(16)}`),
    fact("capacity", `${header.capacity} sectors`),
    fact("grainSize", `${header.grainSize} sectors`),
    fact("numGTEsPerGT", header.numGTEsPerGT),
    fact("gdOffset", `sector ${header.gdOffset}${layout.directoryInFooter ? " (from the footer)" : ""}`),
    fact("rgdOffset", `sector ${header.rgdOffset}`),
    fact("compressAlgorithm", header.compressAlgorithm === 0 ? "0 (none)" : "1 (deflate)"),
    fact("uncleanShutdown", header.uncleanShutdown),
  ];
}

function startsWith(head: Uint8Array, magic: string): boolean {
  return Buffer.from(head.buffer, head.byteOffset, Math.min(magic.length, head.length)).toString("latin1") === magic;
}
