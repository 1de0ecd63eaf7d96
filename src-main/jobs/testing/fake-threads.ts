/** Threads whose task is played by the test: it says what the worker says, and sees what the engine asks. */
import { AppError } from "../../../src-core/model/error.ts";
import type { TaskResult, TaskSpec } from "../../../src-core/model/task.ts";
import type { Checkpoint, TaskEvent } from "../../../src-core/model/task-event.ts";
import type { StartTaskOptions, startTask, TaskThread } from "../worker-thread.ts";

export interface FakeThread {
  readonly spec: TaskSpec;
  readonly resumeFrom: Checkpoint | null;
  /** Classes of errors after which it is tried again, as it was told. */
  readonly again: readonly string[] | null;
  /** What the engine asked, in order: "pause", "resume", "cancel", "abandon". */
  readonly asked: string[];
  /** An obedient task (the default) ends at once when it is asked to cancel. */
  obeys: boolean;
  ended: boolean;
  /** Bytes a second it may read, as last told. */
  limit: number | null;
  say(event: TaskEvent): void;
  progress(doneBytes: number, totalBytes?: number): void;
  finish(): void;
  fail(error: AppError): void;
}

export interface FakeThreads {
  readonly startTask: typeof startTask;
  /** All threads ever started, oldest first. */
  readonly all: FakeThread[];
  /** Those that have not ended. */
  running(): FakeThread[];
  /** The newest thread. */
  last(): FakeThread;
}

export function fakeThreads(now: () => number): FakeThreads {
  const all: FakeThread[] = [];
  const at = () => new Date(now()).toISOString();

  const start = (spec: TaskSpec, options: StartTaskOptions = {}): TaskThread => {
    const outcome = Promise.withResolvers<TaskResult>();
    outcome.promise.catch(() => {});
    const settle = (how: () => void) => {
      if (fake.ended) return;
      fake.ended = true;
      how();
    };
    const fake: FakeThread = {
      spec,
      resumeFrom: options.resumeFrom ?? null,
      again: options.again ?? null,
      asked: [],
      obeys: true,
      ended: false,
      limit: null,
      say: (event) => options.onEvent?.(event),
      progress: (doneBytes, totalBytes = 1000) =>
        options.onEvent?.({ type: "progress", at: at(), doneBytes, totalBytes, phase: "copying" }),
      finish: () => settle(() => outcome.resolve(resultOf(spec))),
      fail: (error) => settle(() => outcome.reject(error)),
    };
    all.push(fake);
    return {
      result: outcome.promise,
      gone: outcome.promise.then(
        () => {},
        () => {},
      ),
      pause: () => fake.asked.push("pause"),
      resume: () => fake.asked.push("resume"),
      setLimit: (limit) => {
        fake.limit = limit;
      },
      cancel() {
        fake.asked.push("cancel");
        if (fake.obeys) fake.fail(new AppError("job.canceled"));
      },
      async abandon() {
        fake.asked.push("abandon");
        fake.fail(new AppError("job.lost"));
      },
    };
  };

  return {
    startTask: start,
    all,
    running: () => all.filter((thread) => !thread.ended),
    last() {
      const last = all.at(-1);
      if (last === undefined) throw new Error("no thread was started");
      return last;
    },
  };
}

function resultOf(spec: TaskSpec): TaskResult {
  if (spec.kind === "convert") {
    return {
      kind: "convert",
      virtualSizeBytes: 1000,
      source: { dataBytes: 1000, zeroBytes: 0, holeBytes: 0 },
      outputs: spec.targets.map(({ path, format }) => ({
        path,
        format,
        subformat: "v3",
        companions: [],
        virtualSizeBytes: 1000,
        writtenBytes: 1000,
        fileSizeBytes: 1200,
      })),
      durationMs: 5,
      resumedFromBytes: null,
    };
  }
  if (spec.kind === "verify") {
    return {
      kind: "verify",
      mode: spec.verify,
      virtualSizeBytes: 1000,
      comparedBytes: 1000,
      statement: "every byte",
      sha256: "ab".repeat(32),
      manifestPath: `${spec.targetPath}.sha256`,
      durationMs: 5,
    };
  }
  if (spec.kind === "check") {
    const { path } = spec;
    const counts = { errors: 0, leaks: 0, warnings: 0 };
    const report = { path, format: "qcow2" as const, findings: [], ...counts, statement: "all tables" };
    return { kind: "check", report, durationMs: 5 };
  }
  if (spec.kind === "export") {
    const { path } = spec.manifest;
    const facts = { disks: [], leftOut: [], durationMs: 5, resumedFromBytes: null };
    return { kind: "export", output: spec.output.kind, path, manifestPath: path, ...facts };
  }
  throw new Error(`the job engine runs no ${spec.kind} tasks`);
}
