/** Lanes open a block device beside the task that reads it: a loop device over a file, where the system allows one. */
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { openIdentity, sourceIdentity } from "../image/open-identity.ts";
import { convertSpec, MiB, qemuImg, startWorker, tempFolder, writeStampedRaw } from "../tasks/testing/rig.ts";

const folder = tempFolder();
const image = folder.file("image");
writeStampedRaw(image, 80 * MiB, [{ start: 0, length: 80 * MiB }]);

/** /dev/loopN over the image; null where the system allows none. */
const loop = ((): string | null => {
  const { status, stdout } = spawnSync("losetup", ["--find", "--show", image], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
})();

afterAll(() => {
  if (loop !== null) spawnSync("losetup", ["--detach", loop]);
  folder.remove();
});

test("a device is the same for who opens it a moment later, but not for a later attempt", () => {
  const stands = { name: "/dev/loop0", identity: { device: 1n, inode: 2n }, sizeBytes: 80 * MiB };
  const as = (modifiedAtMs: number) => [
    {
      ...stands,
      modifiedAtMs,
      device: true as const,
      allocatedBytes: null,
      async read() {},
      assertUnchanged() {},
      async close() {},
    },
  ];
  expect(openIdentity(as(1))).toBe(openIdentity(as(2)));
  expect(sourceIdentity(as(1))).not.toBe(sourceIdentity(as(2)));
});

test("a device is converted with lanes", async () => {
  if (loop === null) {
    expect(spawnSync("losetup", ["--find", "--show", image]).status).not.toBe(0);
    return;
  }
  const targetPath = folder.file("device.qcow2");
  const job = convertSpec({
    sourcePath: loop,
    sourceFormat: "raw",
    targetPath,
    targetFormat: "qcow2",
    partialPath: folder.file(".device.partial"),
    roots: [folder.path],
  });
  await startWorker(job, { lanes: 2 }).result;
  expect(statSync(targetPath).size).toBeGreaterThan(80 * MiB);
  expect(qemuImg("compare", image, targetPath)).toContain("identical");
});
