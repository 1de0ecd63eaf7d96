/** Small text files that a person names on the command line: passwords, keys, certificates, schedules. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { AppError } from "../../src-core/model/error.ts";
import { pathError } from "./path-error.ts";

/** @throws AppError path.*, usage.invalid for one that is no such file by its size */
export function readSmallText(path: string, maxBytes: number): string {
  try {
    const { size } = statSync(path);
    if (size > maxBytes) throw new AppError("usage.invalid", `${path} is larger than ${maxBytes} bytes.`);
    return readFileSync(path, "utf8");
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw pathError(thrown, path);
  }
}

/** Writes a whole file, or replaces one. @throws AppError path.* */
export function writeText(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (thrown) {
    throw pathError(thrown, path);
  }
}
