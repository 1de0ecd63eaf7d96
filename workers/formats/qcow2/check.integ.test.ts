/** `check` against qemu-img's: the same images are sound, the same ones damaged, in the same way. */
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { createFileTarget, openFileSource } from "../../io/file.ts";
import { memorySource } from "../../io/memory.ts";
import { begin } from "../testing/begin.ts";
import { qemuImg, writeRawFile } from "../testing/qemu-img.ts";
import { randomDisk, seededRandom } from "../testing/test-disk.ts";
import { WINDOW_CLUSTERS } from "./host-window.ts";
import { qcow2 } from "./qcow2.ts";

const MIB = 1024 * 1024;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "qcow2-check-"));
  writeRawFile(join(folder, "source.raw"), randomDisk(51, 9 * MIB + 512, 4096, 30));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Makes images in `folder`; the last argument is the image. */
const RECIPES: { name: string; make: (path: string) => void }[] = [
  { name: "plain", make: (path) => convert(path) },
  { name: "small clusters", make: (path) => convert(path, "-o", "cluster_size=1k") },
  { name: "compressed", make: (path) => convert(path, "-c", "-o", "cluster_size=8k") },
  { name: "zstd", make: (path) => convert(path, "-c", "-o", "compression_type=zstd") },
  { name: "version 2", make: (path) => convert(path, "-o", "compat=0.10,cluster_size=4k") },
  { name: "subclusters", make: (path) => convert(path, "-o", "extended_l2=on,cluster_size=16k") },
  { name: "preallocated", make: (path) => convert(path, "-S", "0", "-o", "preallocation=metadata") },
  ...["1", "2", "8", "32", "64"].map((bits) => ({
    name: `counts of ${bits} bits`,
    make: (path: string) => convert(path, "-o", `refcount_bits=${bits},cluster_size=4k`),
  })),
  {
    name: "snapshots",
    make: (path) => {
      convert(path, "-o", "cluster_size=4k");
      qemuImg("snapshot", "-c", "first", path);
      qemuIo(path, "write -P 3 512k 1M", "write -z 4M 64k");
      qemuImg("snapshot", "-c", "second", path);
      qemuIo(path, "write -P 4 0 300k", "discard 1M 2M");
    },
  },
  {
    name: "bitmaps",
    make: (path) => {
      convert(path, "-o", "cluster_size=4k");
      qemuImg("bitmap", "--add", "-g", "4k", path, "nightly");
      qemuIo(path, "write -P 3 512k 1M");
    },
  },
  {
    name: "external data file",
    make: (path) => qemuImg("create", "-f", "qcow2", "-o", `data_file=${path}.data,data_file_raw=on`, path, "5M"),
  },
];

function convert(path: string, ...options: string[]): void {
  qemuImg("convert", "-f", "raw", "-O", "qcow2", ...options, join(folder, "source.raw"), path);
}

function qemuIo(path: string, ...commands: string[]): void {
  execFileSync("qemu-io", [...commands.flatMap((command) => ["-c", command]), path], { stdio: "pipe" });
}

/** Everything our check finds, and how far it said it came. */
async function ourFindings(source: ByteSource): Promise<CheckFinding[]> {
  const found: CheckFinding[] = [];
  let last = 0;
  const context = {
    openExtentFile: async (name: string): Promise<never> => {
      throw new Error(`${name} was asked for`);
    },
    gate: async () => {},
    progress: (done: number, total: number) => {
      expect(done).toBeGreaterThanOrEqual(last);
      expect(done).toBeLessThanOrEqual(total);
      last = done;
    },
  };
  for await (const finding of qcow2.check?.(source, context) ?? []) found.push(finding);
  return found;
}

const count = (found: readonly CheckFinding[], severity: CheckFinding["severity"]): number =>
  found.filter((one) => one.severity === severity).length;

/** What qemu-img finds; null when it cannot even open the image or gives up. */
function theirCounts(path: string): { errors: number; leaks: number } | null {
  const { status, stdout } = spawnSync("qemu-img", ["check", "--output=json", path], { encoding: "utf8" });
  if (status !== 0 && status !== 2 && status !== 3) return null;
  const report = JSON.parse(stdout) as Record<string, number>;
  return { errors: (report.corruptions ?? 0) + (report["check-errors"] ?? 0), leaks: report.leaks ?? 0 };
}

