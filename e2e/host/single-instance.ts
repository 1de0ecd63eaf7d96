/**
 * The lock that makes the program one: a file with the holder's pid in the user data, and letters beside it by which a second
 * start tells the first its command line. Files, because the answer must be there at once, as Electron's is.
 */
import { readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";

const LETTER = /^second-instance-.+\.json$/;

export interface SecondInstance {
  argv: string[];
  workingDirectory: string;
  additionalData: unknown;
}

/** @returns true when this process holds the lock; false when another does, which has then been told. */
export function lockOrTell(folder: string, letter: SecondInstance, arrived: (letter: SecondInstance) => void): boolean {
  const lock = join(folder, "instance.lock");
  if (holderAlive(lock)) {
    const name = `second-instance-${process.pid}.json`;
    writeFileSync(join(folder, `.${name}`), JSON.stringify(letter));
    renameSync(join(folder, `.${name}`), join(folder, name)); // whole or not there
    return false;
  }
  writeFileSync(lock, `${process.pid}`);
  process.once("exit", () => rmSync(lock, { force: true }));
  const watcher = watch(folder, () => {
    for (const name of readdirSync(folder).filter((entry) => LETTER.test(entry))) {
      const path = join(folder, name);
      const read = JSON.parse(readFileSync(path, "utf8")) as SecondInstance;
      rmSync(path);
      arrived(read);
    }
  });
  watcher.unref();
  return true;
}

function holderAlive(lock: string): boolean {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    if (pid === process.pid) return false;
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // no lock, or one left behind by a killed process
  }
}
