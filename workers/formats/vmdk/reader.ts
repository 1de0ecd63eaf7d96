/** Opens a VMDK: one file, or a descriptor with the extent files it names. */
import type { Fact } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import type { DiskReader, OpenContext } from "../format.ts";
import { type Descriptor, readDescriptor, type SparseType } from "./descriptor.ts";
import { readExtent } from "./extent-kind.ts";
import { diskOf, flatPart, type Part, sparsePart, zeroPart } from "./parts.ts";
import { extentTypeOf, HEAD_BYTES } from "./recognize.ts";
import { headerFacts, readSparseLayout, type SparseLayout } from "./sparse-header.ts";
import { SECTOR_BYTES } from "./structures.ts";

/** @throws AppError disk.* naming the structure and offset; as `openExtentFile` */
export async function openVmdk(source: ByteSource, context: OpenContext): Promise<DiskReader> {
  const head = new Uint8Array(Math.min(HEAD_BYTES, source.sizeBytes));
  await source.read(0, head);
  const type = extentTypeOf(head);
  if (type === null) return openDescribed(source, context);
  return type === "SPARSE" ? openSparse(source) : openBare(source, type);
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
