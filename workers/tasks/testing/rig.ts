/** What the integration tests of the tasks share: a temporary folder, stamped raw disks, qemu-img, and a real worker thread. */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { FormatId } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { TargetOptions } from "../../../src-core/model/target.ts";
import type {
  ConvertSpec,
  ConvertTarget,
  ResultOf,
  TaskKind,
  TaskResult,
  TaskSpec,
} from "../../../src-core/model/task.ts";
import type { Checkpoint, TaskEvent } from "../../../src-core/model/task-event.ts";
import { CONTROL } from "../../control.ts";
import { createPermits } from "../../lanes/permits.ts";
import type { WorkerStart } from "../../task.ts";

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;

/** A fresh folder; `remove` takes it away with all that is in it. */
export function tempFolder(): { path: string; file(name: string): string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "hypersdk-test-"));
  return { path, file: (name) => join(path, name), remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs qemu-img and answers what it printed. Throws with its complaint when it fails. */
export function qemuImg(...args: string[]): string {
  return execFileSync("qemu-img", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** A conversion to one target, with that target's paths at hand. */
export type OneTarget = ConvertSpec & Pick<ConvertTarget, "partialPath"> & { readonly targetPath: string };

/** A conversion to one target, as usual for its format unless `options` says otherwise. */
export function convertSpec(asked: {
  readonly sourcePath: string;
  readonly sourceFormat?: FormatId;
  readonly targetPath: string;
  readonly targetFormat: FormatId;
  readonly partialPath: string;
  readonly roots: string[];
  readonly overwrite?: boolean;
  readonly options?: TargetOptions;
  readonly sync?: boolean;
}): OneTarget {
  const { sourcePath, sourceFormat, targetPath, targetFormat, partialPath, roots } = asked;
  const { overwrite = false, options = {}, sync = true } = asked;
  return {
    kind: "convert",
    sourcePath,
    ...(sourceFormat === undefined ? {} : { sourceFormat }),
    targets: [{ path: targetPath, format: targetFormat, options, overwrite, partialPath }],
    sync,
    roots,
    targetPath,
    partialPath,
  };
}

export interface StampedRange {
  readonly start: number;
  readonly length: number;
}

/** Writes a sparse raw disk: every 8 bytes of the ranges hold their own offset and `salt`. */
export function writeStampedRaw(path: string, sizeBytes: number, ranges: readonly StampedRange[], salt = 1): void {
  const fd = openSync(path, "wx");
  try {
    ftruncateSync(fd, sizeBytes);
    const buffer = Buffer.alloc(MiB);
    for (const { start, length } of ranges) {
      for (let at = start; at < start + length; ) {
        const size = Math.min(buffer.length, start + length - at);
        for (let i = 0; i + 8 <= size; i += 8) {
          buffer.writeUInt32LE((at + i) % 2 ** 32, i);
          buffer.writeUInt32LE((Math.floor((at + i) / 2 ** 32) + salt * 65_536 + 1) >>> 0, i + 4);
        }
        writeSync(fd, buffer, 0, size, at);
        at += size;
      }
    }
  } finally {
    closeSync(fd);
  }
}

/** Files below `folder` that this process holds open: what an error path forgot to close shows here. */
export function openFilesBelow(folder: string): string[] {
  const names = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // closed since it was listed, as the listing's own
    }
  });
  return names.filter((name) => name.startsWith(folder));
}

export function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

export interface RunningWorker {
  readonly events: TaskEvent[];
  readonly result: Promise<TaskResult>;
  cancel(): void;
  pause(): void;
  resume(): void;
  /** KiB a second that may be read from now on; 0 = as fast as it goes. */
  limit(kibPerSecond: number): void;
  /** Ends the thread at once, as a crash would. */
  kill(): Promise<void>;
}

interface StartOptions {
  readonly resumeFrom?: Checkpoint | null;
  readonly again?: WorkerStart["again"];
  /** How many threads may compute at once; 0 or left out: the task does all itself. */
  readonly lanes?: number;
  /** It is to be killed in the middle: a conversion waits some seconds before it puts its target in place, should it get there. */
  readonly doomed?: boolean;
}

const CONTROL_BYTES = Object.keys(CONTROL).length * Int32Array.BYTES_PER_ELEMENT;

/** The cells of control as main makes them; who is not doomed finds the finished file noted already. */
export function controlOf({ doomed = false }: Pick<StartOptions, "doomed">): SharedArrayBuffer {
  const control = new SharedArrayBuffer(CONTROL_BYTES);
  Atomics.store(new Int32Array(control), CONTROL.noted, doomed ? 0 : 1000);
  return control;
}

/** Starts workers/entry.ts as main would. `result` rejects with the task's AppError, or `job.crashed` when the thread just ended. */
export function startWorker(
  spec: TaskSpec,
  options: StartOptions & { readonly onEvent?: (event: TaskEvent) => void } = {},
): RunningWorker {
  const control = controlOf(options);
  const cells = new Int32Array(control);
  const count = options.lanes ?? 0;
  const lanes = count === 0 ? null : { count, permits: createPermits(count) };
  const start: WorkerStart = {
    spec,
    resumeFrom: options.resumeFrom ?? null,
    source: null,
    again: options.again ?? null,
    lanes,
    control,
    stays: false,
  };
  const worker = new Worker(new URL("../../entry.ts", import.meta.url));
  worker.postMessage(start);
  const events: TaskEvent[] = [];
  const result = new Promise<TaskResult>((resolve, reject) => {
    worker.on("message", (event: TaskEvent) => {
      events.push(event);
      options.onEvent?.(event);
      if (event.type === "finished") resolve(event.result);
      else if (event.type === "failed") reject(AppError.fromData(event.error));
      else if (event.type === "canceled") reject(new AppError("job.canceled"));
    });
    worker.on("error", reject);
    worker.on("exit", () => reject(new AppError("job.crashed")));
  });
  result.catch(() => {});
  return {
    events,
    result,
    cancel: () => Atomics.store(cells, CONTROL.cancel, 1),
    pause: () => Atomics.store(cells, CONTROL.paused, 1),
    resume: () => Atomics.store(cells, CONTROL.paused, 0),
    limit: (kibPerSecond) => Atomics.store(cells, CONTROL.limit, kibPerSecond),
    kill: async () => {
      await worker.terminate();
    },
  };
}

/** Runs a task on a worker thread to its end. */
export async function runOnWorker<K extends TaskKind>(spec: Extract<TaskSpec, { kind: K }>): Promise<ResultOf<K>> {
  return (await startWorker(spec).result) as ResultOf<K>;
}

export type ChildEvent = TaskEvent & { rssBytes?: number };

/** Runs a task in a process of its own. `prefix` is a command put before node, e.g. one that limits it. */
export function startChild(
  spec: TaskSpec,
  options: StartOptions & { readonly prefix?: readonly string[] } = {},
): { events: ChildEvent[]; ended: Promise<void>; kill(): void } {
  const [command = process.execPath, ...args] = [
    ...(options.prefix ?? []),
    process.execPath,
    new URL("./run-child.ts", import.meta.url).pathname,
  ];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const events: ChildEvent[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) events.push(JSON.parse(line) as ChildEvent);
  });
  const { resumeFrom = null, doomed = false, lanes = 0 } = options;
  child.stdin.end(JSON.stringify({ spec, resumeFrom, doomed, lanes }));
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  return { events, ended, kill: () => child.kill("SIGKILL") };
}

/** The last resume point among events. */
export function lastCheckpoint(events: readonly TaskEvent[]): Checkpoint | null {
  return events.findLast((event) => event.type === "checkpoint")?.checkpoint ?? null;
}
