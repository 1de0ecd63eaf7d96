/**
 * Builds small QCOW2 images with the features our writer has no use for: version 2, small and compressed clusters, zero flags,
 * snapshots, subclusters, external data.
 */
import { deflateRawSync, zstdCompressSync } from "node:zlib";
import {
  bitmapRow,
  COMPRESSION_TYPE,
  ENTRY_BYTES,
  EXTENDED_ENTRY_BYTES,
  headerAdditional,
  headerExtension,
  headerV2,
  headerV3,
  INCOMPATIBLE,
  MAGIC,
  SUBCLUSTERS,
  snapshotExtra,
  snapshotHeader,
} from "../qcow2/structures.ts";
import { type Fixture, type FixtureField, type FixtureStructure, fieldsOf } from "./fixture.ts";
import { bitmapDirectoryRow, extensionBytes, type Qcow2Extensions, snapshotRow } from "./qcow2-rows.ts";
import { contentOf, type TestDisk } from "./test-disk.ts";

export interface Qcow2Options extends Qcow2Extensions {
  readonly version: 2 | 3;
  readonly clusterBits: number;
  readonly compressed?: "zlib" | "zstd";
  /** Guest clusters with the zero flag. */
  readonly zeroClusters?: ReadonlySet<number>;
  /** With `disk`: what the snapshot holds; without: its disk is not there. */
  readonly snapshots?: readonly {
    readonly id: string;
    readonly name: string;
    readonly seconds: number;
    readonly disk?: TestDisk;
  }[];
  /** Subclusters: those of zeros are left out, their place in the file holds something else. */
  readonly extendedL2?: boolean;
  readonly incompatibleFeatures?: bigint;
  readonly autoclearFeatures?: bigint;
  readonly compressionType?: number;
  readonly cryptMethod?: number;
}

const FILE = "disk.qcow2";

export interface BuiltImage {
  readonly bytes: Uint8Array;
  /** Content of the external data file; empty without. */
  readonly data: Uint8Array;
  readonly structures: FixtureStructure[];
  readonly fields: FixtureField[];
}

/** A file that grows by whole clusters. */
class Pile {
  readonly parts: Uint8Array[] = [];
  readonly clusterBytes: number;
  end: number;

  constructor(clusterBytes: number, start: number) {
    this.clusterBytes = clusterBytes;
    this.end = start;
  }

  /** Appends, padded to whole clusters; says where. */
  add(bytes: Uint8Array): number {
    const start = this.end;
    const padded = new Uint8Array(Math.ceil(bytes.length / this.clusterBytes) * this.clusterBytes);
    padded.set(bytes);
    this.parts.push(padded);
    this.end += padded.length;
    return start;
  }
}

