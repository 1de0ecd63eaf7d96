import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { VerifyMode, VerifySpec } from "../../src-core/model/task.ts";
import { manifestLine, removeManifest } from "./manifest.ts";
import { writeLongVmdk } from "./testing/long-disk.ts";
import { MiB, qemuImg, runOnWorker, sha256, startWorker, tempFolder, writeStampedRaw } from "./testing/rig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());
const source = folder.file("source.vmdk");
const target = folder.file("target.qcow2");

beforeAll(() => {
  const raw = folder.file("source.raw");
  writeStampedRaw(raw, 64 * MiB, [
    { start: 0, length: 20 * MiB },
    { start: 40 * MiB, length: 20 * MiB },
  ]);
  qemuImg("convert", "-O", "vmdk", raw, source);
  qemuImg("convert", "-O", "qcow2", raw, target);
});

const spec = (verify: VerifyMode = { mode: "full" }, targetPath = target): VerifySpec => ({
  kind: "verify",
  sourcePath: source,
  targetPath,
  targetFormat: "qcow2",
  targetOptions: {},
  verify,
  roots: [folder.path],
});

describe("verify", () => {
  test("full: every byte, and a manifest that sha256sum accepts", async () => {
    const worker = startWorker(spec());
    const result = await worker.result;
    expect(result).toMatchObject({
      kind: "verify",
      comparedBytes: 64 * MiB,
      statement: "every byte",
      sha256: sha256(target),
      manifestPath: `${target}.sha256`,
    });
    const checked = execFileSync("sha256sum", ["--check", "--strict", `${target}.sha256`], {
      cwd: folder.path,
      encoding: "utf8",
    });
    expect(checked).toBe("target.qcow2: OK\n");
    const progress = worker.events.filter((event) => event.type === "progress");
    expect(progress.map((event) => event.doneBytes)).toEqual(
      progress.map((event) => event.doneBytes).toSorted((a, b) => a - b),
    );
    expect(progress.at(-1)).toMatchObject({ phase: "hashing", doneBytes: progress.at(-1)?.totalBytes });
  });

  test("the manifest of a descriptor with its data in a file beside it lists both", async () => {
    const flat = folder.file("flat.vmdk");
    qemuImg("convert", "-O", "vmdk", "-o", "subformat=monolithicFlat", source, flat);
    const job: VerifySpec = { ...spec({ mode: "none" }, flat), targetFormat: "vmdk" };
    const worker = startWorker(job);
    expect(await worker.result).toMatchObject({ sha256: sha256(flat), manifestPath: `${flat}.sha256` });
    const manifest = () =>
      spawnSync("sha256sum", ["--check", "--strict", `${flat}.sha256`], { cwd: folder.path, encoding: "utf8" }).stdout;
    expect(manifest()).toBe("flat.vmdk: OK\nflat-flat.vmdk: OK\n");
    const last = worker.events.filter((event) => event.type === "progress").at(-1);
    expect(last).toMatchObject({ doneBytes: last?.totalBytes });
    writeFileSync(folder.file("flat-flat.vmdk"), "other");
    expect(manifest()).toBe("flat.vmdk: OK\nflat-flat.vmdk: FAILED\n");
    expect(await removeManifest(flat)).toBe(`${flat}.sha256`);
  });

  test("a sample says what it is worth", async () => {
    const result = await runOnWorker(spec({ mode: "sample", fraction: 0.25, seed: 7 }));
    expect(result.statement).toBe(
      "sample of 10 of the 40 chunks of 1 MiB that hold data, seed 7: damage in any 1 chunk (2.5 %) of them is found with 25.0 % probability",
    );
    expect(result.comparedBytes).toBe(34 * MiB);
  });

  test("a disk whose end is missing is another disk, also where that end holds only zeros", async () => {
    const short = folder.file("short.qcow2");
    qemuImg("convert", "-O", "qcow2", target, short);
    qemuImg("resize", "--shrink", short, `${61 * MiB}`);
    await expect(runOnWorker(spec({ mode: "full" }, short))).rejects.toMatchObject({
      code: "verify.mismatch",
      message: expect.stringContaining(`${61 * MiB} bytes`),
    });
    qemuImg("resize", short, `${65 * MiB}`);
    await expect(runOnWorker(spec({ mode: "full" }, short))).rejects.toMatchObject({ code: "verify.mismatch" });
    expect(existsSync(`${short}.sha256`)).toBe(false);
  });

  test("one flipped byte is found, with its place, and gives no manifest", async () => {
    const damaged = folder.file("damaged.qcow2");
    writeFileSync(damaged, readFileSync(target));
    const map = JSON.parse(qemuImg("map", "--output=json", damaged)) as { start: number; offset?: number }[];
    const place = map.find((extent) => extent.start === 40 * MiB)?.offset;
    if (place === undefined) throw new Error("qemu-img map does not show where 40 MiB is stored");
    const fd = openSync(damaged, "r+");
    writeSync(fd, Buffer.from([0xff]), 0, 1, place + 5 * MiB + 4);
    closeSync(fd);
    await expect(runOnWorker(spec({ mode: "full" }, damaged))).rejects.toMatchObject({
      code: "verify.mismatch",
      message: expect.stringContaining(`byte ${45 * MiB + 4} of the disk`),
      details: { offset: 45 * MiB + 4 },
    });
    expect(existsSync(`${damaged}.sha256`)).toBe(false);
  });

  test("a target that is no image of its format is an error of its own", async () => {
    const text = folder.file("text.qcow2");
    writeFileSync(text, "not a disk");
    await expect(runOnWorker(spec({ mode: "full" }, text))).rejects.toMatchObject({
      code: expect.stringMatching(/^disk\./),
    });
  });

  test("cancel ends it and leaves no manifest", async () => {
    const [long, canceled] = [folder.file("long.vmdk"), folder.file("canceled.vmdk")];
    for (const path of [long, canceled]) writeLongVmdk(path);
    const job = { ...spec({ mode: "full" }, canceled), sourcePath: long, targetFormat: "vmdk" as const };
    const worker = startWorker(job, {
      onEvent: (event) => {
        if (event.type === "progress") worker.cancel();
      },
    });
    await expect(worker.result).rejects.toMatchObject({ code: "job.canceled" });
    expect(existsSync(`${canceled}.sha256`)).toBe(false);
  });

  test.each(["plain name.qcow2", "new\nline.qcow2", "back\\slash.qcow2"])(
    "a manifest for %j is what sha256sum reads",
    (name) => {
      const path = folder.file(name);
      writeFileSync(path, name);
      writeFileSync(`${path}.sums`, manifestLine(sha256(path), name));
      expect(() =>
        execFileSync("sha256sum", ["--check", "--strict", `${path}.sums`], { cwd: folder.path, stdio: "pipe" }),
      ).not.toThrow();
      renameSync(path, `${path}.gone`);
      expect(() =>
        execFileSync("sha256sum", ["--check", `${path}.sums`], { cwd: folder.path, stdio: "pipe" }),
      ).toThrow();
    },
  );
});
