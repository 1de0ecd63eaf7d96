/** qemu-img as the judge of what a story made, and as the maker of images for stories about them. */
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeFileSync, writeSync } from "node:fs";

/** Throws with qemu-img's own words unless both disks hold the same bytes and a qcow2 target has neither error nor leak. */
export function qemuSaysIdentical(source: string, target: string): void {
  execFileSync("qemu-img", ["compare", source, target], { stdio: ["ignore", "pipe", "pipe"] });
  if (target.endsWith(".qcow2")) execFileSync("qemu-img", ["check", target], { stdio: ["ignore", "pipe", "pipe"] });
}

const SECTOR_BYTES = 512;

/** A QCOW2 of `pieces` single sectors of data with as many holes between them, and a snapshot "before". */
export function makeScattered(path: string, pieces: number): void {
  const raw = `${path}.raw`;
  const content = Buffer.alloc(pieces * 2 * SECTOR_BYTES);
  for (let piece = 0; piece < pieces; piece += 1) {
    for (let at = 0; at < SECTOR_BYTES; at += 8) content.writeDoubleLE(piece + 1, piece * 2 * SECTOR_BYTES + at);
  }
  writeFileSync(raw, content);
  const quiet = { stdio: "pipe" as const };
  execFileSync(
    "qemu-img",
    ["convert", "-f", "raw", "-O", "qcow2", "-o", "cluster_size=512", "-S", "512", raw, path],
    quiet,
  );
  execFileSync("qemu-img", ["snapshot", "-c", "before", path], quiet);
  rmSync(raw);
}

/** A small sound QCOW2 whose count of one used cluster is then put to 0 (an error) and of an unused one to 1 (a leak). */
export function makeDamaged(path: string): void {
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", path, "64M"], { stdio: "pipe" });
  const file = openSync(path, "r+");
  try {
    const at = (offset: number) => {
      const bytes = Buffer.alloc(8);
      readSync(file, bytes, 0, 8, offset);
      return Number(bytes.readBigUInt64BE());
    };
    // The header names the refcount table, whose first entry names the first block of 16-bit counts.
    const counts = at(at(48));
    writeSync(file, Buffer.from([0, 0]), 0, 2, counts + 2 * 3);
    ftruncateSync(file, 5 * 65_536);
    writeSync(file, Buffer.from([0, 1]), 0, 2, counts + 2 * 4);
  } finally {
    closeSync(file);
  }
}
