/** Device numbers, sizes and changes as sysfs tells them; a file and a folder stand in for a device and for sysfs. */
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type DeviceSystem, deviceNumbers, openDeviceSource } from "./device.ts";

const folder = mkdtempSync(join(tmpdir(), "device-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "sdz");
const sysfs = join(folder, "8:17");

let opened: number[] = [];
const failing = new Map<number, string>();
const system: DeviceSystem = {
  sysfsFolder: folder,
  open(name, flags) {
    opened.push(flags);
    const code = failing.get(opened.length);
    if (code !== undefined) throw Object.assign(new Error(code), { code });
    return openSync(name, "r");
  },
  numbers: () => ({ major: 8, minor: 17 }),
};

const tell = (sectors: string, written: number) => {
  mkdirSync(sysfs, { recursive: true });
  writeFileSync(join(sysfs, "size"), `${sectors}\n`);
  writeFileSync(join(sysfs, "stat"), `   10 0 80 5 ${written} 0 ${written * 8} 7 0 12 12 0 0 0 0\n`);
};

beforeEach(() => {
  opened = [];
  failing.clear();
  writeFileSync(path, Buffer.alloc(8 * 512, "device"));
  tell("8", 3);
});

test.each([
  [0x811n, 8, 17],
  [0x700n, 7, 0],
  [0xfd0an, 253, 10],
  // Minor numbers of more than 8 bits and major ones of more than 12 have their upper bits elsewhere.
  [0x10072cn, 7, 300],
  [0x100000000811n, 0x1008, 17],
])("the device number %s", (rdev, major, minor) => {
  expect(deviceNumbers(rdev)).toEqual({ major, minor });
});

test("size, content and claim of a device that nobody uses", async () => {
  const source = await openDeviceSource(path, system);
  expect(source).toMatchObject({ name: path, sizeBytes: 4096, allocatedBytes: null, device: true, warnings: [] });
  const into = Buffer.alloc(6);
  await source.read(6, into);
  expect(into.toString()).toBe("device");
  source.assertUnchanged();
  await source.close();
  // O_EXCL: nobody can mount it meanwhile.
  expect(opened.map((flags) => flags & 0o200)).toEqual([0o200]);
});

test("a device in use is read with a warning", async () => {
  failing.set(1, "EBUSY");
  const source = await openDeviceSource(path, system);
  expect(source.warnings).toEqual([expect.stringContaining("is in use by this system")]);
  await source.close();
});

test.each([
  ["was written to", "8", 4],
  ["has another size", "16", 3],
  ["is gone", "", 3],
])("a device that %s meanwhile", async (_, sectors, written) => {
  const source = await openDeviceSource(path, system);
  tell(sectors, written);
  expect(() => source.assertUnchanged()).toThrow(
    sectors === "" ? /size of the device/ : /was written to while it was read/,
  );
  await source.close();
});

test.each([
  [
    "no permission",
    () => failing.set(1, "EACCES"),
    { code: "path.denied", hint: expect.stringContaining("group 'disk'") },
  ],
  ["no size in sysfs", () => rmSync(join(sysfs, "size")), { code: "disk.unsupported" }],
  ["a size that is none", () => tell("-8", 3), { code: "disk.unsupported" }],
  ["a size beyond its end", () => tell("9", 3), { code: "disk.truncated" }],
  ["no such device", () => rmSync(path), { code: "path.not-found" }],
])("%s is refused", async (_, arrange, expected) => {
  arrange();
  await expect(openDeviceSource(path, system)).rejects.toMatchObject(expected);
});

test("a file is no device", async () => {
  await expect(openDeviceSource(path)).rejects.toMatchObject({ code: "path.not-file" });
});
