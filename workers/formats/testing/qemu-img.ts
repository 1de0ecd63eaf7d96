/** qemu-img as the oracle of what an image holds. */
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { openFileSource } from "../../io/file.ts";
import type { DiskReader } from "../format.ts";
import { detectFormat } from "../registry.ts";
import { stamp, type TestDisk } from "./test-disk.ts";

/** Runs qemu-img and returns what it prints; throws with its message when it fails. */
export function qemuImg(...args: string[]): string {
  return execFileSync("qemu-img", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** The disk as a sparse raw file. */
export function writeRawFile(path: string, disk: TestDisk): void {
  const fd = openSync(path, "wx");
  const piece = new Uint8Array(1024 * 1024);
  try {
    ftruncateSync(fd, disk.virtualSizeBytes);
    for (const { start, length } of disk.data) {
      for (let done = 0; done < length; done += piece.length) {
        const part = piece.subarray(0, Math.min(piece.length, length - done));
        stamp(part, start + done);
        writeSync(fd, part, 0, part.length, start + done);
      }
    }
  } finally {
    closeSync(fd);
  }
}

/** What qemu-img calls a format. */
export function qemuName(format: string): string {
  return format === "vhd" ? "vpc" : format;
}

export interface OpenedImage {
  readonly reader: DiskReader;
  /** Of detection and reader together. */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

/** Opens an image and the files it names beside it. */
export async function openImage(path: string): Promise<OpenedImage> {
  const source = await openFileSource(path);
  try {
    const { format, warnings } = await detectFormat(source);
    const reader = await format.open(source, { openExtentFile: (name) => openFileSource(join(dirname(path), name)) });
    return {
      reader,
      warnings: [...warnings, ...reader.warnings],
      async close() {
        await reader.close();
        await source.close();
      },
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}