/** An image holding `disk`; clusters of zeros are left out. The reference counts are all zero: readers do not look at them. */
export function qcow2Image(disk: TestDisk, options: Qcow2Options): BuiltImage {
  const clusterBytes = 2 ** options.clusterBits;
  const pile = new Pile(clusterBytes, clusterBytes);
  const data = options.dataFile === undefined ? pile : new Pile(clusterBytes, 0);
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
  /** The clusters and tables of one state of the disk. @returns where its L1 table is */
  const addLayer = (content: TestDisk, prefix: string): { at: number; size: number } => {
    const clustersAt = pile.end;
    const { tables, inFile } = addClusters(content, options, pile, data);
    if (inFile > 0) structures.push({ name: `${prefix}clusters`, file: FILE, start: clustersAt, length: inFile });
    const l1 = new BigUint64Array(tables.length);
    for (const [index, table] of tables.entries()) {
      if (table.every((entry) => entry === 0n)) continue;
      const start = pile.add(bigEndian(table));
      l1[index] = BigInt(start) | (1n << 63n);
      structures.push({ name: `${prefix}L2 table ${index}`, file: FILE, start, length: clusterBytes });
      entryFields(`${prefix}L2 table ${index}`, start, table.length);
    }
    const at = pile.add(bigEndian(l1));
    structures.push({ name: `${prefix}L1 table`, file: FILE, start: at, length: l1.length * ENTRY_BYTES });
    entryFields(`${prefix}L1 table`, at, l1.length);
    return { at, size: l1.length };
  };
  const active = addLayer(disk, "");
  const refcountTableOffset = pile.add(new Uint8Array(clusterBytes));
  const rows = (options.snapshots ?? []).map((snapshot) => {
    const layer = snapshot.disk ? addLayer(snapshot.disk, `snapshot ${snapshot.id} `) : { at: 0, size: 0 };
    return snapshotRow(snapshot, layer, snapshot.disk?.virtualSizeBytes ?? 0);
  });
  const snapshotsOffset = rows.length > 0 ? pile.add(Buffer.concat(rows)) : 0;
  for (const [index, row] of rows.entries()) {
    const start = snapshotsOffset + rows.slice(0, index).reduce((sum, { length }) => sum + length, 0);
    structures.push({ name: `snapshot ${index}`, file: FILE, start, length: row.length - 8 });
    fields.push(...fieldsOf(snapshotHeader, FILE, start, "big"));
    fields.push(...fieldsOf(snapshotExtra, FILE, start + snapshotHeader.sizeBytes, "big"));
  }
  const bitmaps = (options.bitmaps ?? []).map((name) =>
    bitmapDirectoryRow(name, pile.add(new Uint8Array(clusterBytes))),
  );
  const directory = new Uint8Array(Buffer.concat(bitmaps));
  const directoryAtBytes = bitmaps.length > 0 ? pile.add(directory) : 0;
  if (bitmaps.length > 0) fields.push(...fieldsOf(bitmapRow, FILE, directoryAtBytes, "big"));

  const compressionType =
    options.compressionType ?? (options.compressed === "zstd" ? COMPRESSION_TYPE.zstd : undefined);
  const withAdditional = compressionType !== undefined;
  const v3Bytes = headerV3.sizeBytes + (withAdditional ? headerAdditional.sizeBytes : 0);
  const extensionsAt = options.version === 2 ? headerV2.sizeBytes : v3Bytes;
  const extensions = extensionBytes(options, { directoryAtBytes, directoryBytes: directory.length });
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
    l1Size: active.size,
    l1TableOffset: active.at,
    refcountTableOffset,
    refcountTableClusters: 1,
    nbSnapshots: rows.length,
    snapshotsOffset,
  };
  const head = new Uint8Array(clusterBytes);
  if (options.version === 2) head.set(headerV2.encode(values));
  else {
    const features =
      (options.extendedL2 ? INCOMPATIBLE.extendedL2 : 0n) |
      (options.dataFile === undefined ? 0n : INCOMPATIBLE.externalDataFile) |
      (options.compressed === "zstd" ? INCOMPATIBLE.compressionType : 0n);
    head.set(
      headerV3.encode({
        ...values,
        incompatibleFeatures: options.incompatibleFeatures ?? features,
        compatibleFeatures: 0n,
        autoclearFeatures: options.autoclearFeatures ?? 0n,
        refcountOrder: 4,
        headerLength: v3Bytes,
      }),
    );
    if (withAdditional) head.set(headerAdditional.encode({ compressionType }), headerV3.sizeBytes);
  }
  head.set(extensions, extensionsAt);
  head.set(backingName, backingAt);
  const headerTable = options.version === 2 ? headerV2 : headerV3;
  structures.push({ name: "header", file: FILE, start: 0, length: headerTable.sizeBytes });
  fields.push(...fieldsOf(headerTable, FILE, 0, "big"), ...fieldsOf(headerExtension, FILE, extensionsAt, "big"));
  const dataBytes = data === pile ? new Uint8Array(0) : new Uint8Array(Buffer.concat(data.parts));
  if (options.dataFile !== undefined) {
    // Of the last cluster the disk needs only a part.
    structures.push({ name: "data file", file: options.dataFile, start: 0, length: dataBytes.length - clusterBytes });
  }
  return { bytes: new Uint8Array(Buffer.concat([head, ...pile.parts])), data: dataBytes, structures, fields };
}

