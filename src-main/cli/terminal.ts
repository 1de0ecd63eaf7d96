/** Where a command writes: an input, so that tests read what a person would. */

export interface Terminal {
  /** Answers: stdout. `text` without the line's end. */
  out(text: string): void;
  /** Progress, errors, remarks: stderr. */
  err(text: string): void;
  /** Whether a progress bar may be drawn, and where. */
  readonly errStream: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Whether answers may be bold or dim: a terminal, and NO_COLOR not set. */
  readonly color: boolean;
  /** Width of lines that are cut or filled to fit. */
  readonly columns: number;
}

/** Resolves once everything said so far has left the process, or cannot leave it any more. */
export async function outputWritten(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write("", () => resolve()));
  }
}

/** The process's own. A reader that goes away (`| head`) ends the writing without an error. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    errStream: process.stderr,
    color: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb",
    columns: process.stdout.columns ?? 100,
  };
}
