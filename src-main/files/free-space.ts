/** Space left on a file system. */
import { statfs } from "node:fs/promises";

/** Bytes this account may still write on the file system that holds `folder`; null where the system does not tell. */
export async function freeSpace(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const bytes = bavail * bsize;
    return Number.isSafeInteger(bytes) ? bytes : null;
  } catch {
    return null;
  }
}
