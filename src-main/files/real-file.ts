/** Facts of single files: where they really are, and whether they changed. */
import { realpath, stat } from "node:fs/promises";
import { pathError, systemCode } from "./path-error.ts";

export interface FileFacts {
  /** Absolute, links resolved. */
  readonly realPath: string;
  readonly sizeBytes: number;
  /** Milliseconds since the epoch, with fractions. */
  readonly modifiedAtMs: number;
  /** Device and inode: equal for two names of one file. */
  readonly identity: string;
  readonly isFile: boolean;
}

/** Facts of the file behind `path`. @throws AppError path.not-found, path.denied */
export async function fileFacts(path: string): Promise<FileFacts> {
  try {
    const realPath = await realpath(path);
    const found = await stat(realPath, { bigint: true });
    return {
      realPath,
      sizeBytes: Number(found.size),
      modifiedAtMs: Number(found.mtimeNs / 1000n) / 1000,
      identity: `${found.dev}:${found.ino}`,
      isFile: found.isFile(),
    };
  } catch (thrown) {
    throw pathError(thrown, path);
  }
}

/** As {@link fileFacts}, but null where there is no such file. @throws AppError path.denied */
export async function fileFactsOrNull(path: string): Promise<FileFacts | null> {
  try {
    return await fileFacts(path);
  } catch (thrown) {
    const cause = thrown instanceof Error ? thrown.cause : undefined;
    if (systemCode(cause) === "ENOENT") return null;
    throw thrown;
  }
}
