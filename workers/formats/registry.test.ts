import { describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { memorySource } from "../io/memory.ts";
import { detectForLibrary, detectFormat, isExtentFileName } from "./registry.ts";
import { FIXTURES } from "./testing/fixtures.ts";

const [vmdkImage] = FIXTURES.vmdk();
const [qcow2Image] = FIXTURES.qcow2();
const vmdkBytes = vmdkImage?.files.get("disk.vmdk") ?? new Uint8Array(0);
const qcow2Bytes = qcow2Image?.files.get("disk.qcow2") ?? new Uint8Array(0);

/** Stamped sectors without any magic. */
const plain = Uint8Array.from({ length: 1024 }, (_, i) => (i * 7 + 1) % 256);

function withMagic(magic: string, at: number): Uint8Array {
  const bytes = plain.slice();
  bytes.set(Buffer.from(magic, "latin1"), at);
  return bytes;
}

const detect = async (name: string, content: Uint8Array): Promise<string> => {
  try {
    const { format, warnings } = await detectFormat(memorySource(name, content));
    return [format.info.id, ...warnings].join(" | ");
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
};

describe("detectFormat", () => {
  it.each([
    ["disk.vmdk", vmdkBytes, "vmdk"],
    ["disk.qcow2", qcow2Bytes, "qcow2"],
    ["disk", qcow2Bytes, "qcow2"],
    ["disk.img", qcow2Bytes, "qcow2"],
    ["disk.vmdk", qcow2Bytes, "qcow2 | The name ends in .vmdk, but the content is a QCOW2 image."],
    ["disk.QCOW2", vmdkBytes, "vmdk | The name ends in .qcow2, but the content is a VMDK image."],
    ["disk.raw", plain, "raw"],
    ["disk.IMG", plain, "raw"],
    ["disk", plain, "raw"],
    ["disk-flat.vmdk", plain, "raw"],
    ["disk.raw", plain.subarray(1), "disk.unknown-format"],
    ["disk.raw", new Uint8Array(0), "disk.unknown-format"],
    ["disk.qcow2", plain, "disk.unknown-format"],
    ["disk.vmdk", plain, "disk.unknown-format"],
    ["notes.txt", plain, "disk.unknown-format"],
    ["disk.img", withMagic("conectix", 512), "vhd"],
    ["disk.raw", withMagic("conectix", 0), "vhd"],
    ["disk.vhd", Buffer.concat([qcow2Bytes, withMagic("conectix", 512)]), "disk.unknown-format"],
    ["disk.img", withMagic("\x7f\x10\xda\xbe", 64), "vdi"],
    ["disk.img", withMagic("QED\0", 0), "disk.unsupported"],
    ["disk.img", withMagic("\x1f\x8b\x08", 0), "disk.unsupported"],
    ["app.ova", withMagic("ustar", 257), "disk.unsupported"],
    ["disk.img", withMagic("ustar  \0", 257), "disk.unsupported"],
  ])("%s", async (name, content, expected) => {
    expect(await detect(name, content)).toBe(expected);
  });

  it("says why a name that promises a format is not believed", async () => {
    await expect(detectFormat(memorySource("/a/disk.qcow2", plain))).rejects.toThrow(
      "/a/disk.qcow2 is called .qcow2 but does not begin like a QCOW2 image.",
    );
  });
});

describe("detectForLibrary", () => {
  it.each([
    ["disk.vmdk", vmdkBytes, "vmdk"],
    ["disk.img", qcow2Bytes, "qcow2"],
    ["disk.raw", plain, "raw"],
    ["disk", plain, null],
    ["disk.iso", plain, null],
    ["disk.raw", plain.subarray(1), null],
    ["disk-flat.vmdk", plain, null],
    ["disk-s001.vmdk", vmdkBytes, null],
  ])("%s", async (name, content, expected) => {
    expect((await detectForLibrary(memorySource(name, content)))?.format.info.id ?? null).toBe(expected);
  });
});

it.each([
  ["a-flat.vmdk", true],
  ["a-s001.vmdk", true],
  ["/x/a-f012.VMDK", true],
  ["a-000001-delta.vmdk", true],
  ["a-ctk.vmdk", true],
  ["a-000001.vmdk", false],
  ["flat.vmdk", false],
  ["a-flat.qcow2", false],
])("isExtentFileName(%s) is %s", (name, expected) => expect(isExtentFileName(name)).toBe(expected));
