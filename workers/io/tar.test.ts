import { describe, expect, test } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import type { ByteSource } from "./byte-source.ts";
import { memorySource } from "./memory.ts";
import { listTar, type TarMember, tarWindow } from "./tar.ts";
import { paxRecord, type TarEntry, tarArchive, tarHeader } from "./testing/tar-builder.ts";

const bytes = (text: string) => Buffer.from(text, "utf8");
const list = (content: Uint8Array) => listTar(memorySource("a.ova", content));
const file = (name: string, content = name): TarEntry => ({ name, content: bytes(content) });

async function refusal(content: Uint8Array | ByteSource): Promise<{ code: string; message: string }> {
  try {
    await listTar(content instanceof Uint8Array ? memorySource("a.ova", content) : content);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

async function contentOf(archive: Uint8Array, member: TarMember | undefined): Promise<string> {
  if (member === undefined) throw new Error("no such member");
  const window = tarWindow(memorySource("a.ova", archive), member, `a.ova/${member.name}`);
  const into = Buffer.alloc(window.sizeBytes);
  await window.read(0, into);
  return into.toString("utf8");
}

describe("listTar", () => {
  test("files in their order with their bytes; folders, links and what leads elsewhere left out", async () => {
    const archive = tarArchive([
      file("app.ovf"),
      { name: "sub/", content: bytes(""), type: "5" },
      // A hard link may state its file's size, and has no data.
      { name: "link", content: bytes(""), type: "1", sizeField: bytes("00000001000\0") },
      file("./sub/disk1.vmdk", "x".repeat(1300)),
      file("/etc/shadow"),
      file("../outside"),
      { ...file("old"), type: "\0" },
      file("empty", ""),
      file("last"),
    ]);
    const members = await list(archive);
    expect(members.map(({ name }) => name)).toEqual(["app.ovf", "sub/disk1.vmdk", "old", "empty", "last"]);
    for (const member of members) {
      const expected = member.name === "empty" ? "" : member.name.startsWith("sub") ? "x".repeat(1300) : member.name;
      expect(await contentOf(archive, member)).toBe(expected);
    }
  });

  test("names: POSIX prefix, GNU long names, pax paths in UTF-8", async () => {
    const long = `${"d".repeat(90)}/${"f".repeat(90)}.vmdk`;
    const archive = tarArchive([
      { ...file("disk.vmdk"), prefix: "a/b" },
      // What GNU keeps in the place of the prefix is no name.
      { ...file("plain.vmdk"), magic: "ustar  \0", prefix: "15000000000" },
      { name: "././@LongLink", content: bytes(`${long}\0`), type: "L", magic: "ustar  \0" },
      file("cut off"),
      { name: "PaxHeaders/x", content: bytes(paxRecord("mtime", "1.5") + paxRecord("path", "Büro.vmdk")), type: "x" },
      file("short"),
      file("after"),
    ]);
    expect((await list(archive)).map(({ name }) => name)).toEqual([
      "a/b/disk.vmdk",
      "plain.vmdk",
      long,
      "Büro.vmdk",
      "after",
    ]);
  });

  test("sizes: binary ones, and a pax size in the place of the header's", async () => {
    const binary = Buffer.alloc(12);
    binary[0] = 0x80;
    binary.writeUInt32BE(3, 8);
    const archive = tarArchive([
      { ...file("binary", "abc"), sizeField: binary },
      { name: "x", content: bytes(paxRecord("size", "5")), type: "x" },
      { ...file("pax", "12345"), sizeField: bytes("00000000000\0") },
      file("after"),
    ]);
    const members = await list(archive);
    expect(members.map(({ sizeBytes }) => sizeBytes)).toEqual([3, 5, 5]);
    expect(await contentOf(archive, members[1])).toBe("12345");
  });

  test("beyond 8 GiB: offsets stay exact, only headers are read", async () => {
    const size = 12 * 2 ** 30 + 700;
    const header = tarHeader({ ...file("big", ""), sizeField: bytes(`${size.toString(8)}\0`.padStart(12, "0")) });
    const second = tarHeader(file("after", "z"));
    const secondAt = 512 + Math.ceil(size / 512) * 512;
    let read = 0;
    const source: ByteSource = {
      name: "big.ova",
      sizeBytes: secondAt + 1024 + 1024,
      allocatedBytes: null,
      async read(offset, into) {
        read += into.length;
        into.fill(0);
        if (offset === 0) into.set(header);
        if (offset === secondAt) into.set(second);
      },
      async close() {},
    };
    const members = await listTar(source);
    expect(members.map(({ name, startBytes, sizeBytes }) => [name, startBytes, sizeBytes])).toEqual([
      ["big", 512, size],
      ["after", secondAt + 512, 1],
    ]);
    expect(read).toBe(3 * 512);
  });

  test("an archive without closing blocks ends with its file", async () => {
    expect(await list(tarArchive([file("a")], 0))).toHaveLength(1);
  });

  test("sparse members are listed as not readable", async () => {
    const archive = tarArchive([
      { name: "x", content: bytes(paxRecord("GNU.sparse.major", "1") + paxRecord("GNU.sparse.minor", "0")), type: "x" },
      file("disk.raw"),
      { ...file("gnu.raw"), type: "S" },
      file("plain"),
    ]);
    expect((await list(archive)).map(({ problem }) => problem !== null)).toEqual([true, true, false]);
  });

  const whole = tarArchive([file("app.ovf", "y".repeat(600)), file("disk1.vmdk", "x".repeat(2000))]);
  const broken = Buffer.from(whole);
  broken[1536 + 3] = 0xee;
  const negative = Buffer.alloc(12, 0xff);
  const huge = Buffer.alloc(12, 0x7f);
  huge[0] = 0x80;
  test.each([
    [
      "gzip",
      Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.alloc(600)]),
      "disk.unsupported",
      /compressed with gzip/,
    ],
    ["something else", Buffer.alloc(2048, 7), "disk.unknown-format", /not a tar archive/],
    ["nothing", Buffer.alloc(0), "disk.unknown-format", /not a tar archive/],
    ["a few bytes", Buffer.from("KDMV"), "disk.unknown-format", /not a tar archive/],
    ["zeros", Buffer.alloc(4096), "disk.unknown-format", /not a tar archive/],
    [
      "cut off inside a member",
      whole.subarray(0, 3000),
      "disk.truncated",
      /inside the member disk1\.vmdk: 1048 bytes are missing/,
    ],
    ["cut off inside a header", whole.subarray(0, 1700), "disk.truncated", /inside a header/],
    ["a damaged header", broken, "disk.damaged", /checksum does not fit, at offset 1536/],
    ["a negative size", tarArchive([{ ...file("a"), sizeField: negative }]), "disk.damaged", /size/],
    ["a size beyond 2^53", tarArchive([{ ...file("a"), sizeField: huge }]), "disk.damaged", /size/],
    ["a size that is no number", tarArchive([{ ...file("a"), sizeField: bytes("00x\0") }]), "disk.damaged", /size/],
    ["a name twice", tarArchive([file("a.vmdk"), file("./a.vmdk")]), "disk.damaged", /second member called a\.vmdk/],
    [
      "records that are none",
      tarArchive([{ name: "x", content: bytes("99 path=a\n"), type: "x" }, file("a")]),
      "disk.damaged",
      /records/,
    ],
    [
      "records without end",
      tarArchive([{ name: "x", content: Buffer.alloc(70_000), type: "x" }, file("a")]),
      "disk.damaged",
      /records of 70000 bytes/,
    ],
    [
      "a pax size that is no number",
      tarArchive([{ name: "x", content: bytes(paxRecord("size", "-5")), type: "x" }, file("a")]),
      "disk.damaged",
      /size/,
    ],
  ])("%s is refused", async (_, content, code, message) => {
    expect(await refusal(content)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("headers without end are refused in good time", async () => {
    const header = tarHeader({ name: "d/", content: bytes(""), type: "5" });
    const endless: ByteSource = {
      name: "endless.ova",
      sizeBytes: 2 ** 50,
      allocatedBytes: null,
      async read(_, into) {
        into.set(header);
      },
      async close() {},
    };
    expect(await refusal(endless)).toMatchObject({
      code: "disk.damaged",
      message: expect.stringMatching(/more than 4096 headers/),
    });
  });
});

test("a window ends where its member does", async () => {
  const archive = tarArchive([file("a", "abc"), file("b", "secret")]);
  const [member] = await list(archive);
  if (member === undefined) throw new Error("no member");
  const window = tarWindow(memorySource("a.ova", archive), member, "a.ova/a");
  await expect(window.read(2, new Uint8Array(2))).rejects.toMatchObject({
    code: "disk.truncated",
    details: { file: "a.ova/a", offset: 2, missingBytes: 1 },
  });
});
