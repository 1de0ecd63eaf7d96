#!/usr/bin/env node
/** Boot of the command line: hands the process to command-line.ts and its answer to the process. */
import { warmUp } from "../jobs/spare-threads.ts";

/** Commands that work on a thread of this process, as a rule: it starts while the rest of the program is still being read. */
const WORKING = new Set(["info", "map", "check", "compare", "convert", "manifest"]);
const works = WORKING.has(process.argv[2] ?? "");
if (works) warmUp();

const { runCommandLine } = await import("./command-line.ts");
const { EXIT } = await import("./exit-code.ts");
const { outputWritten, processTerminal } = await import("./terminal.ts");

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
if (works) {
  // All is done and said: taking threads and heaps apart in good order would only take longer.
  await outputWritten();
  process.exit(code);
}
