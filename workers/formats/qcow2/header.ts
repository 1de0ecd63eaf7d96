/** Reads the header with its extensions and refuses what cannot be read, by name, before anything relies on it. */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import {
  ENTRY_BYTES,
  EXTENSION,
  headerAdditional,
  headerExtension,
  headerV2,
  headerV3,
  INCOMPATIBLE,
  MAGIC,
  MAX_BACKING_NAME_BYTES,
  MAX_CLUSTER_BITS,
  MIN_CLUSTER_BITS,
} from "./structures.ts";

/** QEMU's own limit: 2 PiB of disk at the usual cluster size. */
const MAX_L1_BYTES = 32 * 1024 * 1024;
const MAX_HEADER_BYTES = 4096;
const MAX_EXTENSION_BYTES = 64 * 1024;
const MAX_EXTENSIONS = 64;

type HeaderV3 = ReturnType<(typeof headerV3)["decode"]>;

/** A checked header. For version 2 the version 3 fields have the values the specification gives for it. */
export interface Qcow2Header extends HeaderV3 {
  readonly clusterBytes: number;
  readonly backingName: string | null;
  readonly backingFormat: string | null;
  readonly hasBitmaps: boolean;
  readonly warnings: readonly string[];
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
  if (header.clusterBits < MIN_CLUSTER_BITS || header.clusterBits > MAX_CLUSTER_BITS) {
    throw refuse(
      "disk.damaged",
      "clusterBits",
      `${header.clusterBits} is not between ${MIN_CLUSTER_BITS} and ${MAX_CLUSTER_BITS}`,
    );
  }
  const clusterBytes = 2 ** header.clusterBits;
  if (
    header.headerLength < headerV2.sizeBytes ||
    header.headerLength > Math.min(MAX_HEADER_BYTES, clusterBytes) ||
    header.headerLength % 8 !== 0
  ) {
    throw refuse("disk.damaged", "headerLength", `${header.headerLength} is not possible`);
  }
  if (header.version === 3 && header.headerLength < headerV3.sizeBytes) {
    throw refuse("disk.damaged", "headerLength", `${header.headerLength} is less than version 3 needs`);
  }
  const extensions = await readExtensions(source, header, clusterBytes);
  const unknown = header.incompatibleFeatures & ~allKnown;
  if (unknown !== 0n) {
    throw refuse("disk.unsupported", "incompatibleFeatures", `needs ${describeBits(unknown, extensions.featureNames)}`);
  }
  const has = (bit: bigint): boolean => (header.incompatibleFeatures & bit) !== 0n;
  if (has(INCOMPATIBLE.externalDataFile)) {
    throw refuse("disk.unsupported", "incompatibleFeatures", "the data is in an external file, which is not supported");
  }
  if (has(INCOMPATIBLE.extendedL2)) {
    throw refuse("disk.unsupported", "incompatibleFeatures", "extended L2 entries (subclusters) are not supported");
  }
  if (has(INCOMPATIBLE.compressionType)) await assertZlib(source, header);
  if (header.cryptMethod !== 0) {
    const method =
      header.cryptMethod === 1 ? "AES" : header.cryptMethod === 2 ? "LUKS" : `method ${header.cryptMethod}`;
    throw refuse("disk.unsupported", "cryptMethod", `the image is encrypted (${method})`);
  }
  if (header.size === 0) throw refuse("disk.damaged", "size", "0: the disk has no size");
  const needed = Math.ceil(header.size / (clusterBytes * (clusterBytes / ENTRY_BYTES)));
  if (needed * ENTRY_BYTES > MAX_L1_BYTES || header.l1Size * ENTRY_BYTES > MAX_L1_BYTES) {
    throw refuse("disk.too-large", "l1Size", `an L1 table of more than ${MAX_L1_BYTES} bytes is not read`);
  }
  if (header.l1Size < needed)
    throw refuse("disk.damaged", "l1Size", `${header.l1Size} entries; the disk's size needs ${needed}`);
  if (header.l1TableOffset === 0 || header.l1TableOffset % clusterBytes !== 0) {
    throw refuse("disk.damaged", "l1TableOffset", `${header.l1TableOffset} is not the start of a cluster`);
  }
  if (header.l1TableOffset + needed * ENTRY_BYTES > source.sizeBytes) {
    throw refuse(
      "disk.truncated",
      "l1TableOffset",
      `the L1 table at ${header.l1TableOffset} lies beyond the end of the file (${source.sizeBytes} bytes)`,
    );
  }
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
    backingName: await readBackingName(source, header, clusterBytes, refuse),
    backingFormat: extensions.backingFormat,
    hasBitmaps: extensions.hasBitmaps,
    warnings,
  };
}

