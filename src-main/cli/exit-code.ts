/** What the command line's exit codes mean. Scripts rely on them: a new code is an addition, never a change. */
import type { AppError } from "../../src-core/model/error.ts";

export const EXIT = {
  /** Everything asked for was done. */
  done: 0,
  /** It was tried and did not work; stderr says why. */
  failed: 1,
  /** The command line itself is wrong; nothing was tried. */
  usage: 2,
  /** Of `check` and `compare`, which answer a question: there are errors; the disks differ. */
  bad: 1,
  /** Of `check` and `compare`: the question could not be answered. Also a wrong command line. */
  trouble: 2,
  /** Of `check`: no errors, but space that nothing uses. */
  leaks: 3,
  /** Ended by Ctrl+C, SIGTERM or a cancel from elsewhere. */
  canceled: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export function exitCodeOf(error: AppError): ExitCode {
  if (error.code === "usage.invalid") return EXIT.usage;
  if (error.code === "job.canceled") return EXIT.canceled;
  return EXIT.failed;
}
