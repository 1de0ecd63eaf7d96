/** Builds small VMDKs of every readable kind from their content. Grains of zeros are left out. */
import { deflateSync } from "node:zlib";
import { COMPRESSION, FLAG, GD_AT_END, MARKER_TYPE, marker, SPARSE_MAGIC, sparseHeader } from "../vmdk/structures.ts";
import { type Fixture, type FixtureField, type FixtureStructure, fieldsOf } from "./fixture.ts";
import { contentOf, type TestDisk } from "./test-disk.ts";
import { type Built, cowdExtent, entryFields, seSparseExtent } from "./vmdk-esx-builder.ts";

const SECTOR = 512;
const LINE_END_TEST = Buffer.from("\n \r\n", "latin1");

export interface SparseOptions {
  readonly grainSectors: number;
  readonly entriesPerTable: number;
  /** Text at sector 1; null for an extent of a split disk. */
  readonly descriptor: string | null;
  /** Grain numbers stored as "reads as zeros" (entry 1). */
  readonly zeroGrains?: ReadonlySet<number>;
  readonly version?: number;
}

/** The text of a descriptor; `extents` are its extent lines. */
export function descriptorText(createType: string, extents: readonly string[], more: readonly string[] = []): string {
  return [
    "# Disk DescriptorFile",
    "version=1",
    'encoding="UTF-8"',
    "CID=1234abcd",
    "parentCID=ffffffff",
    `createType="${createType}"`,
    ...more,
    "",
    "# Extent description",
    ...extents,
    "",
    "# The Disk Data Base",
    'ddb.virtualHWVersion = "4"',
    'ddb.adapterType = "lsilogic"',
    "",
  ].join("\n");
}

/** A plain sparse extent: header, descriptor, directory, tables, grains. */
export function sparseExtent(file: string, content: Uint8Array, options: SparseOptions): Built {
  const { grainSectors, entriesPerTable, descriptor } = options;
  const grainBytes = grainSectors * SECTOR;
  const capacity = content.length / SECTOR;
  const grains = Math.ceil(content.length / grainBytes);
  const tables = Math.ceil(grains / entriesPerTable);
  const descriptorSectors = descriptor === null ? 0 : 20;
  const directoryAt = 1 + descriptorSectors;
  const tablesAt = directoryAt + Math.ceil((tables * 4) / SECTOR);
  const sectorsPerTable = Math.ceil((entriesPerTable * 4) / SECTOR);
  const overHead = Math.ceil((tablesAt + tables * sectorsPerTable) / grainSectors) * grainSectors;
  const directory = new Uint32Array(tables);
  const table = new Uint32Array((tables * sectorsPerTable * SECTOR) / 4);
  const stored: Uint8Array[] = [];
  for (let grain = 0; grain < grains; grain++) {
    const bytes = content.subarray(grain * grainBytes, (grain + 1) * grainBytes);
    const zero = options.zeroGrains?.has(grain) ?? false;
    if (!zero && bytes.every((byte) => byte === 0)) continue;
    const index = Math.floor(grain / entriesPerTable);
    const tableAt = tablesAt + index * sectorsPerTable;
    directory[index] = tableAt;
    table[(index * sectorsPerTable * SECTOR) / 4 + (grain % entriesPerTable)] = zero
      ? 1
      : overHead + stored.length * grainSectors;
    if (!zero) stored.push(bytes);
  }
  const bytes = new Uint8Array(overHead * SECTOR + stored.length * grainBytes);
  bytes.set(
    header({
      version: options.version ?? (options.zeroGrains ? 2 : 1),
      flags: FLAG.lineEndTest | (options.zeroGrains ? FLAG.zeroedGrain : 0n),
      capacity,
      grainSize: grainSectors,
      numGTEsPerGT: entriesPerTable,
      descriptorOffset: descriptor === null ? 0 : 1,
      descriptorSize: descriptorSectors,
      gdOffset: BigInt(directoryAt),
      overHead: BigInt(overHead),
      compressAlgorithm: COMPRESSION.none,
    }),
  );
  if (descriptor !== null) bytes.set(Buffer.from(descriptor), SECTOR);
  bytes.set(new Uint8Array(directory.buffer), directoryAt * SECTOR);
  bytes.set(new Uint8Array(table.buffer), tablesAt * SECTOR);
  for (const [i, grain] of stored.entries()) bytes.set(grain, overHead * SECTOR + i * grainBytes);
  const padding = grainBytes - (stored.at(-1)?.length ?? grainBytes);
  const structures: FixtureStructure[] = [
    { name: "header", file, start: 0, length: SECTOR },
    { name: "grain directory", file, start: directoryAt * SECTOR, length: tables * 4 },
    { name: "grain tables", file, start: tablesAt * SECTOR, length: table.byteLength },
    { name: "grains", file, start: overHead * SECTOR, length: stored.length * grainBytes - padding },
  ];
  if (descriptor !== null)
    structures.push({ name: "descriptor", file, start: SECTOR, length: descriptorSectors * SECTOR });
  return {
    bytes,
    structures,
    fields: [...fieldsOf(sparseHeader, file, 0, "little"), ...entryFields(file, structures)],
  };
}

