/**
 * The program's own log: one JSON object a line in <dataFolder>/logs/hypersdk.log, readable by its owner only.
 * What a run did is kept with the run (db/logs.ts); this file is for finding out what the program did.
 */
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Logger, multistream, pino } from "pino";
import { redact, redactText } from "./redact.ts";

type Fields = Record<string, unknown>;

/** Every text and field passes redact.ts: tokens, cookies, passwords and one-time codes never reach the file. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  /** Hand the error in as `fields.error`. */
  error(message: string, fields?: Fields): void;
  /** A log that adds `fields` to each line. */
  child(fields: Fields): Log;
}

export type LogLevelName = "debug" | "info" | "warn" | "error" | "silent";

/** Size at which the file is moved to hypersdk.1.log at the next start; as many old ones as KEEP stay. */
const ROTATE_BYTES = 5 * 1024 * 1024;
const KEEP = 3;

/** Opens the log file, rotating it first when it has grown. With `stderr` each line goes there as well. */
export function openLog(options: { dataFolder: string; stderr?: boolean; level?: LogLevelName }): Log {
  const folder = join(options.dataFolder, "logs");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = (number: number) => join(folder, number === 0 ? "hypersdk.log" : `hypersdk.${number}.log`);
  if (existsSync(name(0)) && statSync(name(0)).size >= ROTATE_BYTES) {
    for (let number = KEEP - 1; number >= 0; number -= 1) {
      if (existsSync(name(number))) renameSync(name(number), name(number + 1));
    }
  }
  // Synchronous: few lines, and the last one before a crash is the one that matters.
  const file = pino.destination({ dest: name(0), sync: true, mode: 0o600 });
  const streams = options.stderr
    ? multistream([
        { level: "debug", stream: file },
        { level: "debug", stream: process.stderr },
      ])
    : file;
  return wrap(pino({ level: options.level ?? "info", base: { pid: process.pid } }, streams));
}

/** A log that keeps nothing. */
export function silentLog(): Log {
  return wrap(pino({ level: "silent" }));
}

function wrap(logger: Logger): Log {
  const write = (level: "debug" | "info" | "warn" | "error") => (message: string, fields?: Fields) => {
    if (fields === undefined) logger[level](redactText(message));
    else logger[level](redact(fields), redactText(message));
  };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (fields) => wrap(logger.child(redact(fields) as Fields)),
  };
}
