/**
 * The program's own log: one JSON object a line in <dataFolder>/logs/hypersdk.log, readable by its owner only.
 * What a run did is kept with the run (db/logs.ts); this file is for finding out what the program did.
 */
import { type Logger, multistream, pino } from "pino";
import { openLogFile } from "./log-file.ts";
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

/** Opens the log. With `stderr` each line goes there as well. @throws as node:fs where the file cannot be made */
export function openLog(options: { dataFolder: string; stderr?: boolean; level?: LogLevelName }): Log {
  const file = openLogFile(options.dataFolder);
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
