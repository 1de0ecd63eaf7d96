/** What one try of an export is given, and what it hands on to the next. */
import { AppError } from "../../src-core/model/error.ts";
import type { ExportResult, ExportSpec } from "../../src-core/model/export.ts";
import type { WriterCheckpoint } from "../formats/format.ts";
import type { Connection } from "../providers/provider.ts";
import type { TaskContext, TaskSource } from "../task.ts";

/** What the next attempt needs; JSON. */
export interface ExportPoint {
  readonly version: 1;
  /** What was asked for, as text: equal as long as the same files would be made. */
  readonly asked: string;
  readonly startedAtMs: number;
  /** The moment of the machine that is read. */
  readonly stateAt: string | null;
  /** It ran before it was shut down for the export. */
  readonly wasOn: boolean;
  /** ExportSession.resume; null = another try must begin at the start. */
  readonly session: Record<string, unknown> | null;
  /** ExportTarget.state */
  readonly target: Record<string, unknown> | null;
  /** Of disks that are not finished. */
  readonly disks: Record<string, WriterCheckpoint>;
  /** Everything has its name: only the source is to be tidied up. */
  readonly done: ExportResult | null;
}

export interface ExportTry {
  readonly spec: ExportSpec;
  readonly connection: Connection;
  readonly ctx: TaskContext;
  /** Where to go on; its `session` null = begin. */
  readonly from: ExportPoint;
  /** Told whenever there is something new to go on from. */
  reached(point: ExportPoint): void;
  /** Whether what the source and the target hold is to stay for another try, after this error. */
  keeps(error: AppError): boolean;
}

/** The same export from its start. */
export function fresh(point: ExportPoint): ExportPoint {
  return { ...point, stateAt: null, session: null, target: null, disks: {}, done: null };
}

/** Where a try takes up an earlier one, in guest bytes; null = it begins at the start. */
export function resumedFrom(point: ExportPoint): number | null {
  return point.target === null ? null : doneOf(point);
}

/** The source of the task. @throws AppError internal.bug where it was started without */
export function sourceOf({ source }: Pick<TaskContext, "source">): TaskSource {
  if (source === null) throw new AppError("internal.bug", "an export was started without its source");
  return source;
}

/** Guest bytes that need not be read again. */
export function doneOf({ disks, target }: ExportPoint): number {
  const finished = (target?.finished ?? []) as { readonly writtenBytes: number }[];
  const whole = finished.reduce((sum, { writtenBytes }) => sum + writtenBytes, 0);
  return Object.values(disks).reduce((sum, { doneBytes }) => sum + doneBytes, whole);
}

/** What is told of an error after all was made. Its own code goes along: whether it may pass is decided by that. */
export function untidy(error: AppError): AppError {
  if (["job.canceled", "job.lost", "source.clean-up"].includes(error.code)) return error;
  const message = `The export is complete, but what it had made on the source could not be removed: ${error.message}`;
  return new AppError("source.clean-up", message, { cause: error, details: { code: error.code } });
}
