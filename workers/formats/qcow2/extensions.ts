/** The list behind the header ("Header extensions"): type, length, data padded to 8 bytes, until type 0 or the header's end. */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { bitmapsExtension, EXTENSION, headerExtension } from "./structures.ts";

const MAX_EXTENSION_BYTES = 64 * 1024;
const MAX_EXTENSIONS = 64;

/** Where the bitmap directory is ("Bitmaps extension"). */
export type BitmapsExtension = ReturnType<(typeof bitmapsExtension)["decode"]>;

export interface Extensions {
  readonly backingFormat: string | null;
  /** Name of the external data file as the image gives it. */
  readonly dataFileName: string | null;
  readonly bitmaps: BitmapsExtension | null;
  /** Bit of the incompatible features → its name, as the image gives it. */
  readonly featureNames: ReadonlyMap<number, string>;
}

/** @param endBytes where the extensions end at the latest @throws AppError disk.damaged, disk.truncated */
export async function readExtensions(source: ByteSource, startBytes: number, endBytes: number): Promise<Extensions> {
  const featureNames = new Map<number, string>();
  let backingFormat: string | null = null;
  let dataFileName: string | null = null;
  let bitmaps: BitmapsExtension | null = null;
  const what = "qcow2 header extension";
  let at = startBytes;
  for (let count = 0; at + headerExtension.sizeBytes <= Math.min(endBytes, source.sizeBytes); count++) {
    const stored = await readExactly(source, at, headerExtension.sizeBytes, what);
    const { type, length } = headerExtension.decode(stored, { file: source.name, atBytes: at });
    if (type === EXTENSION.end) break;
    at += headerExtension.sizeBytes;
    if (length > MAX_EXTENSION_BYTES || at + length > endBytes || count === MAX_EXTENSIONS) {
      throw new AppError(
        "disk.damaged",
        `${what} 0x${type.toString(16)} of ${source.name} at offset ${at} has ${length} bytes and does not fit the header`,
        { details: { file: source.name, structure: what, offset: at } },
      );
    }
    const data = await readExactly(source, at, length, what);
    if (type === EXTENSION.backingFormat) backingFormat = Buffer.from(data).toString("utf8");
    if (type === EXTENSION.externalDataFile) dataFileName = Buffer.from(data).toString("utf8");
    if (type === EXTENSION.bitmaps) bitmaps = bitmapsExtension.decode(data, { file: source.name, atBytes: at });
    if (type === EXTENSION.featureNames) readFeatureNames(data, featureNames);
    at += Math.ceil(length / 8) * 8;
  }
  return { backingFormat, dataFileName, bitmaps, featureNames };
}

/** "Feature name table": rows of 48 bytes: kind (0 = incompatible), bit, name. */
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

/** What the set bits of `bits` are called, for a message. */
export function describeFeatures(bits: bigint, names: ReadonlyMap<number, string>): string {
  const words: string[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if ((bits >> BigInt(bit)) & 1n)
      words.push(names.has(bit) ? `"${names.get(bit)}" (bit ${bit})` : `an unknown feature (bit ${bit})`);
  }
  return words.join(", ");
}

/** Exactly `length` bytes. @throws AppError disk.truncated naming `what` */
export async function readExactly(
  source: ByteSource,
  atBytes: number,
  length: number,
  what: string,
): Promise<Uint8Array> {
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
