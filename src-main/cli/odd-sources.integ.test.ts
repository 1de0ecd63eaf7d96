/** What the command line takes besides image files: a disk inside an OVA, a block device. And what it takes not: pipes, other devices. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "./testing/spawn-cli.ts";
import { qemuCompare, qemuImage, writeStampedRaw } from "./testing/stamped-image.ts";

let folder = "";
let raw = "";
let loop: string | null = null;
const loops: string[] = [];
const cli = (...args: string[]) =>
  runCli(args, { cwd: folder, env: { HYPERSDK_DATA_DIR: join(folder, "no-program") } });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hypersdk-cli-"));
  raw = join(folder, "disk.raw");
  writeStampedRaw(raw, 8 * 1024 * 1024);
  loop = loopOver(raw);
  console.log(loop === null ? "No loop device allowed here: a device is only asked for." : `Tested with ${loop}.`);
});
afterAll(() => {
  for (const device of loops) spawnSync("losetup", ["--detach", device]);
  rmSync(folder, { recursive: true, force: true });
});

/** A read-only loop device over the file; null where the system allows none. */
function loopOver(file: string): string | null {
  const { status, stdout } = spawnSync("losetup", ["--read-only", "--find", "--show", file], { encoding: "utf8" });
  if (status !== 0) return null;
  loops.push(stdout.trim());
  return stdout.trim();
}

describe("a disk inside an OVA", () => {
  it("is told and converted where it is, verified too", async () => {
    qemuImage(raw, folder, "disk1.vmdk", ["-O", "vmdk", "-o", "subformat=streamOptimized"]);
    execFileSync("tar", ["--create", "--file", join(folder, "app.ova"), "--directory", folder, "disk1.vmdk"]);
    const info = await cli("info", "app.ova/disk1.vmdk", "--json");
    expect(info).toMatchObject({ code: 0, stderr: "" });
    expect(info.json()).toMatchObject([{ disk: { path: join(folder, "app.ova/disk1.vmdk"), format: "vmdk" } }]);
    const converted = await cli("convert", "app.ova/disk1.vmdk", "out.qcow2", "--json");
    expect(converted.code).toBe(0);
    qemuCompare(raw, "raw", join(folder, "out.qcow2"), "qcow2");
  });

  it("is never written over by its own copy", async () => {
    const { code, json } = await cli(
      "convert",
      "app.ova/disk1.vmdk",
      "app.ova",
      "--to",
      "qcow2",
      "--overwrite",
      "--json",
    );
    expect(code).not.toBe(0);
    expect(json()).toMatchObject([{ type: "error", error: { code: "target.same-as-source" } }]);
  });
});

describe("manifest", () => {
  const line = (name: string, sha256: string) => `SHA256(${name})= ${sha256}\n`;
  const pack = (name: string, digest: string) => {
    writeFileSync(join(folder, "app.ovf"), "<Envelope/>");
    writeFileSync(join(folder, "app.mf"), line("app.ovf", digest));
    const members = ["app.ovf", "app.mf", "disk1.vmdk"];
    execFileSync("tar", ["--create", "--file", join(folder, name), "--directory", folder, ...members]);
  };

  it("tells what fits and what nobody vouches for", async () => {
    pack("good.ova", createHash("sha256").update("<Envelope/>").digest("hex"));
    const told = await cli("manifest", "good.ova");
    expect(told.code).toBe(0);
    expect(told.stdout).toMatch(/app\.ovf +11 B +SHA256 +fits/);
    expect(told.stdout).toContain("Not in app.mf: disk1.vmdk");
    expect((await cli("manifest", "good.ova", "--json")).json().at(-1)).toMatchObject({
      type: "result",
      manifest: "app.mf",
      files: [{ name: "app.ovf", sizeBytes: 11, algorithm: "sha256" }],
    });
  });

  it("fails by name for another digest, and takes packages only", async () => {
    pack("bad.ova", "0".repeat(64));
    const bad = await cli("manifest", "bad.ova", "--json");
    expect(bad.code).toBe(1);
    expect(bad.json().at(-1)).toMatchObject({ error: { code: "verify.mismatch" } });
    expect((await cli("manifest", "disk.raw")).code).toBe(2);
  });
});

describe("a block device", () => {
  it("is a raw disk, and never a target", async () => {
    if (loop === null) {
      const { code, json } = await cli("info", "/dev/block/none", "--json");
      expect(code).not.toBe(0);
      expect(json()).toMatchObject([{ error: { code: "path.not-found" } }]);
      return;
    }
    const info = await cli("info", loop, "--json");
    expect(info.json()).toMatchObject([{ disk: { path: loop, format: "raw", virtualSizeBytes: 8 * 1024 * 1024 } }]);
    expect((await cli("convert", loop, "from-device.qcow2", "--json")).code).toBe(0);
    qemuCompare(raw, "raw", join(folder, "from-device.qcow2"), "qcow2");
    const onto = await cli("convert", raw, loop, "--from", "raw", "--to", "raw", "--overwrite", "--json");
    expect(onto.code).not.toBe(0);
    expect(onto.json()).toMatchObject([{ error: { code: "path.not-file" } }]);

    // Its guest wrote another format's header into it: it stays raw, until somebody says otherwise.
    const device = loopOver(qemuImage(raw, folder, "forged.qcow2", ["-O", "qcow2"])) ?? "";
    expect((await cli("info", device, "--json")).json()).toMatchObject([{ disk: { format: "raw" } }]);
    expect((await cli("info", device, "--format", "qcow2", "--json")).json()).toMatchObject([
      { disk: { format: "qcow2", virtualSizeBytes: 8 * 1024 * 1024 } },
    ]);
  });
});

it.each([
  ["a character device", () => "/dev/zero"],
  ["a folder", () => folder],
  [
    "a pipe nobody writes to",
    () => {
      execFileSync("mkfifo", [join(folder, "pipe")]);
      return join(folder, "pipe");
    },
  ],
])("%s is refused at once", async (_, path) => {
  const { code, json } = await cli("info", path(), "--format", "raw", "--json");
  expect(code).not.toBe(0);
  expect(json()).toMatchObject([{ type: "error", error: { code: "path.not-file" } }]);
});
