import { execFile, execFileSync } from "node:child_process";
import { rmSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FormatId } from "../../src-core/model/disk.ts";
import { qemuName } from "../formats/testing/qemu-img.ts";
import { convertSpec, GiB, KiB, MiB, qemuImg, startChild, tempFolder } from "./testing/rig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());

/**
 * What the large disk may take more than the small one: chance, some 10 MiB either way. The tables of the large disk are 128 MiB
 * (half a MiB for the small one): neither keeping them nor leaving them to the collector goes unseen.
 */
const DIFFERENCE_LIMIT_BYTES = 40 * MiB;
const PIECES = 2048;

/** A disk with small pieces of data all over it, so that every table of it is touched. */
function makeScattered(path: string, sizeBytes: number): void {
  qemuImg("create", "-f", "qcow2", path, String(sizeBytes));
  const stride = Math.floor(sizeBytes / PIECES / (64 * KiB)) * 64 * KiB;
  const commands = Array.from({ length: PIECES }, (_, n) => `write -q -P ${(n % 255) + 1} ${n * stride} 4k`);
  execFileSync("qemu-io", ["-t", "unsafe", "-f", "qcow2", path], { input: `${commands.join("\n")}\nquit\n` });
}

/** Peak resident memory of converting `source`. */
async function memoryOf(source: string, to: FormatId): Promise<number> {
  const spec = convertSpec({
    sourcePath: source,
    targetPath: `${source}.${to}`,
    targetFormat: to,
    partialPath: `${source}.partial`,
    roots: [folder.path],
  });
  const child = startChild(spec);
  await child.ended;
  expect(child.events.at(-1)).toMatchObject({ type: "finished" });
  const rss = child.events.flatMap((event) => (event.rssBytes === undefined ? [] : [event.rssBytes]));
  return Math.max(...rss);
}

/**
 * How much more the large disk takes than the small one, at the least of up to three measurements: on a busy machine the collector
 * comes late now and then, tables that are kept are there every time.
 */
async function leastDifference(to: FormatId): Promise<number> {
  const smallBytes = await memoryOf(small, to);
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 3 && least >= DIFFERENCE_LIMIT_BYTES; turn += 1) {
    rmSync(`${large}.${to}`, { force: true });
    least = Math.min(least, (await memoryOf(large, to)) - smallBytes);
  }
  return least;
}

const small = folder.file("4g.qcow2");
const large = folder.file("1t.qcow2");
beforeAll(() => {
  makeScattered(small, 4 * GiB);
  makeScattered(large, 1024 * GiB);
});

test.each(["qcow2", "vhd", "vhdx", "vdi", "raw"] as const)(
  "1 TiB of scattered data to %s takes little more memory than 4 GiB",
  async (to) => {
    expect(await leastDifference(to)).toBeLessThan(DIFFERENCE_LIMIT_BYTES);
    // A sparse result: 2048 pieces of at most 64 KiB, and as much again for their tables.
    expect(statSync(`${large}.${to}`).blocks * 512).toBeLessThan(288 * MiB);
    // Not by a call that waits: it takes long, and Vitest wants to hear from its worker.
    // It does not know where a VHDX is empty: reading 1 TiB of zeros would take it minutes.
    const compared = to === "vhdx" ? small : large;
    const compare = ["compare", "-f", "qcow2", "-F", qemuName(to), compared, `${compared}.${to}`];
    expect((await promisify(execFile)("qemu-img", compare)).stdout).toContain("identical");
  },
);
