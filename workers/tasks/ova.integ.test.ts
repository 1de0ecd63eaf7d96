/** Disks inside OVAs that the tar program made, read in place: their content, what they name, their manifest, their place in a library. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeSampleMachine } from "../../scripts/sample/sample-machine.ts";
import type { ManifestResult } from "../../src-core/model/task.ts";
import { type OpenOptions, openDisk } from "../image/open-disk.ts";
import { listOva, openOvaMember } from "../io/ova.ts";
import { createTaskContext } from "../task-context.ts";
import { verifyManifest } from "./package-manifest.ts";
import { MiB, openFilesBelow, qemuImg, runOnWorker, startWorker, tempFolder, writeStampedRaw } from "./testing/rig.ts";

const outer = tempFolder();
afterAll(() => outer.remove());
const vms = outer.file("vms");
const at = (name: string) => join(vms, name);
const parts = outer.file("parts");
const part = (name: string) => join(parts, name);
const raw = outer.file("content.raw");
const refuse: OpenOptions = { roots: [vms], brokenChain: "refuse" };

/** An OVA of files of `parts`, in the order given. */
function pack(name: string, members: readonly string[], format = "ustar"): string {
  execFileSync("tar", ["--create", `--format=${format}`, "--file", at(name), "--directory", parts, ...members]);
  return at(name);
}

function digest(algorithm: string, name: string): string {
  const hex = createHash(algorithm)
    .update(readFileSync(part(name)))
    .digest("hex");
  return `${algorithm.toUpperCase()}(${name})= ${hex}\n`;
}

beforeAll(() => {
  mkdirSync(vms);
  writeStampedRaw(raw, 16 * MiB, [
    { start: 0, length: MiB },
    { start: 9 * MiB + 512, length: 3 * MiB },
  ]);
  makeSampleMachine(parts, { dataBytes: MiB, name: "app" });
  qemuImg("convert", "-O", "vmdk", "-o", "subformat=streamOptimized", raw, part("app-disk1.vmdk"));
  writeFileSync(part("app.mf"), digest("sha256", "app.ovf") + digest("sha1", "app-disk1.vmdk"));
  pack("app.ova", ["app.ovf", "app.mf", "app-disk1.vmdk"]);
});

/** The guest's bytes of a disk inside an OVA are those of `expected`, which qemu-img reads. */
async function expectContent(path: string, expected: string): Promise<void> {
  const plain = outer.file("plain.raw");
  qemuImg("convert", "-O", "raw", expected, plain);
  const want = readFileSync(plain);
  const disk = await openDisk(path, refuse);
  const got = Buffer.alloc(disk.guest.virtualSizeBytes);
  await disk.guest.read(0, got);
  expect(Buffer.compare(got, want)).toBe(0);
  await disk.close();
  expect(openFilesBelow(outer.path)).toEqual([]);
}

