/** One sector of a disk's file, to learn whether it can be read piece by piece; why not, otherwise. */
import { AppError } from "../../../../src-core/model/error.ts";
import { type FolderAccess, type RangeFile, rangeFile, readRange } from "../http/range-file.ts";

export type Probe = { readonly file: RangeFile; readonly why: null } | { readonly file: null; readonly why: string };

const SECTOR_BYTES = 512;
/** Of a size that is rounded up to whole cylinders, less is missing than this. */
const MOST_MISSING_BYTES = 16 * 1024 * 1024;
/** A locked file stays locked: two tries tell it from a hiccup. */
const TRIES = 2;

/**
 * @param paths ways to write the same file, tried while the server knows none
 * @throws AppError source.lost, source.auth, source.busy …: what has nothing to do with the file; job.canceled
 */
export async function probeFile(
  access: FolderAccess,
  paths: readonly string[],
  name: string,
  capacityBytes: number,
  signal: AbortSignal,
): Promise<Probe> {
  let why = "nothing is known of its file";
  for (const path of paths) {
    try {
      const sizeBytes = await sizeOf(access, path, name, signal);
      if (sizeBytes > capacityBytes || capacityBytes - sizeBytes > MOST_MISSING_BYTES) {
        return { file: null, why: `its file has ${sizeBytes} bytes, the disk ${capacityBytes}` };
      }
      return { file: rangeFile(access, path, name, sizeBytes), why: null };
    } catch (error) {
      const { code, message } = AppError.from(error);
      if (!ABOUT_THE_FILE.has(code)) throw error;
      why = message;
      if (code !== "io.vanished") break;
    }
  }
  return { file: null, why };
}

const ABOUT_THE_FILE = new Set(["io.vanished", "io.read", "source.privilege", "source.protocol", "disk.in-use"]);

/** By HEAD, and a sector must come with the same size. */
async function sizeOf(access: FolderAccess, path: string, name: string, signal: AbortSignal): Promise<number> {
  const told = await headSize(access, path, signal);
  const sector = new Uint8Array(Math.min(SECTOR_BYTES, told ?? SECTOR_BYTES));
  return await readRange(access, { path, name, sizeBytes: told }, 0, sector, signal, TRIES);
}

/** Null where HEAD tells none: then the sector's answer does. */
async function headSize(access: FolderAccess, path: string, signal: AbortSignal): Promise<number | null> {
  const cookie = access.cookie();
  const turn = await access.gate.enter(signal);
  try {
    const answer = await access.door.dispatcher.request({
      path,
      method: "HEAD",
      headers: cookie === null ? {} : { cookie },
      headersTimeout: 60_000,
      signal,
    });
    await answer.body.dump();
    const length = answer.headers["content-length"];
    const size = typeof length === "string" && /^\d{1,16}$/.test(length) ? Number(length) : null;
    return answer.statusCode === 200 && size !== null && Number.isSafeInteger(size) && size > 0 ? size : null;
  } catch (error) {
    throw access.door.translate(error, signal);
  } finally {
    access.gate.leave(turn, { kind: "other" });
  }
}
