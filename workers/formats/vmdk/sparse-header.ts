/** Reads and checks the header (and for stream-optimized extents the footer) of a sparse extent before anything relies on it. */
import type { Fact } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { type GrainTables, grainProblem, HOLE, ZERO } from "./grain-map.ts";
import {
  COMPRESSION,
  FLAG,
  GD_AT_END,
  GTES_PER_GT,
  LINE_END_TEST,
  MARKER_TYPE,
  marker,
  SECTOR_BYTES,
  SPARSE_MAGIC,
  sparseHeader,
} from "./structures.ts";

/** Largest grain that is read; VMware and qemu-img write 64 KiB. */
const MAX_GRAIN_SECTORS = 4096;

/** 512 TiB at the usual grain; VMware's largest disk, 62 TiB, needs two million. A sparse file may hold any directory. */
const MAX_DIRECTORY_ENTRIES = 2 ** 24;

const KNOWN_FLAGS =
  FLAG.lineEndTest | FLAG.redundantGrainTable | FLAG.zeroedGrain | FLAG.compressedGrains | FLAG.markers;

type SparseHeader = ReturnType<(typeof sparseHeader)["decode"]>;

/** A checked header. */
export interface SparseLayout extends GrainTables {
  readonly header: SparseHeader;
  readonly directoryInFooter: boolean;
}

/**
 * @throws AppError disk.damaged, disk.unsupported, disk.too-large, disk.truncated naming the field
 */
export async function readSparseLayout(source: ByteSource): Promise<SparseLayout> {
  const first = await readHeader(source, 0, "VMDK sparse header");
  const atEnd = first.gdOffset === GD_AT_END;
  const header = atEnd ? await readFooter(source) : first;
  const where = atEnd ? "footer" : "header";
  const refuse = (code: "disk.damaged" | "disk.unsupported" | "disk.too-large", field: FieldName, what: string) =>
    refusal(code, source.name, where, field, atEnd ? source.sizeBytes - 2 * SECTOR_BYTES : 0, what);

  if (header.version < 1 || header.version > 3)
    throw refuse("disk.unsupported", "version", `${header.version} is not known`);
  const unknown = header.flags & ~KNOWN_FLAGS;
  if (unknown !== 0n) throw refuse("disk.unsupported", "flags", `bits 0x${unknown.toString(16)} are not known`);
  if (header.flags & FLAG.lineEndTest && Buffer.compare(header.lineEndTest, LINE_END_TEST) !== 0) {
    throw refuse("disk.damaged", "lineEndTest", "line ends were changed: the file was transferred in text mode");
  }
  const compressed = (header.flags & FLAG.compressedGrains) !== 0n;
  if (header.compressAlgorithm > COMPRESSION.deflate) {
    throw refuse("disk.unsupported", "compressAlgorithm", `${header.compressAlgorithm} is not known`);
  }
  if (compressed !== (header.compressAlgorithm === COMPRESSION.deflate)) {
    throw refuse("disk.damaged", "compressAlgorithm", "does not agree with the flag for compressed grains");
  }
  if (compressed && !(header.flags & FLAG.markers)) {
    throw refuse("disk.unsupported", "flags", "compressed grains without markers are not supported");
  }
  const { capacity, grainSize, numGTEsPerGT } = header;
  if (!isPowerOfTwo(grainSize) || grainSize > MAX_GRAIN_SECTORS) {
    throw refuse("disk.damaged", "grainSize", `${grainSize} is not a power of two up to ${MAX_GRAIN_SECTORS} sectors`);
  }
  if (!isPowerOfTwo(numGTEsPerGT) || numGTEsPerGT > GTES_PER_GT) {
    throw refuse("disk.damaged", "numGTEsPerGT", `${numGTEsPerGT} is not a power of two up to ${GTES_PER_GT}`);
  }
  const capacityBytes = capacity * SECTOR_BYTES;
  if (!Number.isSafeInteger(capacityBytes))
    throw refuse("disk.too-large", "capacity", `${capacity} sectors is beyond 2^53 bytes`);
  if (capacity === 0) throw refuse("disk.damaged", "capacity", "0: the disk has no size");
  const directoryAtBytes = Number(header.gdOffset) * SECTOR_BYTES;
  if (directoryAtBytes === 0) throw refuse("disk.damaged", "gdOffset", "0: there is no grain directory");
  const directoryEntries = Math.ceil(capacity / (grainSize * numGTEsPerGT));
  if (directoryEntries > MAX_DIRECTORY_ENTRIES) {
    throw refuse("disk.too-large", "capacity", `needs a grain directory of more than ${MAX_DIRECTORY_ENTRIES} entries`);
  }
  if (directoryAtBytes + directoryEntries * 4 > source.sizeBytes) {
    throw new AppError(
      "disk.truncated",
      `grain directory of ${source.name} (${directoryEntries} entries at offset ${directoryAtBytes}) lies beyond the end of the file (${source.sizeBytes} bytes)`,
      { details: { file: source.name, structure: "grain directory", offset: directoryAtBytes } },
    );
  }
  /** A table entry of 1 means "reads as zeros". */
  const zeroedGrains = (header.flags & FLAG.zeroedGrain) !== 0n;
  return {
    header,
    capacityBytes,
    grainBytes: grainSize * SECTOR_BYTES,
    entriesPerTable: numGTEsPerGT,
    entryBytes: 4,
    directoryAtBytes,
    directoryEntries,
    compressed,
    directoryInFooter: atEnd,
    tableAt: (view, at) => view.getUint32(at, true) * SECTOR_BYTES,
    grainAt(view, at, grain) {
      const sector = view.getUint32(at, true);
      if (sector > 1) return sector * SECTOR_BYTES;
      if (sector === 0) return HOLE;
      if (zeroedGrains) return ZERO;
      throw grainProblem("disk.damaged", source, grain, SECTOR_BYTES, "lies inside the header");
    },
  };
}

