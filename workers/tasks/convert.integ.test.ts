import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FormatId } from "../../src-core/model/disk.ts";
import { qemuName } from "../formats/testing/qemu-img.ts";
import { writeLongVmdk } from "./testing/long-disk.ts";
import {
  convertSpec,
  KiB,
  MiB,
  type OneTarget,
  qemuImg,
  runOnWorker,
  sha256,
  startWorker,
  tempFolder,
  writeStampedRaw,
} from "./testing/rig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());

const raw = folder.file("source.raw");
const SIZE = 96 * MiB;

function conversion(
  source: string,
  target: string,
  to: FormatId,
  more: Partial<Parameters<typeof convertSpec>[0]> = {},
): OneTarget {
  return convertSpec({
    sourcePath: source,
    targetPath: target,
    targetFormat: to,
    partialPath: folder.file(`.${target.split("/").at(-1)}.run.partial`),
    roots: [folder.path],
    ...more,
  });
}

const leftovers = () => readdirSync(folder.path).filter((name) => name.endsWith(".partial"));

/** Every sub-format qemu-img can make and this program can read. */
const SOURCES: Record<string, { file: string; make: (file: string) => void }> = {
  raw: { file: "source.raw", make: () => {} },
  ...Object.fromEntries(
    ["monolithicSparse", "streamOptimized", "monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat"].map(
      (kind) => [
        `vmdk ${kind}`,
        {
          file: `${kind}.vmdk`,
          make: (file: string) => qemuImg("convert", "-O", "vmdk", "-o", `subformat=${kind}`, raw, file),
        },
      ],
    ),
  ),
  "qcow2 v3": { file: "v3.qcow2", make: (file) => qemuImg("convert", "-O", "qcow2", raw, file) },
  "qcow2 v2": { file: "v2.qcow2", make: (file) => qemuImg("convert", "-O", "qcow2", "-o", "compat=0.10", raw, file) },
  "qcow2 compressed": { file: "packed.qcow2", make: (file) => qemuImg("convert", "-c", "-O", "qcow2", raw, file) },
  "vhd dynamic": {
    file: "dynamic.vhd",
    make: (file) => qemuImg("convert", "-O", "vpc", "-o", "force_size=on", raw, file),
  },
  "vhd fixed": {
    file: "fixed.vhd",
    make: (file) => qemuImg("convert", "-O", "vpc", "-o", "subformat=fixed,force_size=on", raw, file),
  },
  "vdi dynamic": { file: "dynamic.vdi", make: (file) => qemuImg("convert", "-O", "vdi", raw, file) },
  "vdi static": { file: "static.vdi", make: (file) => qemuImg("convert", "-O", "vdi", "-o", "static=on", raw, file) },
  "qcow2 small clusters": {
    file: "small.qcow2",
    make: (file) => qemuImg("convert", "-O", "qcow2", "-o", "cluster_size=512", raw, file),
  },
  "vhdx dynamic": { file: "dynamic.vhdx", make: (file) => qemuImg("convert", "-O", "vhdx", raw, file) },
  "vhdx fixed": {
    file: "fixed.vhdx",
    make: (file) => qemuImg("convert", "-O", "vhdx", "-o", "subformat=fixed,block_size=1M", raw, file),
  },
  "qcow2 over raw": {
    file: "child.qcow2",
    make: (file) => {
      qemuImg("create", "-f", "qcow2", "-b", "source.raw", "-F", "raw", file, `${SIZE / MiB + 8}M`);
      execFileSync("qemu-io", [
        "-c",
        "write -P 0x5a 3M 100k",
        "-c",
        "write -z 20M 1M",
        "-c",
        "write -P 0x77 100M 64k",
        file,
      ]);
    },
  },
};

beforeAll(() => {
  writeStampedRaw(raw, SIZE, [
    { start: 0, length: 512 },
    { start: MiB, length: 10 * MiB + 4096 },
    { start: 20 * MiB + 512, length: 1024 },
    { start: 40 * MiB, length: 30 * MiB },
    { start: SIZE - 512, length: 512 },
  ]);
  for (const { file, make } of Object.values(SOURCES)) make(folder.file(file));
});

describe.each(Object.entries(SOURCES))("from %s", (_, { file }) => {
  test.each(["qcow2", "vhd", "vhdx", "vdi", "raw"] as const)("to %s: identical for qemu-img", async (to) => {
    const target = folder.file(`out-${file}.${to}`);
    const source = folder.file(file);
    const result = await runOnWorker(conversion(source, target, to));
    const from = file.split(".").at(-1) ?? "";
    expect(qemuImg("compare", "-f", qemuName(from), "-F", qemuName(to), source, target)).toContain(
      "Images are identical.",
    );
    if (to !== "raw" && to !== "vhd") expect(qemuImg("check", target)).toContain("No errors were found");
    expect(result.source.dataBytes + result.source.zeroBytes + result.source.holeBytes).toBe(result.virtualSizeBytes);
    expect(result.outputs[0]?.fileSizeBytes).toBe(statSync(target).size);
    // 40.5 MiB of data, and nothing that is zero written out.
    expect(result.outputs[0]?.writtenBytes).toBeLessThan(42 * MiB);
    expect(leftovers()).toEqual([]);
  });
});

