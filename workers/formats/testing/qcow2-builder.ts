/** Builds small QCOW2 images with the features our writer has no use for: version 2, small and compressed clusters, zero flags, snapshots. */
import { deflateRawSync } from "node:zlib";
import {
  ENTRY_BYTES,
  EXTENSION,
  headerAdditional,
  headerExtension,
  headerV2,
  headerV3,
  MAGIC,
  snapshotHeader,
} from "../qcow2/structures.ts";
import { type Fixture, type FixtureField, type FixtureStructure, fieldsOf } from "./fixture.ts";
import { contentOf, type TestDisk } from "./test-disk.ts";

export interface Qcow2Options {
  readonly version: 2 | 3;
  readonly clusterBits: number;
  readonly compressed?: boolean;
  /** Guest clusters with the zero flag. */
  readonly zeroClusters?: ReadonlySet<number>;
  readonly snapshots?: readonly { readonly id: string; readonly name: string; readonly seconds: number }[];
  readonly backing?: { readonly name: string; readonly format: string };
  readonly incompatibleFeatures?: bigint;
  /** Rows of the feature name table: bit and name of incompatible features. */
  readonly featureNames?: readonly { readonly bit: number; readonly name: string }[];
  readonly compressionType?: number;
  readonly cryptMethod?: number;
}

const FILE = "disk.qcow2";

/** An image holding `disk`; clusters of zeros are left out. The reference counts are all zero: readers do not look at them. */
export function qcow2Image(
  disk: TestDisk,
  options: Qcow2Options,
): { bytes: Uint8Array; structures: FixtureStructure[]; fields: FixtureField[] } {
  const clusterBytes = 2 ** options.clusterBits;
  const entriesPerTable = clusterBytes / ENTRY_BYTES;
  const content = contentOf(disk);
  const clusters = Math.ceil(content.length / clusterBytes);
  const l1Size = Math.ceil(clusters / entriesPerTable);
  const parts: Uint8Array[] = [];
  let at = clusterBytes;
  /** Appends, padded to whole clusters; says where. */
  const add = (bytes: Uint8Array): number => {
    const start = at;
    const padded = new Uint8Array(Math.ceil(bytes.length / clusterBytes) * clusterBytes);
    padded.set(bytes);
    parts.push(padded);
    at += padded.length;
    return start;
  };
  const l2Tables: BigUint64Array[] = Array.from({ length: l1Size }, () => new BigUint64Array(entriesPerTable));
  const setEntry = (cluster: number, value: bigint): void => {
    const table = l2Tables[Math.floor(cluster / entriesPerTable)];
    if (table) table[cluster % entriesPerTable] = value;
  };
  const squeezed: { cluster: number; bytes: Uint8Array }[] = [];
  for (let cluster = 0; cluster < clusters; cluster++) {
    const whole = new Uint8Array(clusterBytes);
    whole.set(content.subarray(cluster * clusterBytes, (cluster + 1) * clusterBytes));
    if (options.zeroClusters?.has(cluster)) setEntry(cluster, 1n);
    else if (whole.some((byte) => byte !== 0)) {
      if (options.compressed) squeezed.push({ cluster, bytes: deflateRawSync(whole, { windowBits: 12 }) });
      else setEntry(cluster, BigInt(add(whole)) | (1n << 63n));
    }
  }
  // Compressed clusters follow each other at any byte, over cluster borders.
  const streamAt = at;
  let cursor = streamAt + 7;
  const offsetBits = BigInt(62 - (options.clusterBits - 8));
  for (const { cluster, bytes } of squeezed) {
    const sectors = Math.floor((cursor + bytes.length - 1) / 512) - Math.floor(cursor / 512);
    setEntry(cluster, (1n << 62n) | (BigInt(sectors) << offsetBits) | BigInt(cursor));
    cursor += bytes.length;
  }
  if (squeezed.length > 0) {
    add(Buffer.concat([new Uint8Array(7), ...squeezed.map(({ bytes }) => bytes)]));
  }
  const structures: FixtureStructure[] = [];
  const fields: FixtureField[] = [];
  const entryFields = (name: string, start: number, count: number): void => {
    for (let i = 0; i < Math.min(12, count); i++) {
      fields.push({
        name: `${name} entry ${i}`,
        file: FILE,
        offset: start + i * ENTRY_BYTES,
        sizeBytes: 8,
        endian: "big",
      });
    }
  };
  if (cursor > streamAt + 7)
    structures.push({ name: "compressed clusters", file: FILE, start: streamAt, length: cursor - streamAt });
  else if (at > clusterBytes)
    structures.push({ name: "clusters", file: FILE, start: clusterBytes, length: at - clusterBytes });
  const l1 = new BigUint64Array(l1Size);
  for (const [index, table] of l2Tables.entries()) {
    if (table.every((entry) => entry === 0n)) continue;
    const start = add(bigEndian(table));
    l1[index] = BigInt(start) | (1n << 63n);
    structures.push({ name: `L2 table ${index}`, file: FILE, start, length: clusterBytes });
    entryFields(`L2 table ${index}`, start, entriesPerTable);
  }
  const l1TableOffset = add(bigEndian(l1));
  structures.push({ name: "L1 table", file: FILE, start: l1TableOffset, length: l1Size * ENTRY_BYTES });
  entryFields("L1 table", l1TableOffset, l1Size);
  const refcountTableOffset = add(new Uint8Array(clusterBytes));
  const snapshots = options.snapshots ?? [];
  const rows = snapshots.map(snapshotRow);
  const snapshotsOffset = rows.length > 0 ? add(Buffer.concat(rows)) : 0;
  for (const [index, row] of rows.entries()) {
    const start = snapshotsOffset + rows.slice(0, index).reduce((sum, { length }) => sum + length, 0);
    structures.push({ name: `snapshot ${index}`, file: FILE, start, length: row.length - 8 });
    fields.push(...fieldsOf(snapshotHeader, FILE, start, "big"));
  }

  const withAdditional = options.compressionType !== undefined;
  const v3Bytes = headerV3.sizeBytes + (withAdditional ? headerAdditional.sizeBytes : 0);
  const extensionsAt = options.version === 2 ? headerV2.sizeBytes : v3Bytes;
  const extensions = extensionBytes(options);
  const backingAt = extensionsAt + extensions.length;
  const backingName = Buffer.from(options.backing?.name ?? "");
  const values = {
    magic: MAGIC,
    version: options.version,
    backingFileOffset: backingName.length > 0 ? backingAt : 0,
    backingFileSize: backingName.length,
    clusterBits: options.clusterBits,
    size: disk.virtualSizeBytes,
    cryptMethod: options.cryptMethod ?? 0,
    l1Size,
    l1TableOffset,
    refcountTableOffset,
    refcountTableClusters: 1,
    nbSnapshots: snapshots.length,
    snapshotsOffset,
  };
  const head = new Uint8Array(clusterBytes);
  if (options.version === 2) head.set(headerV2.encode(values));
  else {
    head.set(
      headerV3.encode({
        ...values,
        incompatibleFeatures: options.incompatibleFeatures ?? 0n,
        compatibleFeatures: 0n,
        autoclearFeatures: 0n,
        refcountOrder: 4,
        headerLength: v3Bytes,
      }),
    );
    if (withAdditional) {
      head.set(headerAdditional.encode({ compressionType: options.compressionType ?? 0 }), headerV3.sizeBytes);
    }
  }
  head.set(extensions, extensionsAt);
  head.set(backingName, backingAt);
  const headerTable = options.version === 2 ? headerV2 : headerV3;
  structures.push({ name: "header", file: FILE, start: 0, length: headerTable.sizeBytes });
  fields.push(...fieldsOf(headerTable, FILE, 0, "big"), ...fieldsOf(headerExtension, FILE, extensionsAt, "big"));
  return { bytes: new Uint8Array(Buffer.concat([head, ...parts])), structures, fields };
}

