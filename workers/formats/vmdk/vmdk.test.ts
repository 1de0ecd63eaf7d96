/** What a VMDK tells besides its content, and every refusal by name. */
import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { refusalOf, statesOf } from "../testing/ask.ts";
import { expectToldInPieces } from "../testing/conformance.ts";
import { type Fixture, newAccess, openFiles, withFile } from "../testing/fixture.ts";
import { descriptorText, VMDK_DISK, vmdkFixtures } from "../testing/vmdk-builder.ts";
import { parseDescriptor } from "./descriptor.ts";
import { looksLikeDescriptor } from "./recognize.ts";
import { SPARSE_MAGIC, sparseHeader } from "./structures.ts";

const fixtures = vmdkFixtures();
const fixture = (name: string): Fixture => {
  const found = fixtures.find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};

/** The fixture with numbers written over one field. */
function changed(base: Fixture, fieldName: string, value: bigint, occurrence = 0): Fixture {
  const field = base.fields.filter((one) => one.name === fieldName)[occurrence];
  if (!field) throw new Error(`no field ${fieldName}`);
  const bytes = (base.files.get(field.file) ?? new Uint8Array(0)).slice();
  const view = new DataView(bytes.buffer);
  if (field.sizeBytes === 8) view.setBigUint64(field.offset, value, true);
  if (field.sizeBytes === 4) view.setUint32(field.offset, Number(value), true);
  if (field.sizeBytes === 2) view.setUint16(field.offset, Number(value), true);
  if (field.sizeBytes === 1) view.setUint8(field.offset, Number(value));
  return withFile(base, field.file, bytes);
}

const described = (lines: readonly string[], more: readonly string[] = []): Fixture => ({
  ...fixture("twoGbMaxExtentFlat"),
  files: new Map([
    ...fixture("twoGbMaxExtentFlat").files,
    ["disk.vmdk", Buffer.from(descriptorText("custom", lines, more))],
  ]),
});

describe("what a VMDK says", () => {
  it("sub-format, mark, facts", async () => {
    const reader = await openFiles(fixture("streamOptimized, footer"));
    expect(reader.subformat).toBe("streamOptimized");
    expect(reader.mark).toBe("1234abcd");
    expect(reader.grainBytes).toBe(4096);
    expect(reader.backing).toBeNull();
    expect(reader.facts).toContainEqual({ group: "sparse header", name: "compressAlgorithm", value: "1 (deflate)" });
    expect(reader.facts).toContainEqual({ group: "descriptor", name: "ddb.adapterType", value: "lsilogic" });
    expect(reader.facts.find(({ name }) => name === "gdOffset")?.value).toMatch(/^sector \d+ \(from the footer\)$/);
  });

  it("zeroed grains are zero, missing grains are holes", async () => {
    const reader = await openFiles(fixture("zeroed grains"));
    expect(await statesOf(reader.extents(18 * 4096, 5 * 4096), 4096)).toEqual([
      [18, 1, "data"],
      [19, 1, "hole"],
      [20, 2, "zero"],
      [22, 1, "hole"],
    ]);
  });

  it("a parent with the mark its child remembers", async () => {
    const zero = described(["RW 8 ZERO"], ['parentFileNameHint="base.vmdk"']);
    const text = Buffer.from(zero.files.get("disk.vmdk") ?? [])
      .toString()
      .replace("parentCID=ffffffff", "parentCID=ABC");
    const reader = await openFiles(withFile(zero, "disk.vmdk", Buffer.from(text)));
    expect(reader.backing).toEqual({ name: "base.vmdk", format: "vmdk", mark: "00000abc" });
  });

  it("a parent by its name alone, where no content ID of it is given", async () => {
    const zero = described(["RW 8 ZERO"], ['parentFileNameHint="base.vmdk"']);
    const text = Buffer.from(zero.files.get("disk.vmdk") ?? []).toString();
    const without = withFile(zero, "disk.vmdk", Buffer.from(text.replace("parentCID=ffffffff\n", "")));
    expect((await openFiles(without)).backing).toEqual({ name: "base.vmdk", format: "vmdk", mark: null });
    expect((await openFiles(zero)).backing).toBeNull();
  });

  it("opens each extent file once, however often it is named, and closes it", async () => {
    const access = newAccess();
    const reader = await openFiles(
      described(['RW 4 FLAT "disk-1.vmdk" 2', "RW 4 ZERO", 'RW 4 VMFS "disk-1.vmdk"']),
      access,
    );
    expect(access).toEqual({ asked: ["disk-1.vmdk"], open: 1 });
    expect(reader.virtualSizeBytes).toBe(12 * 512);
    const got = new Uint8Array(12 * 512);
    await reader.read(0, got);
    const file = described([]).files.get("disk-1.vmdk") ?? new Uint8Array(0);
    expect(Buffer.compare(got.subarray(0, 2048), file.subarray(1024, 3072))).toBe(0);
    expect(got.subarray(2048, 4096).every((byte) => byte === 0)).toBe(true);
    expect(Buffer.compare(got.subarray(4096), file.subarray(0, 2048))).toBe(0);
    await reader.close();
    expect(access.open).toBe(0);
  });

  it("warns of a disk that was not closed and of sizes that disagree", async () => {
    const open = await openFiles(changed(fixture("monolithicSparse"), "VMDK sparse header.uncleanShutdown", 1n));
    expect(open.warnings).toEqual([expect.stringContaining("not closed cleanly")]);
    const base = fixture("monolithicSparse");
    const bytes = (base.files.get("disk.vmdk") ?? new Uint8Array(0)).slice();
    const text = Buffer.from(bytes).toString("latin1");
    const at = text.indexOf(`RW ${VMDK_DISK.virtualSizeBytes / 512}`);
    bytes.set(Buffer.from("RW 700"), at);
    expect((await openFiles(withFile(base, "disk.vmdk", bytes))).warnings).toEqual([
      expect.stringContaining("the header is believed"),
    ]);
  });
});

