/** Reads the header and refuses what cannot be read, by name, before anything relies on it. */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { type BitmapsExtension, describeFeatures, readExactly, readExtensions } from "./extensions.ts";
import {
  AUTOCLEAR,
  COMPRESSION_TYPE,
  ENTRY_BYTES,
  EXTENDED_ENTRY_BYTES,
  headerAdditional,
  headerV2,
  headerV3,
  INCOMPATIBLE,
  MAGIC,
  MAX_BACKING_NAME_BYTES,
  MAX_CLUSTER_BITS,
  MIN_CLUSTER_BITS,
  MIN_EXTENDED_CLUSTER_BITS,
} from "./structures.ts";

/** QEMU's own limit: 2 PiB of disk at the usual cluster size. */
const MAX_L1_BYTES = 32 * 1024 * 1024;
const MAX_HEADER_BYTES = 4096;

type HeaderV3 = ReturnType<(typeof headerV3)["decode"]>;

/** A checked header. For version 2 the version 3 fields have the values the specification gives for it. */
export interface Qcow2Header extends HeaderV3 {
  readonly clusterBytes: number;
  /** Of an L2 entry: twice the usual with subclusters. */
  readonly entryBytes: number;
  readonly compression: "zlib" | "zstd";
  readonly extendedL2: boolean;
  /** The file that holds the guest's clusters; null = this one. */
  readonly dataFileName: string | null;
  readonly backingName: string | null;
  readonly backingFormat: string | null;
  readonly bitmaps: BitmapsExtension | null;
  readonly warnings: readonly string[];
}

/** One state of the disk: the active one, or a snapshot's. */
export interface Layer {
  readonly virtualSizeBytes: number;
  readonly l1AtBytes: number;
  readonly l1Size: number;
}

type Code = "disk.damaged" | "disk.unsupported" | "disk.too-large" | "disk.truncated";

/** @throws AppError disk.* naming the field and its offset */
export async function readHeader(source: ByteSource): Promise<Qcow2Header> {
  const refuse = (code: Code, field: keyof HeaderV3, what: string): AppError => {
    const offset = headerV3.offsets[field];
    return new AppError(code, `qcow2 header of ${source.name}: ${field} at offset ${offset}: ${what}`, {
      details: { file: source.name, structure: "qcow2 header", field, offset },
    });
  };
  const header = await readFields(source);
  if (header.version !== 2 && header.version !== 3) {
    throw refuse("disk.unsupported", "version", `${header.version} is not known`);
  }
  const { clusterBits, headerLength } = header;
  if (clusterBits < MIN_CLUSTER_BITS || clusterBits > MAX_CLUSTER_BITS) {
    const range = `between ${MIN_CLUSTER_BITS} and ${MAX_CLUSTER_BITS}`;
    throw refuse("disk.damaged", "clusterBits", `${clusterBits} is not ${range}`);
  }
  const clusterBytes = 2 ** clusterBits;
  const mostBytes = Math.min(MAX_HEADER_BYTES, clusterBytes);
  if (headerLength < headerV2.sizeBytes || headerLength > mostBytes || headerLength % 8 !== 0) {
    throw refuse("disk.damaged", "headerLength", `${headerLength} is not possible`);
  }
  if (header.version === 3 && headerLength < headerV3.sizeBytes) {
    throw refuse("disk.damaged", "headerLength", `${headerLength} is less than version 3 needs`);
  }
  const extensionsEnd = header.backingFileOffset > 0 ? Math.min(clusterBytes, header.backingFileOffset) : clusterBytes;
  const extensions = await readExtensions(source, headerLength, extensionsEnd);
  const unknown = header.incompatibleFeatures & ~allKnown;
  if (unknown !== 0n) {
    const words = `needs ${describeFeatures(unknown, extensions.featureNames)}`;
    throw refuse("disk.unsupported", "incompatibleFeatures", words);
  }
  const has = (bit: bigint): boolean => (header.incompatibleFeatures & bit) !== 0n;
  const extendedL2 = has(INCOMPATIBLE.extendedL2);
  if (extendedL2 && clusterBits < MIN_EXTENDED_CLUSTER_BITS) {
    throw refuse("disk.damaged", "clusterBits", `${clusterBits} is too little for extended L2 entries`);
  }
  const external = has(INCOMPATIBLE.externalDataFile);
  if (external && !extensions.dataFileName) {
    throw refuse("disk.damaged", "incompatibleFeatures", "the data is in an external file whose name is not said");
  }
  if (header.cryptMethod !== 0) {
    const method = CRYPT_METHODS[header.cryptMethod] ?? `method ${header.cryptMethod}`;
    throw refuse("disk.unsupported", "cryptMethod", `the image is encrypted (${method})`);
  }
  if (header.size === 0) throw refuse("disk.damaged", "size", "0: the disk has no size");
  const entryBytes = extendedL2 ? EXTENDED_ENTRY_BYTES : ENTRY_BYTES;
  const layer = { virtualSizeBytes: header.size, l1AtBytes: header.l1TableOffset, l1Size: header.l1Size };
  assertL1(source, layer, clusterBytes, entryBytes, refuse);
  const warnings: string[] = [];
  if (has(INCOMPATIBLE.dirty))
    warnings.push("The image was not closed cleanly (dirty bit); its reference counts may be wrong.");
  if (has(INCOMPATIBLE.corrupt)) {
    warnings.push(
      "The image is marked as corrupt by the program that wrote it: parts of it may be wrong. Repair it first.",
    );
  }
  return {
    ...header,
    clusterBytes,
    entryBytes,
    extendedL2,
    compression: has(INCOMPATIBLE.compressionType) ? await readCompression(source, header) : "zlib",
    dataFileName: external ? extensions.dataFileName : null,
    backingName: await readBackingName(source, header, clusterBytes, refuse),
    backingFormat: extensions.backingFormat,
    bitmaps: extensions.bitmaps,
    warnings,
  };
}

