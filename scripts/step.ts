/** One timed command of a longer sequence: used by check.ts and test.ts. */
import { spawn } from "node:child_process";

/** How much of a step's output is kept, in characters. */
const OUTPUT_LIMIT = 4 * 1024 * 1024;

/** How a step went. */
export interface StepOutcome {
  readonly name: string;
  readonly ok: boolean;
  readonly durationMs: number;
  /** The end of what it printed, stdout and stderr as they came. */
  readonly output: string;
}

export interface StepOptions {
  /** Only collect the output instead of also printing it, for steps that run side by side. */
  readonly quiet?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs `command` in the repository's root with stdin closed and waits for its end. Never rejects: a command that cannot be
 * started is a failed step. Package binaries are found because npm scripts put node_modules/.bin on PATH.
 */
export function runStep(name: string, command: readonly [string, ...string[]], options: StepOptions = {}) {
  const { quiet = false, env = {} } = options;
  const [program, ...args] = command;
  // Behind a pipe a program does not see the terminal that its output ends on.
  const colour = quiet ? { FORCE_COLOR: "0" } : process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const startedAt = performance.now();
  return new Promise<StepOutcome>((resolve) => {
    const child = spawn(program, args, {
      cwd: new URL("..", import.meta.url),
      env: { ...process.env, ...colour, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let output = "";
    const collect = (shown: NodeJS.WriteStream) => (chunk: string) => {
      output = (output + chunk).slice(-OUTPUT_LIMIT);
      if (!quiet) shown.write(chunk);
    };
    child.stdout.setEncoding("utf8").on("data", collect(process.stdout));
    child.stderr.setEncoding("utf8").on("data", collect(process.stderr));
    const end = (ok: boolean) => resolve({ name, ok, durationMs: performance.now() - startedAt, output });
    child.on("error", (error) => {
      output += `${program}: ${error.message}\n`;
      if (!quiet) console.error(`${program}: ${error.message}`);
      end(false);
    });
    child.on("close", (code) => end(code === 0));
  });
}

/** "12.3 s", right-aligned for columns. */
export function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`.padStart(8);
}
