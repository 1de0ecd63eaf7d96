/** The checksum file beside a finished target, in the format of sha256sum(1): a line `<hash>  <name>` for each of its files. */
import { basename, parse } from "node:path";
import { readSmallFile, removeFile, statPath, writeSmallFile } from "../io/folder.ts";

/** A few lines with names of up to 255 bytes, escaped. */
const MAX_MANIFEST_BYTES = 4096;

/** SHA-256 (hex) of the files that a target consists of: the one it is named by, and those beside it. */
export interface TargetHashes {
  readonly sha256: string;
  readonly companions: readonly { readonly name: string; readonly sha256: string }[];
}

/** Writes the manifest of `targetPath`, in place of an older one. @returns its path */
export async function writeManifest(targetPath: string, hashes: TargetHashes): Promise<string> {
  const path = manifestPathOf(targetPath);
  const lines = hashes.companions.map(({ name, sha256 }) => manifestLine(sha256, name));
  await writeSmallFile(path, [manifestLine(hashes.sha256, basename(targetPath)), ...lines].join(""));
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
  const [first = "", ...others] = content.split(/(?<=\n)/);
  if (first !== manifestLine(hashIn(first), basename(targetPath))) return null;
  // Companions are called after the target.
  const stem = parse(targetPath).name;
  if (!others.every((line) => line.startsWith(manifestLine(hashIn(line), stem).slice(0, -1)))) return null;
  await removeFile(path);
  return path;
}

/** A line of a checksum file; a name that would break the line is escaped as sha256sum does. */
export function manifestLine(sha256: string, name: string): string {
  const escaped = name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `${escaped === name ? "" : "\\"}${sha256}  ${escaped}\n`;
}

/** The hash a line begins with; where there is none, what fits no line. */
function hashIn(line: string): string {
  return /^\\?([0-9a-f]{64}) /.exec(line)?.[1] ?? "none";
}

function manifestPathOf(targetPath: string): string {
  return `${targetPath}.sha256`;
}
