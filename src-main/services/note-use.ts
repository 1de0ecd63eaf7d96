/** When something was last used is worth a row, but not a refusal: where the database's disk is full, its owner must get in. */
import { AppError } from "../../src-core/model/error.ts";

/** Runs `write`; that the database cannot be written is passed over. */
export function noteUse(write: () => void): void {
  try {
    write();
  } catch (thrown) {
    if (!(thrown instanceof AppError && thrown.code === "io.write")) throw thrown;
  }
}