/** A row followed by its names, padded to 8 bytes. */
function snapshotRow({ id, name, seconds }: { id: string; name: string; seconds: number }): Uint8Array {
  const names = Buffer.from(id + name);
  const row = snapshotHeader.encode({
    l1TableOffset: 0,
    l1Size: 0,
    idLength: Buffer.byteLength(id),
    nameLength: Buffer.byteLength(name),
    seconds,
    nanoseconds: 0,
    vmClockNanoseconds: 0n,
    vmStateSize: 0,
    extraDataSize: 16,
  });
  const length = Math.ceil((row.length + 16 + names.length) / 8) * 8;
  const out = new Uint8Array(length);
  out.set(row);
  out.set(names, row.length + 16);
  return out;
}

function extensionBytes(options: Qcow2Options): Uint8Array {
  const out: Uint8Array[] = [];
  const add = (type: number, data: Uint8Array): void => {
    const padded = new Uint8Array(Math.ceil(data.length / 8) * 8);
    padded.set(data);
    out.push(headerExtension.encode({ type, length: data.length }), padded);
  };
  if (options.backing) add(EXTENSION.backingFormat, Buffer.from(options.backing.format));
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

function bigEndian(values: BigUint64Array): Uint8Array {
  const bytes = new Uint8Array(values.length * ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setBigUint64(i * ENTRY_BYTES, value);
  return bytes;
}

/** With clusters of 512 bytes one L2 table maps 32 KiB: several tables, one of them missing. */
export const QCOW2_DISK: TestDisk = {
  virtualSizeBytes: 5 * 32 * 1024 + 3 * 512,
  data: [
    { start: 0, length: 700 },
    { start: 32 * 1024 - 600, length: 1500 },
    { start: 96 * 1024 + 100, length: 20_000 },
    { start: 5 * 32 * 1024 + 512, length: 2 * 512 },
  ],
};

/** One fixture a way to store clusters. */
export function qcow2Fixtures(): Fixture[] {
  const make = (name: string, disk: TestDisk, options: Qcow2Options): Fixture => {
    const { bytes, structures, fields } = qcow2Image(disk, options);
    return { name, format: "qcow2", main: FILE, files: new Map([[FILE, bytes]]), disk, structures, fields };
  };
  const snapshots = [
    { id: "1", name: "before update", seconds: 1_700_000_000 },
    { id: "2", name: "no clock", seconds: 0 },
  ];
  const zeroClusters = new Set([100, 101, 130]);
  const large: TestDisk = {
    virtualSizeBytes: 40 * 4096 + 1024,
    data: [
      { start: 3 * 4096 + 1, length: 9 * 4096 },
      { start: 40 * 4096, length: 1000 },
    ],
  };
  return [
    make("v3", QCOW2_DISK, { version: 3, clusterBits: 9, zeroClusters, compressionType: 0 }),
    make("v2", QCOW2_DISK, { version: 2, clusterBits: 9 }),
    make("compressed", QCOW2_DISK, { version: 3, clusterBits: 9, compressed: true }),
    make("compressed, 4 KiB clusters", large, { version: 2, clusterBits: 12, compressed: true }),
    make("snapshots and backing", large, {
      version: 3,
      clusterBits: 12,
      snapshots,
      backing: { name: "base.raw", format: "raw" },
      featureNames: [{ bit: 0, name: "dirty bit" }],
    }),
  ];
}
