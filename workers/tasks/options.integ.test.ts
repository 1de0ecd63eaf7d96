/** What can be asked of a conversion beside the format: a larger disk, a limit on speed, no waiting for the disk, a snapshot. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FormatId } from "../../src-core/model/disk.ts";
import type { TargetOptions } from "../../src-core/model/target.ts";
import { qemuName } from "../formats/testing/qemu-img.ts";
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
const raw = folder.file("disk.raw");
const source = folder.file("disk.qcow2");
const SIZE = 40 * MiB + 512;

beforeAll(() => {
  writeStampedRaw(raw, SIZE, [
    { start: 0, length: 12 * MiB },
    { start: 30 * MiB + 512, length: 4 * MiB },
    { start: SIZE - 512, length: 512 },
  ]);
  qemuImg("convert", "-O", "qcow2", raw, source);
});

type More = Partial<Parameters<typeof convertSpec>[0]>;

const spec = (name: string, to: FormatId, options: TargetOptions = {}, more: More = {}): OneTarget =>
  convertSpec({
    sourcePath: source,
    targetPath: folder.file(name),
    targetFormat: to,
    partialPath: folder.file(`.${name}.partial`),
    roots: [folder.path],
    options,
    ...more,
  });

const compared = (a: string, b: string, to: FormatId) => qemuImg("compare", "-f", "raw", "-F", qemuName(to), a, b);

describe("a larger disk ends in zeros", () => {
  const targets: [FormatId, TargetOptions][] = [
    ["raw", {}],
    ["qcow2", {}],
    ["qcow2", { compression: { method: "zstd" } }],
    ["vmdk", {}],
    ["vmdk", { subformat: "streamOptimized" }],
    ["vmdk", { subformat: "monolithicFlat" }],
    ["vhd", {}],
    ["vhd", { subformat: "fixed" }],
    ["vhdx", {}],
    ["vdi", {}],
    ["vdi", { subformat: "static" }],
  ];
  test.each(targets.map(([to, options], index) => ({ to, options, index })))(
    "$to $options",
    async ({ to, options, index }) => {
      const virtualSizeBytes = 75 * MiB;
      const job = spec(`larger-${index}.${to}`, to, { ...options, virtualSizeBytes });
      expect(await runOnWorker(job)).toMatchObject({ virtualSizeBytes: SIZE, outputs: [{ virtualSizeBytes }] });
      expect(compared(raw, job.targetPath, to)).toContain("identical");
      const { "virtual-size": told } = JSON.parse(
        qemuImg("info", "-f", qemuName(to), "--output=json", job.targetPath),
      ) as { "virtual-size": number };
      // Of a dynamic VHD qemu-img tells what its cylinders, heads and sectors come to.
      if (to === "vhd") expect(told).toBeGreaterThanOrEqual(virtualSizeBytes);
      else expect(told).toBe(virtualSizeBytes);
    },
  );

  test("a smaller one is refused, and nothing is made", async () => {
    const job = spec("smaller.qcow2", "qcow2", { virtualSizeBytes: 40 * MiB });
    await expect(runOnWorker(job)).rejects.toMatchObject({ code: "target.unsupported" });
  });
});

describe("a limit on speed", () => {
  const DATA_BYTES = 16 * MiB + 512;

  test.each([0, 2])("a conversion takes as long as its bytes do, with %i lanes", async (lanes) => {
    const job = spec(`limited-${lanes}.raw`, "raw");
    const kibPerSecond = 8 * KiB;
    const worker = startWorker(job, { lanes });
    worker.limit(kibPerSecond);
    const result = await worker.result;
    if (result.kind !== "convert") throw new Error(`a conversion answered ${result.kind}`);
    const fairMs = (DATA_BYTES / (kibPerSecond * KiB)) * 1000;
    expect(result.durationMs).toBeGreaterThan(fairMs * 0.8);
    expect(compared(raw, job.targetPath, "raw")).toContain("identical");
  });

  test("a change takes effect while it runs", async () => {
    const job = spec("let-go.raw", "raw");
    // At this pace it would take a minute.
    const worker = startWorker(job, {
      onEvent: (event) => {
        if (event.type === "started") setTimeout(() => worker.limit(0), 1000);
      },
    });
    worker.limit(256);
    const beganAt = performance.now();
    const result = await worker.result;
    expect(result).toMatchObject({ kind: "convert" });
    expect(performance.now() - beganAt).toBeLessThan(40_000);
    expect(compared(raw, job.targetPath, "raw")).toContain("identical");
  });
});

test.each<[FormatId, TargetOptions]>([
  ["qcow2", {}],
  ["vmdk", { subformat: "streamOptimized" }],
  ["vhdx", {}],
])("left to the system's cache, %s %o is the same file", async (to, options) => {
  const durable = spec(`durable.${to}`, to, options);
  await runOnWorker(durable);
  const sum = sha256(durable.targetPath);
  const worker = startWorker({ ...spec(`durable.${to}`, to, options, { sync: false, overwrite: true }) });
  await worker.result;
  expect(worker.events.map(({ type }) => type)).not.toContain("checkpoint");
  expect(sha256(durable.targetPath)).toBe(sum);
});

test("a snapshot inside the source is converted as it was", async () => {
  const kept = folder.file("with-snapshots.qcow2");
  qemuImg("convert", "-O", "qcow2", raw, kept);
  const write = (...commands: string[]) =>
    execFileSync("qemu-io", ["-f", "qcow2", ...commands.flatMap((command) => ["-c", command]), kept]);
  qemuImg("snapshot", "-c", "clean", kept);
  write("write -P 0x41 1M 3M", "write -z 30M 2M", "write -P 0x42 20M 64k");
  qemuImg("snapshot", "-c", "changed", kept);
  write("write -P 0x43 0 10M");
  const states: { snapshot: string | null; theirs: string[] }[] = [
    { snapshot: "clean", theirs: ["-l", "snapshot.name=clean"] },
    { snapshot: "changed", theirs: ["-l", "snapshot.name=changed"] },
    { snapshot: null, theirs: [] },
  ];
  const sums = new Set<string>();
  for (const { snapshot, theirs } of states) {
    const expected = folder.file(`theirs-${snapshot}.raw`);
    qemuImg("convert", ...theirs, "-f", "qcow2", "-O", "raw", kept, expected);
    const job = { ...spec(`ours-${snapshot}.raw`, "raw"), sourcePath: kept };
    await runOnWorker(snapshot === null ? job : { ...job, sourceSnapshot: snapshot });
    const sum = sha256(job.targetPath);
    expect(sum).toBe(sha256(expected));
    sums.add(sum);
  }
  expect(sums.size).toBe(3);
  expect(sums).toContain(sha256(raw));
  const missing = { ...spec("none.raw", "raw"), sourcePath: kept, sourceSnapshot: "no such" };
  await expect(runOnWorker(missing)).rejects.toMatchObject({ code: "request.not-found" });
});
