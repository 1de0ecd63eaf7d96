/** The parent of a delta is part of what the delta says: it is not written over, and must be the one the delta was compared with. */
import { utimesSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TargetOptions } from "../../src-core/model/target.ts";
import {
  convertSpec,
  lastCheckpoint,
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
const parent = folder.file("parent.qcow2");
const source = folder.file("source.raw");

beforeAll(() => {
  const before = folder.file("before.raw");
  writeStampedRaw(before, 8 * MiB, [{ start: 0, length: 8 * MiB }]);
  writeStampedRaw(source, 4 * MiB, [{ start: 0, length: 3 * MiB }], 2);
  qemuImg("convert", "-O", "qcow2", before, parent);
});

const delta = (targetPath: string, options: TargetOptions = {}): OneTarget =>
  convertSpec({
    sourcePath: source,
    targetPath,
    targetFormat: "qcow2",
    partialPath: `${targetPath}.partial`,
    roots: [folder.path],
    overwrite: true,
    options: { backingPath: parent, ...options },
  });

test("a delta is not written over its own parent, nor is another target of the conversion", async () => {
  const before = sha256(parent);
  const refused = { code: "target.same-as-source", message: expect.stringContaining(parent) };
  await expect(runOnWorker(delta(parent))).rejects.toMatchObject(refused);
  const job = delta(folder.file("first.qcow2"));
  const [other] = delta(parent).targets;
  const targets = [
    ...job.targets,
    { path: parent, format: "raw", options: {}, overwrite: true, partialPath: `${other?.partialPath}2` },
  ] as const;
  await expect(runOnWorker({ ...job, targets: [...targets] })).rejects.toMatchObject(refused);
  expect(sha256(parent)).toBe(before);
});

test("behind the source's end nothing of a longer parent shows through", async () => {
  const job = delta(folder.file("longer.qcow2"), { virtualSizeBytes: 6 * MiB });
  await expect(runOnWorker(job)).rejects.toMatchObject({
    code: "target.unsupported",
    message: expect.stringContaining("parent"),
  });
  const same = delta(folder.file("same.qcow2"));
  await runOnWorker(same);
  expect(qemuImg("compare", "-f", "raw", "-F", "qcow2", source, same.targetPath)).toContain("identical");
});

test("a delta is not gone on with where its parent changed since", async () => {
  const big = folder.file("big.raw");
  writeStampedRaw(big, 200 * MiB, [{ start: 0, length: 160 * MiB }], 3);
  const job = { ...delta(folder.file("resumed.qcow2")), sourcePath: big };
  const worker = startWorker(job, {
    doomed: true,
    onEvent: (event) => {
      if (event.type === "checkpoint") void worker.kill();
    },
  });
  await expect(worker.result).rejects.toMatchObject({ code: "job.crashed" });
  const resumeFrom = lastCheckpoint(worker.events);
  expect(resumeFrom?.doneBytes).toBeGreaterThan(0);
  utimesSync(parent, new Date(), new Date());
  expect(await startWorker(job, { resumeFrom }).result).toMatchObject({ resumedFromBytes: null });
});
