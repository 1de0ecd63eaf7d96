/** Small files only their owner may read, replaced in one step: a reader sees the old content or the new, never half of it. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Writes `text` to `file`, mode 0600 whatever the file had before. @throws as node:fs does */
export function writeOwnerFile(file: string, text: string): void {
  const partial = `${file}.${process.pid}.partial`;
  // Left by a crashed program of the same pid: with "wx" below nobody can have put a readable file there meanwhile.
  rmSync(partial, { force: true });
  const handle = openSync(partial, "wx", 0o600);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(partial, file);
}
