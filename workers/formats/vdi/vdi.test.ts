/** What a VDI image tells besides its content, and every refusal by name. */
import { describe, expect, it } from "vitest";
import { memoryTarget } from "../../io/memory.ts";
import { refusalOf, statesOf } from "../testing/ask.ts";
import { begin } from "../testing/begin.ts";
import { type Fixture, openFiles, withFile } from "../testing/fixture.ts";
import { firstDifference } from "../testing/test-disk.ts";
import { VDI_DISK, type VdiOptions, vdiFixtures, vdiImage } from "../testing/vdi-builder.ts";
import { vdi } from "./vdi.ts";

const FILE = "disk.vdi";
const fixture = (name: string): Fixture => {
  const found = vdiFixtures().find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};
const built = (options: VdiOptions): Fixture => {
  const image = vdiImage(VDI_DISK, options);
  return { ...fixture("dynamic"), ...image, files: new Map([[FILE, image.bytes]]) };
};

function changed(base: Fixture, name: string, value: bigint): Fixture {
  const field = base.fields.find((one) => one.name === name);
  if (!field) throw new Error(`no field ${name}`);
  const bytes = (base.files.get(FILE) ?? new Uint8Array(0)).slice();
  const view = new DataView(bytes.buffer);
  if (field.sizeBytes === 8) view.setBigUint64(field.offset, value, true);
  else view.setUint32(field.offset, Number(value), true);
  return withFile(base, FILE, bytes);
}

const uuid = (byte: number): Uint8Array => new Uint8Array(16).fill(byte);

describe("what a VDI image says", () => {
  it("kinds, mark, facts", async () => {
    const uuidImage = Uint8Array.from({ length: 16 }, (_, i) => i);
    const reader = await openFiles(built({ kind: "static", uuidImage, uuidLastSnap: uuid(1) }));
    expect(reader.subformat).toBe("static");
    // The first three fields are little endian.
    expect(reader.mark).toBe("03020100-0504-0706-0809-0a0b0c0d0e0f/01010101-0101-0101-0101-010101010101");
    expect(reader.facts).toContainEqual({ group: "VDI header", name: "version", value: "1.1" });
    expect(reader.allocatedBytes).toBe(VDI_DISK.virtualSizeBytes);
  });

  it("a child knows its parent by UUID", async () => {
    const one = "a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1a1";
    const two = "a2a2a2a2-a2a2-a2a2-a2a2-a2a2a2a2a2a2";
    const child = await openFiles(fixture("differencing"));
    expect(child.backing).toEqual({ name: `{${one}}.vdi`, format: "vdi", mark: `${one}/${two}`, markStart: `${one}/` });
    const old = await openFiles(built({ kind: "differencing", uuidLink: uuid(0xa1) }));
    expect(old.backing?.mark).toBeNull();
  });

  it("blocks marked as zeros are zero, free ones are holes", async () => {
    const reader = await openFiles(fixture("extra bytes, blocks in disorder"));
    expect(await statesOf(reader.extents(2 * 4096, 6 * 4096), 4096)).toEqual([
      [2, 2, "data"],
      [4, 1, "hole"],
      [5, 2, "zero"],
      [7, 1, "data"],
    ]);
  });

  it("warns where header and map count differently", async () => {
    const reader = await openFiles(built({ kind: "dynamic", blocksAllocated: 9 }));
    expect(reader.warnings).toEqual([expect.stringContaining("counts 9 allocated blocks, the block map 7")]);
  });

  it("an image of version 0.1, whose map follows its header, and a child of it", async () => {
    const reader = await openFiles(fixture("version 0.1"));
    expect(reader.facts).toContainEqual({ group: "VDI header", name: "version", value: "0.1" });
    expect(reader).toMatchObject({ subformat: "dynamic", warnings: [], backing: null });
    expect(await firstDifference(reader, VDI_DISK)).toBeNull();
    const child = await openFiles(built({ kind: "differencing", old: true, uuidLink: uuid(0xa1) }));
    expect(child.backing).toMatchObject({ mark: null, markStart: `${"a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1a1"}/` });
  });

  it.each([
    ["VirtualBox", "<<< Oracle VM VirtualBox Disk Image >>>\n"],
    ["Sun", "<<< Sun VirtualBox Disk Image >>>\n"],
    ["innotek", "<<< innotek VirtualBox Disk Image >>>\n"],
    ["QEMU", "<<< QEMU VM Virtual Disk Image >>>\n"],
    ["nobody", ""],
  ])("the text at the beginning, by %s, makes no difference", async (_, text) => {
    const bytes = (fixture("dynamic").files.get(FILE) ?? new Uint8Array(0)).slice();
    bytes.fill(0, 0, 64).set(Buffer.from(text));
    expect(vdi.probe(bytes.subarray(0, 68), new Uint8Array(0))).toBe("yes");
    expect(await firstDifference(await openFiles(withFile(fixture("dynamic"), FILE, bytes)), VDI_DISK)).toBeNull();
  });

  it("the short header of the first images of version 1.1", async () => {
    const reader = await openFiles(changed(fixture("dynamic"), "VDI header.headerSize", 384n));
    expect(await firstDifference(reader, VDI_DISK)).toBeNull();
  });
});

