/** Space left on file systems, and which one a folder lies on. */
import { stat, statfs } from "node:fs/promises";

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

/** The same for two folders of one file system; null where there is no such folder or it may not be looked at. */
export async function fileSystemOf(folder: string): Promise<string | null> {
  try {
    return String((await stat(folder)).dev);
  } catch {
    return null;
  }
}
