/** What every command is handed: where it writes, when it must stop, where relative paths begin. */
import { resolve } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import { createReport, type Report } from "./report.ts";
import type { Terminal } from "./terminal.ts";

export interface CliContext {
  readonly terminal: Terminal;
  /** Aborts on Ctrl+C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Relative paths begin here. */
  readonly cwd: string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Sets the exit code of a command that ended without throwing; without it 0. */
  exitWith(code: number): void;
  /** Sets the exit code of a command that fails; without it 1. */
  failWith(code: number): void;
}

/** Options every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly dataDir?: string;
}

/** Options about who does the work. */
export interface PlaceOptions extends CommonOptions {
  readonly local?: boolean;
  readonly detach?: boolean;
}

export function reportOf(context: CliContext, options: CommonOptions): Report {
  return createReport(context.terminal, options.json === true, context.now);
}

/** A path as the person meant it, absolute. @throws AppError usage.invalid for an empty one, which a script's unset variable is */
export function pathOf(context: CliContext, path: string): string {
  if (path === "") throw new AppError("usage.invalid", "A path on the command line is empty.");
  return resolve(context.cwd, path);
}

/** `--data-dir` as the person meant it; undefined leaves the choice to HYPERSDK_DATA_DIR and the system. */
export function dataDirOf(context: CliContext, options: CommonOptions): string | undefined {
  return options.dataDir === undefined ? undefined : pathOf(context, options.dataDir);
}
