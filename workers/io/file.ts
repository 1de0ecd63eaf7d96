/**
 * Files as byte sources and targets. Calls are async by signature and synchronous inside: on a worker thread of its own that
 * is faster than the thread pool. One system call moves at most 16 MiB; short reads and writes are continued.
 * Neighbours: byte-source.ts (the interfaces), system-error.ts (errno → catalogue), folder.ts (rename, remove).
 */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { AppError } from "../../src-core/model/error.ts";
import type { ByteSource, ByteTarget, SourceRange } from "./byte-source.ts";
import { holeMap, keepsExactHoles, systemHoleSeeker } from "./hole-map.ts";
import { rangesOf } from "./known-ranges.ts";
import { type FileAction, systemError } from "./system-error.ts";
import type { TarListing } from "./tar.ts";

const MAX_CALL_BYTES = 16 * 1024 * 1024;

/** Opening a FIFO would wait for its other end; with this flag it returns and the type check refuses it. Absent on Windows. */
const NON_BLOCKING = constants.O_NONBLOCK ?? 0;

/** A symbolic link in the place of an unfinished file would lead the writer elsewhere. Absent on Windows. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** Small files may live inside their inode and own no block. */
const INLINE_LIMIT_BYTES = 64 * 1024;

/** A file that lacks fewer blocks than this is read as a whole. At least INLINE_LIMIT_BYTES. */
const MIN_MISSING_BYTES = 64 * 1024;

/** Which file a path named when it was opened; equal for two names of one file. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

export interface FileSource extends ByteSource {
  readonly identity: FileIdentity;
  /** Last change of the content, milliseconds since the epoch, as it was when opened. */
  readonly modifiedAtMs: number;
  /** True for a block device, whose content is a raw disk unless somebody says otherwise. */
  readonly device?: true;
  /** The archive it is a member of; absent for a file of its own. `identity` and times are the archive's. */
  readonly within?: { readonly listing: TarListing; readonly member: string };
  /** Things worth telling before it is read. */
  readonly warnings?: readonly string[];
  /** @throws AppError disk.in-use when size or time of change differ from when the file was opened */
  assertUnchanged(): void;
}

/**
 * Opens a regular file for reading; its size is taken now.
 * @throws AppError path.not-found, path.not-file (folders, devices, FIFOs), path.denied, io.read
 */
export async function openFileSource(path: string): Promise<FileSource> {
  const fd = attempt("open", path, () => openSync(path, constants.O_RDONLY | NON_BLOCKING));
  try {
    return fileSource(fd, path);
  } catch (error) {
    closeSync(fd);
    throw systemError(error, "open", path);
  }
}

function fileSource(fd: number, path: string): FileSource {
  const stat = fstatSync(fd, { bigint: true });
  if (!stat.isFile())
    throw new AppError("path.not-file", `${path} is not a regular file.`, { details: { file: path } });
  if (stat.size > BigInt(Number.MAX_SAFE_INTEGER))
    throw new AppError("disk.too-large", `${path} is larger than 2^53 bytes`);
  const sizeBytes = Number(stat.size);
  const blockBytes = Number(stat.blocks) * 512;
  return {
    name: path,
    sizeBytes,
    allocatedBytes: allocatedBytes(path, sizeBytes, blockBytes),
    identity: { device: stat.dev, inode: stat.ino },
    modifiedAtMs: Number(stat.mtimeMs),
    async read(offset, into) {
      readFully(fd, path, offset, into);
    },
    // A file with a block for each of its bytes has no holes worth asking for.
    ...(sizeBytes - blockBytes >= MIN_MISSING_BYTES && keepsExactHoles(path)
      ? { ranges: (start, length) => ranges(fd, path, blockBytes, start, length) }
      : {}),
    assertUnchanged() {
      const now = attempt("read", path, () => fstatSync(fd, { bigint: true }));
      if (now.size !== stat.size || now.mtimeNs !== stat.mtimeNs) {
        throw new AppError("disk.in-use", `${path} changed while it was read`, { details: { file: path } });
      }
    },
    close: closeOnce(fd, path, "read"),
  };
}

/** What the file system has set aside, or null where its figure cannot be trusted to tell an empty file from a full one. */
function allocatedBytes(path: string, sizeBytes: number, blockBytes: number): number | null {
  if (blockBytes > 0 || sizeBytes === 0) return blockBytes;
  return sizeBytes >= INLINE_LIMIT_BYTES && keepsExactHoles(path) ? 0 : null;
}

