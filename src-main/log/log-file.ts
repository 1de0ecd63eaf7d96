/**
 * The file behind log.ts: bounded in size, and never in the way. A log that cannot be written (its disk is full) must not end
 * the work it tells of, so lines are lost then, and a later line says how many.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Size at which the file becomes hypersdk.1.log and a new one is begun; as many old ones as KEEP stay. */
const ROTATE_BYTES = 5 * 1024 * 1024;
const KEEP = 3;

export interface LogFile {
  /** Appends a whole line, its end included. On the disk's cache when this returns: the last line before a crash counts. */
  write(line: string): void;
}

/** Opens <dataFolder>/logs/hypersdk.log for appending, readable by its owner only. @throws as node:fs where it cannot be made */
export function openLogFile(dataFolder: string): LogFile {
  const folder = join(dataFolder, "logs");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = (number: number) => join(folder, number === 0 ? "hypersdk.log" : `hypersdk.${number}.log`);
  let handle = openSync(name(0), "a", 0o600);
  let sizeBytes = fstatSync(handle).size;
  let lost = 0;

  const rotate = () => {
    for (let number = KEEP - 1; number >= 0; number -= 1) {
      if (existsSync(name(number))) renameSync(name(number), name(number + 1));
    }
    const next = openSync(name(0), "a", 0o600);
    // Only now: a number that was closed may belong to another file by the next line.
    closeSync(handle);
    handle = next;
    sizeBytes = fstatSync(handle).size;
  };
  const append = (line: string) => {
    sizeBytes += writeSync(handle, line);
  };
  if (sizeBytes >= ROTATE_BYTES) rotate();

  return {
    write(line) {
      try {
        if (sizeBytes >= ROTATE_BYTES) rotate();
        if (lost > 0) append(`${JSON.stringify({ level: 40, time: Date.now(), msg: "Lines were lost", lost })}\n`);
        lost = 0;
        append(line);
      } catch {
        lost += 1;
      }
    },
  };
}