describe("targets", () => {
  test("an existing target is kept unless overwriting was asked for, and then replaced whole", async () => {
    const target = folder.file("existing.qcow2");
    writeFileSync(target, "precious");
    await expect(runOnWorker(conversion(raw, target, "qcow2"))).rejects.toMatchObject({ code: "target.exists" });
    expect(statSync(target).size).toBe(8);
    await runOnWorker(conversion(raw, target, "qcow2", { overwrite: true }));
    expect(qemuImg("compare", "-f", "raw", "-F", "qcow2", raw, target)).toContain("identical");
  });

  test("a target that appears during the work is not replaced", async () => {
    const target = folder.file("appears.qcow2");
    const worker = startWorker(conversion(raw, target, "qcow2"), {
      onEvent: (event) => {
        if (event.type !== "started") return;
        writeFileSync(target, "mine");
        worker.resume();
      },
    });
    worker.pause();
    await expect(worker.result).rejects.toMatchObject({ code: "target.exists" });
    expect(statSync(target).size).toBe(4);
    expect(leftovers()).toEqual([]);
  });

  test("the source itself, by any name, is refused", async () => {
    const link = folder.file("alias.raw");
    symlinkSync(raw, link);
    const before = sha256(raw);
    for (const target of [raw, link]) {
      const spec = conversion(raw, target, "raw", { overwrite: true });
      await expect(runOnWorker(spec)).rejects.toMatchObject({ code: "target.same-as-source" });
    }
    const parentOfChild = conversion(folder.file("child.qcow2"), raw, "raw", { overwrite: true });
    await expect(runOnWorker(parentOfChild)).rejects.toMatchObject({ code: "target.same-as-source" });
    expect(sha256(raw)).toBe(before);
  });

  test("a folder in the way and a folder that is missing", async () => {
    await expect(runOnWorker(conversion(raw, folder.path, "raw", { overwrite: true }))).rejects.toMatchObject({
      code: "path.not-file",
    });
    const missing = folder.file("no/such/out.raw");
    const spec = conversion(raw, missing, "raw", { partialPath: `${missing}.partial` });
    await expect(runOnWorker(spec)).rejects.toMatchObject({ code: "path.not-found" });
  });

  test("an image that the format cannot describe is refused, and nothing is left", async () => {
    const spec = conversion(raw, folder.file('my "disk".vmdk'), "vmdk");
    await expect(runOnWorker(spec)).rejects.toMatchObject({ code: "target.unsupported" });
    expect(existsSync(spec.partialPath)).toBe(false);
  });
});

describe("ends", () => {
  test("cancel ends it long before its end and leaves nothing", async () => {
    const long = folder.file("long.vmdk");
    writeLongVmdk(long);
    const spec = conversion(long, folder.file("canceled.qcow2"), "qcow2");
    const worker = startWorker(spec, {
      onEvent: (event) => {
        if (event.type === "progress") worker.cancel();
      },
    });
    await expect(worker.result).rejects.toMatchObject({ code: "job.canceled" });
    const { doneBytes, totalBytes } = worker.events.findLast((event) => event.type === "progress") ?? {};
    expect(doneBytes).toBeLessThan((totalBytes ?? 0) / 2);
    expect(leftovers()).toEqual([]);
    expect(existsSync(spec.targetPath)).toBe(false);
  });

  test("a source that changes while it is read is named, and nothing is left", async () => {
    const source = folder.file("busy.raw");
    writeStampedRaw(source, 8 * MiB, [{ start: 0, length: 8 * MiB }]);
    const spec = conversion(source, folder.file("busy.qcow2"), "qcow2");
    const worker = startWorker(spec, {
      onEvent: (event) => {
        if (event.type !== "started") return;
        writeFileSync(source, Buffer.alloc(64 * KiB, 0xee), { flag: "r+" });
        worker.resume();
      },
    });
    worker.pause();
    await expect(worker.result).rejects.toMatchObject({ code: "disk.in-use" });
    expect(leftovers()).toEqual([]);
    expect(existsSync(spec.targetPath)).toBe(false);
  });

  test("a source that shrinks is one that changes, not a damaged one", async () => {
    const source = folder.file("shrinks.raw");
    writeStampedRaw(source, 8 * MiB, [{ start: 0, length: 8 * MiB }]);
    const worker = startWorker(conversion(source, folder.file("shrinks.qcow2"), "qcow2"), {
      onEvent: (event) => {
        if (event.type !== "started") return;
        execFileSync("truncate", ["-s", "1M", source]);
        worker.resume();
      },
    });
    worker.pause();
    await expect(worker.result).rejects.toMatchObject({
      code: "disk.in-use",
      message: expect.stringMatching(/shrinks\.raw changed while it was read .*shrinks\.raw ends before offset/),
    });
    expect(leftovers()).toEqual([]);
  });
});