/** A stream-optimized extent; `directory` says whether header or footer tells where the grain directory is. */
export function streamExtent(
  file: string,
  content: Uint8Array,
  options: SparseOptions & { readonly directory: "header" | "footer" },
): Built {
  const { grainSectors, entriesPerTable, descriptor } = options;
  const grainBytes = grainSectors * SECTOR;
  const grains = Math.ceil(content.length / grainBytes);
  const descriptorSectors = descriptor === null ? 0 : 20;
  const overHead = Math.ceil((1 + descriptorSectors) / grainSectors) * grainSectors;
  const parts: Uint8Array[] = [];
  let sector = overHead;
  const structures: FixtureStructure[] = [{ name: "header", file, start: 0, length: SECTOR }];
  const fields: FixtureField[] = [];
  const add = (bytes: Uint8Array): number => {
    const at = sector;
    const padded = new Uint8Array(Math.ceil(bytes.length / SECTOR) * SECTOR);
    padded.set(bytes);
    parts.push(padded);
    sector += padded.length / SECTOR;
    return at;
  };
  const metadata = (type: number, bytes: Uint8Array): number => {
    const at = add(marker.encode({ value: Math.ceil(bytes.length / SECTOR), size: 0, type }));
    fields.push(...fieldsOf(marker, file, at * SECTOR, "little"));
    return bytes.length > 0 ? add(bytes) : at;
  };
  const tables = Math.ceil(grains / entriesPerTable);
  const directory = new Uint32Array(tables);
  for (let index = 0; index < tables; index++) {
    const table = new Uint32Array(entriesPerTable);
    for (let entry = 0; entry < entriesPerTable; entry++) {
      const grain = index * entriesPerTable + entry;
      const plain = content.subarray(grain * grainBytes, (grain + 1) * grainBytes);
      if (plain.every((byte) => byte === 0)) continue;
      const whole = new Uint8Array(grainBytes);
      whole.set(plain);
      const deflated = deflateSync(whole);
      const bytes = new Uint8Array(12 + deflated.length);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(grain * grainSectors), true);
      new DataView(bytes.buffer).setUint32(8, deflated.length, true);
      bytes.set(deflated, 12);
      table[entry] = add(bytes);
      structures.push({ name: `grain ${grain}`, file, start: (table[entry] ?? 0) * SECTOR, length: bytes.length });
      fields.push({
        name: `grain ${grain} sector`,
        file,
        offset: (table[entry] ?? 0) * SECTOR,
        sizeBytes: 8,
        endian: "little",
      });
      fields.push({
        name: `grain ${grain} size`,
        file,
        offset: (table[entry] ?? 0) * SECTOR + 8,
        sizeBytes: 4,
        endian: "little",
      });
    }
    if (table.some((value) => value !== 0)) {
      directory[index] = metadata(MARKER_TYPE.grainTable, new Uint8Array(table.buffer));
      structures.push({
        name: "grain tables",
        file,
        start: (directory[index] ?? 0) * SECTOR,
        length: table.byteLength,
      });
    }
  }
  const gdOffset = metadata(MARKER_TYPE.grainDirectory, new Uint8Array(directory.buffer));
  structures.push({ name: "grain directory", file, start: gdOffset * SECTOR, length: tables * 4 });
  const values = {
    version: options.version ?? 3,
    flags: FLAG.lineEndTest | FLAG.compressedGrains | FLAG.markers,
    capacity: content.length / SECTOR,
    grainSize: grainSectors,
    numGTEsPerGT: entriesPerTable,
    descriptorOffset: descriptor === null ? 0 : 1,
    descriptorSize: descriptorSectors,
    overHead: BigInt(overHead),
    compressAlgorithm: COMPRESSION.deflate,
  };
  if (options.directory === "footer") {
    const footerAt = metadata(MARKER_TYPE.footer, header({ ...values, gdOffset: BigInt(gdOffset) }));
    structures.push({ name: "footer", file, start: footerAt * SECTOR, length: SECTOR });
    fields.push(...fieldsOf(sparseHeader, file, footerAt * SECTOR, "little"));
  }
  metadata(MARKER_TYPE.endOfStream, new Uint8Array(0));
  const bytes = new Uint8Array(Buffer.concat([new Uint8Array(overHead * SECTOR), ...parts]));
  bytes.set(header({ ...values, gdOffset: options.directory === "footer" ? GD_AT_END : BigInt(gdOffset) }));
  if (descriptor !== null) bytes.set(Buffer.from(descriptor), SECTOR);
  return {
    bytes,
    structures,
    fields: [...fieldsOf(sparseHeader, file, 0, "little"), ...fields, ...entryFields(file, structures)],
  };
}

