/** A file that an earlier attempt completed: found under its unfinished name, or given it back. */
import { AppError } from "../../src-core/model/error.ts";
import { openFileSource } from "../io/file.ts";
import { isPlainFile, renameDurably, statPath } from "../io/folder.ts";
import { sumsOf } from "./package-writer.ts";

/**
 * The file must be there under its unfinished name. Had it got its own one when the program ended, it gives it back: what is there must
 * then be the very same bytes.
 * @returns whether it gave it back
 * @throws AppError state.conflict when it is not there, io.read
 */
export async function assertFinished(
  { sizeBytes, sha256 }: { readonly sizeBytes: number; readonly sha256: string },
  { partialPath, path }: { readonly partialPath: string; readonly path: string },
): Promise<boolean> {
  if (isPlainFile(partialPath) && statPath(partialPath)?.sizeBytes === sizeBytes) return false;
  if (!isPlainFile(partialPath) && isPlainFile(path) && statPath(path)?.sizeBytes === sizeBytes) {
    const file = await openFileSource(path);
    try {
      const hooks = { async gate() {}, progress() {} };
      const actual = await sumsOf((offset, into) => file.read(offset, into), sizeBytes, "sha256", hooks);
      if (actual.sha256 === sha256) {
        await renameDurably(path, partialPath);
        return true;
      }
    } finally {
      await file.close();
    }
  }
  throw new AppError("state.conflict", `${partialPath} is not the file that the checkpoint says`);
}