async function* ranges(
  fd: number,
  path: string,
  blockBytes: number,
  start: number,
  length: number,
): AsyncIterable<SourceRange> {
  if (length === 0) return;
  const seeker = blockBytes > 0 ? systemHoleSeeker() : null;
  if (seeker !== null) {
    const look = () => attempt("read", path, () => fstatSync(fd, { bigint: true }));
    yield* rangesOf(look, start, length, () => holeMap(fd, seeker, start, length));
  }
  // No block at all is one hole, whoever can be asked.
  else yield { start, length, hole: blockBytes === 0 };
}

export interface FileTarget extends ByteTarget {
  readonly identity: FileIdentity;
  /** Good in every thread of the process until `close`. */
  readonly descriptor: number;
}

/**
 * Makes a new file for writing, readable by its owner and as the umask allows.
 * @throws AppError target.exists when there is one already, target.no-space, target.read-only, path.not-found (no such folder)
 */
export async function createFileTarget(path: string): Promise<FileTarget> {
  return fileTarget(
    attempt("create", path, () => openSync(path, "wx+")),
    path,
  );
}

/**
 * Opens an existing file for writing on, keeping its content (resume). A symbolic link is not followed.
 * @throws AppError path.not-found, path.not-file (symbolic links too), path.denied, target.read-only
 */
export async function openFileTarget(path: string): Promise<FileTarget> {
  return fileTarget(
    attempt("open", path, () => openSync(path, constants.O_RDWR | NON_BLOCKING | NO_FOLLOW)),
    path,
  );
}

function fileTarget(fd: number, path: string): FileTarget {
  const stat = fstatSync(fd, { bigint: true });
  if (!stat.isFile()) {
    closeSync(fd);
    throw new AppError("path.not-file", `${path} is not a regular file.`, { details: { file: path } });
  }
  return {
    name: path,
    identity: { device: stat.dev, inode: stat.ino },
    descriptor: fd,
    async write(offset, bytes) {
      writeAt(fd, path, offset, bytes);
    },
    async read(offset, into) {
      readFully(fd, path, offset, into);
    },
    async resize(sizeBytes) {
      // ext4 takes a cut to nothing, even of nothing, for a file that is written anew, and stores all of it before it lets it be closed.
      if (fstatSync(fd).size !== sizeBytes) attempt("write", path, () => ftruncateSync(fd, sizeBytes));
    },
    async sync() {
      attempt("write", path, () => fsyncSync(fd));
    },
    close: closeOnce(fd, path, "write"),
  };
}

/**
 * Closes at most once, also when that fails (network file systems tell of a lost write only then): the descriptor is gone in
 * any case, and its number may belong to another file of the process by the time of a second call.
 */
export function closeOnce(fd: number, path: string, action: FileAction): () => Promise<void> {
  let open = true;
  return async () => {
    if (!open) return;
    open = false;
    attempt(action, path, () => closeSync(fd));
  };
}

/** Fills `into` from `offset`. @throws AppError disk.truncated where the file ends before, io.read */
export function readFully(fd: number, path: string, offset: number, into: Uint8Array): void {
  let done = 0;
  while (done < into.length) {
    const length = Math.min(into.length - done, MAX_CALL_BYTES);
    const at = offset + done;
    const from = done;
    const got = attempt("read", path, () => readSync(fd, into, from, length, at), at);
    if (got === 0) {
      throw new AppError(
        "disk.truncated",
        `${path} ends before offset ${at}; ${into.length - done} bytes are missing`,
        {
          details: { file: path, offset: at, missingBytes: into.length - done },
        },
      );
    }
    done += got;
  }
}

/** Writes all of `bytes` at `offset`. @throws AppError target.no-space, io.write */
export function writeAt(fd: number, path: string, offset: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(bytes.length - done, MAX_CALL_BYTES);
    const [from, at] = [done, offset + done];
    done += attempt("write", path, () => writeSync(fd, bytes, from, length, at), at);
  }
}

function attempt<T>(action: FileAction, path: string, call: () => T, atBytes?: number): T {
  try {
    return call();
  } catch (error) {
    throw systemError(error, action, path, atBytes);
  }
}