function header(
  values: Omit<
    Parameters<(typeof sparseHeader)["encode"]>[0],
    "magicNumber" | "rgdOffset" | "uncleanShutdown" | "lineEndTest"
  >,
): Uint8Array {
  return sparseHeader.encode({
    ...values,
    magicNumber: SPARSE_MAGIC,
    rgdOffset: 0n,
    uncleanShutdown: 0,
    lineEndTest: LINE_END_TEST,
  });
}

/** Data at the start, over a table border, alone in a table, and in the last, partial grain; whole tables without any. */
export const VMDK_DISK: TestDisk = {
  virtualSizeBytes: 100 * 4096 + 3 * SECTOR,
  data: [
    { start: 0, length: 5000 },
    { start: 14 * 4096 + 100, length: 4 * 4096 },
    { start: 40 * 4096, length: 4096 },
    { start: 45 * 4096, length: 3 * 4096 },
    { start: 100 * 4096 + SECTOR, length: 2 * SECTOR },
  ],
};

/** As above in grains of a sector, over three tables of 2 MiB. */
const COWD_DISK: TestDisk = {
  virtualSizeBytes: 5 * 2 ** 20 + 3 * SECTOR,
  data: [
    { start: 0, length: 5000 },
    { start: 2 * 2 ** 20 - 3 * SECTOR, length: 7 * SECTOR },
    { start: 5 * 2 ** 20 + SECTOR, length: 2 * SECTOR },
  ],
};

const options = { grainSectors: 8, entriesPerTable: 16 } as const;

