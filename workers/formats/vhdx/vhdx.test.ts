/** What a VHDX image tells besides its content, what its damaged copies are for, and every refusal by name. */
import { describe, expect, it } from "vitest";
import { refusalOf } from "../testing/ask.ts";
import { type Fixture, openFiles, withFile } from "../testing/fixture.ts";
import { contentOf, firstDifference } from "../testing/test-disk.ts";
import { DATA_WRITE_GUID, VHDX_DISK, type VhdxOptions, vhdxFixtures, vhdxImage } from "../testing/vhdx-builder.ts";
import { HEADERS_AT, MIB, REGION, REGION_TABLES_AT } from "./structures.ts";

const FILE = "disk.vhdx";
const all = vhdxFixtures();
const fixture = (name: string): Fixture => {
  const found = all.find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};

const built = (options: VhdxOptions): Fixture => {
  const { bytes, structures, fields } = vhdxImage(VHDX_DISK, options);
  return { ...fixture("dynamic"), files: new Map([[FILE, bytes]]), structures, fields };
};

/** The image with bytes changed, checksums as they are. */
function spoiled(base: Fixture, change: (bytes: Uint8Array) => void): Fixture {
  const bytes = (base.files.get(FILE) ?? new Uint8Array(0)).slice();
  change(bytes);
  return withFile(base, FILE, bytes);
}

/** A number changed and the checksums made right again. */
function changed(base: Fixture, fieldName: string, value: bigint): Fixture {
  const field = base.fields.find((one) => one.name === fieldName);
  if (!field) throw new Error(`no field ${fieldName}`);
  return spoiled(base, (bytes) => {
    const view = new DataView(bytes.buffer);
    if (field.sizeBytes === 8) view.setBigUint64(field.offset, value, true);
    if (field.sizeBytes === 4) view.setUint32(field.offset, Number(value), true);
    if (field.sizeBytes === 2) view.setUint16(field.offset, Number(value), true);
    bytes.set(base.resealed?.(bytes) ?? bytes);
  });
}

async function states(files: Fixture, start: number, length: number): Promise<(string | number)[][]> {
  const all = [];
  const reader = await openFiles(files);
  for await (const extent of reader.extents(start, length)) all.push([extent.start, extent.length, extent.state]);
  return all;
}

describe("what a VHDX image says", () => {
  it("kind, sectors, parent and its mark", async () => {
    const child = await openFiles(fixture("differencing, sectors of 4 KiB"));
    expect(child.subformat).toBe("differencing");
    expect(child.backing).toEqual({ name: "./base.vhdx", format: "vhdx", mark: DATA_WRITE_GUID });
    expect(child.facts).toContainEqual({ group: "VHDX metadata", name: "LogicalSectorSize", value: "4096" });
    expect(child.allocatedBytes).toBeNull();
    const fixed = await openFiles(fixture("fixed"));
    expect(fixed).toMatchObject({ subformat: "fixed", backing: null, mark: DATA_WRITE_GUID, warnings: [] });
    expect(fixed.allocatedBytes).toBe(VHDX_DISK.virtualSizeBytes);
    expect((await openFiles(fixture("dynamic"))).allocatedBytes).toBe(2 * MIB);
  });

  it.each([
    [{ relative_path: "..\\a\\base.vhdx", absolute_win32_path: "C:\\x\\other.vhdx" }, "../a/base.vhdx"],
    [{ absolute_win32_path: "\\\\?\\C:\\x\\other.vhdx" }, "other.vhdx"],
    [{ volume_path: "\\\\?\\Volume{26A21BDA}\\y\\vol.vhdx", absolute_win32_path: "C:\\x\\z.vhdx" }, "vol.vhdx"],
  ])("the parent's file: %j", async (paths, name) => {
    const { backing } = await openFiles(
      built({ parent: { parent_linkage: `{${DATA_WRITE_GUID.toUpperCase()}}`, ...paths } }),
    );
    expect(backing).toEqual({ name, format: "vhdx", mark: DATA_WRITE_GUID });
  });

  it("which sectors of a differencing disk are its own, to the sector", async () => {
    expect(await states(fixture("differencing"), 0, 1024)).toEqual([[0, 1024, "data"]]);
    expect(await states(fixture("differencing"), 1023, 513)).toEqual([
      [1023, 1, "data"],
      [1024, 512, "hole"],
    ]);
    // The whole second block was unmapped: what the parent has there must not shine through.
    expect(await states(fixture("differencing"), MIB + 5, 10)).toEqual([[MIB + 5, 10, "zero"]]);
    expect(await states(fixture("differencing, sectors of 4 KiB"), 0, 8192)).toEqual([
      [0, 4096, "data"],
      [4096, 4096, "hole"],
    ]);
    expect(await states(fixture("differencing, sectors of 4 KiB"), MIB + 5, 10)).toEqual([[MIB + 5, 10, "hole"]]);
  });

  it.each([0, 1, 2, 3, 5])("block state %s reads as zeros", async (state) => {
    const files = built({ states: { 1: state } });
    expect(await states(files, MIB, 10)).toEqual([[MIB, 10, state === 0 ? "hole" : "zero"]]);
    expect(await firstDifference(await openFiles(files), VHDX_DISK)).toBeNull();
  });
});

