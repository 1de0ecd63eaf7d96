/** The key that seals secrets where the system offers no keyring: 32 random bytes in a file that only its owner can read. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import { writeOwnerFile } from "./owner-file.ts";
import { systemCode } from "./path-error.ts";

const KEY_BYTES = 32;

/** Path of the key file of a data folder. */
export function keyFile(dataFolder: string): string {
  return join(dataFolder, "secrets.key");
}

/** The key; made where there is none yet. @throws AppError vault.unavailable */
export function loadKey(dataFolder: string): Buffer {
  const file = keyFile(dataFolder);
  try {
    const before = readKey(file);
    if (before !== null) {
      // Also where nothing changed: closes the file again should somebody have opened it to others.
      writeOwnerFile(file, `${before.toString("base64")}\n`);
      return before;
    }
    const key = randomBytes(KEY_BYTES);
    writeOwnerFile(file, `${key.toString("base64")}\n`);
    return key;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("vault.unavailable", `The key file ${file} cannot be used.`, {
      cause,
      hint: "Check that the data folder can be written to and that the file is readable by this account.",
    });
  }
}

function readKey(file: string): Buffer | null {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return null;
    throw thrown;
  }
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === KEY_BYTES) return key;
  throw new AppError("vault.unavailable", `The key file ${file} is damaged.`, {
    hint: "Bring it back from a backup; or move it away and enter the passwords of all sources anew.",
  });
}
