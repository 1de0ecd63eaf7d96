/** Deltas end to end: a changed disk stored as what differs from its parent, read back through the chain. */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FormatId } from "../../src-core/model/disk.ts";
import type { TargetOptions } from "../../src-core/model/target.ts";
import { convertSpec, KiB, MiB, qemuImg, runOnWorker, tempFolder, writeStampedRaw } from "./testing/rig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());
const before = folder.file("before.raw");
const after = folder.file("after.raw");

const SIZE = 120 * MiB + 3 * 512;
const LARGER = 150 * MiB + 512;

/** What is changed: new bytes over data, new bytes where there were none, zeros over data, and a longer end with something in it. */
beforeAll(() => {
  writeStampedRaw(before, SIZE, [
    { start: 0, length: 80 * MiB },
    { start: 100 * MiB, length: 8 * MiB + 512 },
    { start: SIZE - 512, length: 512 },
  ]);
  writeStampedRaw(after, LARGER, [
    { start: 0, length: 30 * MiB },
    // [30 MiB, 36 MiB + 512) is zero now.
    { start: 36 * MiB + 512, length: 80 * MiB - 36 * MiB - 512 },
    { start: 90 * MiB + 4096, length: 100 * KiB },
    { start: 100 * MiB, length: 8 * MiB + 512 },
    { start: SIZE - 512, length: 512 },
    { start: 140 * MiB, length: MiB },
  ]);
  // New bytes over the old ones, of borders that are no grain's.
  const [at, length] = [50 * MiB + 1024, 300 * KiB + 512];
  const other = folder.file("other.raw");
  writeStampedRaw(other, LARGER, [{ start: at, length }], 7);
  execFileSync("dd", [
    "bs=512",
    `if=${other}`,
    `of=${after}`,
    `skip=${at / 512}`,
    `seek=${at / 512}`,
    `count=${length / 512}`,
    "conv=notrunc",
    "status=none",
  ]);
  for (const format of ["qcow2", "vmdk"]) qemuImg("convert", "-O", format, before, folder.file(`before.${format}`));
});

const ways: { to: FormatId; name: string; parent: FormatId; options: TargetOptions }[] = [
  { to: "qcow2", name: "qcow2 on qcow2", parent: "qcow2", options: {} },
  {
    to: "qcow2",
    name: "qcow2, zlib, on qcow2",
    parent: "qcow2",
    options: { compression: { method: "zlib", level: 1 } },
  },
  { to: "qcow2", name: "qcow2, clusters of 4 KiB, on raw", parent: "raw", options: { blockBytes: 4 * KiB } },
  { to: "qcow2", name: "qcow2 on vmdk", parent: "vmdk", options: {} },
  { to: "vmdk", name: "monolithicSparse on vmdk", parent: "vmdk", options: {} },
];

/** Changed bytes: 6 MiB of zeros, which need no room, and 1.4 MiB in four places. */
const CHANGED_BYTES = MiB + 400 * KiB;

test.each(ways.map((way, index) => ({ ...way, index })))("$name", async ({ to, parent, options, index }) => {
  const targetPath = folder.file(`delta-${index}.${to}`);
  const job = convertSpec({
    sourcePath: after,
    targetPath,
    targetFormat: to,
    partialPath: folder.file(`.delta-${index}.partial`),
    roots: [folder.path],
    options: { ...options, backingPath: folder.file(`before.${parent}`) },
  });
  const result = await runOnWorker(job);
  expect(result.outputs[0]).toMatchObject({ virtualSizeBytes: LARGER, fileSizeBytes: statSync(targetPath).size });
  // Each place may touch two grains more.
  expect(result.outputs[0]?.writtenBytes).toBeLessThan(CHANGED_BYTES + 12 * 64 * KiB);
  expect(statSync(targetPath).blocks * 512).toBeLessThan(4 * MiB);

  const roots = [folder.path];
  const asked = {
    kind: "compare",
    a: { path: after },
    b: { path: targetPath },
    mode: { mode: "full" },
    roots,
  } as const;
  expect(await runOnWorker(asked)).toMatchObject({ equal: true, bVirtualSizeBytes: LARGER });
  expect(qemuImg("compare", "-f", "raw", "-F", to, after, targetPath)).toContain("Images are identical");
  const findings = await runOnWorker({ kind: "check", path: targetPath, roots });
  expect(findings).toMatchObject({ report: { errors: 0 } });
  // The parent's own disk is another one: it is the delta that was compared.
  expect(await runOnWorker({ ...asked, b: { path: folder.file(`before.${parent}`) } })).toMatchObject({ equal: false });
});

test("nothing changed: next to nothing is stored", async () => {
  const targetPath = folder.file("same.qcow2");
  const partialPath = folder.file(".same.partial");
  const options = { backingPath: folder.file("before.vmdk") };
  const roots = [folder.path];
  const job = convertSpec({ sourcePath: before, targetPath, targetFormat: "qcow2", partialPath, roots, options });
  expect(await runOnWorker(job)).toMatchObject({ outputs: [{ writtenBytes: 0 }] });
  expect(statSync(targetPath).size).toBeLessThan(MiB);
  expect(qemuImg("compare", "-f", "raw", "-F", "qcow2", before, targetPath)).toContain("Images are identical");
});
