/** The command line alone: real child processes on images made by qemu-img, judged by qemu-img. */
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeLongVmdk } from "../../workers/tasks/testing/long-disk.ts";
import { runCli, startCli } from "./testing/spawn-cli.ts";
import { qemuCompare, qemuImage, writeStampedRaw } from "./testing/stamped-image.ts";

const SIZE_BYTES = 33 * 1024 * 1024 + 512;
const vmdk = (subformat: string) => ["-O", "vmdk", "-o", `subformat=${subformat}`];

let folder = "";
let raw = "";
/** An empty data folder: no program runs on it. */
let env: Record<string, string> = {};
const cli = (...args: string[]) => runCli(args, { cwd: folder, env });
const last = <T>(items: readonly T[]): T | undefined => items.at(-1);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hypersdk-cli-"));
  env = { HYPERSDK_DATA_DIR: join(folder, "no-program") };
  raw = join(folder, "disk.raw");
  writeStampedRaw(raw, SIZE_BYTES);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("convert and info read what qemu-img makes", () => {
  it.each([
    ["monolithicSparse.vmdk", "vmdk", vmdk("monolithicSparse")],
    ["streamOptimized.vmdk", "vmdk", vmdk("streamOptimized")],
    ["monolithicFlat.vmdk", "vmdk", vmdk("monolithicFlat")],
    ["twoGbMaxExtentSparse.vmdk", "vmdk", vmdk("twoGbMaxExtentSparse")],
    ["twoGbMaxExtentFlat.vmdk", "vmdk", vmdk("twoGbMaxExtentFlat")],
    ["plain.qcow2", "qcow2", ["-O", "qcow2"]],
    ["compressed.qcow2", "qcow2", ["-c", "-O", "qcow2"]],
    ["copy.img", "raw", ["-O", "raw"]],
  ])("%s", async (name, format, options) => {
    const own = mkdtempSync(join(folder, "case-"));
    const source = qemuImage(raw, own, name, options);
    const from = format === "raw" ? ["--from", "raw"] : [];

    const info = await cli("info", source, ...(format === "raw" ? ["--format", "raw"] : []), "--map", "--json");
    expect(info).toMatchObject({ code: 0, stderr: "" });
    expect(info.json()).toMatchObject([
      {
        type: "result",
        disk: { format, path: source, virtualSizeBytes: SIZE_BYTES },
        map: { virtualSizeBytes: SIZE_BYTES },
      },
    ]);
    if (format === "vmdk") expect(info.stdout).toContain(name.replace(".vmdk", ""));

    const converted = await cli("convert", source, join(own, "out.qcow2"), ...from, "--json");
    expect(converted.code, converted.stderr).toBe(0);
    const lines = converted.json();
    expect(new Set(lines.slice(0, -1).map(({ type }) => type))).toEqual(new Set(["progress"]));
    expect(last(lines)).toMatchObject({
      type: "result",
      run: null,
      convert: { outputs: [{ format: "qcow2", virtualSizeBytes: SIZE_BYTES }], virtualSizeBytes: SIZE_BYTES },
      verify: [{ statement: "every byte", comparedBytes: SIZE_BYTES }],
    });
    qemuCompare(raw, "raw", join(own, "out.qcow2"), "qcow2");
    execFileSync("qemu-img", ["check", "-f", "qcow2", join(own, "out.qcow2")], { stdio: "pipe" });
    // The manifest is for sha256sum.
    execFileSync("sha256sum", ["--check", "--strict", "out.qcow2.sha256"], { cwd: own, stdio: "pipe" });

    const back = await cli("convert", join(own, "out.qcow2"), join(own, "back.raw"), "--verify", "sample=10", "--json");
    expect(back.code, back.stderr).toBe(0);
    expect(last(back.json())).toMatchObject({ verify: [{ mode: { mode: "sample", fraction: 0.1 } }] });
    expect(readFileSync(join(own, "back.raw")).equals(readFileSync(raw))).toBe(true);
  });
});

