/** Hands the process to command-line.ts and its answer to the process. */
import { runCommandLine } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";
import { outputWritten, processTerminal } from "./terminal.ts";

/** @param works whether the command leaves threads behind, and nothing else that must be ended in good order */
export async function runProcess(works: boolean): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // Asked twice: end where we stand, even if a half-written file stays.
      if (stop.signal.aborted) process.exit(EXIT.canceled);
      stop.abort();
    });
  }
  /** npm runs a script in the package's folder; relative paths mean the folder the person is in. */
  const startedByNpm = process.env.npm_lifecycle_event === "cli" ? process.env.INIT_CWD : undefined;
  const code = await runCommandLine(process.argv.slice(2), {
    terminal: processTerminal(),
    signal: stop.signal,
    cwd: startedByNpm ?? process.cwd(),
    now: Date.now,
  });
  process.exitCode = code;
  if (!works) return;
  // All is done and said: taking threads and heaps apart in good order would only take longer.
  await outputWritten();
  process.exit(code);
}