describe("what is refused", () => {
  it.each([
    ["VDI header.signature", 1n, "disk.damaged", "signature"],
    ["VDI header.version", 0x00020001n, "disk.unsupported", "version: 2.1 is not known"],
    ["VDI header.version", 0x00010000n, "disk.unsupported", "version: 1.0"],
    ["VDI header.headerSize", 383n, "disk.damaged", "headerSize"],
    ["VDI header.imageType", 3n, "disk.unsupported", "undo images"],
    ["VDI header.imageType", 5n, "disk.unsupported", "imageType: 5"],
    ["VDI header.imageType", 4n, "disk.damaged", "names no parent"],
    ["VDI header.sectorSize", 4096n, "disk.unsupported", "sectorSize: 4096"],
    ["VDI header.diskSize", 0n, "disk.damaged", "the disk has no size"],
    ["VDI header.diskSize", 2n ** 53n, "disk.too-large", "diskSize"],
    ["VDI header.diskSize", 2n ** 52n, "disk.too-large", "more than 33554432 blocks"],
    ["VDI header.diskSize", 2n ** 20n, "disk.damaged", "the disk's size needs 256"],
    ["VDI header.blockSize", 4097n, "disk.damaged", "blockSize"],
    ["VDI header.blockSize", 2n ** 31n, "disk.damaged", "blockSize"],
    ["VDI header.blockExtra", 2n ** 31n, "disk.damaged", "blockExtra"],
    ["VDI header.blocksInImage", 20n, "disk.damaged", "20 blocks"],
    ["VDI header.blocksInImage", 2n ** 26n, "disk.too-large", "blocksInImage"],
    ["VDI header.blocksInImage", 2n ** 24n, "disk.truncated", "block map"],
    ["VDI header.offsetBlocks", 0n, "disk.damaged", "offsetBlocks"],
    ["VDI header.offsetBlocks", 2n ** 31n, "disk.truncated", "offsetBlocks"],
    ["VDI header.offsetData", 512n, "disk.damaged", "offsetData"],
    ["VDI header.offsetData", 2n ** 31n, "disk.truncated", "goes beyond the end of the file"],
    ["map entry 0", 21n, "disk.damaged", "the image has 21 blocks"],
    ["map entry 0", 20n, "disk.truncated", "goes beyond the end of the file"],
    ["map entry 0", 1n, "disk.damaged", "is taken by another block"],
  ])("%s = %s", async (field, value, code, words) => {
    const error = await refusalOf(changed(fixture("dynamic"), field, value));
    expect(error.message).toContain(words);
    expect(error.code).toBe(code);
    expect(error.message).toContain(FILE);
  });
});

it("a disk of more than 32 TiB is not written", async () => {
  const virtualSizeBytes = 32 * 2 ** 40 + 1;
  await expect(begin(vdi, memoryTarget("large.vdi"), { virtualSizeBytes })).rejects.toMatchObject({
    code: "disk.too-large",
  });
});
