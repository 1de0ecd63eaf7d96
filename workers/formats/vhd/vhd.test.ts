/** What a VHD image tells besides its content, and every refusal by name. */
import { describe, expect, it } from "vitest";
import { memorySource, memoryTarget } from "../../io/memory.ts";
import { refusalOf, statesOf } from "../testing/ask.ts";
import { begin } from "../testing/begin.ts";
import { expectToldInPieces } from "../testing/conformance.ts";
import { type Fixture, openFiles, withFile } from "../testing/fixture.ts";
import { contentOf } from "../testing/test-disk.ts";
import { VHD_DISK, type VhdOptions, vhdFixtures, vhdImage } from "../testing/vhd-builder.ts";
import { openVhd } from "./reader.ts";
import { footerTable, geometryOf, MAX_GEOMETRY_SECTORS } from "./structures.ts";
import { vhd } from "./vhd.ts";

const FILE = "disk.vhd";
const fixture = (name: string): Fixture => {
  const found = vhdFixtures().find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};
const built = (options: VhdOptions): Fixture => {
  const image = vhdImage(VHD_DISK, options);
  return { ...fixture("dynamic"), ...image, files: new Map([[FILE, image.bytes]]) };
};
const contentOfFile = (image: Fixture): Uint8Array => (image.files.get(FILE) ?? new Uint8Array(0)).slice();

/** A field set to a value, in both footers where there are two; checksums fit again unless told otherwise. */
function changed(base: Fixture, name: string, value: bigint, options: { sealed?: boolean } = {}): Fixture {
  const found = base.fields.filter((one) => one.name === name);
  if (found.length === 0) throw new Error(`no field ${name}`);
  const bytes = contentOfFile(base);
  const view = new DataView(bytes.buffer);
  for (const { offset, sizeBytes } of found) {
    if (sizeBytes === 8) view.setBigUint64(offset, value);
    else if (sizeBytes === 4) view.setUint32(offset, Number(value));
    else view.setUint8(offset, Number(value));
  }
  return withFile(base, FILE, options.sealed === false ? bytes : (base.resealed?.(bytes) ?? bytes));
}