/** The header by the specification's names. */
export function headerFacts(layout: SparseLayout): Fact[] {
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

type FieldName = keyof (typeof sparseHeader)["offsets"];

async function readHeader(source: ByteSource, atBytes: number, what: string): Promise<SparseHeader> {
  const sector = await readSector(source, atBytes, what);
  if (new DataView(sector.buffer).getUint32(0, true) !== SPARSE_MAGIC) {
    throw new AppError("disk.damaged", `${what} of ${source.name} at offset ${atBytes} does not begin with "KDMV"`, {
      details: { file: source.name, structure: what, offset: atBytes },
    });
  }
  return sparseHeader.decode(sector, { file: source.name, atBytes });
}

/** The last three sectors of a stream: footer marker, footer, end-of-stream marker. */
async function readFooter(source: ByteSource) {
  const atBytes = source.sizeBytes - 2 * SECTOR_BYTES;
  const markerAt = atBytes - SECTOR_BYTES;
  const before = marker.decode(await readSector(source, markerAt, "footer marker"), {
    file: source.name,
    atBytes: markerAt,
  });
  if (before.size !== 0 || before.type !== MARKER_TYPE.footer) {
    throw new AppError(
      "disk.truncated",
      `${source.name} does not end with a footer (none at offset ${markerAt}): the stream was cut short`,
      { details: { file: source.name, structure: "footer marker", offset: markerAt } },
    );
  }
  const footer = await readHeader(source, atBytes, "footer");
  if (footer.gdOffset === GD_AT_END) {
    throw refusal(
      "disk.damaged",
      source.name,
      "footer",
      "gdOffset",
      atBytes,
      "does not say where the grain directory is",
    );
  }
  const endAt = atBytes + SECTOR_BYTES;
  const end = marker.decode(await readSector(source, endAt, "end-of-stream marker"), {
    file: source.name,
    atBytes: endAt,
  });
  if (end.value !== 0 || end.size !== 0 || end.type !== MARKER_TYPE.endOfStream) {
    throw new AppError("disk.damaged", `${source.name} has no end-of-stream marker at offset ${endAt}`, {
      details: { file: source.name, structure: "end-of-stream marker", offset: endAt },
    });
  }
  return footer;
}

async function readSector(source: ByteSource, atBytes: number, what: string): Promise<Uint8Array> {
  if (atBytes < 0 || atBytes + SECTOR_BYTES > source.sizeBytes) {
    throw new AppError("disk.truncated", `${source.name} (${source.sizeBytes} bytes) is too short for its ${what}`, {
      details: { file: source.name, structure: what, offset: Math.max(0, atBytes) },
    });
  }
  const sector = new Uint8Array(SECTOR_BYTES);
  await source.read(atBytes, sector);
  return sector;
}

function refusal(
  code: "disk.damaged" | "disk.unsupported" | "disk.too-large",
  file: string,
  where: string,
  field: FieldName,
  headerAt: number,
  what: string,
): AppError {
  const offset = headerAt + sparseHeader.offsets[field];
  return new AppError(code, `VMDK sparse ${where} of ${file}: ${field} at offset ${offset}: ${what}`, {
    details: { file, structure: `VMDK sparse ${where}`, field, offset },
  });
}

function isPowerOfTwo(value: number): boolean {
  return value >= 1 && Number.isInteger(Math.log2(value));
}