const HEADER = "VMDK sparse header.";

it("a huge empty disk is told in several extents, so that its walk can be held or left midway", async () => {
  const [grainSectors, entries, tables] = [128, 512, 2 ** 17];
  const header = sparseHeader.encode({
    magicNumber: SPARSE_MAGIC,
    version: 1,
    flags: 0n,
    capacity: grainSectors * entries * tables,
    grainSize: grainSectors,
    descriptorOffset: 0,
    descriptorSize: 0,
    numGTEsPerGT: entries,
    rgdOffset: 0n,
    gdOffset: 1n,
    overHead: 128n,
    uncleanShutdown: 0,
    lineEndTest: new Uint8Array(4),
    compressAlgorithm: 0,
  });
  const bytes = new Uint8Array(512 + tables * 4);
  bytes.set(header);
  const reader = await openFiles({ format: "vmdk", main: "huge.vmdk", files: new Map([["huge.vmdk", bytes]]) });
  await expectToldInPieces(reader);
});

describe("what is refused", () => {
  it.each([
    ["version", 4n, "disk.unsupported", "version at offset 4: 4 is not known"],
    ["version", 0n, "disk.unsupported", "version at offset 4"],
    ["flags", 0x100001n, "disk.unsupported", "flags at offset 8: bits 0x100000"],
    ["flags", 0x10001n, "disk.damaged", "compressAlgorithm"],
    ["compressAlgorithm", 2n, "disk.unsupported", "compressAlgorithm at offset 77: 2"],
    ["compressAlgorithm", 1n, "disk.damaged", "compressAlgorithm"],
    ["capacity", 0n, "disk.damaged", "capacity at offset 12"],
    ["capacity", 2n ** 53n, "disk.too-large", "capacity at offset 12"],
    ["capacity", 2n ** 50n, "disk.too-large", "capacity at offset 12"],
    ["capacity", 2n ** 40n, "disk.too-large", "a grain directory of more than 16777216 entries"],
    ["capacity", 2n ** 30n, "disk.truncated", "grain directory"],
    ["grainSize", 0n, "disk.damaged", "grainSize at offset 20"],
    ["grainSize", 9n, "disk.damaged", "grainSize"],
    ["grainSize", 8192n, "disk.damaged", "grainSize"],
    ["numGTEsPerGT", 0n, "disk.damaged", "numGTEsPerGT at offset 44"],
    ["numGTEsPerGT", 1024n, "disk.damaged", "numGTEsPerGT"],
    ["gdOffset", 0n, "disk.damaged", "gdOffset at offset 56"],
    ["gdOffset", 2n ** 64n - 2n, "disk.truncated", "grain directory"],
    ["gdOffset", 2n ** 64n - 1n, "disk.truncated", "does not end with a footer"],
    ["descriptorSize", 4096n, "disk.too-large", "descriptor"],
    ["descriptorOffset", 4096n, "disk.truncated", "descriptor"],
    ["lineEndTest", 0n, "disk.damaged", "text mode"],
  ])("%s = %s", async (field, value, code, words) => {
    const error = await refusalOf(changed(fixture("monolithicSparse"), HEADER + field, value));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
    expect(error.message).toContain("disk.vmdk");
    expect(error.details?.file).toBe("disk.vmdk");
  });

  it.each([
    ["grain directory entry 0", 1n << 31n, "disk.truncated", "grain table 0 of disk.vmdk at offset 1099511627776"],
    ["grain tables entry 0", 1n, "disk.damaged", "lies inside the header"],
    ["grain tables entry 0", 0xffffffffn, "disk.truncated", "grain 0 of disk.vmdk at offset 2199023255040"],
  ])("%s = %s", async (field, value, code, words) => {
    const error = await refusalOf(changed(fixture("monolithicSparse"), field, value));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  it.each([
    ["grain 0 sector", 8n, "disk.damaged", "has the marker of guest sector 8, not of 0"],
    ["grain 0 size", 0n, "disk.damaged", "0 compressed bytes"],
    ["grain 0 size", 8193n, "disk.damaged", "8193 compressed bytes"],
    ["grain 0 size", 20n, "disk.damaged", "does not inflate"],
  ])("%s = %s", async (field, value, code, words) => {
    const error = await refusalOf(changed(fixture("streamOptimized, header"), field, value));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  it.each([4096, 512])("a grain that inflates to less than a grain, read in pieces of %d", async (pieceBytes) => {
    const base = fixture("streamOptimized, header");
    const at = base.fields.find(({ name }) => name === "grain 0 size")?.offset ?? 0;
    const bytes = (base.files.get("disk.vmdk") ?? new Uint8Array(0)).slice();
    const short = deflateSync(new Uint8Array(700).fill(7));
    new DataView(bytes.buffer).setUint32(at, short.length, true);
    bytes.set(short, at + 4);
    const reader = await openFiles(withFile(base, "disk.vmdk", bytes));
    const read = reader.read(4096 - pieceBytes, new Uint8Array(pieceBytes));
    await expect(read).rejects.toThrow("grain 0 of disk.vmdk at offset 12288 holds 700 bytes, 4096 are needed");
  });

  it("a directory that lists more tables than the file can hold", async () => {
    // 16 entries a table are 64 bytes: 500 entries of a file of 20 KiB cannot all have one.
    const base = fixture("extent without descriptor");
    const bytes = (base.files.get("disk.vmdk") ?? new Uint8Array(0)).slice(0, 20 * 1024);
    new DataView(bytes.buffer).setBigUint64(12, 500n * 16n * 8n, true);
    bytes.fill(1, 512, 512 + 500 * 4);
    const error = await refusalOf(withFile(base, "disk.vmdk", bytes));
    expect(error.message).toContain("lists 500 tables, more than the file can hold");
  });

  it.each([
    [['RW 8 SESPARSE "x.vmdk"'], "disk.backing-missing", "x.vmdk"],
    [['RW 8 SESPARSE "disk-1.vmdk"'], "disk.damaged", "magic at offset 0: is not 0xcafebabe"],
    [['RW 8 VMFSSPARSE "disk-1.vmdk"'], "disk.damaged", 'is not "COWD"'],
    [['RW 8 VMFSRDM "x.vmdk"'], "disk.unsupported", 'extents of type "VMFSRDM"'],
    [["RW 8 FLAT"], "disk.damaged", "names no file"],
    [["RW 0 ZERO"], "disk.damaged", "0 sectors"],
    [["RW -8 ZERO"], "disk.damaged", '"-8" is not a number'],
    [["RW 99999999999999999999 ZERO"], "disk.too-large", "beyond 2^53"],
    [["RW 9007199254740992 ZERO"], "disk.too-large", "beyond 2^53"],
    [["RW 8796093022208 ZERO", "RW 8796093022208 ZERO", "RW 8796093022208 ZERO"], "disk.too-large", "add up"],
    [['RW 8 FLAT "disk-1.vmdk" x'], "disk.damaged", 'the offset "x"'],
    [['RW 999 FLAT "disk-1.vmdk" 0'], "disk.truncated", "flat extent disk-1.vmdk has"],
    [['RW 8 FLAT "disk-1.vmdk" 900'], "disk.truncated", "flat extent disk-1.vmdk has"],
    [['RW 8 SPARSE "disk-1.vmdk"'], "disk.damaged", 'does not begin with "KDMV"'],
    [['RW 8 FLAT "../../etc/passwd" 0'], "disk.backing-missing", "../../etc/passwd"],
    [[], "disk.damaged", "names no extents"],
    [["RO 8 ZERO"], "disk.unsupported", 'the access "RO"'],
    [Array.from({ length: 4097 }, () => "RW 8 ZERO"), "disk.too-large", "more than 4096 extents"],
  ] as const)("extents %j", async (lines, code, words) => {
    const error = await refusalOf(described(lines));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  it.each([
    [["CID=xyz"], "disk.damaged", "CID"],
    [["version=9"], "disk.unsupported", 'version "9"'],
  ])("descriptor entry %j", (entries, code, words) => {
    const text = ["# Disk DescriptorFile", ...entries].join("\n");
    expect(() => parseDescriptor(Buffer.from(text), "d.vmdk", 0)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) }),
    );
  });

  it("a parent without a name", async () => {
    const zero = described(["RW 8 ZERO"]);
    const text = Buffer.from(zero.files.get("disk.vmdk") ?? [])
      .toString()
      .replace("parentCID=ffffffff", "parentCID=1");
    expect((await refusalOf(withFile(zero, "disk.vmdk", Buffer.from(text)))).message).toContain(
      "no parentFileNameHint",
    );
  });

  it("a sparse piece that is named twice", async () => {
    const base = fixture("twoGbMaxExtentSparse");
    const text = Buffer.from(base.files.get("disk.vmdk") ?? []).toString();
    const line = /RW \d+ SPARSE "(.*)"/.exec(text);
    if (!line) throw new Error("no sparse extent");
    const twice = withFile(base, "disk.vmdk", Buffer.from(text.replace(line[0], `${line[0]}\n${line[0]}`)));
    expect(await refusalOf(twice)).toMatchObject({ code: "disk.damaged", message: expect.stringContaining("twice") });
  });

  it("a sparse piece smaller than the descriptor says", async () => {
    const base = fixture("twoGbMaxExtentSparse");
    const text = Buffer.from(base.files.get("disk.vmdk") ?? [])
      .toString()
      .replace("RW 240 ", "RW 241 ");
    expect((await refusalOf(withFile(base, "disk.vmdk", Buffer.from(text)))).message).toContain(
      "its header says 122880",
    );
  });
});

describe("descriptor text", () => {
  it("is read in the encoding it names", () => {
    const text = Buffer.from('encoding="windows-1252"\nRW 8 FLAT "f\xfcr-flat.vmdk" 0\n', "latin1");
    expect(parseDescriptor(text, "d", 0).extents[0]).toMatchObject({ fileName: "für-flat.vmdk" });
    const utf8 = Buffer.from('encoding="UTF-8"\r\nRW 8 FLAT "für-flat.vmdk" 0\r\n');
    expect(parseDescriptor(utf8, "d", 0).extents[0]).toMatchObject({ fileName: "für-flat.vmdk" });
    const odd = Buffer.from('encoding="no-such"\nRW 8 FLAT "x" 0\n');
    expect(parseDescriptor(odd, "d", 0).extents).toHaveLength(1);
  });

  it.each(["\n", "\r\n", "\r"])("counts in any case and with any line ends (%j)", (end) => {
    const lines = ["# Disk DescriptorFile", "cid=7", "PARENTCID=8", 'ParentFileNameHint = "p"', 'rw 8 flat "x" 2', ""];
    const parsed = parseDescriptor(Buffer.from(lines.join(end)), "d", 0);
    expect(parsed).toMatchObject({ cid: "00000007", parentCid: "00000008", parentFileNameHint: "p" });
    expect(parsed.extents).toEqual([{ kind: "flat", lengthBytes: 4096, fileName: "x", offsetBytes: 1024 }]);
    expect(() => parseDescriptor(Buffer.from(["CID=1", "", "RW x ZERO"].join(end)), "d", 0)).toThrow(
      `line 3 (offset ${5 + 2 * end.length})`,
    );
  });

  it("ends at the first NUL and names line and offset of what is wrong", () => {
    expect(parseDescriptor(Buffer.from("CID=1\n\0RW x ZERO"), "d", 0).extents).toEqual([]);
    expect(() => parseDescriptor(Buffer.from("CID=1\nRW x ZERO"), "d", 512)).toThrow(
      "descriptor of d, line 2 (offset 518)",
    );
  });

  it("is recognized behind comments and a byte order mark only", () => {
    expect(looksLikeDescriptor(Buffer.from("# Disk DescriptorFile\nversion=1"))).toBe(true);
    expect(looksLikeDescriptor(Buffer.from("\ufeff# disk descriptorfile\r\n"))).toBe(true);
    expect(looksLikeDescriptor(Buffer.from("\n# made by hand\n# Disk DescriptorFile\n"))).toBe(true);
    expect(looksLikeDescriptor(Buffer.from("version=1\n# Disk DescriptorFile\n"))).toBe(false);
    expect(looksLikeDescriptor(Buffer.from("# Disk Descriptor"))).toBe(false);
  });
});
