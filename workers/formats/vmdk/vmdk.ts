/**
 * VMware virtual disks ("Virtual Disk Format 5.0"): one file, or a descriptor with the extent files it names.
 *
 *   monolithicSparse, streamOptimized   one sparse extent with the descriptor inside it
 *   twoGbMaxExtentSparse                descriptor + sparse extents           ┐
 *   twoGbMaxExtentFlat, monolithicFlat  descriptor + flat extents             │ parts in order make the disk
 *   vmfs                                descriptor + one flat extent (ESXi)   │
 *   vmfsSparse, seSparse                descriptor + one sparse extent (ESXi) ┘
 *
 * Reading: descriptor.ts (text), sparse-header.ts, cowd.ts, se-sparse.ts (what says where grains are), grain-map.ts (tables),
 * sparse-extent.ts (grains), parts.ts (the disk), stream-reader.ts (from a pipe). Writing: variants.ts, sparse-writer.ts,
 * stream-writer.ts, flat-writer.ts, descriptor-text.ts.
 */
import type { Fact } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import type { DiskReader, Format, OpenContext } from "../format.ts";
import { COWD_MAGIC, readCowd } from "./cowd.ts";
import {
  type Descriptor,
  looksLikeDescriptor,
  MAX_DESCRIPTOR_BYTES,
  parseDescriptor,
  type SparseType,
} from "./descriptor.ts";
import { createFlat, flatNameOf } from "./flat-writer.ts";
import type { GrainTables } from "./grain-map.ts";
import { diskOf, flatPart, type Part, sparsePart, zeroPart } from "./parts.ts";
import { readSeSparse, SE_SPARSE_MAGIC } from "./se-sparse.ts";
import { headerFacts, readSparseLayout, type SparseLayout } from "./sparse-header.ts";
import { createSparse } from "./sparse-writer.ts";
import { createStream } from "./stream-writer.ts";
import { SECTOR_BYTES, SPARSE_MAGIC } from "./structures.ts";
import { FLAT_VARIANTS, VARIANTS } from "./variants.ts";

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
  probe: (head) => (extentTypeOf(head) !== null || looksLikeDescriptor(head) ? "yes" : "no"),
  open,
  create: (target, plan, context) => {
    if (FLAT_VARIANTS.has(plan.subformat)) return createFlat(target, plan, context);
    return (plan.subformat === "streamOptimized" ? createStream : createSparse)(target, plan, context);
  },
  companions: (subformat, name) => (FLAT_VARIANTS.has(subformat) ? [flatNameOf(name)] : []),
};

/** The kind of sparse extent that begins like this; null where none does. */
function extentTypeOf(head: Uint8Array): SparseType | null {
  if (head.length < 8) return null;
  const view = new DataView(head.buffer, head.byteOffset, 8);
  const magic = view.getUint32(0, true);
  if (magic === SPARSE_MAGIC) return "SPARSE";
  if (magic === COWD_MAGIC) return "VMFSSPARSE";
  return view.getBigUint64(0, true) === SE_SPARSE_MAGIC ? "SESPARSE" : null;
}

async function open(source: ByteSource, context: OpenContext): Promise<DiskReader> {
  const head = new Uint8Array(Math.min(HEAD_BYTES, source.sizeBytes));
  await source.read(0, head);
  const type = extentTypeOf(head);
  if (type === null) return openDescribed(source, context);
  return type === "SPARSE" ? openSparse(source) : openBare(source, type);
}

/** Where the grains of a sparse extent are, and what its header says besides. */
interface SparseParts {
  readonly tables: GrainTables;
  readonly facts: readonly Fact[];
  readonly warnings: readonly string[];
  /** Name of the parent as the header gives it. */
  readonly parentName: string | null;
}

async function readExtent(source: ByteSource, type: SparseType): Promise<SparseParts> {
  if (type === "VMFSSPARSE") return readCowd(source);
  if (type === "SESPARSE") return { ...(await readSeSparse(source)), warnings: [], parentName: null };
  const layout = await readSparseLayout(source);
  const open = layout.header.uncleanShutdown !== 0;
  const warnings = open ? ["The disk was not closed cleanly; its last writes may be missing."] : [];
  return { tables: layout, facts: headerFacts(layout), warnings, parentName: null };
}

/** A sparse extent of ESXi without the descriptor that says what it stands on. */
async function openBare(source: ByteSource, type: SparseType): Promise<DiskReader> {
  const { tables, facts, warnings, parentName } = await readExtent(source, type);
  const warning = "This is an extent without its descriptor: a snapshot's lacks what its parent holds.";
  return diskOf(source, null, [await sparsePart(source, tables, tables.capacityBytes)], [], {
    subformat: type === "VMFSSPARSE" ? "vmfsSparse" : "seSparse",
    backing: parentName === null ? null : { name: parentName, format: "vmdk", mark: null },
    facts,
    warnings: [...warnings, ...(parentName === null ? [warning] : [])],
  });
}

/** One sparse file that is the disk. */
async function openSparse(source: ByteSource): Promise<DiskReader> {
  const layout = await readSparseLayout(source);
  const descriptor = await readEmbeddedDescriptor(source, layout);
  const inside = descriptor?.extents.filter((one) => one.kind === "sparse" && one.type === "SPARSE");
  if (descriptor && (descriptor.extents.length > 1 || inside?.length !== descriptor.extents.length)) {
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
  return diskOf(source, descriptor, [await sparsePart(source, layout, layout.capacityBytes)], [], {
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
    let facts: readonly Fact[] = [];
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
      const found = await readExtent(file, extent.type);
      parts.push(await sparsePart(file, found.tables, extent.lengthBytes));
      if (facts.length === 0) facts = found.facts;
      warnings.push(...found.warnings.map((warning) => `${extent.fileName}: ${warning}`));
    }
    return diskOf(source, descriptor, parts, [...files.values()], {
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
