/** Removing a file that may be gone already, such as what a canceled conversion left. */
import { rmSync } from "node:fs";
import { pathError } from "./path-error.ts";

/** Removes a file; one that does not exist is fine. @throws AppError path.denied, io.read */
export function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (thrown) {
    throw pathError(thrown, path);
  }
}
