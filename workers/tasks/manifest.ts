/** The checksum file beside a finished target, in the format of sha256sum(1): one line, `<hash>  <name>`. */
import { basename } from "node:path";
import { readSmallFile, removeFile, statPath, writeSmallFile } from "../io/folder.ts";

/** One line with a name of up to 255 bytes, escaped. */
const MAX_MANIFEST_BYTES = 1024;

/** Writes the manifest of `targetPath`, in place of an older one. @returns its path */
export async function writeManifest(targetPath: string, sha256: string): Promise<string> {
  const path = manifestPathOf(targetPath);
  await writeSmallFile(path, manifestLine(sha256, basename(targetPath)));
  return path;
}

/**
 * Removes the manifest of a target that is about to be replaced: it would say that the new file is damaged. A file of that name
 * that holds anything else is not ours and stays.
 * @returns its path when there was one
 */
export async function removeManifest(targetPath: string): Promise<string | null> {
  const path = manifestPathOf(targetPath);
  const there = statPath(path);
  if (there?.kind !== "file" || there.sizeBytes > MAX_MANIFEST_BYTES) return null;
  const content = Buffer.from(await readSmallFile(path, MAX_MANIFEST_BYTES)).toString();
  const sha256 = /^\\?([0-9a-f]{64}) /.exec(content)?.[1];
  if (sha256 === undefined || content !== manifestLine(sha256, basename(targetPath))) return null;
  await removeFile(path);
  return path;
}

/** A line of a checksum file; a name that would break the line is escaped as sha256sum does. */
export function manifestLine(sha256: string, name: string): string {
  const escaped = name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `${escaped === name ? "" : "\\"}${sha256}  ${escaped}\n`;
}

function manifestPathOf(targetPath: string): string {
  return `${targetPath}.sha256`;
}
