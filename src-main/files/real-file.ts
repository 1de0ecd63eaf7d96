/** Facts of single files: where they really are, and whether they changed. Members of an OVA have their archive's. */
import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type OvaPath, ovaMemberPath, ovaPathsIn } from "../../src-core/model/ova-path.ts";
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
  /** A block device: neither size nor time tell anything of it. */
  readonly isDevice: boolean;
}

/**
 * Facts of the file behind `path`, which may be a member of an OVA: whether the OVA has that member is for its reader to say.
 * @throws AppError path.not-found, path.denied
 */
export async function fileFacts(path: string): Promise<FileFacts> {
  try {
    const inside = await archiveAround(path);
    const realArchive = await realpath(inside?.archivePath ?? path);
    const realPath = inside === null ? realArchive : ovaMemberPath({ ...inside, archivePath: realArchive });
    const found = await stat(realArchive, { bigint: true });
    return {
      realPath,
      sizeBytes: Number(found.size),
      modifiedAtMs: Number(found.mtimeNs / 1000n) / 1000,
      identity: `${found.dev}:${found.ino}`,
      isFile: found.isFile(),
      isDevice: found.isBlockDevice(),
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

/** The folder in which the file lies; for a member of an OVA the archive's. */
export async function folderOf(path: string): Promise<string> {
  return dirname((await archiveAround(path))?.archivePath ?? path);
}

/** The OVA whose member a path names; null for any other path. */
async function archiveAround(path: string): Promise<OvaPath | null> {
  for (const candidate of ovaPathsIn(path)) {
    const found = await stat(candidate.archivePath).catch(() => null);
    if (found?.isFile()) return candidate;
  }
  return null;
}
