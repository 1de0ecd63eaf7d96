/**
 * Real block devices of this machine: a loop device over a file where that is allowed (root outside of a container), else whatever
 * device there is. A machine that lets nobody read a device shows the refusal, with its hint.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { openDeviceSource } from "./device.ts";

const MiB = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), "device-"));
const image = join(folder, "image");
const content = Buffer.alloc(4 * MiB, "what the loop device holds ");
writeFileSync(image, content);

/** /dev/loopN over the image; null where the system allows none. */
const loop = ((): string | null => {
  const { status, stdout } = spawnSync("losetup", ["--find", "--show", image], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
})();
console.log(loop === null ? "No loop device allowed here: tested with the devices there are." : `Tested with ${loop}.`);

afterAll(() => {
  if (loop !== null) spawnSync("losetup", ["--detach", loop]);
  rmSync(folder, { recursive: true, force: true });
});

/** Block devices with something in them: sysfs lists them also where /dev does not. */
function devicesHere(): { path: string; sizeBytes: number }[] {
  return readdirSync("/sys/class/block")
    .map((name) => ({
      path: `/dev/${name}`,
      sizeBytes: Number(readFileSync(`/sys/class/block/${name}/size`, "latin1")) * 512,
    }))
    .filter(({ sizeBytes }) => sizeBytes > 0);
}

test("every device of this machine is read with its right size, or refused by name", async () => {
  for (const { path, sizeBytes } of devicesHere()) {
    try {
      const source = await openDeviceSource(path);
      expect(source.sizeBytes).toBe(sizeBytes);
      await expect(source.read(sizeBytes - 1, new Uint8Array(2))).rejects.toMatchObject({ code: "disk.truncated" });
      await source.close();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // A container shows devices in sysfs that its /dev has not, or may not open.
      expect(["path.not-found", "path.denied"]).toContain(error.code);
    }
  }
});

test("a loop device: content, and a write to it that counts as a change before it reaches the disk", async () => {
  if (loop === null) {
    expect(spawnSync("losetup", ["--find", "--show", image]).status).not.toBe(0);
    return;
  }
  const source = await openDeviceSource(loop);
  expect(source).toMatchObject({ sizeBytes: content.length, warnings: [] });
  const into = Buffer.alloc(content.length);
  await source.read(0, into);
  expect(into.equals(content)).toBe(true);
  source.assertUnchanged();
  const fd = openSync(loop, "r+");
  writeSync(fd, Buffer.from("x"), 0, 1, MiB);
  closeSync(fd);
  expect(() => source.assertUnchanged()).toThrow(/was written to while it was read/);
  await source.close();
});
