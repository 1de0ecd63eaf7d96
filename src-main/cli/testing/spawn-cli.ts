/** Runs the real command line as a child process. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout's lines, each parsed. Throws where one is not JSON. */
  json(): Record<string, unknown>[];
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly ended: Promise<CliRun>;
  /** Resolves once stdout or stderr holds `text`; rejects when the program ends before. */
  says(text: string): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL("../index.ts", import.meta.url));

/** @param options.input fills standard input; left out, there is none */
export function startCli(
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string>; input?: (stdin: Writable) => void },
): RunningCli {
  const child = spawn(process.execPath, [SCRIPT, ...args], {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const { stdin } = child;
  // One that has read enough goes away: that is its business.
  stdin?.on("error", () => {});
  if (stdin !== null) options.input?.(stdin);
  let stdout = "";
  let stderr = "";
  const heard = new Set<() => void>();
  const ring = () => {
    for (const check of heard) check();
  };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    ring();
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    ring();
  });
  const ended = new Promise<CliRun>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const json = () =>
        stdout
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line));
      resolve({ code, stdout, stderr, json });
    });
  });
  return {
    child,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!`${stdout}${stderr}`.includes(text)) return;
          heard.delete(check);
          resolve();
        };
        heard.add(check);
        check();
        void ended.then(() => reject(new Error(`It ended without saying "${text}":\n${stdout}${stderr}`)));
      }),
  };
}

export function runCli(
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
): Promise<CliRun> {
  return startCli(args, options).ended;
}
