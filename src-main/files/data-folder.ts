/** Where this installation keeps its database, logs, token and discovery file. */
import { chmodSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import envPaths from "env-paths";
import { AppError } from "../../src-core/model/error.ts";
import { pathError } from "./path-error.ts";

/** The data folder: the one asked for, else `HYPERSDK_DATA_DIR`, else the system's place for application data. Not created. */
export function dataFolder(explicit?: string): string {
  const wanted = explicit || process.env.HYPERSDK_DATA_DIR;
  return wanted ? resolve(wanted) : envPaths("hypersdk", { suffix: "" }).data;
}

/**
 * Creates the folder where it is missing and closes it to other accounts (0700; on Windows the profile's rights apply).
 * @throws AppError path.denied, path.not-folder
 */
export function prepareDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (process.platform !== "win32") chmodSync(folder, 0o700);
  } catch (thrown) {
    const error = pathError(thrown, folder);
    throw new AppError(error.code, `The data folder cannot be used: ${error.message}`, {
      hint: "Choose another with --data-dir or HYPERSDK_DATA_DIR.",
      cause: thrown,
    });
  }
}
