/** vmfsSparse and seSparse: what they say, and every refusal by name. */
import { describe, expect, it } from "vitest";
import { memorySource } from "../../io/memory.ts";
import { refusalOf, statesOf } from "../testing/ask.ts";
import { type Fixture, openFiles } from "../testing/fixture.ts";
import { withField } from "../testing/fuzz.ts";
import { vmdkFixtures } from "../testing/vmdk-builder.ts";
import { readSeSparse } from "./se-sparse.ts";

const fixtures = vmdkFixtures();
const fixture = (name: string): Fixture => {
  const found = fixtures.find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};

describe("vmfsSparse", () => {
  it("behind its descriptor is the disk the descriptor describes", async () => {
    const reader = await openFiles(fixture("vmfsSparse"));
    expect(reader).toMatchObject({ subformat: "vmfsSparse", grainBytes: 512, warnings: [], mark: "1234abcd" });
    expect(reader.facts).toContainEqual({ group: "COWD header", name: "grainSize", value: "1 sectors" });
    // Over the border of two tables.
    expect(await statesOf(reader.extents(2 ** 21 - 5 * 512, 12 * 512), 512)).toEqual([
      [4091, 2, "hole"],
      [4093, 7, "data"],
      [4100, 3, "hole"],
    ]);
  });

  it("by itself is told to lack its descriptor; a child names its parent, marks are told", async () => {
    const alone = fixture("vmfsSparse, alone");
    expect((await openFiles(alone)).warnings).toEqual([expect.stringContaining("without its descriptor")]);
    expect((await openFiles(alone)).backing).toBeNull();
    const child = withField(withField(alone, "COWD header.flags", 6n), "COWD header.uncleanShutdown", 1n);
    const bytes = new Uint8Array(child.files.get("disk.vmdk") ?? []);
    bytes.set(Buffer.from("base.vmdk"), 32);
    const reader = await openFiles({ ...child, files: new Map([["disk.vmdk", bytes]]) });
    expect(reader.backing).toEqual({ name: "base.vmdk", format: "vmdk", mark: null });
    expect(reader.warnings).toEqual([
      expect.stringContaining("inconsistent"),
      expect.stringContaining("not closed cleanly"),
    ]);
  });

  it.each([
    ["version", 0n, "disk.unsupported", "version at offset 4: 0"],
    ["version", 2n, "disk.unsupported", "version at offset 4: 2"],
    ["flags", 8n, "disk.unsupported", "flags at offset 8: 0x8"],
    ["flags", 2n, "disk.damaged", "parentFileName at offset 32"],
    ["numSectors", 0n, "disk.damaged", "numSectors at offset 12"],
    ["numSectors", 0xffff_ffffn, "disk.damaged", "numGdEntries at offset 24: 3, the disk's size needs 1048576"],
    ["grainSize", 0n, "disk.damaged", "grainSize at offset 16"],
    ["grainSize", 3n, "disk.damaged", "grainSize"],
    ["grainSize", 8192n, "disk.damaged", "grainSize"],
    ["gdOffset", 0n, "disk.damaged", "gdOffset at offset 20"],
    ["gdOffset", 3n, "disk.damaged", "gdOffset"],
    ["gdOffset", 0xffff_ffffn, "disk.truncated", "grain directory of disk.vmdk"],
    ["numGdEntries", 2n, "disk.damaged", "numGdEntries"],
  ])("is refused with %s = %s", async (field, value, code, words) => {
    const error = await refusalOf(withField(fixture("vmfsSparse, alone"), `COWD header.${field}`, value));
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(error.details?.file).toBe("disk.vmdk");
  });

  it.each([
    ["grain directory entry 0", 0xffff_ffffn, "disk.truncated", "grain table 0 of disk.vmdk"],
    ["grain tables entry 0", 3n, "disk.damaged", "grain 0 of disk.vmdk at offset 1536 lies inside the header"],
    ["grain tables entry 1", 0xffff_ffffn, "disk.truncated", "grain 1 of disk.vmdk at offset 2199023255040"],
  ])("is refused with %s = %s", async (field, value, code, words) => {
    const error = await refusalOf(withField(fixture("vmfsSparse, alone"), field, value));
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  });
});

