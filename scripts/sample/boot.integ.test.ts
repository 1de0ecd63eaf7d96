/** The sample machine's disk boots from every kind of image that QEMU can attach. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { boot } from "../../e2e/stories/boot.ts";
import type { FormatId } from "../../src-core/model/disk.ts";
import type { TargetOptions } from "../../src-core/model/target.ts";
import { qemuName } from "../../workers/formats/testing/qemu-img.ts";
import { MiB, runOnWorker, tempFolder } from "../../workers/tasks/testing/rig.ts";
import { BOOT_LINE } from "./boot-sector.ts";
import { makeSampleMachine } from "./sample-machine.ts";

const folder = tempFolder();
afterAll(() => folder.remove());

const WAYS: readonly { readonly format: FormatId; readonly options: TargetOptions }[] = [
  { format: "raw", options: {} },
  { format: "qcow2", options: {} },
  { format: "qcow2", options: { compression: { method: "zlib" } } },
  { format: "qcow2", options: { compression: { method: "zstd" } } },
  { format: "qcow2", options: { preallocation: "metadata", blockBytes: 2 * MiB } },
  { format: "vmdk", options: { subformat: "monolithicSparse" } },
  { format: "vmdk", options: { subformat: "streamOptimized" } },
  { format: "vmdk", options: { subformat: "monolithicFlat" } },
  { format: "vhd", options: { subformat: "dynamic" } },
  { format: "vhd", options: { subformat: "fixed" } },
  { format: "vhdx", options: { subformat: "dynamic" } },
  { format: "vhdx", options: { subformat: "fixed" } },
  { format: "vdi", options: { subformat: "dynamic" } },
  { format: "vdi", options: { subformat: "static" } },
];
const disks = WAYS.map((way, index) => ({ ...way, path: folder.file(`disk-${index}.${way.format}`) }));

/** Read once for every seven targets. */
beforeAll(async () => {
  const { vmdkPath } = makeSampleMachine(folder.path, { dataBytes: 4 * MiB });
  for (const some of [disks.slice(0, 7), disks.slice(7)]) {
    const targets = some.map((disk) => ({ ...disk, overwrite: false, partialPath: `${disk.path}.partial` }));
    const roots = [folder.path];
    await runOnWorker({ kind: "convert", sourcePath: vmdkPath, targets, sync: false, roots });
  }
});

test.each(disks)("$format $options: one line on the serial port, then the machine turns itself off", async (disk) => {
  const { printed, code } = await boot(disk.path, qemuName(disk.format));
  expect(printed).toContain(`${BOOT_LINE}\r\n`);
  expect(code).toBe(0);
});
