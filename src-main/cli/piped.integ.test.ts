/** `convert -`: a streamOptimized VMDK from standard input, as a pipe, a socket and a redirected file; whole, cut off, silent. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runCli, startCli } from "./testing/spawn-cli.ts";
import { qemuCompare, qemuImage, writeStampedRaw } from "./testing/stamped-image.ts";

const MiB = 1024 * 1024;
const SCRIPT = fileURLToPath(new URL("index.ts", import.meta.url));

let folder = "";
let raw = "";
/** Streams of the same disk: with its tables in front, and with those at the end. */
let theirs = "";
let ours = "";
/** Where targets go; empty before each test. */
let out = "";
const env = () => ({ HYPERSDK_DATA_DIR: join(folder, "no-program") });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hypersdk-piped-"));
  raw = join(folder, "disk.raw");
  writeStampedRaw(raw, 22 * MiB + 512);
  theirs = qemuImage(raw, folder, "theirs.vmdk", ["-O", "vmdk", "-o", "subformat=streamOptimized"]);
  ours = join(folder, "ours.vmdk");
  const made = ["convert", raw, ours, "--from", "raw", "-o", "streamOptimized", "--verify", "none"];
  expect(await runCli(made, { cwd: folder, env: env() })).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  out = join(folder, "out");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
});

/** `convert -` with what `input` writes. */
const piped = (input: (stdin: Writable) => void, ...args: string[]) =>
  startCli(["convert", "-", ...args, "--json"], { cwd: out, env: env(), input });
/** The same through a shell, where $1 is node, $2 the command line and $3 a stream. @returns the JSON lines */
const shell = (script: string, stream: string) =>
  execFileSync("sh", ["-c", script, "sh", process.execPath, SCRIPT, stream], {
    cwd: out,
    env: { ...process.env, ...env() },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  })
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("a whole stream", () => {
  it("of qemu-img through a pipe becomes several targets that hold the same disk", () => {
    const lines = shell('cat "$3" | "$1" "$2" convert - disk.qcow2 disk.vhdx disk.raw,format=raw --json', theirs);
    expect(lines[0]).toMatchObject({ type: "warning", message: expect.stringContaining("not verified") });
    expect(lines.at(-1)).toMatchObject({ type: "result", verify: [], convert: { virtualSizeBytes: 22 * MiB + 512 } });
    const totals = lines.filter(({ type }) => type === "progress").map(({ totalBytes }) => totalBytes);
    expect(new Set(totals)).toEqual(new Set([22 * MiB + 512]));
    qemuCompare(raw, "raw", join(out, "disk.qcow2"), "qcow2");
    qemuCompare(raw, "raw", join(out, "disk.vhdx"), "vhdx");
    expect(readFileSync(join(out, "disk.raw")).equals(readFileSync(raw))).toBe(true);
    expect(readdirSync(out)).toHaveLength(3);
  });

  it("of ours through a socket, in pieces of any length", async () => {
    const content = readFileSync(ours);
    const { code, json } = await piped(
      (stdin) => {
        for (let at = 0; at < content.length; at += 77_777) stdin.write(content.subarray(at, at + 77_777));
        stdin.end();
      },
      "disk.qcow2",
      "--compress",
      "zlib",
    ).ended;
    expect(code).toBe(0);
    const result = json().at(-1);
    // Every grain that holds data came, and nothing else counts as data.
    expect(result).toMatchObject({ convert: { source: { dataBytes: 12 * MiB + 512, holeBytes: 10 * MiB } } });
    qemuCompare(raw, "raw", join(out, "disk.qcow2"), "qcow2");
  });

  it("from a redirected file, which is never its own target", () => {
    shell('"$1" "$2" convert - disk.vdi --verify none --json < "$3"', ours);
    qemuCompare(raw, "raw", join(out, "disk.vdi"), "vdi");
    const [, refused] = shell('"$1" "$2" convert - "$3" --overwrite --json < "$3" || true', ours);
    expect(refused).toMatchObject({ type: "error", error: { code: "target.same-as-source" } });
  });
});

describe("a stream that is not whole", () => {
  it.each([
    ["cut off in a grain", () => readFileSync(ours).subarray(0, 1_000_000), "disk.truncated"],
    ["without its end", () => readFileSync(ours).subarray(0, statSync(ours).size - 512), "disk.truncated"],
    ["of something else", () => readFileSync(raw).subarray(0, 3 * MiB), "disk.damaged"],
    ["that never began", () => new Uint8Array(0), "disk.truncated"],
  ] as const)("%s is told and leaves nothing", async (_what, content, code) => {
    const run = await piped((stdin) => stdin.end(content()), "disk.qcow2", "disk.raw").ended;
    expect(run.code).toBe(1);
    expect(run.json().at(-1)).toMatchObject({ type: "error", error: { code } });
    expect(readdirSync(out)).toEqual([]);
  });
});

describe("a pipe that says nothing", () => {
  it.each([
    ["at all", 0],
    ["any more", 2 * MiB],
  ] as const)("%s is canceled at once, with nothing left", async (_when, bytes) => {
    // Stamps compress well: what is left must be more than what is sent.
    const stream = readFileSync(ours);
    const sent = stream.subarray(0, Math.min(bytes, Math.floor(stream.length / 2)));
    const run = piped((stdin) => stdin.write(sent), "disk.qcow2");
    if (bytes > 0) await run.says('"copying"');
    else await run.says("not verified");
    // All that was sent is dealt with by then: what is canceled is the waiting.
    await sleep(1_500);
    const askedAtMs = Date.now();
    run.child.kill("SIGINT");
    const { code, json } = await run.ended;
    expect(Date.now() - askedAtMs).toBeLessThan(2_000);
    expect(code).toBe(130);
    expect(json().at(-1)).toMatchObject({ type: "error", error: { code: "job.canceled" } });
    expect(readdirSync(out)).toEqual([]);
  });
});

describe("what a pipe cannot do", () => {
  it.each([
    [["disk.qcow2", "--verify", "full"], "usage.invalid"],
    [["there.qcow2"], "target.exists"],
    [["disk.qcow2", "disk.qcow2", "--overwrite"], "target.busy"],
    [["disk.qcow2", "--block-size", "3K"], "target.unsupported"],
    [["disk.qcow2", "--backing", "there.qcow2"], "target.unsupported"],
    [["missing/disk.qcow2"], "path.not-found"],
  ] as const)("%j is refused before anything comes: %s", async (args, code) => {
    writeFileSync(join(out, "there.qcow2"), "");
    // Never written to, never closed.
    const run = await piped(() => {}, ...args).ended;
    expect(run.json().at(-1)).toMatchObject({ type: "error", error: { code } });
    expect(readdirSync(out)).toEqual(["there.qcow2"]);
  });
});
