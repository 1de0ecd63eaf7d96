/** Images for tests of the command line: made by qemu-img from content in which every eight bytes hold their own offset. */
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

const MiB = 1024 * 1024;

/** A sparse raw image: of every four MiB the first two are stamped, and so is the odd sector at the disk's end. */
export function writeStampedRaw(file: string, sizeBytes: number): void {
  const handle = openSync(file, "wx");
  try {
    ftruncateSync(handle, sizeBytes);
    for (let start = 0; start < sizeBytes; start += 4 * MiB) stamp(handle, start, Math.min(2 * MiB, sizeBytes - start));
    stamp(handle, sizeBytes - 512, 512);
  } finally {
    closeSync(handle);
  }
}

function stamp(handle: number, start: number, length: number): void {
  // Offsets as 64-bit floats: exact, and no two alike.
  const offsets = new Float64Array(length / 8);
  for (let at = 0; at < offsets.length; at += 1) offsets[at] = start + at * 8 + 1;
  writeSync(handle, offsets, 0, length, start);
}

/** Converts `raw` with qemu-img. @returns the new image's path */
export function qemuImage(raw: string, folder: string, name: string, options: readonly string[]): string {
  const file = join(folder, name);
  execFileSync("qemu-img", ["convert", "-f", "raw", ...options, raw, file], { stdio: "pipe" });
  return file;
}

/** Throws, with what qemu-img said, unless the two images have the same content (missing ends count as zeros). */
export function qemuCompare(a: string, aFormat: string, b: string, bFormat: string): void {
  execFileSync("qemu-img", ["compare", "-f", aFormat, "-F", bFormat, a, b], { stdio: "pipe" });
}