describe("sound images", () => {
  it.each(RECIPES)("$name", async ({ name, make }) => {
    const path = join(folder, `${name}.qcow2`);
    make(path);
    expect(theirCounts(path)).toEqual({ errors: 0, leaks: 0 });
    expect(await ourFindings(memorySource("checked", readFileSync(path)))).toEqual([]);
  });
});

/** One 64-bit entry or four counts of an image, changed. */
function damage(sound: Buffer, seed: number): { image: Buffer; what: string } {
  const random = seededRandom(seed);
  const offset = (at: number): number => Number(sound.readBigUInt64BE(at) & 0x00ff_ffff_ffff_fe00n);
  const clusterBytes = 2 ** sound.readUInt32BE(20);
  const [l1, refcountTable] = [offset(40), offset(48)];
  const l2 = offset(l1);
  const places = [
    { name: "L1", at: l1 },
    { name: "L2", at: l2 + 8 * Math.floor(random() * Math.min(clusterBytes / 8, 300)) },
    { name: "refcount table", at: refcountTable },
    { name: "refcount block", at: offset(refcountTable) + 8 * Math.floor(random() * 20) },
  ];
  const { name, at } = places[Math.floor(random() * places.length)] ?? { name: "L1", at: l1 };
  const old = sound.readBigUInt64BE(at);
  const values = [
    old ^ (1n << BigInt(Math.floor(random() * 64))),
    0n,
    BigInt.asUintN(64, old + BigInt(clusterBytes)),
    sound.readBigUInt64BE(l2 + 8 * Math.floor(random() * Math.min(clusterBytes / 8, 200))),
  ];
  const value = values[Math.floor(random() * values.length)] ?? 0n;
  const image = Buffer.from(sound);
  image.writeBigUInt64BE(value, at);
  return { image, what: `seed ${seed}: ${name} at ${at} from ${old.toString(16)} to ${value.toString(16)}` };
}

describe("damaged images", () => {
  it.each(RECIPES.filter(({ name }) => name !== "external data file"))("$name", async ({ name, make }) => {
    const [path, damaged] = [join(folder, `${name} to damage.qcow2`), join(folder, "damaged.qcow2")];
    make(path);
    const sound = readFileSync(path);
    let errors = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const { image, what } = damage(sound, seed * 1000 + name.length);
      writeFileSync(damaged, image);
      const theirs = theirCounts(damaged);
      const ours = await ourFindings(memorySource("checked", image));
      const told = `${what}; theirs ${JSON.stringify(theirs)}, ours ${JSON.stringify(ours.slice(0, 3))}`;
      expect(count(ours, "error") > 0, told).toBe(theirs === null || theirs.errors > 0);
      // What else leaks where an entry is wrong is a matter of taste.
      if (theirs?.errors === 0) expect(count(ours, "leak") > 0, told).toBe(theirs.leaks > 0);
      errors += count(ours, "error") > 0 ? 1 : 0;
    }
    expect(errors).toBeGreaterThan(2);
  });
});

it("a file of several windows: each of them is looked at", async () => {
  const path = join(folder, "large.qcow2");
  const target = await createFileTarget(path);
  const options = { blockBytes: 4096, preallocation: "metadata" } as const;
  await (await begin(qcow2, target, { virtualSizeBytes: 17 * 1024 * MIB }, null, options)).finish();
  await target.close();
  const found = async (): Promise<CheckFinding[]> => {
    const source = await openFileSource(path);
    const all = await ourFindings(source);
    await source.close();
    return all;
  };
  expect(await found()).toEqual([]);
  // The last L2 entry of the disk is lost, and with it the use of its cluster.
  const file = openSync(path, "r+");
  const eight = Buffer.alloc(8);
  const at = (offset: number): number => {
    readSync(file, eight, 0, 8, offset);
    return Number(eight.readBigUInt64BE() & 0x00ff_ffff_ffff_fe00n);
  };
  const entryAt = at(at(40) + 8 * 8703) + 8 * 511;
  const lost = at(entryAt);
  writeSync(file, Buffer.alloc(8), 0, 8, entryAt);
  closeSync(file);
  expect(lost).toBeGreaterThan(WINDOW_CLUSTERS * 4096);
  expect(await found()).toEqual([
    {
      severity: "leak",
      structure: "host clusters",
      offsetBytes: lost,
      message: `The cluster at ${lost} is counted once and used 0 times: space that nothing uses.`,
    },
  ]);
  expect(theirCounts(path)).toEqual({ errors: 0, leaks: 1 });
});