describe("damage that has a copy", () => {
  it.each([
    ["header 1", HEADERS_AT[0]],
    ["header 2, the newer", HEADERS_AT[1]],
    ["region table", REGION_TABLES_AT[0]],
  ])("%s: the other one is used, with a warning", async (_, at) => {
    const files = spoiled(fixture("dynamic"), (bytes) => bytes.fill(0x55, at + 40, at + 48));
    const reader = await openFiles(files);
    expect(reader.warnings).toEqual([expect.stringContaining(`at offset ${at} is damaged`)]);
    const content = new Uint8Array(VHDX_DISK.virtualSizeBytes);
    await reader.read(0, content);
    expect(Buffer.compare(content, contentOf(VHDX_DISK))).toBe(0);
  });

  it.each([
    ["headers", HEADERS_AT, "VHDX header"],
    ["region tables", REGION_TABLES_AT, "VHDX region table"],
  ])("both %s: refused", async (_, places, words) => {
    const error = await refusalOf(
      spoiled(fixture("dynamic"), (bytes) => places.forEach((at) => void bytes.fill(1, at + 40, at + 48))),
    );
    expect(error.code).toBe("disk.damaged");
    expect(error.message).toContain(`${words} of disk.vhdx at offset ${places[0]} is damaged, and so is its copy`);
  });
});

const ABOVE = 2n ** 53n;
const ENTRY = "VHDX region table entry";

