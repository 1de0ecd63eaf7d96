/**
 * Work: a job (what somebody asked for), its runs (firings), a run's tasks (nodes of its graph) and their attempts (tries).
 * States are those of the house: queued → waiting → running → canceling → succeeded | failed | canceled | skipped.
 */
import { z } from "zod";
import { Bytes, FormatId } from "./disk.ts";
import { AppErrorData } from "./error-data.ts";
import { ExportRequest, ExportResult } from "./export.ts";
import { TargetOptions } from "./target.ts";
import {
  CheckResult,
  CompareMode,
  CompareResult,
  ConvertResult,
  MAX_TARGETS,
  VerifyMode,
  VerifyResult,
} from "./task.ts";
import { LogLevel, ProgressDetail } from "./task-event.ts";

/** State of a run or a task. `waiting`: ready, but held back (dependency, concurrency, pause); `queued`: not looked at yet. */
export const WorkState = z.enum([
  "queued",
  "waiting",
  "running",
  "canceling",
  "succeeded",
  "failed",
  "canceled",
  "skipped",
]);
export type WorkState = z.infer<typeof WorkState>;

/** True once nothing more will happen. */
export function isFinal(state: WorkState): boolean {
  return state === "succeeded" || state === "failed" || state === "canceled" || state === "skipped";
}

/** An attempt's states; `lost` = the process died under it. */
export const AttemptState = z.enum(["running", "succeeded", "failed", "canceled", "lost"]);
export type AttemptState = z.infer<typeof AttemptState>;

const DiskPath = z.string().min(1).max(4096).describe("Absolute path of a disk inside a library.");
const DiskFormat = FormatId.optional().describe("Given only to force it (raw); left out, the content decides.");
const Snapshot = z
  .string()
  .min(1)
  .max(400)
  .optional()
  .describe("Id or name of a snapshot inside the image; left out: its present state.");
const Priority = z.number().int().min(0).max(100).default(50).describe("0 (last) to 100 (first).");

/** Bytes a second that may be read; null = as fast as it goes. */
export const ReadLimit = z
  .number()
  .int()
  .min(1024)
  .max(2 ** 40)
  .nullable();
export type ReadLimit = z.infer<typeof ReadLimit>;

/** One file that a conversion is to make. */
export const TargetRequest = z.object({
  path: z.string().min(1).max(4096).describe("Absolute path of the file to make."),
  format: FormatId,
  options: TargetOptions.default({}).describe("What is left out is as usual for the format."),
  overwrite: z.boolean().default(false).describe("Replace an existing file, once the new one is complete."),
});
export type TargetRequest = z.infer<typeof TargetRequest>;

const ConvertRequest = z.object({
  kind: z.literal("convert"),
  sourcePath: DiskPath,
  sourceFormat: DiskFormat,
  sourceSnapshot: Snapshot,
  targets: z.array(TargetRequest).min(1).max(MAX_TARGETS).describe("The source is read once for all of them."),
  verify: VerifyMode.default({ mode: "full" }),
  priority: Priority,
  sync: z
    .boolean()
    .default(true)
    .describe("false: the result is left to the system's cache, and a crash means starting over."),
  maxBytesPerSecond: ReadLimit.default(null).describe("How fast may be read; null: as fast as it goes."),
});
export type ConvertRequest = z.infer<typeof ConvertRequest>;

/** Structural check of one image. */
export const CheckRequest = z.object({
  kind: z.literal("check"),
  path: DiskPath,
  format: DiskFormat,
  priority: Priority,
});
export type CheckRequest = z.infer<typeof CheckRequest>;

/** Do two disks of any formats hold the same bytes? */
export const CompareRequest = z.object({
  kind: z.literal("compare"),
  aPath: DiskPath,
  aFormat: DiskFormat,
  aSnapshot: Snapshot,
  bPath: DiskPath,
  bFormat: DiskFormat,
  bSnapshot: Snapshot,
  mode: CompareMode.default({ mode: "full" }),
  priority: Priority,
});
export type CompareRequest = z.infer<typeof CompareRequest>;

/** What somebody asks for. More kinds join this union with later features. */
export const JobRequest = z
  .discriminatedUnion("kind", [ConvertRequest, ExportRequest, CheckRequest, CompareRequest])
  .meta({
    id: "JobRequest",
    examples: [
      {
        kind: "convert",
        sourcePath: "/srv/vm/web01.vmdk",
        targets: [{ path: "/srv/vm/web01.qcow2", format: "qcow2", options: { compression: { method: "zstd" } } }],
      },
      { kind: "check", path: "/srv/vm/web01.qcow2" },
      { kind: "compare", aPath: "/srv/vm/web01.vmdk", bPath: "/srv/vm/web01.qcow2" },
    ],
  });
