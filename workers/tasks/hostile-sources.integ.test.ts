/** Sources that are no disks, and disks that name files they must not reach: refused by name, at once, with nothing left open. */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDisk } from "../image/open-disk.ts";
import { MiB, openFilesBelow, qemuImg, tempFolder, writeStampedRaw } from "./testing/rig.ts";

const outer = tempFolder();
const vms = outer.file("vms");
const at = (name: string) => join(vms, name);
const open = (path: string) => openDisk(path, { roots: [vms], brokenChain: "refuse" });
let server: Server;

beforeAll(async () => {
  mkdirSync(vms);
  mkdirSync(at("folder"));
  writeStampedRaw(outer.file("secret.raw"), MiB, [{ start: 0, length: MiB }]);
  writeStampedRaw(at("own.raw"), MiB, [{ start: 0, length: MiB }]);
  execFileSync("mkfifo", [at("pipe")]);
  symlinkSync("/dev/zero", at("zeros"));
  symlinkSync(outer.file("secret.raw"), at("link.raw"));
  server = createServer().listen(at("socket"));
  await new Promise((ready) => server.once("listening", ready));
});
afterAll(() => {
  server.close();
  outer.remove();
});

/** The work's own time, so that a hang shows as a failure of this test and not of the run. */
async function refusal(path: string): Promise<unknown> {
  const beganAt = performance.now();
  const error = await open(path).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(performance.now() - beganAt).toBeLessThan(5_000);
  expect(openFilesBelow(outer.path)).toEqual([]);
  return error;
}

test.each(["pipe", "socket", "folder", "zeros"])("a %s as a source is no file", async (name) => {
  for (const format of [undefined, "raw", "vmdk"] as const) {
    const work = openDisk(at(name), { roots: [vms], brokenChain: "refuse", format });
    await expect(work).rejects.toMatchObject({ code: "path.not-file", message: expect.stringContaining(at(name)) });
  }
});

/** A split disk whose second extent is called `name`; `type` is FLAT or SPARSE. */
function descriptor(file: string, type: string, name: string): string {
  const lines = [
    "# Disk DescriptorFile",
    "version=1",
    "CID=12345678",
    "parentCID=ffffffff",
    'createType="twoGbMaxExtentFlat"',
    'RW 2048 FLAT "own.raw" 0',
    `RW 2048 ${type} "${name}"${type === "FLAT" ? " 0" : ""}`,
  ];
  writeFileSync(at(file), `${lines.join("\n")}\n`);
  return at(file);
}

const names: [string, string, string][] = [
  ["by absolute path", "/etc/shadow", "path.outside"],
  ["in the folder above", "../secret.raw", "path.outside"],
  ["in the folder above, by a way through its own", "folder/../../secret.raw", "path.outside"],
  ["through a link", "link.raw", "path.outside"],
  ["that is a device, through a link", "zeros", "path.outside"],
  ["that is a device", "/dev/zero", "path.outside"],
  ["that is a pipe", "pipe", "path.not-file"],
  ["that is a socket", "socket", "path.not-file"],
  ["that is a folder", "folder", "path.not-file"],
  ["that is not there", "gone.raw", "disk.backing-missing"],
  ["by address", "nbd://localhost/x", "disk.unsupported"],
  ["inside an OVA that is there", "app.ova/own.raw", "disk.backing-missing"],
];

describe.each(["FLAT", "SPARSE"])("a %s extent", (type) => {
  test.each(names)("%s is not read", async (_, name, code) => {
    execFileSync("tar", ["--create", "--file", at("app.ova"), "--directory", vms, "own.raw"]);
    expect(await refusal(descriptor("disk.vmdk", type, name))).toMatchObject({ code });
  });
});

describe("a parent", () => {
  test.each(names)("%s is not read", async (_, name, code) => {
    execFileSync("tar", ["--create", "--file", at("app.ova"), "--directory", vms, "own.raw"]);
    qemuImg("create", "-q", "-u", "-f", "qcow2", "-b", name, "-F", "raw", at("child.qcow2"), "1M");
    expect(await refusal(at("child.qcow2"))).toMatchObject({ code });
  });
});

test("the file itself as one of its extents is read as bytes, not followed in circles", async () => {
  const error = await refusal(descriptor("self.vmdk", "SPARSE", "self.vmdk"));
  expect(error).toMatchObject({ code: expect.stringMatching(/^disk\./) });
});

test("a descriptor of 100 MB is refused without being read", async () => {
  const path = at("huge.vmdk");
  const fd = openSync(path, "wx");
  const head = `# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType="monolithicFlat"\n`;
  writeSync(fd, head);
  const line = Buffer.from('RW 1 FLAT "own.raw" 0\n'.repeat(40_000));
  for (let written = 0; written < 100e6; written += line.length) writeSync(fd, line);
  closeSync(fd);
  const before = process.memoryUsage.rss();
  expect(await refusal(path)).toMatchObject({ code: expect.stringMatching(/^disk\.(unsupported|damaged|too-large)$/) });
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 * MiB);
});

test("a sparse file that says it is a descriptor of terabytes is refused without being read", async () => {
  const path = at("sparse.vmdk");
  const fd = openSync(path, "wx");
  writeSync(fd, "# Disk DescriptorFile\n");
  ftruncateSync(fd, 4 * 2 ** 40);
  closeSync(fd);
  expect(await refusal(path)).toMatchObject({ code: expect.stringMatching(/^disk\./) });
  expect(readdirSync(vms)).toContain("sparse.vmdk");
});
