/** The installation's own access token as a file only its owner can read, for scripts and the command line of the same account. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { writeOwnerFile } from "./owner-file.ts";
import { systemCode } from "./path-error.ts";

/** Path of the token file of a data folder. */
export function tokenFile(dataFolder: string): string {
  return join(dataFolder, "token");
}

/** Puts the token into the file in one step, mode 0600. */
export function writeTokenFile(dataFolder: string, token: string): void {
  writeOwnerFile(tokenFile(dataFolder), `${token}\n`);
}

/** The token, or null where there is no file. @throws where it exists and cannot be read */
export function readTokenFile(dataFolder: string): string | null {
  try {
    return readFileSync(tokenFile(dataFolder), "utf8").trim();
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return null;
    throw thrown;
  }
}