export type JobRequest = z.infer<typeof JobRequest>;

/** Kinds of jobs. */
export const JobKind = z.enum(["convert", "export", "check", "compare"]);
export type JobKind = z.infer<typeof JobKind>;

/** Kinds of tasks that runs are made of. */
export const WorkKind = z.enum(["convert", "export", "verify", "check", "compare"]);
export type WorkKind = z.infer<typeof WorkKind>;

/** Time left as a range: likely between the two. Null while there is too little to go by. */
export const Eta = z.object({ lowMs: z.number().min(0), highMs: z.number().min(0) }).nullable();
export type Eta = z.infer<typeof Eta>;

export const Progress = z.object({
  doneBytes: Bytes,
  totalBytes: Bytes,
  /** Bytes a second over the last seconds; 0 when nothing moves. */
  rateBytesPerSecond: z.number().min(0),
  eta: Eta,
  phase: z.string(),
  detail: ProgressDetail.optional(),
});
export type Progress = z.infer<typeof Progress>;

export const Attempt = z.object({
  id: z.string(),
  number: z.number().int().min(1),
  state: AttemptState,
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  /** Bytes taken over from the attempt before, or null when it began at the start. */
  resumedFromBytes: Bytes.nullable(),
  error: AppErrorData.nullable(),
});
export type Attempt = z.infer<typeof Attempt>;

export const Task = z
  .object({
    id: z.string(),
    runId: z.string(),
    kind: WorkKind,
    /** The file it is about, where its run has several tasks of this kind or the kind is about one file; else null. */
    subject: z.string().nullable(),
    state: WorkState,
    dependsOn: z.array(z.string()),
    /** Why it waits or was skipped, in words. */
    reason: z.string().nullable(),
    progress: Progress.nullable(),
    attempts: z.array(Attempt),
    error: AppErrorData.nullable(),
    result: z
      .discriminatedUnion("kind", [ConvertResult, ExportResult, VerifyResult, CheckResult, CompareResult])
      .nullable(),
    warnings: z.array(z.string()),
  })
  .meta({ id: "Task" });
export type Task = z.infer<typeof Task>;

/** What a run found out, for those that look rather than make. */
export const Outcome = z.object({
  /** False where what was found wants attention: errors, leaks, a difference. */
  good: z.boolean(),
  /** In words, e.g. "no errors" or "differs at byte 4096". */
  text: z.string(),
});
export type Outcome = z.infer<typeof Outcome>;

/** What was said of a run's duration once that was settled: from its start to its end, likely between the two. */
export const Prediction = z.object({ lowMs: z.number().min(0), highMs: z.number().min(0) });
export type Prediction = z.infer<typeof Prediction>;

/** A run as lists show it. */
export const RunSummary = z
  .object({
    id: z.string(),
    jobId: z.string(),
    kind: JobKind,
    /** What a person calls it, e.g. "web01.vmdk → web01.qcow2". */
    name: z.string(),
    state: WorkState,
    /** Why it waits, or how it came back after a crash, in words. */
    reason: z.string().nullable(),
    priority: z.number().int().min(0).max(100),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
    progress: Progress.nullable(),
    error: AppErrorData.nullable(),
    /** Somebody holds this run back, whatever the others do. */
    paused: z.boolean(),
    /** How fast it may read at present. */
    maxBytesPerSecond: ReadLimit,
    outcome: Outcome.nullable(),
    /** Null before that, and for runs that were paused, slowed down or interrupted. */
    prediction: Prediction.nullable(),
    /** The scheduled run it was made for. Events stored by earlier versions have none. */
    scheduledRunId: z.string().nullable().default(null),
  })
  .meta({ id: "RunSummary" });
export type RunSummary = z.infer<typeof RunSummary>;

export const Run = RunSummary.extend({ request: JobRequest, tasks: z.array(Task) }).meta({ id: "Run" });
export type Run = z.infer<typeof Run>;

export const LogLine = z.object({
  id: z.number().int(),
  at: z.iso.datetime(),
  taskId: z.string().nullable(),
  level: LogLevel,
  message: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

/** One point of a throughput chart: bytes done by the run at a moment. */
export const Sample = z.object({ at: z.iso.datetime(), doneBytes: Bytes, taskKind: WorkKind });
export type Sample = z.infer<typeof Sample>;
