/** What tells whether a disk is still the one that was opened before. */
import type { FileSource } from "../io/file.ts";

/** The files a disk is read from, as text that is equal as long as none of them was touched. */
export function sourceIdentity(
  files: readonly Pick<FileSource, "name" | "identity" | "sizeBytes" | "modifiedAtMs">[],
): string {
  return JSON.stringify(
    files.map((file) => [
      file.name,
      `${file.identity.device}:${file.identity.inode}`,
      file.sizeBytes,
      file.modifiedAtMs,
    ]),
  );
}

/** The same for who opens them while they are open here: a device's time is that of its opening, and writes to it are counted. */
export function openIdentity(files: readonly FileSource[]): string {
  return sourceIdentity(
    files.map(({ name, identity, sizeBytes, modifiedAtMs, device }) => ({
      name,
      identity,
      sizeBytes,
      modifiedAtMs: device === true ? 0 : modifiedAtMs,
    })),
  );
}