describe("a disk in an OVA", () => {
  test.each(["v7", "ustar", "gnu", "oldgnu", "posix"])("of tar format %s is read as it is outside", async (format) => {
    // A name that needs each format's way with long ones; v7 has none.
    const long = format === "v7" ? "s/disk.vmdk" : `${"folder".repeat(12)}/${"disk".repeat(12)}.vmdk`;
    mkdirSync(join(part(long), ".."), { recursive: true });
    copyFileSync(part("app-disk1.vmdk"), part(long));
    const ova = pack(`${format}.ova`, ["app.ovf", "app-disk1.vmdk", long], format);
    await expectContent(`${ova}/app-disk1.vmdk`, part("app-disk1.vmdk"));
    await expectContent(`${ova}/${long}`, part("app-disk1.vmdk"));
  });

  test("of every format we read, with holes where the file system knows them", async () => {
    const made = [
      ["raw", "disk.raw", []],
      ["qcow2", "disk.qcow2", []],
      ["vdi", "disk.vdi", []],
      ["vpc", "disk.vhd", ["-o", "force_size=on"]],
      ["vhdx", "disk.vhdx", []],
      ["vmdk", "disk.vmdk", []],
    ] as const;
    for (const [format, name, options] of made) qemuImg("convert", "-O", format, ...options, raw, part(name));
    const ova = pack(
      "all.ova",
      made.map(([, name]) => name),
    );
    for (const [, name] of made) await expectContent(`${ova}/${name}`, raw);
    // Punched into the archive afterwards: a sparse OVA is told as sparse.
    const sparse = at("sparse.ova");
    execFileSync("cp", ["--sparse=always", ova, sparse]);
    await expectContent(`${sparse}/disk.raw`, raw);
  });

  test("inspect and map run on it; its files and folder are told by their paths", async () => {
    const path = at("app.ova/app-disk1.vmdk");
    const { disk } = await runOnWorker({ kind: "inspect", path, roots: [vms] });
    expect(disk).toMatchObject({ path, name: "app-disk1.vmdk", folder: at("app.ova"), subformat: "streamOptimized" });
    expect(disk.files).toMatchObject([{ path, role: "image" }]);
    const { map } = await runOnWorker({ kind: "map", path, slices: 4, roots: [vms] });
    expect(map.totals.dataBytes).toBeGreaterThan(MiB);
  });

  test("an extent file and a parent are members of the same OVA", async () => {
    qemuImg("convert", "-O", "vmdk", "-o", "subformat=monolithicFlat", raw, part("flat.vmdk"));
    qemuImg("convert", "-O", "qcow2", raw, part("base.qcow2"));
    mkdirSync(part("snapshots"));
    qemuImg(
      "create",
      "-q",
      "-u",
      "-f",
      "qcow2",
      "-b",
      "../base.qcow2",
      "-F",
      "qcow2",
      part("snapshots/top.qcow2"),
      "16M",
    );
    const ova = pack("family.ova", ["flat.vmdk", "flat-flat.vmdk", "snapshots/top.qcow2", "base.qcow2"]);
    await expectContent(`${ova}/flat.vmdk`, raw);
    await expectContent(`${ova}/snapshots/top.qcow2`, raw);
    const disk = await openDisk(`${ova}/snapshots/top.qcow2`, refuse);
    expect(disk.layers.map(({ path }) => path)).toEqual([`${ova}/snapshots/top.qcow2`, `${ova}/base.qcow2`]);
    await disk.close();
  });

  test("a parent that is its own child is a cycle", async () => {
    qemuImg("create", "-q", "-u", "-f", "qcow2", "-b", "loop.qcow2", "-F", "qcow2", part("loop.qcow2"), "16M");
    const ova = pack("loop.ova", ["loop.qcow2"]);
    await expect(openDisk(`${ova}/loop.qcow2`, refuse)).rejects.toMatchObject({ code: "disk.backing-cycle" });
  });

  test.each([
    // The file of that name beside the OVA is none of the OVA's.
    ["beside the OVA", "beside.raw", "disk.backing-missing"],
    ["outside of the OVA", "../beside.raw", "path.outside"],
    ["by absolute path", "/etc/hostname", "path.outside"],
    ["by address", "nbd://evil.example/disk", "disk.unsupported"],
  ])("a name that means a file %s opens nothing", async (where, name, code) => {
    copyFileSync(raw, at("beside.raw"));
    const child = `child-${basename(where)}.qcow2`.replaceAll(" ", "-");
    qemuImg("create", "-q", "-u", "-f", "qcow2", "-b", name, "-F", "raw", part(child), "16M");
    const ova = pack(`${child}.ova`, [child]);
    await expect(openDisk(`${ova}/${child}`, refuse)).rejects.toMatchObject({ code });
    expect(openFilesBelow(outer.path)).toEqual([]);
  });

  test("what cannot be read in place is refused by name", async () => {
    writeFileSync(part("disk.vmdk.gz"), gzipSync(readFileSync(part("app-disk1.vmdk"))));
    const ova = pack("packed.ova", ["app.ovf", "disk.vmdk.gz"]);
    writeFileSync(at("whole.ova"), gzipSync(readFileSync(ova)));
    copyFileSync(at("app.ova"), at("cut.ova"));
    truncateSync(at("cut.ova"), 50_000);
    const attempts: [string, string, RegExp][] = [
      [`${ova}/disk.vmdk.gz`, "disk.unsupported", /compressed with gzip as a whole/],
      [`${at("whole.ova")}/disk.vmdk`, "disk.unsupported", /compressed with gzip as a whole/],
      [`${at("cut.ova")}/app-disk1.vmdk`, "disk.truncated", /ends inside the member app-disk1\.vmdk/],
      [at("app.ova"), "disk.unsupported", /a tar archive \(an OVA\)/],
      [at("app.ova/none.vmdk"), "path.not-found", /no member called none\.vmdk/],
      [`${at("app.ova")}/../../parts/app.ovf`, "path.not-found", /no member/],
      [at("none.ova/disk.vmdk"), "path.not-found", /none\.ova/],
    ];
    for (const [path, code, message] of attempts) {
      await expect(openDisk(path, refuse), path).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    }
    expect(openFilesBelow(outer.path)).toEqual([]);
  });

  test("a folder called like an OVA is a folder", async () => {
    mkdirSync(at("folder.ova"));
    copyFileSync(raw, at("folder.ova/disk.raw"));
    await expectContent(at("folder.ova/disk.raw"), raw);
  });

  test("an OVA that changes while a disk in it is read is in use", async () => {
    const ova = pack("changes.ova", ["app-disk1.vmdk"]);
    const disk = await openDisk(`${ova}/app-disk1.vmdk`, refuse);
    truncateSync(ova, 50_000_000);
    expect(() => disk.layers[0].source.assertUnchanged()).toThrow(/changed while it was read/);
    await disk.close();
  });
});

