/** One command as a whole process: how long it took, the processor time it used and the most memory it held. */
import { execFile, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const MiB = 1024 * 1024;
const KiB = 1024;
/** After so long nothing that became free before is still to be reported to the host. */
const SETTLED_MS = 2500;
/** How much of what a failing command says is shown, in characters. */
const SAID = 2000;

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

export interface Usage {
  /** From its start to its end, as a waiting person sees it. */
  readonly wallSeconds: number;
  /** In user and system mode, all threads and awaited children. */
  readonly cpuSeconds: number;
  /** Largest resident set of the process or of one of its children. */
  readonly peakRssBytes: number;
}

/** @throws Error when GNU time is not there: without it, a child's memory cannot be told */
export async function requireTime(): Promise<void> {
  try {
    await promisify(execFile)("time", ["--version"]);
  } catch (cause) {
    throw new Error("GNU time is missing, which tells processor time and memory: npm run setup, or install `time`", {
      cause,
    });
  }
}

/**
 * Runs `command` under GNU time and waits for its end. What it prints is dropped.
 * @param folder where GNU time may leave its report
 * @throws Error with the end of its stderr when it fails; the reason of `signal` when that stopped it
 */
export async function measure(command: Command, folder: string, signal: AbortSignal): Promise<Usage> {
  signal.throwIfAborted();
  const report = join(folder, "usage");
  const args = ["-o", report, "-f", "%U %S %M", command.program, ...command.args];
  const beganAt = performance.now();
  // A group of its own, so that stopping reaches the measured program and not only `time`.
  const child = spawn("time", args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  let endedAt = beganAt;
  child.on("exit", () => {
    endedAt = performance.now();
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    said = (said + chunk).slice(-SAID);
  });
  const stop = () => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  };
  signal.addEventListener("abort", stop, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  if (code !== 0) throw new Error(`${command.program} ${command.args.join(" ")} ended with ${code}: ${said.trim()}`);
  return { wallSeconds: (endedAt - beganAt) / 1000, ...parseUsage(readFileSync(report, "utf8")) };
}

/** @param text what GNU time wrote for "%U %S %M": seconds, seconds, KiB */
export function parseUsage(text: string): Omit<Usage, "wallSeconds"> {
  const match = /^(\d+\.\d+) (\d+\.\d+) (\d+)\s*$/.exec(text);
  if (match === null) throw new Error(`GNU time wrote something unknown: ${text}`);
  return { cpuSeconds: Number(match[1]) + Number(match[2]), peakRssBytes: Number(match[3]) * KiB };
}

/** Reads a file once, so that every run finds it in the page cache. */
export function warm(path: string): void {
  const buffer = Buffer.allocUnsafe(4 * MiB);
  const file = openSync(path, "r");
  try {
    while (readSync(file, buffer) > 0);
  } finally {
    closeSync(file);
  }
}

/**
 * Has the system hold `bytes` of memory that are free again on return. Where this is a virtual machine, its host takes free memory
 * back within seconds, and giving it again costs whoever asks first several times what the work itself takes. Linux reports what
 * became free two seconds after the first of it did (mm/page_reporting.c): nothing becomes free for longer than that before this
 * does, so that what is measured next has about two seconds before the host takes anything. Twice as much is held, for what one core
 * frees it keeps for itself in large part (lists per core, mm/page_alloc.c): a program that writes from the other one finds enough, too.
 * @param folder on the file system that is written to
 */
export async function holdMemory(folder: string, bytes: number): Promise<void> {
  const path = join(folder, "held");
  const piece = Buffer.alloc(4 * MiB, 1);
  const file = openSync(path, "w");
  try {
    for (let at = 0; at < 2 * bytes; at += piece.length) writeSync(file, piece);
    await sleep(SETTLED_MS);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