const allKnown = Object.values(INCOMPATIBLE).reduce((all, bit) => all | bit, 0n);

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

async function assertZlib(source: ByteSource, header: HeaderV3): Promise<void> {
  const atBytes = headerV3.sizeBytes;
  const what = "qcow2 additional header fields";
  if (header.headerLength < atBytes + headerAdditional.sizeBytes) {
    throw new AppError(
      "disk.damaged",
      `${what} of ${source.name}: there is no compression type, though a feature bit says so`,
      {
        details: { file: source.name, structure: what, offset: atBytes },
      },
    );
  }
  const stored = await readExactly(source, atBytes, headerAdditional.sizeBytes, what);
  const { compressionType } = headerAdditional.decode(stored, { file: source.name, atBytes });
  if (compressionType !== 0) {
    const name = compressionType === 1 ? "zstd" : `number ${compressionType}`;
    throw new AppError(
      "disk.unsupported",
      `${what} of ${source.name} at offset ${atBytes}: compression ${name} is not supported`,
      {
        details: { file: source.name, structure: what, field: "compressionType", offset: atBytes },
      },
    );
  }
}

interface Extensions {
  readonly backingFormat: string | null;
  readonly hasBitmaps: boolean;
  /** Bit of the incompatible features → its name, as the image gives it. */
  readonly featureNames: ReadonlyMap<number, string>;
}

/** The list behind the header: type, length, data padded to 8 bytes, until type 0 or the end of the header's cluster. */
async function readExtensions(source: ByteSource, header: HeaderV3, clusterBytes: number): Promise<Extensions> {
  const featureNames = new Map<number, string>();
  let backingFormat: string | null = null;
  let hasBitmaps = false;
  const what = "qcow2 header extension";
  const end = header.backingFileOffset > 0 ? Math.min(clusterBytes, header.backingFileOffset) : clusterBytes;
  let at = header.headerLength;
  for (let count = 0; at + headerExtension.sizeBytes <= Math.min(end, source.sizeBytes); count++) {
    const stored = await readExactly(source, at, headerExtension.sizeBytes, what);
    const { type, length } = headerExtension.decode(stored, { file: source.name, atBytes: at });
    if (type === EXTENSION.end) break;
    at += headerExtension.sizeBytes;
    if (length > MAX_EXTENSION_BYTES || at + length > end || count === MAX_EXTENSIONS) {
      throw new AppError(
        "disk.damaged",
        `${what} 0x${type.toString(16)} of ${source.name} at offset ${at} has ${length} bytes and does not fit the header`,
        { details: { file: source.name, structure: what, offset: at } },
      );
    }
    const data = await readExactly(source, at, length, what);
    if (type === EXTENSION.backingFormat) backingFormat = Buffer.from(data).toString("utf8");
    if (type === EXTENSION.bitmaps) hasBitmaps = true;
    if (type === EXTENSION.featureNames) readFeatureNames(data, featureNames);
    at += Math.ceil(length / 8) * 8;
  }
  return { backingFormat, hasBitmaps, featureNames };
}

/** Rows of 48 bytes: kind (0 = incompatible), bit, name. */
function readFeatureNames(data: Uint8Array, into: Map<number, string>): void {
  const rowBytes = 48;
  for (let at = 0; at + rowBytes <= data.length; at += rowBytes) {
    const [kind, bit] = [data[at] ?? 0, data[at + 1] ?? 0];
    const name = Buffer.from(data.subarray(at + 2, at + rowBytes))
      .toString("latin1")
      .replace(/\0.*$/s, "");
    if (kind === 0) into.set(bit, name);
  }
}

function describeBits(bits: bigint, names: ReadonlyMap<number, string>): string {
  const words: string[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if ((bits >> BigInt(bit)) & 1n)
      words.push(names.has(bit) ? `"${names.get(bit)}" (bit ${bit})` : `an unknown feature (bit ${bit})`);
  }
  return words.join(", ");
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

async function readExactly(source: ByteSource, atBytes: number, length: number, what: string): Promise<Uint8Array> {
  if (atBytes + length > source.sizeBytes) {
    throw new AppError(
      "disk.truncated",
      `${what} of ${source.name} at offset ${atBytes} lies beyond the end of the file (${source.sizeBytes} bytes)`,
      {
        details: { file: source.name, structure: what, offset: atBytes },
      },
    );
  }
  const bytes = new Uint8Array(length);
  await source.read(atBytes, bytes);
  return bytes;
}