describe("what people see", () => {
  it("answers on stdout, progress on stderr, one line each where nothing can be drawn", async () => {
    const { code, stdout, stderr } = await cli(
      "convert",
      "disk.raw",
      "people.qcow2",
      "--from",
      "raw",
      "--verify",
      "none",
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^\S+people\.qcow2\n {2}Format {8}qcow2, v3\n {2}Virtual size {2}33\.0 MiB \(34603520 bytes\)\n/,
    );
    expect(stdout).toContain("Verified      no");
    expect(stderr).toMatch(/^copying +\d+ % /);
    expect(`${stdout}${stderr}`).not.toContain("\u001b");
  });

  it("shows headers, files and a picture of the allocation", async () => {
    qemuImage(raw, folder, "shown.vmdk", vmdk("streamOptimized"));
    const { code, stdout } = await cli("info", "shown.vmdk", "--map");
    expect(code).toBe(0);
    expect(stdout).toMatch(/Format +vmdk, streamOptimized/);
    expect(stdout).toMatch(/Virtual size +33\.0 MiB \(34603520 bytes\)/);
    expect(stdout).toMatch(/\n\[[#+0.]{10,}\]\n/);
  });

  it("takes relative paths and links as the person means them", async () => {
    mkdirSync(join(folder, "sub"));
    symlinkSync(raw, join(folder, "sub", "link.raw"));
    const { code, stdout } = await runCli(["info", "link.raw", "--format", "raw"], { cwd: join(folder, "sub"), env });
    expect(code).toBe(0);
    expect(stdout.split("\n")[0]).toBe(raw);
  });
});

describe("exit codes and errors", () => {
  it.each([
    [["convert", "disk.raw"], "missing required argument"],
    [["convert", "disk.raw", "a.qcow2", "--no-such"], "unknown option"],
    [["convert", "disk.raw", "a.qcow2", "--to", "iso"], "Allowed choices are"],
    [["convert", "disk.raw", "a.qcow2", "--verify", "most"], "Say full, sample"],
    [["convert", "disk.raw", "a.qcow2", "--local", "--detach"], "exclude each other"],
    [["convert", "disk.raw", "a.unknown"], "does not say which format"],
    [["frobnicate"], "unknown command"],
    [["jobs", "frobnicate"], "unknown command"],
    [["serve", "--port", "70000"], "whole number"],
    [["serve", "--tls-cert", "a.pem"], "belong together"],
    [[], "Say which command"],
  ])("%j is a usage error", async (args, said) => {
    const { code, stdout, stderr } = await cli(...args);
    expect(stderr).toContain(said);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("says the same in JSON as the only line of stdout", async () => {
    const { code, stderr, json } = await cli("info", "--json");
    expect({ code, lines: json() }).toMatchObject({
      code: 2,
      lines: [{ type: "error", error: { code: "usage.invalid" } }],
    });
    expect(stderr).toContain("missing required argument");
  });

  it("helps and tells its version with code 0", async () => {
    const help = await cli("convert", "--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("--verify <mode>");
    expect(await cli("--version")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it.each([
    ["a missing source", ["convert", "nowhere.vmdk", "a.qcow2"], "path.not-found"],
    ["a folder as source", ["info", "."], "path.not-file"],
    ["content nobody claims", ["info", "noise.bin"], "disk.unknown-format"],
    ["a cut-off image", ["convert", "cut.qcow2", "a.qcow2"], "disk.truncated"],
    ["a target that exists", ["convert", "disk.raw", "there.qcow2", "--from", "raw"], "target.exists"],
    [
      "the source as target",
      ["convert", "disk.raw", "disk.raw", "--from", "raw", "--overwrite"],
      "target.same-as-source",
    ],
    ["a target folder that is missing", ["convert", "disk.raw", "no/a.qcow2", "--from", "raw"], "path.not-found"],
    ["no program running", ["jobs", "list"], "service.unreachable"],
    [
      "no program to hand the work to",
      ["convert", "disk.raw", "a.qcow2", "--from", "raw", "--detach"],
      "service.unreachable",
    ],
  ])("%s ends with code 1 and names the error", async (_, args, expected) => {
    writeFileSync(join(folder, "noise.bin"), Buffer.alloc(70_000, "not a disk, "));
    writeFileSync(join(folder, "there.qcow2"), "precious");
    rmSync(join(folder, "cut.qcow2"), { force: true });
    qemuImage(raw, folder, "cut.qcow2", ["-O", "qcow2"]);
    truncateSync(join(folder, "cut.qcow2"), 300_000);

    const { code, stderr, json } = await cli(...args, "--json");
    const lines = json();
    expect({ code, lines }).toMatchObject({ code: 1, lines: [{ type: "error", error: { code: expected } }] });
    expect(stderr).toContain(`(${expected})`);
    expect(readFileSync(join(folder, "there.qcow2"), "utf8")).toBe("precious");
    expect(readdirSync(folder).filter((name) => name.includes("partial") || name === "a.qcow2")).toEqual([]);
  });

  it("replaces a target only when told to", async () => {
    writeFileSync(join(folder, "old.qcow2"), "old");
    const { code, stderr } = await cli("convert", "disk.raw", "old.qcow2", "--from", "raw", "--overwrite");
    expect(code, stderr).toBe(0);
    qemuCompare(raw, "raw", join(folder, "old.qcow2"), "qcow2");
  });

  it("opens parents in other folders only when allowed", async () => {
    const [here, there] = [join(folder, "overlay"), join(folder, "base")];
    for (const dir of [here, there]) mkdirSync(dir);
    const base = qemuImage(raw, there, "base.qcow2", ["-O", "qcow2"]);
    const overlay = join(here, "top.qcow2");
    execFileSync("qemu-img", ["create", "-f", "qcow2", "-F", "qcow2", "-b", base, overlay], { stdio: "pipe" });
    const refused = await cli("convert", overlay, join(here, "flat.qcow2"), "--json");
    expect(refused.code).toBe(1);
    expect(readdirSync(here)).toEqual(["top.qcow2"]);

    const allowed = await cli("convert", overlay, join(here, "flat.qcow2"), "--allow", there);
    expect(allowed.code, allowed.stderr).toBe(0);
    qemuCompare(raw, "raw", join(here, "flat.qcow2"), "qcow2");
  });
});

describe("several targets and their options", () => {
  it("are made in one pass, each as it was asked for", async () => {
    const own = mkdtempSync(join(folder, "several-"));
    const into = (name: string) => join(own, name);
    const { code, stderr, json } = await cli(
      "convert",
      "disk.raw",
      `${into("packed.qcow2")},compress=zstd:1,block=16K`,
      `${into("sectors.vhdx")},sector=4K`,
      into("larger.qcow2"),
      ...["--from", "raw", "--resize", "40M", "--no-sync", "--json"],
    );
    expect(code, stderr).toBe(0);
    const result = last(json()) as { convert: { outputs: { format: string }[] }; verify: unknown[] };
    expect(result.convert.outputs.map(({ format }) => format)).toEqual(["qcow2", "vhdx", "qcow2"]);
    expect(result.verify).toHaveLength(3);
    for (const name of ["packed.qcow2", "larger.qcow2"]) {
      qemuCompare(raw, "raw", into(name), "qcow2");
      execFileSync("qemu-img", ["check", "-f", "qcow2", into(name)], { stdio: "pipe" });
    }
    // qemu-img opens no VHDX of such sectors.
    expect((await cli("compare", raw, into("sectors.vhdx"), "--a-format", "raw")).code).toBe(0);
    const facts = JSON.parse(execFileSync("qemu-img", ["info", "--output=json", into("packed.qcow2")]).toString());
    expect(facts).toMatchObject({ "cluster-size": 16_384, "virtual-size": 40 * 1024 ** 2 });
    expect(facts["format-specific"].data["compression-type"]).toBe("zstd");
  });

  it("a delta holds what differs from its parent, and a snapshot is what the disk was", async () => {
    const own = mkdtempSync(join(folder, "delta-"));
    const base = qemuImage(raw, own, "base.qcow2", ["-O", "qcow2"]);
    execFileSync("qemu-img", ["snapshot", "-c", "before", base]);
    execFileSync("qemu-io", ["-c", "write -P 7 1M 64k", base], { stdio: "pipe" });
    const old = await cli("convert", base, join(own, "before.img"), "--snapshot", "before");
    expect(old.code, old.stderr).toBe(0);
    qemuCompare(raw, "raw", join(own, "before.img"), "raw");
    const parent = qemuImage(raw, own, "parent.qcow2", ["-O", "qcow2"]);
    const delta = await cli("convert", base, join(own, "delta.qcow2"), "--backing", parent, "--json");
    expect(delta.code, delta.stderr).toBe(0);
    qemuCompare(base, "qcow2", join(own, "delta.qcow2"), "qcow2");
    expect(last(delta.json())).toMatchObject({ convert: { outputs: [{ writtenBytes: 65_536 }] } });
    const info = execFileSync("qemu-img", ["info", "--output=json", join(own, "delta.qcow2")], { encoding: "utf8" });
    expect(JSON.parse(info)).toMatchObject({ "backing-filename": "parent.qcow2" });
  });

  it.each([
    ["an option the format has not", ["x.vhd", "--compress", "zstd"], "target.unsupported"],
    ["a smaller size", ["x.qcow2", "--resize", "1M"], "target.unsupported"],
    ["one file twice", ["x.qcow2", "./x.qcow2"], "target.busy"],
    ["a snapshot that is not there", ["x.qcow2", "--snapshot", "no"], "request.invalid"],
  ])("%s is refused before anything is made", async (_, args, expected) => {
    const { code, json } = await cli("convert", "disk.raw", ...args, "--from", "raw", "--json");
    expect({ code, lines: json() }).toMatchObject({ code: 1, lines: [{ type: "error", error: { code: expected } }] });
    expect(readdirSync(folder).filter((name) => name.startsWith("x.") || name.includes("partial"))).toEqual([]);
  });
});

describe("questions about disks", () => {
  const exit = async (...args: string[]) => {
    const { code, stderr, json } = await cli(...args, "--json");
    return { code, stderr, result: last(json()) };
  };

  it("check: sound is 0, errors 1, leaks 3, no answer 2", async () => {
    const own = mkdtempSync(join(folder, "check-"));
    const image = qemuImage(raw, own, "image.qcow2", ["-O", "qcow2"]);
    expect(await exit("check", image)).toMatchObject({
      code: 0,
      result: { check: { report: { errors: 0, leaks: 0 } } },
    });
    // The first block of counts says how often each cluster is used. One more cluster lies behind all of them.
    const counted = (cluster: (last: number) => number, times: number) => {
      const content = Buffer.concat([readFileSync(image), Buffer.alloc(65_536)]);
      const counts = Number(content.readBigUInt64BE(Number(content.readBigUInt64BE(48))));
      content.writeUInt16BE(times, counts + 2 * cluster(content.length / 65_536 - 1));
      const other = join(own, `counted-${times}.qcow2`);
      writeFileSync(other, content);
      return other;
    };
    expect(
      await exit(
        "check",
        counted(() => 5, 0),
      ),
    ).toMatchObject({
      code: 1,
      result: {
        check: { report: { findings: expect.arrayContaining([expect.objectContaining({ severity: "error" })]) } },
      },
    });
    expect(
      await exit(
        "check",
        counted((behind) => behind, 1),
      ),
    ).toMatchObject({
      code: 3,
      result: { check: { report: { errors: 0, findings: [{ severity: "leak" }] } } },
    });
    expect(await exit("check", join(own, "gone.qcow2"))).toMatchObject({ code: 2, result: { type: "error" } });
    expect(await exit("check", raw, "--format", "raw")).toMatchObject({
      code: 0,
      result: { check: { report: { statement: expect.stringContaining("nothing to check") } } },
    });
  });

  it("compare: equal is 0, different 1 with the first place, no answer 2", async () => {
    const own = mkdtempSync(join(folder, "compare-"));
    const image = qemuImage(raw, own, "image.vmdk", vmdk("streamOptimized"));
    const against = (other: string) => exit("compare", raw, other, "--a-format", "raw");
    expect(await against(image)).toMatchObject({
      code: 0,
      result: { compare: { equal: true, statement: "every byte" } },
    });
    const other = join(own, "other.raw");
    const content = readFileSync(raw);
    content[5_000_001] = (content[5_000_001] ?? 0) ^ 1;
    writeFileSync(other, content);
    expect(await exit("compare", image, other, "--b-format", "raw")).toMatchObject({
      code: 1,
      result: { compare: { equal: false, firstDifferenceBytes: 5_000_001 } },
    });
    expect(await against(join(own, "gone.vmdk"))).toMatchObject({ code: 2 });
    const sampled = await exit("compare", raw, image, "--a-format", "raw", "--sample", "10");
    expect(sampled).toMatchObject({
      code: 0,
      result: { compare: { statement: expect.stringContaining("sample of") } },
    });
  });

  it("map: the extents, as qemu-img counts them", async () => {
    const own = mkdtempSync(join(folder, "map-"));
    const image = qemuImage(raw, own, "image.qcow2", ["-O", "qcow2"]);
    const { code, json } = await cli("map", image, "--json");
    expect(code).toBe(0);
    const lines = json();
    type Piece = { start: number; length: number; data: boolean };
    const theirs: Piece[] = JSON.parse(execFileSync("qemu-img", ["map", "--output=json", image]).toString());
    const merged: Piece[] = [];
    for (const { start, length, data } of theirs) {
      const before = merged.at(-1);
      if (before?.data === data) before.length += length;
      else merged.push({ start, length, data });
    }
    expect(lines.slice(0, -1)).toEqual(
      merged.map(({ start, length, data }) => ({ type: "extent", start, length, state: data ? "data" : "hole" })),
    );
    expect(last(lines)).toMatchObject({ type: "result", extentCount: merged.length, virtualSizeBytes: SIZE_BYTES });
    expect((await cli("map", image)).stdout).toMatch(/^ +START +LENGTH {2}STATE\n +0 +2097152 {2}data {2}2\.00 MiB\n/);
  });

  it("info --engine: what is written, and by what it is computed", async () => {
    const { code, json, stdout } = await cli("info", "--engine", "--json");
    expect(code).toBe(0);
    expect(json()).toMatchObject([{ engine: { threads: expect.any(Number) } }]);
    expect(stdout).toContain("streamOptimized");
    expect(await cli("info")).toMatchObject({ code: 2 });
  });
});

describe("stopping", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("%s ends a conversion with code 130 and leaves nothing", async (signal) => {
    const own = mkdtempSync(join(folder, "stop-"));
    const long = join(own, "long.vmdk");
    writeLongVmdk(long);
    const before = readdirSync(own).toSorted();
    const running = startCli(["convert", long, join(own, "out.qcow2"), "--json"], { cwd: own, env });
    await running.says('"progress"');
    running.child.kill(signal);
    const { code, json } = await running.ended;
    expect(code).toBe(130);
    expect(last(json())).toMatchObject({ type: "error", error: { code: "job.canceled" } });
    expect(readdirSync(own).toSorted()).toEqual(before);
    rmSync(own, { recursive: true });
  });
});
