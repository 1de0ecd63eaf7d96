/** Folders that work makes for itself, such as one for each day. */
import { mkdir } from "node:fs/promises";
import { pathError } from "./path-error.ts";

/** Makes the folder and those above it that are not there yet. @throws AppError path.* */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (thrown) {
    throw pathError(thrown, path);
  }
}