/** Stores the clusters of a disk. @returns its L2 tables, empty ones too, and how many bytes of the image's own file it took */
function addClusters(
  disk: TestDisk,
  options: Qcow2Options,
  pile: Pile,
  data: Pile,
): { tables: BigUint64Array[]; inFile: number } {
  const { clusterBytes } = pile;
  const words = (options.extendedL2 ? EXTENDED_ENTRY_BYTES : ENTRY_BYTES) / 8;
  const entriesPerTable = clusterBytes / (8 * words);
  const content = contentOf(disk);
  const clusters = Math.ceil(content.length / clusterBytes);
  const tables = Array.from(
    { length: Math.ceil(clusters / entriesPerTable) },
    () => new BigUint64Array(entriesPerTable * words),
  );
  const setEntry = (cluster: number, value: bigint, bitmap = 0n): void => {
    tables[Math.floor(cluster / entriesPerTable)]?.set(
      words === 1 ? [value] : [value, bitmap],
      (cluster % entriesPerTable) * words,
    );
  };
  const start = pile.end;
  const squeezed: { cluster: number; bytes: Uint8Array }[] = [];
  for (let cluster = 0; cluster < clusters; cluster++) {
    const whole = new Uint8Array(clusterBytes);
    whole.set(content.subarray(cluster * clusterBytes, (cluster + 1) * clusterBytes));
    if (options.zeroClusters?.has(cluster)) setEntry(cluster, options.extendedL2 ? 0n : 1n, 0xffffffffn << 32n);
    else if (whole.some((byte) => byte !== 0)) {
      if (options.compressed) squeezed.push({ cluster, bytes: squeeze(whole, options.compressed) });
      else {
        const bitmap = options.extendedL2 ? keepSubclusters(whole) : 0n;
        setEntry(cluster, BigInt(data.add(whole)) | (1n << 63n), bitmap);
      }
    }
  }
  const inFile = pile.end - start;
  if (squeezed.length === 0) return { tables, inFile };
  // Compressed clusters follow each other at any byte, over cluster borders.
  let cursor = start + 7;
  const offsetBits = BigInt(62 - (options.clusterBits - 8));
  for (const { cluster, bytes } of squeezed) {
    const sectors = Math.floor((cursor + bytes.length - 1) / 512) - Math.floor(cursor / 512);
    setEntry(cluster, (1n << 62n) | (BigInt(sectors) << offsetBits) | BigInt(cursor));
    cursor += bytes.length;
  }
  pile.add(Buffer.concat([new Uint8Array(7), ...squeezed.map(({ bytes }) => bytes)]));
  return { tables, inFile: cursor - start };
}

function squeeze(cluster: Uint8Array, method: "zlib" | "zstd"): Uint8Array {
  return method === "zstd" ? zstdCompressSync(cluster) : deflateRawSync(cluster, { windowBits: 12 });
}

/** Which subclusters are stored, and (every second of the others) zero; where nothing is stored now stands something else. */
function keepSubclusters(cluster: Uint8Array): bigint {
  const step = cluster.length / SUBCLUSTERS;
  let bitmap = 0n;
  for (let n = 0; n < SUBCLUSTERS; n++) {
    const part = cluster.subarray(n * step, (n + 1) * step);
    if (part.some((byte) => byte !== 0)) bitmap |= 1n << BigInt(n);
    else {
      part.fill(0xee);
      if (n % 2 === 1) bitmap |= 1n << BigInt(32 + n);
    }
  }
  return bitmap;
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

/** Sixteen KiB are the smallest clusters with subclusters, of 512 bytes. */
const FINE_DISK: TestDisk = {
  virtualSizeBytes: 9 * 16_384 + 3 * 512,
  data: [
    { start: 1000, length: 30 },
    { start: 16_384 - 100, length: 5000 },
    { start: 5 * 16_384, length: 2 * 16_384 },
    { start: 9 * 16_384 + 600, length: 100 },
  ],
};

/** The state before: other data in other places, and a smaller disk. */
export const SNAPSHOT_DISK: TestDisk = {
  virtualSizeBytes: 30 * 4096 + 512,
  data: [
    { start: 0, length: 5000 },
    { start: 20 * 4096 + 17, length: 3 * 4096 },
  ],
};

/** One fixture a way to store clusters. */
export function qcow2Fixtures(): Fixture[] {
  const make = (name: string, disk: TestDisk, options: Qcow2Options): Fixture => {
    const { bytes, data, structures, fields } = qcow2Image(disk, options);
    const files = new Map([[FILE, bytes]]);
    if (options.dataFile !== undefined) files.set(options.dataFile, data);
    return { name, format: "qcow2", main: FILE, files, disk, structures, fields };
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
    make("compressed", QCOW2_DISK, { version: 3, clusterBits: 9, compressed: "zlib" }),
    make("compressed, 4 KiB clusters", large, { version: 2, clusterBits: 12, compressed: "zlib" }),
    make("zstd", large, { version: 3, clusterBits: 12, compressed: "zstd" }),
    make("subclusters", FINE_DISK, { version: 3, clusterBits: 14, extendedL2: true, zeroClusters: new Set([8]) }),
    make("external data file", large, { version: 3, clusterBits: 12, dataFile: "disk.data" }),
    make("a snapshot with its disk, bitmaps", large, {
      version: 3,
      clusterBits: 12,
      snapshots: [{ id: "1", name: "before", seconds: 1, disk: SNAPSHOT_DISK }],
      bitmaps: ["since monday"],
      autoclearFeatures: 1n,
    }),
    make("snapshots and backing", large, {
      version: 3,
      clusterBits: 12,
      snapshots,
      backing: { name: "base.raw", format: "raw" },
      featureNames: [{ bit: 0, name: "dirty bit" }],
    }),
  ];
}