describe("what a VHD image says", () => {
  it("kinds, marks, facts", async () => {
    const reader = await openFiles(fixture("dynamic"));
    expect(reader).toMatchObject({ subformat: "dynamic", mark: "c1".repeat(16), backing: null, warnings: [] });
    expect(reader.facts).toContainEqual({ group: "VHD footer", name: "Creator Application", value: "win " });
    expect(reader.facts).toContainEqual({ group: "VHD footer", name: "Time Stamp", value: "2022-03-07T20:26:40.000Z" });
    expect(reader.facts).toContainEqual({ group: "VHD dynamic disk header", name: "Block Size", value: "4096" });
    expect((await openFiles(fixture("fixed"))).subformat).toBe("fixed");
  });

  it.each([
    ["Hyper-V", "win ", false],
    ["Azure", "wa", false],
    ["VirtualBox", "vbox", false],
    ["Disk2vhd", "d2v ", false],
    ["XenServer", "tap", false],
    ["XenConverter", "CTXS", false],
    ["QEMU with force_size", "qem2", false],
    ["a program nobody knows", "????", false],
    ["Virtual PC", "vpc ", true],
    ["Virtual Server", "vs  ", true],
    ["QEMU without force_size", "qemu", true],
  ])("the size by %s (%s) follows the geometry: %s", async (_, creator, byGeometry) => {
    const reader = await openFiles(built({ kind: "dynamic", creator }));
    const { cylinders, heads, sectorsPerTrack } = geometryOf(VHD_DISK.virtualSizeBytes / 512);
    const expected = byGeometry ? cylinders * heads * sectorsPerTrack * 512 : VHD_DISK.virtualSizeBytes;
    expect(reader.virtualSizeBytes).toBe(expected);
    expect(expected === VHD_DISK.virtualSizeBytes).toBe(!byGeometry);
    expect(reader.warnings).toEqual(byGeometry ? [expect.stringContaining("follows the geometry")] : []);
  });

  it("the largest geometry there is says nothing about the size, whoever wrote it", async () => {
    const base = built({ kind: "dynamic", creator: "vpc " });
    const bytes = contentOfFile(base);
    for (const at of [0, bytes.length - 512]) {
      // Cylinders, heads, sectors per track.
      bytes.set([0xff, 0xff, 16, 255], at + footerTable.offsets.cylinders);
    }
    const reader = await openFiles(withFile(base, FILE, base.resealed?.(bytes) ?? bytes));
    expect(reader).toMatchObject({ virtualSizeBytes: VHD_DISK.virtualSizeBytes, warnings: [] });
  });

  it.each(["fixed", "dynamic"] as const)(
    "a %s disk whose footer is a byte short, as before Virtual PC 2004",
    async (kind) => {
      const whole = contentOfFile(built({ kind }));
      const files = withFile(built({ kind }), FILE, whole.slice(0, -1));
      const reader = await openFiles(files);
      expect(reader).toMatchObject({ subformat: kind, virtualSizeBytes: VHD_DISK.virtualSizeBytes, warnings: [] });
      const content = new Uint8Array(reader.virtualSizeBytes);
      await reader.read(0, content);
      expect(Buffer.compare(content, contentOf(VHD_DISK))).toBe(0);
      expect(vhd.probe(new Uint8Array(8), whole.slice(-513, -1))).toBe("yes");
    },
  );

  it("a fixed disk that itself begins like a footer", async () => {
    const disk = { ...VHD_DISK, data: [{ start: 4096, length: 4096 }] };
    const bytes = vhdImage(disk, { kind: "fixed" }).bytes;
    bytes.set(Buffer.from("conectix"), 0);
    const reader = await openFiles({ ...built({ kind: "fixed" }), files: new Map([[FILE, bytes]]) });
    expect(reader).toMatchObject({ subformat: "fixed", warnings: [] });
  });

  it("blocks on borders of 4 KiB, with room before them, by XenServer", async () => {
    const gapSectors = 7;
    const base = built({ kind: "dynamic", creator: "tap" });
    // The first block moves to the end, behind a gap, and the footer behind it.
    const bytes = contentOfFile(base);
    const at = base.structures.find(({ name }) => name === "block 0")?.start ?? 0;
    const footer = bytes.slice(-512);
    const movedAt = bytes.length - 512 + gapSectors * 512;
    const moved = new Uint8Array(movedAt + 512 + 4096 + 512);
    moved.set(bytes.subarray(0, -512));
    moved.set(bytes.subarray(at, at + 512 + 4096), movedAt);
    moved.fill(0x99, at, at + 512 + 4096);
    moved.set(footer, moved.length - 512);
    const entry = base.fields.find(({ name }) => name === "table entry 0")?.offset ?? 0;
    new DataView(moved.buffer).setUint32(entry, movedAt / 512);
    const reader = await openFiles(withFile(base, FILE, moved));
    const content = new Uint8Array(reader.virtualSizeBytes);
    await reader.read(0, content);
    expect(Buffer.compare(content, contentOf(VHD_DISK))).toBe(0);
    expect(reader.warnings).toEqual([]);
  });

  it.each([
    [{ relative: ".\\base.vhd", unicodeName: "other.vhd" }, "./base.vhd"],
    [{ relative: "..\\up\\base.vhd" }, "../up/base.vhd"],
    [{ unicodeName: "C:\\VMs\\ünï.vhd", absolute: "C:\\other.vhd" }, "ünï.vhd"],
    [{ absolute: "C:\\VMs\\base.vhd" }, "base.vhd"],
  ])("the parent's name, %#", async (names, expected) => {
    const uniqueId = new Uint8Array(16).fill(0xa7);
    const reader = await openFiles(built({ kind: "differencing", parent: { uniqueId, ...names } }));
    expect(reader.backing).toEqual({ name: expected, format: "vhd", mark: "a7".repeat(16) });
  });

  it("sectors whose bit is clear are holes, whatever the block holds there", async () => {
    const base = fixture("differencing");
    const reader = await openFiles(base);
    expect(await statesOf(reader.extents(0, 4 * 4096), 512)).toEqual([
      [0, 2, "data"],
      [2, 20, "hole"],
      [22, 4, "data"],
      [26, 6, "hole"],
    ]);
  });

  it("warns of a lost footer and of a saved state", async () => {
    const whole = contentOfFile(fixture("dynamic"));
    const cut = await openFiles(withFile(fixture("dynamic"), FILE, whole.slice(0, -512)));
    expect(cut.warnings).toEqual([expect.stringContaining("its copy at the beginning was used")]);
    const suspended = await openFiles(built({ kind: "dynamic", savedState: 1 }));
    expect(suspended.warnings).toEqual([expect.stringContaining("suspended")]);
  });
});