const allKnown = Object.values(INCOMPATIBLE).reduce((all, bit) => all | bit, 0n);

const CRYPT_METHODS: Readonly<Record<number, string>> = { 1: "AES", 2: "LUKS" };

/** How many entries the L1 table of a disk of that size has at least. */
export function neededL1Entries(virtualSizeBytes: number, clusterBytes: number, entryBytes: number): number {
  return Math.ceil(virtualSizeBytes / (clusterBytes * (clusterBytes / entryBytes)));
}

/** An L1 table that maps all of its layer and lies inside the file. @throws AppError what `refuse` makes */
export function assertL1(
  source: ByteSource,
  { virtualSizeBytes, l1AtBytes, l1Size }: Layer,
  clusterBytes: number,
  entryBytes: number,
  refuse: (code: Code, field: "l1Size" | "l1TableOffset", what: string) => AppError,
): void {
  const needed = neededL1Entries(virtualSizeBytes, clusterBytes, entryBytes);
  if (needed * ENTRY_BYTES > MAX_L1_BYTES || l1Size * ENTRY_BYTES > MAX_L1_BYTES) {
    throw refuse("disk.too-large", "l1Size", `an L1 table of more than ${MAX_L1_BYTES} bytes is not read`);
  }
  if (l1Size < needed) throw refuse("disk.damaged", "l1Size", `${l1Size} entries; the disk's size needs ${needed}`);
  if (l1AtBytes === 0 || l1AtBytes % clusterBytes !== 0) {
    throw refuse("disk.damaged", "l1TableOffset", `${l1AtBytes} is not the start of a cluster`);
  }
  if (l1AtBytes + needed * ENTRY_BYTES > source.sizeBytes) {
    throw refuse(
      "disk.truncated",
      "l1TableOffset",
      `the L1 table at ${l1AtBytes} lies beyond the end of the file (${source.sizeBytes} bytes)`,
    );
  }
}

/** The external data file holds the guest's bytes each in its own place. */
export function isRawDataFile(header: Qcow2Header): boolean {
  return header.dataFileName !== null && (header.autoclearFeatures & AUTOCLEAR.rawExternalData) !== 0n;
}

async function readFields(source: ByteSource): Promise<HeaderV3> {
  const place = { file: source.name, atBytes: 0 };
  const head = new Uint8Array(Math.min(headerV3.sizeBytes, source.sizeBytes));
  await source.read(0, head);
  if (head.length >= 4 && new DataView(head.buffer).getUint32(0) !== MAGIC) {
    throw new AppError("disk.damaged", `${source.name} does not begin with the magic of qcow2`, {
      details: { file: source.name, structure: "qcow2 header", field: "magic", offset: 0 },
    });
  }
  const start = headerV2.decode(head, place);
  if (start.version !== 2) return headerV3.decode(head, place);
  return {
    ...start,
    incompatibleFeatures: 0n,
    compatibleFeatures: 0n,
    autoclearFeatures: 0n,
    refcountOrder: 4,
    headerLength: headerV2.sizeBytes,
  };
}

async function readCompression(source: ByteSource, header: HeaderV3): Promise<"zlib" | "zstd"> {
  const atBytes = headerV3.sizeBytes;
  const what = "qcow2 additional header fields";
  const problem = (code: Code, words: string): AppError =>
    new AppError(code, `${what} of ${source.name} at offset ${atBytes}: ${words}`, {
      details: { file: source.name, structure: what, field: "compressionType", offset: atBytes },
    });
  if (header.headerLength < atBytes + headerAdditional.sizeBytes) {
    throw problem("disk.damaged", "there is no compression type, though a feature bit says so");
  }
  const stored = await readExactly(source, atBytes, headerAdditional.sizeBytes, what);
  const { compressionType } = headerAdditional.decode(stored, { file: source.name, atBytes });
  if (compressionType === COMPRESSION_TYPE.zlib) return "zlib";
  if (compressionType === COMPRESSION_TYPE.zstd) return "zstd";
  throw problem("disk.unsupported", `compression number ${compressionType} is not supported`);
}

async function readBackingName(
  source: ByteSource,
  header: HeaderV3,
  clusterBytes: number,
  refuse: (code: Code, field: keyof HeaderV3, what: string) => AppError,
): Promise<string | null> {
  const { backingFileOffset, backingFileSize } = header;
  if (backingFileOffset === 0) return null;
  if (backingFileSize === 0 || backingFileSize > MAX_BACKING_NAME_BYTES) {
    throw refuse(
      "disk.damaged",
      "backingFileSize",
      `${backingFileSize} is not between 1 and ${MAX_BACKING_NAME_BYTES}`,
    );
  }
  if (backingFileOffset + backingFileSize > clusterBytes) {
    throw refuse(
      "disk.damaged",
      "backingFileOffset",
      `${backingFileOffset}: the name does not lie in the first cluster`,
    );
  }
  return Buffer.from(await readExactly(source, backingFileOffset, backingFileSize, "qcow2 backing file name")).toString(
    "utf8",
  );
}