test("an OVA that was replaced since it was listed is not read by the old list", async () => {
  const ova = pack("replaced.ova", ["app.ovf", "app-disk1.vmdk"]);
  const listing = await listOva(ova);
  rmSync(ova);
  pack("replaced.ova", ["app-disk1.vmdk", "app.ovf"]);
  await expect(openOvaMember(listing, "app.ovf")).rejects.toMatchObject({ code: "disk.in-use" });
  expect(openFilesBelow(outer.path)).toEqual([]);
});

describe("the manifest", () => {
  const check = async (path: string): Promise<ManifestResult> => {
    const start = { resumeFrom: null, control: new SharedArrayBuffer(8) };
    const ctx = createTaskContext({ start, post: () => {}, now: () => 0 });
    try {
      return await verifyManifest({ kind: "manifest", path }, ctx);
    } finally {
      ctx.end();
    }
  };

  test("of an OVA and of a folder: every listed file is read and fits", async () => {
    for (const path of [at("app.ova"), part("app.ovf")]) {
      const result = await runOnWorker({ kind: "manifest", path });
      expect(result).toMatchObject({ path, manifest: "app.mf", unlisted: [] });
      expect(result.files.map(({ name, algorithm }) => [name, algorithm])).toEqual([
        ["app.ovf", "sha256"],
        ["app-disk1.vmdk", "sha1"],
      ]);
    }
  });

  test("of one changed byte in the middle of a disk is told with both digests", async () => {
    const ova = pack("changed.ova", ["app.ovf", "app.mf", "app-disk1.vmdk"]);
    const bytes = readFileSync(ova);
    const middle = bytes.length >> 1;
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    writeFileSync(ova, bytes);
    await expect(check(ova)).rejects.toMatchObject({
      code: "verify.mismatch",
      message: expect.stringMatching(
        /changed\.ova\/app-disk1\.vmdk has the SHA1 [0-9a-f]{40}; the manifest app\.mf says [0-9a-f]{40}/,
      ),
    });
  });

  test.each([
    ["a file that is not there", "gone.vmdk", "disk.backing-missing"],
    ["a file outside", "../content.raw", "path.outside"],
    ["a file by absolute path", "/etc/hostname", "path.outside"],
  ])("that lists %s is refused, in an OVA and in a folder", async (_, name, code) => {
    const odd = part("odd");
    mkdirSync(odd, { recursive: true });
    copyFileSync(part("app.ovf"), join(odd, "app.ovf"));
    writeFileSync(join(odd, "app.mf"), `SHA1(${name})= ${"0".repeat(40)}\n`);
    const ova = pack("odd.ova", ["odd/app.ovf", "odd/app.mf"]);
    // Inside the OVA "../" is still inside it, but nothing is there.
    const inOva = name === "../content.raw" ? "disk.backing-missing" : code;
    await expect(check(ova)).rejects.toMatchObject({ code: inOva });
    await expect(check(join(odd, "app.ovf"))).rejects.toMatchObject({ code });
  });

  test("that is missing, or leaves files out, is told", async () => {
    expect(await check(pack("bare.ova", ["app.ovf", "app-disk1.vmdk"]))).toMatchObject({
      manifest: null,
      files: [],
      unlisted: ["app.ovf", "app-disk1.vmdk"],
    });
    const ova = pack("more.ova", ["app.ovf", "app.mf", "app-disk1.vmdk", "disk.vmdk"]);
    expect((await check(ova)).unlisted).toEqual(["disk.vmdk"]);
  });
});

test("a library lists an OVA as its machine with its disks, and one that is damaged with its error", async () => {
  const library = outer.file("library");
  mkdirSync(library);
  copyFileSync(at("app.ova"), join(library, "app.ova"));
  copyFileSync(at("cut.ova"), join(library, "cut.ova"));
  copyFileSync(at("all.ova"), join(library, "no-ovf.ova"));
  const worker = startWorker({ kind: "scan", folder: library, libraryId: "l" });
  await worker.result;
  const items = worker.events.flatMap((event) => (event.type === "found" ? event.items : []));
  expect(items.map(({ path, error }) => [basename(path), error?.code ?? null])).toEqual([
    ["app.ova", null],
    ["cut.ova", "disk.truncated"],
    ["no-ovf.ova", "machine.damaged"],
  ]);
  const path = join(library, "app.ova/app-disk1.vmdk");
  expect(items[0]).toMatchObject({
    kind: "ovf",
    name: "app",
    folder: library,
    disks: [{ path, name: "app-disk1.vmdk", error: null, summary: { path, subformat: "streamOptimized" } }],
  });
});