/** One fixture a readable sub-format. */
export function vmdkFixtures(): Fixture[] {
  const content = contentOf(VMDK_DISK);
  const sectors = content.length / SECTOR;
  const single = (name: string, built: Built): Fixture => ({
    name,
    format: "vmdk",
    main: "disk.vmdk",
    files: new Map([["disk.vmdk", built.bytes]]),
    disk: VMDK_DISK,
    structures: built.structures,
    fields: built.fields,
  });
  const inside = (createType: string) => descriptorText(createType, [`RW ${sectors} SPARSE "disk.vmdk"`]);
  const zeroGrains = new Set([20, 21, 43]);
  const stream = { ...options, descriptor: inside("streamOptimized") };
  return [
    single(
      "monolithicSparse",
      sparseExtent("disk.vmdk", content, { ...options, descriptor: inside("monolithicSparse") }),
    ),
    single(
      "zeroed grains",
      sparseExtent("disk.vmdk", content, { ...options, descriptor: inside("monolithicSparse"), zeroGrains }),
    ),
    single("extent without descriptor", sparseExtent("disk.vmdk", content, { ...options, descriptor: null })),
    single("streamOptimized, footer", streamExtent("disk.vmdk", content, { ...stream, directory: "footer" })),
    single("streamOptimized, header", streamExtent("disk.vmdk", content, { ...stream, directory: "header" })),
    ...esxFixtures(),
    split("twoGbMaxExtentSparse", content, true),
    split("twoGbMaxExtentFlat", content, false),
  ];
}

/** ESX's two kinds, by themselves and behind a descriptor. */
function esxFixtures(): Fixture[] {
  const make = (name: string, disk: TestDisk, type: string, build: (file: string) => Built): Fixture[] => {
    const [alone, piece] = [build("disk.vmdk"), build("disk-delta.vmdk")];
    const text = descriptorText(name, [`RW ${disk.virtualSizeBytes / SECTOR} ${type} "disk-delta.vmdk"`]);
    const main = "disk.vmdk";
    return [
      { name: `${name}, alone`, format: "vmdk", main, files: new Map([[main, alone.bytes]]), disk, ...parts(alone) },
      {
        name,
        format: "vmdk",
        main,
        files: new Map([
          [main, new Uint8Array(Buffer.from(text))],
          ["disk-delta.vmdk", piece.bytes],
        ]),
        disk,
        ...parts(piece),
      },
    ];
  };
  const parts = ({ structures, fields }: Built) => ({ structures, fields });
  return [
    ...make("vmfsSparse", COWD_DISK, "VMFSSPARSE", (file) => cowdExtent(file, contentOf(COWD_DISK))),
    ...make("seSparse", VMDK_DISK, "SESPARSE", (file) =>
      seSparseExtent(
        file,
        contentOf(VMDK_DISK),
        new Map([
          [20, 1],
          [21, 2],
          [43, 2],
        ]),
      ),
    ),
  ];
}

/** The part of a split fixture that its descriptor describes as ZERO. */
export const SPLIT_ZERO = { start: 30 * 4096, end: 40 * 4096 - SECTOR } as const;

/** Descriptor and three pieces: two files with a range of zeros between them. */
function split(createType: string, content: Uint8Array, sparse: boolean): Fixture {
  const files = new Map<string, Uint8Array>();
  const structures: FixtureStructure[] = [];
  const fields: FixtureField[] = [];
  const lines: string[] = [];
  const piece = (file: string, bytes: Uint8Array): void => {
    const built = sparse ? sparseExtent(file, bytes, { ...options, descriptor: null }) : null;
    files.set(file, built?.bytes ?? bytes);
    structures.push(...(built?.structures ?? [{ name: "flat extent", file, start: 0, length: bytes.length }]));
    fields.push(...(built?.fields ?? []));
    lines.push(`RW ${bytes.length / SECTOR} ${sparse ? "SPARSE" : "FLAT"} "${file}"${sparse ? "" : " 0"}`);
  };
  piece("disk-1.vmdk", content.subarray(0, SPLIT_ZERO.start));
  lines.push(`RW ${(SPLIT_ZERO.end - SPLIT_ZERO.start) / SECTOR} ZERO`);
  piece("disk-2.vmdk", content.subarray(SPLIT_ZERO.end));
  const text = new Uint8Array(Buffer.from(descriptorText(createType, lines)));
  files.set("disk.vmdk", text);
  return { name: createType, format: "vmdk", main: "disk.vmdk", files, disk: VMDK_DISK, structures, fields };
}
