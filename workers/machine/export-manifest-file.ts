/** The manifest of an export as a file: durable, never half of it, and in nobody's place unless that is wanted. */
import { type ExportManifest, exportManifestText } from "../../src-core/model/export-manifest.ts";
import { removeFile, renameDurably, renameWithoutReplacing, writeSmallFile } from "../io/folder.ts";
import { assertFree, type PackagePlace } from "./package-writer.ts";

/**
 * Written last: an export without one is not complete.
 * @param place `partialPath` lies in the same folder
 * @throws AppError target.exists, path.not-file, target.no-space, io.*; nothing is left then
 */
export async function writeExportManifest(
  { path, partialPath, overwrite }: Pick<PackagePlace, "path" | "partialPath" | "overwrite">,
  manifest: ExportManifest,
): Promise<void> {
  assertFree(path, overwrite);
  await writeSmallFile(partialPath, exportManifestText(manifest));
  try {
    if (overwrite) await renameDurably(partialPath, path);
    else await renameWithoutReplacing(partialPath, path);
  } catch (error) {
    await removeFile(partialPath);
    throw error;
  }
}