describe("seSparse", () => {
  it("tells stored grains, zeros of both types and what its parent holds apart", async () => {
    const reader = await openFiles(fixture("seSparse"));
    expect(reader).toMatchObject({ subformat: "seSparse", grainBytes: 4096, warnings: [] });
    expect(await statesOf(reader.extents(18 * 4096, 5 * 4096), 4096)).toEqual([
      [18, 1, "data"],
      [19, 1, "hole"],
      [20, 2, "zero"],
      [22, 1, "hole"],
    ]);
  });

  it("finds a grain by both parts of its number", async () => {
    const alone = fixture("seSparse, alone");
    const { tables } = await readSeSparse(memorySource("x", alone.files.get("disk.vmdk") ?? new Uint8Array(0)));
    const entry = new DataView(new ArrayBuffer(8));
    entry.setBigUint64(0, 0x3000_0000_0000_0000n, true);
    const first = tables.grainAt(entry, 0, 0);
    entry.setBigUint64(0, 0x3abc_0000_0001_2345n, true);
    expect(tables.grainAt(entry, 0, 0) - first).toBe((0x12345 * 4096 + 0xabc) * 4096);
    entry.setBigUint64(0, 0x1000_0000_8000_0001n, true);
    const second = tables.tableAt(entry, 0, 0);
    entry.setBigUint64(0, 0x1000_0000_0000_0000n, true);
    expect(second - tables.tableAt(entry, 0, 0)).toBe(0x8000_0001 * 64 * 512);
  });

  it.each([
    ["version", 0x2_0000_0002n, "disk.unsupported", "version at offset 8: 0x200000002"],
    ["capacity", 0n, "disk.damaged", "capacity at offset 16"],
    ["capacity", 2n ** 53n, "disk.too-large", "capacity at offset 16"],
    ["capacity", 2n ** 37n + 1n, "disk.too-large", "capacity"],
    ["capacity", 2n ** 37n, "disk.damaged", "grainDirSize at offset 136: 1 sectors cannot hold 4194304 entries"],
    ["grainSize", 16n, "disk.unsupported", "grainSize at offset 24: 16"],
    ["grainTableSize", 128n, "disk.unsupported", "grainTableSize at offset 32: 128"],
    ["flags", 1n, "disk.unsupported", "flags at offset 40: 0x1"],
    ["reserved1", 1n, "disk.unsupported", "reserved1 at offset 48"],
    ["reserved4", 2n ** 63n, "disk.unsupported", "reserved4 at offset 72"],
    ["volatileHeaderOffset", 0n, "disk.damaged", "volatileHeaderOffset at offset 80"],
    ["volatileHeaderOffset", 2n ** 40n, "disk.truncated", "volatileHeaderOffset"],
    ["grainDirOffset", 0n, "disk.damaged", "grainDirOffset"],
    ["grainDirOffset", 2n ** 52n, "disk.truncated", "grainDirOffset"],
    ["grainDirSize", 0n, "disk.damaged", "grainDirSize"],
    ["grainTablesOffset", 2n ** 52n, "disk.truncated", "grainTablesOffset"],
    ["grainsOffset", 2n ** 52n, "disk.truncated", "grainsOffset"],
  ])("is refused with %s = %s", async (field, value, code, words) => {
    const error = await refusalOf(withField(fixture("seSparse, alone"), `seSparse header.${field}`, value));
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(error.details?.file).toBe("disk.vmdk");
  });

  it.each([
    ["seSparse volatile header.magic", 0n, "disk.damaged", "magic at offset 512"],
    [
      "seSparse volatile header.replayJournal",
      1n,
      "disk.unsupported",
      "replayJournal at offset 536: the disk was not closed",
    ],
    ["grain directory entry 0", 5n, "disk.damaged", "grain directory entry 0 of disk.vmdk at offset 1024"],
    ["grain directory entry 0", 2n ** 64n - 1n, "disk.damaged", "grain directory entry 0"],
    ["grain directory entry 0", 0x1000_0000_ffff_ffffn, "disk.truncated", "grain table 0"],
    ["grain tables entry 0", 1n, "disk.damaged", "of a kind that is not known"],
    ["grain tables entry 0", 0x4000_0000_0000_0000n, "disk.damaged", "of a kind that is not known"],
    ["grain tables entry 0", 0x3fff_ffff_ffff_ffffn, "disk.truncated", "grain 0 of disk.vmdk"],
  ])("is refused with %s = %s", async (field, value, code, words) => {
    const error = await refusalOf(withField(fixture("seSparse, alone"), field, value));
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it("is refused with anything in what is padding in the known version", async () => {
    const alone = fixture("seSparse, alone");
    for (const at of [208, 511, 512 + 32, 1023]) {
      const bytes = new Uint8Array(alone.files.get("disk.vmdk") ?? []);
      bytes[at] = 1;
      const error = await refusalOf({ ...alone, files: new Map([["disk.vmdk", bytes]]) });
      expect(error).toMatchObject({ code: "disk.unsupported", message: expect.stringContaining("pad") });
    }
  });
});
