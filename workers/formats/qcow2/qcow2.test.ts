/** What a QCOW2 image tells besides its content, and every refusal by name. */
import { describe, expect, it } from "vitest";
import { refusalOf, statesOf } from "../testing/ask.ts";
import { expectToldInPieces } from "../testing/conformance.ts";
import { type Fixture, newAccess, openFiles, withFile } from "../testing/fixture.ts";
import { QCOW2_DISK, type Qcow2Options, qcow2Fixtures, qcow2Image, SNAPSHOT_DISK } from "../testing/qcow2-builder.ts";
import { firstDifference } from "../testing/test-disk.ts";
import { headerV3, INCOMPATIBLE, MAGIC } from "./structures.ts";

const fixture = (name: string): Fixture => {
  const found = qcow2Fixtures().find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};

const built = (options: Partial<Qcow2Options>): Fixture => {
  const { bytes, structures, fields } = qcow2Image(QCOW2_DISK, { version: 3, clusterBits: 9, ...options });
  return { ...fixture("v3"), files: new Map([["disk.qcow2", bytes]]), structures, fields };
};

function changed(base: Fixture, fieldName: string, value: bigint): Fixture {
  const field = base.fields.find((one) => one.name === fieldName);
  if (!field) throw new Error(`no field ${fieldName}`);
  const bytes = (base.files.get(field.file) ?? new Uint8Array(0)).slice();
  const view = new DataView(bytes.buffer);
  if (field.sizeBytes === 8) view.setBigUint64(field.offset, value);
  if (field.sizeBytes === 4) view.setUint32(field.offset, Number(value));
  if (field.sizeBytes === 2) view.setUint16(field.offset, Number(value));
  if (field.sizeBytes === 1) view.setUint8(field.offset, Number(value));
  return withFile(base, field.file, bytes);
}

describe("what a qcow2 image says", () => {
  it("snapshots, backing, facts", async () => {
    const reader = await openFiles(fixture("snapshots and backing"));
    expect(reader.snapshots).toEqual([
      { id: "1", name: "before update", createdAt: "2023-11-14T22:13:20.000Z" },
      { id: "2", name: "no clock", createdAt: null },
    ]);
    expect(reader.backing).toEqual({ name: "base.raw", format: "raw", mark: null });
    expect(reader.facts).toContainEqual({ group: "qcow2 header", name: "cluster_bits", value: "12 (4096 bytes)" });
    expect(reader.warnings).toEqual([]);
  });

  it("an image with subclusters, which of them are zero and which are nobody's", async () => {
    const reader = await openFiles(fixture("subclusters"));
    expect(reader.grainBytes).toBe(512);
    expect(await statesOf(reader.extents(0, 8 * 512), 512)).toEqual([
      [0, 1, "hole"],
      [1, 2, "data"],
      [3, 1, "zero"],
      [4, 1, "hole"],
      [5, 1, "zero"],
      [6, 1, "hole"],
      [7, 1, "zero"],
    ]);
    expect(await statesOf(reader.extents(8 * 16_384, 16_384), 512)).toEqual([[256, 32, "zero"]]);
  });

  it("its external data file, which is opened and closed with it", async () => {
    const access = newAccess();
    const reader = await openFiles(fixture("external data file"), access);
    expect(access).toEqual({ asked: ["disk.data"], open: 1 });
    expect(reader.files.map(({ name }) => name)).toEqual(["disk.data"]);
    expect(reader.facts).toContainEqual({ group: "qcow2 header", name: "external data file is raw", value: "no" });
    await reader.close();
    expect(access.open).toBe(0);
  });

  it("its bitmaps, and a directory that cannot be read as a warning", async () => {
    const base = fixture("a snapshot with its disk, bitmaps");
    const { facts, warnings } = await openFiles(base);
    expect(warnings).toEqual([]);
    const group = "bitmap since monday";
    expect(facts).toContainEqual({ group, name: "granularity", value: "65536" });
    expect(facts).toContainEqual({ group, name: "flags", value: "0x2, recording" });
    for (const [field, value] of [
      ["nameLength", 60_000n],
      ["granularityBits", 64n],
      ["extraDataSize", 4_000_000_000n],
    ] as const) {
      const damaged = await openFiles(changed(base, `qcow2 bitmap.${field}`, value));
      expect(damaged.warnings).toEqual([expect.stringMatching(/^Its bitmaps cannot be listed: qcow2 bitmap/)]);
      expect(damaged.facts.filter((fact) => fact.group === group)).toEqual([]);
    }
  });

  it("what a backing file's format is called elsewhere", async () => {
    const reader = await openFiles(built({ backing: { name: "base.vhd", format: "vpc" } }));
    expect(reader.backing).toEqual({ name: "base.vhd", format: "vhd", mark: null });
  });

  it("clusters with the zero flag are zero, missing clusters are holes", async () => {
    const reader = await openFiles(fixture("v3"));
    expect(await statesOf(reader.extents(99 * 512, 4 * 512), 512)).toEqual([
      [99, 1, "hole"],
      [100, 2, "zero"],
      [102, 1, "hole"],
    ]);
  });

  it("warns of the dirty and the corrupt bit", async () => {
    const both = built({ incompatibleFeatures: INCOMPATIBLE.dirty | INCOMPATIBLE.corrupt });
    expect((await openFiles(both)).warnings).toEqual([
      expect.stringContaining("dirty bit"),
      expect.stringContaining("marked as corrupt"),
    ]);
  });
});

