/** What happens to files as a whole: stat, durable rename, removal, small files. Reading and writing is in file.ts. */
import {
  type BigIntStats,
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { ByteSource } from "./byte-source.ts";
import { type FileIdentity, openFileSource } from "./file.ts";
import { systemError } from "./system-error.ts";

export interface FileStat {
  /** device: a block device. other: what cannot be a disk (FIFO, socket, character device). */
  readonly kind: "file" | "folder" | "device" | "other";
  readonly sizeBytes: number;
  readonly identity: FileIdentity;
}

/** What lies at `path` (symbolic links followed), or null when nothing does. @throws AppError path.denied, io.read */
export function statPath(path: string): FileStat | null {
  return lookAt(path, () => {
    const stat = statSync(path, { bigint: true });
    return {
      kind: kindOf(stat),
      sizeBytes: Number(stat.size),
      identity: { device: stat.dev, inode: stat.ino },
    };
  });
}

function kindOf(stat: Pick<BigIntStats, "isFile" | "isDirectory" | "isBlockDevice">): FileStat["kind"] {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "folder";
  return stat.isBlockDevice() ? "device" : "other";
}

/** What `look` finds at `path`; null when nothing is there. */
function lookAt<T>(path: string, look: () => T): T | null {
  try {
    return look();
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

/** True for a regular file that lies there under its own name: a symbolic link to one is none. @throws as statPath */
export function isPlainFile(path: string): boolean {
  return lookAt(path, () => lstatSync(path).isFile()) ?? false;
}

/**
 * Puts a finished file in the place of `to` (replacing it) so that after a power loss either the old or the new one is there.
 * The file's own content must be durable already (`ByteTarget.sync`).
 * @param durable false: the names may be lost again with the power
 * @throws AppError io.vanished when `from` is gone, target.read-only, io.write
 */
export async function renameDurably(from: string, to: string, durable = true): Promise<void> {
  try {
    renameSync(from, to);
  } catch (error) {
    throw systemError(error, "write", to);
  }
  if (durable) syncFoldersOf(from, to);
}

/**
 * As `renameDurably`, but never replaces anything: who came first keeps the name, however close the race. Where the file system
 * has no hard links (FAT, some network shares) the look before the rename leaves a moment in which another file may come.
 * @param link link(2), which refuses a name that is taken
 * @throws AppError target.exists and as renameDurably
 */
export async function renameWithoutReplacing(
  from: string,
  to: string,
  durable = true,
  link: (from: string, to: string) => void = linkSync,
): Promise<void> {
  try {
    link(from, to);
  } catch (error) {
    if (!hasCode(error, NO_HARD_LINKS)) throw systemError(error, "write", to);
    if (lookAt(to, () => lstatSync(to)) !== null) throw alreadyThere(to);
    return renameDurably(from, to, durable);
  }
  await removeFile(from);
  if (durable) syncFoldersOf(from, to);
}

/** What link(2) says where the file system or its policy has no hard links for this file. */
const NO_HARD_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** What fsync of a folder says where the file system has no such thing, and open where the folder may not be listed. */
const NO_FOLDER_SYNC = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EBADF", "EACCES"]);

function syncFoldersOf(from: string, to: string): void {
  syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) syncFolder(dirname(from));
}

/**
 * Makes names created, renamed or removed in a folder durable, as far as the file system can: by then the new name is there, so
 * that a file system without this call must not turn a success into a failure. Windows has no such call and does it by itself.
 */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  try {
    const fd = openSync(folder, constants.O_RDONLY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!hasCode(error, NO_FOLDER_SYNC)) throw systemError(error, "write", folder);
  }
}

function hasCode(error: unknown, codes: ReadonlySet<string>): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.has(error.code);
}

function alreadyThere(path: string): AppError {
  return new AppError("target.exists", `${path} exists already.`, { details: { file: path } });
}

/** Names of what lies in a folder; none where there is no such folder. @throws AppError path.denied, io.read */
export function namesIn(folder: string): string[] {
  return lookAt(folder, () => readdirSync(folder)) ?? [];
}

/** Removes a file; one that is not there is fine. @throws AppError path.denied, io.write */
export async function removeFile(path: string): Promise<void> {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    // Below a file there is nothing either.
    if (!hasCode(error, new Set(["ENOTDIR"]))) throw systemError(error, "write", path);
  }
}

/** Bytes that may still be written in a folder; null where the system does not tell. */
export function freeBytesIn(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** Makes an empty file that only its owner reads; one that is there already is fine, and kept. @throws AppError path.*, target.* */
export async function createEmptyFile(path: string): Promise<void> {
  try {
    // No link that somebody else put there is followed.
    closeSync(openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
  } catch (error) {
    if (!hasCode(error, new Set(["EEXIST"]))) throw systemError(error, "write", path);
  }
}

/** Makes a folder inside one that is there. @returns false when it was there already. @throws AppError path.*, target.read-only, target.no-space */
export async function makeFolder(path: string): Promise<boolean> {
  if (statPath(path)?.kind === "folder") return false;
  try {
    mkdirSync(path);
  } catch (error) {
    if (hasCode(error, new Set(["EEXIST"]))) {
      throw new AppError("path.not-folder", `${path} is not a folder.`, { cause: error, details: { file: path } });
    }
    throw systemError(error, "create", path);
  }
  syncFolder(dirname(path));
  return true;
}

/** Removes a folder in which nothing is; another stays. @throws AppError io.write, target.read-only */
export async function removeEmptyFolder(path: string): Promise<void> {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!hasCode(error, new Set(["ENOENT", "ENOTEMPTY", "EEXIST"]))) throw systemError(error, "write", path);
  }
}

/**
 * The whole of a small file (a descriptor, an OVF).
 * @throws AppError machine.damaged when it is longer than `maxBytes`; otherwise as openFileSource and ByteSource.read
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<Uint8Array> {
  const source = await openFileSource(path);
  try {
    return await readWhole(source, maxBytes);
  } finally {
    await source.close();
  }
}

/** All bytes of a small source. @throws AppError machine.damaged when it is longer than `maxBytes`; as ByteSource.read */
export async function readWhole(source: ByteSource, maxBytes: number): Promise<Uint8Array> {
  const { name, sizeBytes } = source;
  if (sizeBytes > maxBytes) {
    throw new AppError("machine.damaged", `${name} has ${sizeBytes} bytes; at most ${maxBytes} are read`, {
      details: { file: name },
    });
  }
  const content = new Uint8Array(sizeBytes);
  await source.read(0, content);
  return content;
}

/**
 * Writes a small file so that the name never shows half of it: a temporary name beside it, fsync, rename, fsync of the folder.
 * Nothing else is left behind when that fails.
 */
export async function writeSmallFile(path: string, content: string | Uint8Array): Promise<void> {
  // Not imported above: it takes milliseconds to read, of every thread's start, and most write no such file.
  const { randomBytes } = process.getBuiltinModule("node:crypto");
  // Nobody can guess the name, and "wx" follows no link: in a folder others may write to, it cannot be led elsewhere.
  const temporary = join(dirname(path), `.${randomBytes(8).toString("hex")}.tmp`);
  try {
    writeFileSync(temporary, content, { flag: "wx", flush: true });
    await renameDurably(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw systemError(error, "create", path);
  }
}

/** Size and time of the last change of a file, as text that differs once somebody wrote to it; "" when it cannot be looked at. */
export function fileStamp(path: string): string {
  try {
    const { size, mtimeNs } = statSync(path, { bigint: true });
    return `${size} ${mtimeNs}`;
  } catch {
    return "";
  }
}