describe("what is refused", () => {
  it.each([
    ["VHD footer.cookie", 0n, "disk.damaged", 'does not begin with "conectix"'],
    ["VHD footer.fileFormatVersion", 0x20000n, "disk.unsupported", "fileFormatVersion: 0x00020000"],
    ["VHD footer.currentSize", 0n, "disk.damaged", "the disk has no size"],
    ["VHD footer.currentSize", 2n ** 53n, "disk.too-large", "currentSize"],
    ["VHD footer.currentSize", 2n ** 52n, "disk.too-large", "more than 4194304 blocks"],
    ["VHD footer.currentSize", 2n ** 20n, "disk.damaged", "maxTableEntries: 21 entries"],
    ["VHD footer.diskType", 5n, "disk.unsupported", "diskType: 5"],
    ["VHD footer.diskType", 2n, "disk.truncated", "the file holds"],
    ["VHD footer.dataOffset", 2n ** 64n - 1n, "disk.truncated", "beyond the end"],
    ["VHD dynamic disk header.cookie", 1n, "disk.damaged", 'cookie: is not "cxsparse"'],
    ["VHD dynamic disk header.headerVersion", 1n, "disk.unsupported", "headerVersion"],
    ["VHD dynamic disk header.blockSize", 5000n, "disk.damaged", "blockSize: 5000"],
    ["VHD dynamic disk header.blockSize", 2n ** 31n, "disk.damaged", "blockSize"],
    ["VHD dynamic disk header.blockSize", 512n, "disk.damaged", "blockSize"],
    ["VHD dynamic disk header.maxTableEntries", 20n, "disk.damaged", "the disk's size needs 21"],
    ["VHD dynamic disk header.tableOffset", 2n ** 40n, "disk.truncated", "tableOffset"],
    ["VHD dynamic disk header.tableOffset", 100n, "disk.damaged", "tableOffset"],
    ["table entry 0", 0n, "disk.damaged", "overlaps the headers"],
    ["table entry 0", 3n, "disk.damaged", "overlaps the headers"],
    ["table entry 0", 2n ** 31n, "disk.truncated", "goes beyond the end of the file"],
    ["table entry 1", 4n, "disk.damaged", "overlap"],
    ["table entry 1", 5n, "disk.damaged", "overlap"],
  ])("%s = %s", async (field, value, code, words) => {
    const error = await refusalOf(changed(fixture("dynamic"), field, value));
    expect(error.message).toContain(words);
    expect(error.code).toBe(code);
    expect(error.message).toContain(FILE);
  });

  it("checksums that do not fit", async () => {
    const header = changed(fixture("dynamic"), "VHD dynamic disk header.blockSize", 8192n, { sealed: false });
    expect((await refusalOf(header)).message).toContain("is recorded");
    const footers = changed(fixture("dynamic"), "VHD footer.currentSize", 4096n, { sealed: false });
    expect((await refusalOf(footers)).message).toContain("has the checksum");
    const fixed = changed(fixture("fixed"), "VHD footer.currentSize", 4096n, { sealed: false });
    expect((await refusalOf(fixed)).code).toBe("disk.damaged");
  });

  it("a fixed disk that is longer than its file", async () => {
    const error = await refusalOf(changed(fixture("fixed"), "VHD footer.currentSize", 2n ** 40n));
    expect(error.code).toBe("disk.truncated");
  });

  it("parents without a name, or with one that lies elsewhere", async () => {
    const uniqueId = new Uint8Array(16);
    expect((await refusalOf(built({ kind: "differencing", parent: { uniqueId } }))).message).toContain(
      "names no parent",
    );
    const locator = "VHD parent locator.";
    const child = fixture("differencing");
    const far = await refusalOf(changed(child, `${locator}platformDataOffset`, 2n ** 40n));
    expect(far.code).toBe("disk.truncated");
    const long = await refusalOf(changed(child, `${locator}platformDataLength`, 2n ** 31n));
    expect(long).toMatchObject({ code: "disk.damaged", message: expect.stringContaining("2147483648 bytes") });
  });
});

/** As qemu-img writes them for the same sizes. */
describe("geometries", () => {
  it.each([
    [1, { cylinders: 0, heads: 4, sectorsPerTrack: 17 }],
    [2_108, { cylinders: 31, heads: 4, sectorsPerTrack: 17 }],
    [122_944, { cylinders: 904, heads: 8, sectorsPerTrack: 17 }],
    [491_536, { cylinders: 991, heads: 16, sectorsPerTrack: 31 }],
    [533_232, { cylinders: 529, heads: 16, sectorsPerTrack: 63 }],
    [61_440_624, { cylinders: 60_953, heads: 16, sectorsPerTrack: 63 }],
    [264_192_240, { cylinders: 64_753, heads: 16, sectorsPerTrack: 255 }],
    [MAX_GEOMETRY_SECTORS + 1, { cylinders: 65535, heads: 16, sectorsPerTrack: 255 }],
  ])("%i sectors", (sectors, expected) => expect(geometryOf(sectors)).toEqual(expected));
});

it("a huge empty disk is told in several extents, so that its walk can be held or left midway", async () => {
  const target = memoryTarget("huge.vhd");
  await (await begin(vhd, target, { virtualSizeBytes: 2040 * 2 ** 30 })).finish();
  await expectToldInPieces(await openVhd(memorySource("huge.vhd", target.content())));
});

it("a disk of more than 2040 GiB is not written", async () => {
  const virtualSizeBytes = 2040 * 2 ** 30 + 1;
  await expect(begin(vhd, memoryTarget("large.vhd"), { virtualSizeBytes })).rejects.toMatchObject({
    code: "disk.too-large",
    message: expect.stringContaining("2040 GiB"),
  });
});