describe("what is refused", () => {
  it.each([
    ["VHDX header.version", 2n, "disk.unsupported", "version 2"],
    ["VHDX header.logOffset", 4096n, "disk.damaged", "puts the log at 4096"],
    ["VHDX header.logLength", 4097n, "disk.damaged", "puts the log at"],
    ["VHDX header.logOffset", ABOVE, "disk.too-large", "logOffset"],
    ["VHDX header.logOffset", BigInt(2 * MIB), "disk.damaged", "overlap"],
    ["VHDX region table.entryCount", 2048n, "disk.damaged", "claims 2048 entries"],
    ["VHDX region table.entryCount", 1n, "disk.damaged", "lists no metadata region"],
    [`${ENTRY}.fileOffset 0`, 4096n, "disk.damaged", "puts the BAT at 4096"],
    [`${ENTRY}.fileOffset 0`, 0n, "disk.damaged", "lets the header section overlap the BAT"],
    [`${ENTRY}.fileOffset 0`, BigInt(2 * MIB), "disk.damaged", "overlap the metadata region"],
    [`${ENTRY}.fileOffset 0`, 2n ** 40n, "disk.truncated", "VHDX BAT"],
    [`${ENTRY}.length 0`, 0n, "disk.damaged", "puts the BAT at"],
    [`${ENTRY}.length 0`, 2n ** 32n - BigInt(MIB), "disk.damaged", "inside the BAT"],
    ["VHDX metadata table.entryCount", 2048n, "disk.damaged", "claims 2048"],
    ["VHDX metadata table.entryCount", 3n, "disk.damaged", "has no item logicalSectorSize"],
    ["VHDX metadata table entry.offset 1", 8n, "disk.damaged", "outside the region"],
    ["VHDX metadata table entry.length 1", 4n, "disk.truncated", "virtual disk size"],
    ["VHDX metadata table entry.length 1", 2n ** 32n - 1n, "disk.damaged", "outside the region"],
    ["VHDX file parameters.blockSize 0", 3n * BigInt(MIB), "disk.damaged", "blocks of 3145728"],
    ["VHDX file parameters.blockSize 0", 2n ** 29n, "disk.damaged", "no power of two from 1 to 256 MiB"],
    ["VHDX file parameters.flags 0", 2n, "disk.damaged", "has no item parentLocator"],
    ["VHDX virtual disk size.size 1", 0n, "disk.damaged", "a disk of 0 bytes"],
    ["VHDX virtual disk size.size 1", 513n, "disk.damaged", "no whole sectors of 512"],
    ["VHDX virtual disk size.size 1", 2n ** 46n + 512n, "disk.too-large", "over 64 TiB"],
    ["VHDX virtual disk size.size 1", 2n ** 40n, "disk.damaged", "the disk needs"],
    ["VHDX sector size.size 3", 1024n, "disk.damaged", "logicalSectorSize of 1024"],
    ["VHDX sector size.size 4", 0n, "disk.damaged", "physicalSectorSize of 0"],
    ["BAT entry 0", 4n, "disk.damaged", "unknown state 4"],
    ["BAT entry 0", 6n + 8n, "disk.damaged", "reserved bits"],
    ["BAT entry 0", 6n, "disk.damaged", "points to 0, inside the header section"],
    ["BAT entry 0", BigInt(3 * MIB) + 6n, "disk.damaged", "inside the BAT"],
    ["BAT entry 0", BigInt(4 * MIB) + 7n, "disk.damaged", "stored in part, in a disk without parent"],
    ["BAT entry 0", BigInt(6 * MIB) + 6n, "disk.truncated", "that block ends beyond the file"],
    ["BAT entry 0", 2n ** 64n - 2n ** 20n + 6n, "disk.truncated", "that block ends beyond the file"],
  ] as const)("%s = %s", async (field, value, code, words) => {
    const error = await refusalOf(changed(fixture("dynamic"), field, value));
    expect(error.message).toContain(words);
    expect(error.message).toContain("disk.vhdx");
    expect(error.code).toBe(code);
    expect(error.details).toMatchObject({ file: FILE });
  });

  it("more blocks than the file can hold, all of them one place", async () => {
    const disk = { virtualSizeBytes: 16 * MIB, data: [{ start: 0, length: 16 * MIB }] };
    const { bytes } = vhdxImage(disk);
    const view = new DataView(bytes.buffer);
    for (let block = 0; block < 16; block++) view.setBigUint64(3 * MIB + block * 8, BigInt(4 * MIB) + 6n, true);
    const error = await refusalOf(withFile(fixture("dynamic"), FILE, bytes.slice(0, 5 * MIB)));
    expect(error.message).toContain("lists 16 blocks, more than the file can hold");
  });

  it.each([
    [{ region: { guid: DATA_WRITE_GUID, required: 1n } }, `requires a region of unknown kind, ${DATA_WRITE_GUID}`],
    [{ item: { itemId: DATA_WRITE_GUID, flags: 4n } }, `requires an item of unknown kind, ${DATA_WRITE_GUID}`],
    [{ item: { itemId: DATA_WRITE_GUID, flags: 5n } }, "requires an item of unknown kind"],
    [
      { parent: { parent_linkage: `{${DATA_WRITE_GUID}}`, relative_path: "x" }, locatorType: DATA_WRITE_GUID },
      `is of the unknown kind ${DATA_WRITE_GUID}`,
    ],
  ])("unknown things that must be known: %#", async (options, words) => {
    const error = await refusalOf(built(options));
    expect(error.code).toBe("disk.unsupported");
    expect(error.message).toContain(words);
  });

  it("but passes over unknown things that need not be known", async () => {
    const files = built({
      region: { guid: DATA_WRITE_GUID, required: 0n },
      item: { itemId: DATA_WRITE_GUID, flags: 0n },
    });
    expect(await firstDifference(await openFiles(files), VHDX_DISK)).toBeNull();
  });

  it.each([
    [{ parent: { relative_path: "x" } }, "has no parent_linkage"],
    [{ parent: { parent_linkage: "{no}", relative_path: "x" } }, "has no parent_linkage"],
    [{ parent: { parent_linkage: `{${DATA_WRITE_GUID}}` } }, "names no file"],
    [{ region: { guid: REGION.bat, required: 1n } }, "lists BAT twice"],
    [{ region: { guid: DATA_WRITE_GUID, required: 0n, atBytes: 3 * MIB } }, "overlap"],
    [{ item: { itemId: "2fa54224-cd1b-4876-b211-5dbed83bf4b8", flags: 4n } }, "twice"],
  ])("damage: %#", async (options, words) => {
    const error = await refusalOf(built(options));
    expect(error.message).toContain(words);
    expect(error.code).toBe("disk.damaged");
  });

  it("a differencing disk whose sector bitmap is missing", async () => {
    const child = fixture("differencing");
    const bitmap = child.fields.find(({ name }) => name.startsWith("BAT entry 8"))?.name ?? "BAT entry 4096";
    expect((await refusalOf(changed(child, bitmap, 0n))).message).toContain("says that there is none");
    expect((await refusalOf(changed(child, bitmap, 2n ** 40n + 6n))).code).toBe("disk.truncated");
  });
});
