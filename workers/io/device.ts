/**
 * Block devices as byte sources: whole disks, partitions, logical volumes, loop devices. Only what a user points at is opened this
 * way; a name from inside an image never leads here (path-guard.ts takes regular files only). Linux: the size and the count of
 * writes come from sysfs (Documentation/block/stat.rst of the kernel), since stat(2) tells neither of a device.
 */
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import { closeOnce, type FileSource, readFully } from "./file.ts";
import { systemError } from "./system-error.ts";

/** sysfs counts sectors of 512 bytes, whatever the device's own are. */
const SECTOR_BYTES = 512;

/** Where the system keeps what it knows of devices, and how one is opened: tests stand in for both. */
export interface DeviceSystem {
  /** Folder with a folder for each device, called major:minor. */
  readonly sysfsFolder: string;
  open(path: string, flags: number): number;
  /** Major and minor number of an open block device; null for anything else. */
  numbers(fd: number): { readonly major: number; readonly minor: number } | null;
}

const LINUX: DeviceSystem = {
  sysfsFolder: "/sys/dev/block",
  open: openSync,
  numbers(fd) {
    const stat = fstatSync(fd, { bigint: true });
    return stat.isBlockDevice() ? deviceNumbers(stat.rdev) : null;
  },
};

/** The numbers in a Linux dev_t of 64 bits (makedev(3)). */
export function deviceNumbers(rdev: bigint): { major: number; minor: number } {
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  };
}

/**
 * Opens a block device for reading. Nothing can be mounted from it meanwhile; one that is in use already (mounted, part of a volume
 * group) is opened with a warning, and any write that reaches it before the end counts as a change.
 * @throws AppError path.not-found, path.not-file, path.denied with a hint whom to ask, disk.unsupported where the size cannot be told
 */
export async function openDeviceSource(path: string, system: DeviceSystem = LINUX): Promise<FileSource> {
  const { fd, inUse } = openShared(path, system);
  try {
    return deviceSource(fd, path, inUse, system);
  } catch (error) {
    closeSync(fd);
    throw systemError(error, "open", path);
  }
}

/** Claims the device where nobody else has (O_EXCL, open(2)); else opens it beside them. */
function openShared(path: string, system: DeviceSystem): { fd: number; inUse: boolean } {
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  const attempt = (more: number): number => {
    try {
      return system.open(path, flags | more);
    } catch (error) {
      throw withHint(systemError(error, "open", path));
    }
  };
  try {
    return { fd: attempt(constants.O_EXCL), inUse: false };
  } catch (error) {
    if (!(error instanceof AppError) || error.details?.errno !== "EBUSY") throw error;
    return { fd: attempt(0), inUse: true };
  }
}

function withHint(error: AppError): AppError {
  if (error.code !== "path.denied") return error;
  return new AppError(error.code, error.message, {
    cause: error.cause,
    hint: "Disks may be read by root and mostly by the group 'disk': run the program as one of them, or have the device's permissions changed.",
    ...(error.details === undefined ? {} : { details: error.details }),
  });
}

function deviceSource(fd: number, path: string, inUse: boolean, system: DeviceSystem): FileSource {
  const numbers = system.numbers(fd);
  if (numbers === null)
    throw new AppError("path.not-file", `${path} is not a block device.`, { details: { file: path } });
  const folder = join(system.sysfsFolder, `${numbers.major}:${numbers.minor}`);
  const sizeBytes = sizeOf(path, folder);
  const { dev, ino } = fstatSync(fd, { bigint: true });
  // The count is right only if the last byte is there and none behind it.
  if (sizeBytes > 0) readFully(fd, path, sizeBytes - 1, new Uint8Array(1));
  const writes = writesTo(fd, folder);
  return {
    name: path,
    sizeBytes,
    allocatedBytes: null,
    identity: { device: dev, inode: ino },
    // A device does not tell when it was written to: work on it is never taken up by another attempt.
    modifiedAtMs: Date.now(),
    device: true,
    warnings: inUse
      ? [
          `${path} is in use by this system (mounted, or part of a volume): a write to it while it is read fails the work.`,
        ]
      : [],
    async read(offset, into) {
      readFully(fd, path, offset, into);
    },
    assertUnchanged() {
      if (sizeOf(path, folder) === sizeBytes && writesTo(fd, folder) === writes) return;
      throw new AppError("disk.in-use", `${path} was written to while it was read`, {
        hint: "Unmount it, or read a snapshot of the volume.",
        details: { file: path },
      });
    },
    close: closeOnce(fd, path, "read"),
  };
}

function sizeOf(path: string, folder: string): number {
  const sectors = sysfsText(join(folder, "size"));
  const sizeBytes = sectors === null || !/^\d{1,16}$/.test(sectors) ? null : Number(sectors) * SECTOR_BYTES;
  if (sizeBytes === null || !Number.isSafeInteger(sizeBytes)) {
    throw new AppError("disk.unsupported", `The size of the device ${path} cannot be told on this system.`, {
      hint: "Block devices are read on Linux, where /sys is there.",
      details: { file: path },
    });
  }
  return sizeBytes;
}

/** Sectors written since the system started, the ones still in its cache included; "" where that is not counted. */
function writesTo(fd: number, folder: string): string {
  try {
    fsyncSync(fd);
  } catch {
    // A device without a cache to flush.
  }
  // The seventh field; requests are counted too, but flushing the cache is one of them.
  return (sysfsText(join(folder, "stat")) ?? "").split(/\s+/)[6] ?? "";
}

function sysfsText(path: string): string | null {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return null;
  }
}
