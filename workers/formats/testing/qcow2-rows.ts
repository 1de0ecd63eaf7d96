/** What stands beside the clusters of a built QCOW2 image: rows of snapshots and bitmaps, header extensions. */
import {
  bitmapRow,
  bitmapsExtension,
  EXTENSION,
  headerExtension,
  snapshotExtra,
  snapshotHeader,
} from "../qcow2/structures.ts";

/** What header extensions say. */
export interface Qcow2Extensions {
  readonly backing?: { readonly name: string; readonly format: string };
  /** Clusters lie in a file of this name, from its first byte on. */
  readonly dataFile?: string;
  readonly bitmaps?: readonly string[];
  /** Rows of the feature name table: bit and name of incompatible features. */
  readonly featureNames?: readonly { readonly bit: number; readonly name: string }[];
}

/** A row followed by its extra data and names, padded to 8 bytes. */
export function snapshotRow(
  { id, name, seconds }: { id: string; name: string; seconds: number },
  l1: { at: number; size: number },
  virtualSizeBytes: number,
): Uint8Array {
  const names = Buffer.from(id + name);
  const row = snapshotHeader.encode({
    l1TableOffset: l1.at,
    l1Size: l1.size,
    idLength: Buffer.byteLength(id),
    nameLength: Buffer.byteLength(name),
    seconds,
    nanoseconds: 0,
    vmClockNanoseconds: 0n,
    vmStateSize: 0,
    extraDataSize: snapshotExtra.sizeBytes,
  });
  return padded(Buffer.concat([row, snapshotExtra.encode({ vmStateSize: 0, virtualSizeBytes }), names]));
}

/** Its table has one entry: all bits are clear. */
export function bitmapDirectoryRow(name: string, tableAtBytes: number): Uint8Array {
  const row = bitmapRow.encode({
    tableAtBytes,
    tableSize: 1,
    flags: 2n,
    type: 1,
    granularityBits: 16,
    nameLength: Buffer.byteLength(name),
    extraDataSize: 0,
  });
  return padded(Buffer.concat([row, Buffer.from(name)]));
}

function padded(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
  out.set(bytes);
  return out;
}

export function extensionBytes(
  options: Qcow2Extensions,
  directory: { directoryAtBytes: number; directoryBytes: number },
): Uint8Array {
  const out: Uint8Array[] = [];
  const add = (type: number, data: Uint8Array): void => {
    out.push(headerExtension.encode({ type, length: data.length }), padded(data));
  };
  if (options.backing) add(EXTENSION.backingFormat, Buffer.from(options.backing.format));
  if (options.dataFile !== undefined) add(EXTENSION.externalDataFile, Buffer.from(options.dataFile));
  if (options.bitmaps) add(EXTENSION.bitmaps, bitmapsExtension.encode({ count: options.bitmaps.length, ...directory }));
  if (options.featureNames) {
    const rows = options.featureNames.map(({ bit, name }) => {
      const row = new Uint8Array(48);
      row[1] = bit;
      row.set(Buffer.from(name), 2);
      return row;
    });
    add(EXTENSION.featureNames, Buffer.concat(rows));
  }
  add(EXTENSION.end, new Uint8Array(0));
  return Buffer.concat(out);
}