describe("an internal snapshot", () => {
  const base = fixture("a snapshot with its disk, bitmaps");
  const open = (asked: string, one: Fixture = base) => openFiles(one, newAccess(), (source) => source, asked);

  it.each(["1", "before"])("is read when %s is asked for, with the size its disk had", async (asked) => {
    const reader = await open(asked);
    expect(reader.virtualSizeBytes).toBe(SNAPSHOT_DISK.virtualSizeBytes);
    expect(await firstDifference(reader, SNAPSHOT_DISK, 5000)).toBeNull();
    expect(reader.facts).toContainEqual({ group: "qcow2 header", name: "snapshot read", value: "1 (before)" });
  });

  it("that is not there is told with those that are", async () => {
    await expect(open("after")).rejects.toMatchObject({
      code: "request.not-found",
      message: 'There is no snapshot "after" in disk.qcow2: it has 1 (before).',
    });
    await expect(open("1", fixture("v3"))).rejects.toMatchObject({ message: expect.stringContaining("no snapshots") });
  });

  it("whose name others have too is asked for by its id", async () => {
    const disk = SNAPSHOT_DISK;
    const [one, two] = ["7", "8"].map((id) => ({ id, name: "daily", seconds: 1, disk }));
    if (!one || !two) throw new Error("no rows");
    const daily = built({ clusterBits: 12, snapshots: [one, two] });
    await expect(open("daily", daily)).rejects.toMatchObject({ code: "state.conflict", hint: "Their ids: 7, 8" });
    expect(await firstDifference(await open("8", daily), disk, 4096)).toBeNull();
  });

  it.each([
    ["qcow2 snapshot.l1TableOffset", 5n, "disk.damaged", "l1TableOffset: 5 is not the start of a cluster"],
    ["qcow2 snapshot.l1TableOffset", 2n ** 40n, "disk.truncated", "lies beyond the end of the file"],
    ["qcow2 snapshot.l1Size", 0n, "disk.damaged", "l1Size: 0 entries"],
    ["qcow2 snapshot.l1Size", 0xffffffffn, "disk.too-large", "l1Size"],
    ["qcow2 snapshot extra data.virtualSizeBytes", 0n, "disk.damaged", "its disk has no size"],
    ["qcow2 snapshot extra data.virtualSizeBytes", 2n ** 50n, "disk.too-large", "L1 table"],
  ])("with %s = %s is refused, and the active state is read", async (field, value, code, words) => {
    const damaged = changed(base, field, value);
    await expect(open("1", damaged)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    await expect(open("1", damaged)).rejects.toMatchObject({ message: expect.stringContaining('qcow2 snapshot "1"') });
    expect(await firstDifference(await openFiles(damaged), base.disk)).toBeNull();
  });
});

const HEADER = "qcow2 header.";

it("a huge empty disk is told in several extents, so that its walk can be held or left midway", async () => {
  const [clusterBits, tables] = [16, 2 ** 17];
  const clusterBytes = 2 ** clusterBits;
  const header = headerV3.encode({
    magic: MAGIC,
    version: 3,
    backingFileOffset: 0,
    backingFileSize: 0,
    clusterBits,
    size: tables * (clusterBytes / 8) * clusterBytes,
    cryptMethod: 0,
    l1Size: tables,
    l1TableOffset: clusterBytes,
    refcountTableOffset: 0,
    refcountTableClusters: 0,
    nbSnapshots: 0,
    snapshotsOffset: 0,
    incompatibleFeatures: 0n,
    compatibleFeatures: 0n,
    autoclearFeatures: 0n,
    refcountOrder: 4,
    headerLength: headerV3.sizeBytes,
  });
  const bytes = new Uint8Array(clusterBytes + tables * 8);
  bytes.set(header);
  const reader = await openFiles({ format: "qcow2", main: "huge.qcow2", files: new Map([["huge.qcow2", bytes]]) });
  await expectToldInPieces(reader);
});

describe("what is refused", () => {
  it.each([
    ["version", 1n, "disk.unsupported", "version at offset 4: 1 is not known"],
    ["version", 4n, "disk.unsupported", "version"],
    ["clusterBits", 8n, "disk.damaged", "clusterBits at offset 20"],
    ["clusterBits", 22n, "disk.damaged", "clusterBits"],
    ["clusterBits", 0xffffffffn, "disk.damaged", "clusterBits"],
    ["size", 0n, "disk.damaged", "size at offset 24"],
    ["size", 2n ** 53n, "disk.too-large", "size at offset 24"],
    ["size", 2n ** 52n, "disk.too-large", "l1Size"],
    ["size", 2n ** 30n, "disk.damaged", "l1Size at offset 36: 6 entries"],
    ["cryptMethod", 1n, "disk.unsupported", "encrypted (AES)"],
    ["cryptMethod", 2n, "disk.unsupported", "encrypted (LUKS)"],
    ["cryptMethod", 7n, "disk.unsupported", "encrypted (method 7)"],
    ["l1Size", 0n, "disk.damaged", "l1Size"],
    ["l1Size", 0xffffffffn, "disk.too-large", "l1Size"],
    ["l1TableOffset", 0n, "disk.damaged", "l1TableOffset at offset 40"],
    ["l1TableOffset", 513n, "disk.damaged", "not the start of a cluster"],
    ["l1TableOffset", 2n ** 40n, "disk.truncated", "l1TableOffset"],
    ["backingFileSize", 5000n, "disk.damaged", "backingFileSize"],
    ["backingFileOffset", 4090n, "disk.damaged", "backingFileOffset"],
    ["nbSnapshots", 65537n, "disk.too-large", "65537 snapshots"],
    ["nbSnapshots", 65536n, "disk.truncated", "qcow2 snapshot"],
    ["snapshotsOffset", 2n ** 40n, "disk.truncated", "qcow2 snapshot 0"],
    ["headerLength", 50n, "disk.damaged", "headerLength at offset 100"],
    ["headerLength", 99n, "disk.damaged", "headerLength"],
    ["headerLength", 2n ** 31n, "disk.damaged", "headerLength"],
  ])("%s = %s", async (field, value, code, words) => {
    const base = fixture(/^(size|l1)/.test(field) ? "v3" : "snapshots and backing");
    const error = await refusalOf(changed(base, HEADER + field, value));
    expect(error.message).toContain(words);
    expect(error.code).toBe(code);
    expect(error.message).toContain("disk.qcow2");
  });

  it.each([
    ["L1 table entry 0", 1n, "disk.damaged", "reserved bits"],
    ["L1 table entry 0", 1n << 60n, "disk.damaged", "reserved bits"],
    ["L1 table entry 0", (2n ** 56n - 1n) & ~511n, "disk.truncated", "L2 table 0"],
    ["L2 table 0 entry 0", 2n, "disk.damaged", "reserved bits"],
    ["L2 table 0 entry 0", 1n << 61n, "disk.damaged", "reserved bits"],
    ["L2 table 0 entry 0", 1n << 40n, "disk.truncated", "points to 1099511627776"],
    ["L2 table 0 entry 0", (1n << 62n) | (1n << 50n), "disk.truncated", "points to"],
    ["L2 table 0 entry 0", (1n << 62n) | 512n, "disk.damaged", "does not expand"],
  ])("%s = %s", async (field, value, code, words) => {
    const error = await refusalOf(changed(fixture("v3"), field, value));
    expect(error.message).toContain(words);
    expect(error.code).toBe(code);
  });

  it("offsets that are not the start of a cluster", async () => {
    const base = built({ clusterBits: 12 });
    for (const field of ["L1 table entry 0", "L2 table 0 entry 0"]) {
      expect((await refusalOf(changed(base, field, 4096n + 512n))).message).toContain("not the start of a cluster");
    }
  });

  it("a header longer than its cluster, here of 512 bytes", async () => {
    const error = await refusalOf(changed(fixture("v3"), `${HEADER}headerLength`, 520n));
    expect(error).toMatchObject({
      code: "disk.damaged",
      message: expect.stringContaining("headerLength at offset 100"),
    });
  });

  it("zero marks in version 2", async () => {
    const error = await refusalOf(changed(fixture("v2"), "L2 table 0 entry 0", 1n));
    expect(error.message).toContain("version 2 does not know");
  });

  it("an L1 table that lists more tables than the file can hold", async () => {
    const base = fixture("v3");
    const bytes = (base.files.get("disk.qcow2") ?? new Uint8Array(0)).slice();
    const big = new Uint8Array(bytes.length + 64 * 1024);
    big.set(bytes);
    const view = new DataView(big.buffer);
    const l1At = Math.ceil(bytes.length / 512) * 512;
    view.setBigUint64(24, 8000n * 32768n);
    view.setUint32(36, 8000);
    view.setBigUint64(40, BigInt(l1At));
    for (let i = 0; i < 8000; i++) view.setBigUint64(l1At + i * 8, 512n);
    expect((await refusalOf(withFile(base, "disk.qcow2", big))).message).toContain(
      "lists 8000 L2 tables, more than the file can hold",
    );
  });

  it.each([
    [{ incompatibleFeatures: INCOMPATIBLE.compressionType, compressionType: 9 }, "compression number 9"],
    [{ incompatibleFeatures: 1n << 9n }, "an unknown feature (bit 9)"],
    [
      { incompatibleFeatures: 1n << 63n, clusterBits: 12, featureNames: [{ bit: 63, name: "time travel" }] },
      '"time travel" (bit 63)',
    ],
  ])("features %#", async (options, words) => {
    const error = await refusalOf(built(options));
    expect(error.code).toBe("disk.unsupported");
    expect(error.message).toContain(words);
  });

  it.each([
    [{ incompatibleFeatures: INCOMPATIBLE.compressionType }, "no compression type"],
    [{ incompatibleFeatures: INCOMPATIBLE.externalDataFile }, "whose name is not said"],
    [{ incompatibleFeatures: INCOMPATIBLE.extendedL2 }, "clusterBits at offset 20: 9 is too little"],
  ])("features that are announced but cannot be: %#", async (options, words) => {
    const error = await refusalOf(built(options));
    expect(error.message).toContain(words);
    expect(error.code).toBe("disk.damaged");
  });

  it.each([
    [
      "subclusters",
      "L2 table 0 entry 3",
      (1n << 32n) | 1n,
      "says of a subcluster that it is stored and that it is zero",
    ],
    ["subclusters", "L2 table 0 entry 5", 1n, "says that subclusters are stored, but not where"],
    ["subclusters", "L2 table 0 entry 2", 1n, "reserved bits"],
    ["external data file", "L2 table 0 entry 3", 1n << 62n, "an external data file cannot hold"],
    ["external data file", "L2 table 0 entry 3", 1n << 30n, "beyond the end of disk.data"],
  ])("%s: %s = %s", async (name, field, value, words) => {
    expect((await refusalOf(changed(fixture(name), field, value))).message).toContain(words);
  });

  it.each([
    ["zlib", "compressed"],
    ["zstd", "zstd"],
  ])("a stream of %s that is changed in any byte of its header, in words of the cluster", async (_, name) => {
    const base = fixture(name);
    const clusters = base.structures.find((one) => one.name === "clusters");
    const start = (clusters?.start ?? 0) + 7;
    const refusals: string[] = [];
    for (let at = start; at < start + 12; at++) {
      const bytes = (base.files.get("disk.qcow2") ?? new Uint8Array(0)).slice();
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      try {
        refusals.push((await refusalOf(withFile(base, "disk.qcow2", bytes))).message);
      } catch (error) {
        // Without a checksum in the stream some changes are other content.
        expect(String(error)).toContain("nothing was refused");
      }
    }
    expect(refusals.length).toBeGreaterThan(3);
    for (const message of refusals) expect(message).toMatch(/^compressed cluster of guest offset \d+ in disk.qcow2/);
  });

  it("a header extension that does not fit", async () => {
    const error = await refusalOf(
      changed(built({ backing: { name: "b", format: "raw" } }), "qcow2 header extension.length", 60_000n),
    );
    expect(error.message).toContain("does not fit the header");
  });
});
