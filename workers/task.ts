/** What every task is handed and how it is called: `async (spec, ctx) => result`. Nothing is ambient. */
import type { AppError } from "../src-core/model/error.ts";
import type { ExportSize } from "../src-core/model/export-size.ts";
import type { LibraryItem } from "../src-core/model/library.ts";
import type { ErrorClass } from "../src-core/model/retry-policy.ts";
import type { SourceConfig, SourceSecret } from "../src-core/model/source.ts";
import type { ResultOf, TaskKind, TaskSpec } from "../src-core/model/task.ts";
import type { Checkpoint, LogLevel, ProgressDetail } from "../src-core/model/task-event.ts";
import type { LaneAccess } from "./lanes/lane-thread.ts";

export interface TaskContext {
  /** Aborted when the run is canceled. */
  readonly signal: AbortSignal;
  /** Call between chunks: lets messages in, waits while work is paused, throws `job.canceled` once canceled. Cheap. */
  gate(): Promise<void>;
  /** Coalesced to four a second. @param detail asked for only when it is told */
  progress(doneBytes: number, totalBytes: number, phase: string, detail?: () => ProgressDetail): void;
  /** Where this attempt may go on; null = begin at the start. */
  readonly resumeFrom: Checkpoint | null;
  checkpoint(point: Checkpoint): void;
  /** Says where the attempt really began; called once. null = at the start. */
  started(resumedFromBytes: number | null): void;
  /**
   * Says that the partial file is complete, and waits a moment for main to note which file that is, and the last checkpoint: after a
   * crash the target it becomes is then known as the run's own. Where nobody notes, the task goes on.
   */
  written(): Promise<void>;
  /** Threads that help with one disk; null where the caller has none to give: the task then does all itself. */
  readonly lanes: LaneAccess | null;
  /** Waits until `bytes` may be read under the limit on speed, if there is one; throws as `gate`. */
  spend(bytes: number): Promise<void>;
  /** The source that the task reads from; null where it reads files. */
  readonly source: TaskSource | null;
  /** As in WorkerStart. */
  readonly again: WorkerStart["again"];
  /** Whether another attempt goes on from what this one made, when this one ends with `error`: it stays then. */
  keeps(error: AppError): boolean;
  log(level: LogLevel, message: string): void;
  warn(message: string): void;
  found(items: LibraryItem[], filesSeen: number): void;
  /** Tells an estimate as it stands. @returns it */
  sampled(size: ExportSize): ExportSize;
  /** Milliseconds since the epoch. */
  now(): number;
}

export type TaskRunner<K extends TaskKind> = (
  spec: Extract<TaskSpec, { kind: K }>,
  ctx: TaskContext,
) => Promise<ResultOf<K>>;

/** How a task connects to a source on its own. The secret is kept by the thread only. */
export interface TaskSource {
  readonly config: SourceConfig;
  readonly secret: SourceSecret;
}

/** What a worker thread is sent for a task. Secrets of a task come only in here: never argv, env, a row or an event. */
export interface WorkerStart {
  readonly spec: TaskSpec;
  readonly resumeFrom: Checkpoint | null;
  readonly source: TaskSource | null;
  /** The program's permits (lanes/permits.ts) and how many lanes the task may have; null = it works alone. */
  readonly lanes: { readonly count: number; readonly permits: SharedArrayBuffer } | null;
  /** After errors of these classes it is tried again; null: after none, and nobody is to know what could not be tidied up but by a warning. */
  readonly again: readonly ErrorClass[] | null;
  /** Int32 cells shared with main, at the indexes of `CONTROL` (control.ts); 0 = no, 1 = yes (held and limit: numbers). Main notifies on change. */
  readonly control: SharedArrayBuffer;
  /** Having finished it, the thread waits for another one. */
  readonly stays: boolean;
}
