/** Telling whether a file is the very one seen before, also under a new name. */
import { lstatSync } from "node:fs";

/** Device, inode and time of birth, which a rename keeps; null where there is no such file or it cannot be looked at. */
export function fileIdentity(path: string): string | null {
  try {
    const { dev, ino, birthtimeNs } = lstatSync(path, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch {
    return null;
  }
}
