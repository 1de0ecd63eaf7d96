/** What happens to files as a whole: stat, durable rename, removal, free space, small files. Reading and writing is in file.ts. */
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import { type FileIdentity, openFileSource } from "./file.ts";
import { systemError } from "./system-error.ts";

export interface FileStat {
  readonly kind: "file" | "folder" | "other";
  readonly sizeBytes: number;
  /** Bytes set aside by the file system; on file systems without such a figure 0. */
  readonly allocatedBytes: number;
  readonly modifiedAtMs: number;
  readonly identity: FileIdentity;
}

/** What lies at `path` (symbolic links followed), or null when nothing does. @throws AppError path.denied, io.read */
export function statPath(path: string): FileStat | null {
  try {
    const stat = statSync(path, { bigint: true });
    return {
      kind: stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "other",
      sizeBytes: Number(stat.size),
      allocatedBytes: Number(stat.blocks) * 512,
      modifiedAtMs: Number(stat.mtimeMs),
      identity: { device: stat.dev, inode: stat.ino },
    };
  } catch (error) {
    const failure = systemError(error, "open", path);
    if (failure.code === "path.not-found") return null;
    throw failure;
  }
}

/** True when both name one file on one device. */
export function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.device === b.device && a.inode === b.inode;
}

/** The path with every symbolic link resolved. @throws AppError path.not-found, path.denied */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw systemError(error, "open", path);
  }
}

/**
 * Puts a finished file in the place of `to` (replacing it) so that after a power loss either the old or the new one is there.
 * The file's own content must be durable already (`ByteTarget.sync`).
 * @throws AppError io.vanished when `from` is gone, target.read-only, io.write
 */
export async function renameDurably(from: string, to: string): Promise<void> {
  try {
    renameSync(from, to);
  } catch (error) {
    throw systemError(error, "write", to);
  }
  syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) syncFolder(dirname(from));
}

/** Makes names created, renamed or removed in a folder durable. Windows has no such call and does it by itself. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  try {
    const fd = openSync(folder, constants.O_RDONLY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw systemError(error, "write", folder);
  }
}

/** Removes a file; one that is not there is fine. @throws AppError path.denied, io.write */
export async function removeFile(path: string): Promise<void> {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw systemError(error, "write", path);
  }
}

/** Bytes a user without privileges may still write into the file system that holds `folder`. @throws AppError path.not-found */
export function freeSpaceBytes(folder: string): number {
  try {
    const stat = statfsSync(folder, { bigint: true });
    return Number(stat.bavail * stat.bsize);
  } catch (error) {
    throw systemError(error, "open", folder);
  }
}

/**
 * The whole of a small file (a descriptor, an OVF).
 * @throws AppError machine.damaged when it is longer than `maxBytes`; otherwise as openFileSource and ByteSource.read
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<Uint8Array> {
  const source = await openFileSource(path);
  try {
    if (source.sizeBytes > maxBytes) {
      throw new AppError("machine.damaged", `${path} has ${source.sizeBytes} bytes; at most ${maxBytes} are read`, {
        details: { file: path },
      });
    }
    const content = new Uint8Array(source.sizeBytes);
    await source.read(0, content);
    return content;
  } finally {
    await source.close();
  }
}

/** Writes a small file so that the name never shows half of it: a temporary name beside it, fsync, rename, fsync of the folder. */
export async function writeSmallFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp-${process.pid}`;
  try {
    writeFileSync(temporary, content, { flush: true });
  } catch (error) {
    rmSync(temporary, { force: true });
    throw systemError(error, "create", path);
  }
  await renameDurably(temporary, path);
}
