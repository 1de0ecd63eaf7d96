/** What a conversion from standard input leaves to be chosen: whoever reads a pipe cannot go back, and nobody else can read it. */
import { isatty } from "node:tty";
import type { FormatId } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { VerifyMode } from "../../src-core/model/task.ts";

const FD = 0;

/** @throws AppError usage.invalid for options that need a source which lies in files, and where a person sits at the other end */
export function assertFitsPipe(options: {
  readonly from?: FormatId;
  readonly snapshot?: string;
  readonly detach?: boolean;
  readonly verify?: VerifyMode;
}): void {
  const refuse = (said: string) => new AppError("usage.invalid", said);
  if (options.detach === true) throw refuse("--detach needs a file: the program cannot read this command's input.");
  if (options.snapshot !== undefined) throw refuse("--snapshot needs a file: a pipe cannot be searched for it.");
  if (options.from !== undefined && options.from !== "vmdk") {
    throw refuse(`Of ${options.from} only files can be read: a pipe carries a streamOptimized VMDK.`);
  }
  if (options.verify !== undefined && options.verify.mode !== "none") {
    throw refuse("--verify needs a file: what came through a pipe cannot be read again.");
  }
  if (isatty(FD)) throw refuse("The source - is standard input, which is a terminal: pipe a streamOptimized VMDK in.");
}
