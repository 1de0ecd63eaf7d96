/** One timed command of a longer sequence: used by check.ts and test.ts. */
import { spawn } from "node:child_process";

/** How a step went. */
export interface StepOutcome {
  readonly name: string;
  readonly ok: boolean;
  readonly durationMs: number;
  /** What it printed when it was run quietly, stdout and stderr as they came; "" when it printed straight through. */
  readonly output: string;
}

export interface StepOptions {
  /** Collect the output instead of printing it, for steps that run side by side. */
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
  const startedAt = performance.now();
  return new Promise<StepOutcome>((resolve) => {
    const child = spawn(program, args, {
      cwd: new URL("..", import.meta.url),
      env: { ...process.env, ...(quiet ? { FORCE_COLOR: "0" } : {}), ...env },
      stdio: ["ignore", quiet ? "pipe" : "inherit", quiet ? "pipe" : "inherit"],
      shell: process.platform === "win32",
    });
    let output = "";
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
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
