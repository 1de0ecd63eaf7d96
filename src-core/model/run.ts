/**
 * Work: a job (what somebody asked for), its runs (firings), a run's tasks (nodes of its graph) and their attempts (tries).
 * States are those of the house: queued → waiting → running → canceling → succeeded | failed | canceled | skipped.
 */
import { z } from "zod";
import { Bytes, FormatId } from "./disk.ts";
import { AppErrorData } from "./error.ts";
import { ConvertResult, LogLevel, VerifyMode, VerifyResult } from "./task.ts";

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

/** What somebody asks for. More kinds join this union with later features. */
export const JobRequest = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("convert"),
      sourcePath: z.string().min(1).max(4096).describe("Absolute path of a disk inside a library."),
      sourceFormat: FormatId.optional().describe("Given only to force it (raw); left out, the content decides."),
      targetPath: z.string().min(1).max(4096).describe("Absolute path of the file to make."),
      targetFormat: FormatId,
      overwrite: z.boolean().default(false).describe("Replace an existing target, once the new one is complete."),
      verify: VerifyMode.default({ mode: "full" }),
      priority: z.number().int().min(0).max(100).default(50).describe("0 (last) to 100 (first)."),
    }),
  ])
  .meta({
    id: "JobRequest",
    examples: [
      { kind: "convert", sourcePath: "/srv/vm/web01.vmdk", targetPath: "/srv/vm/web01.qcow2", targetFormat: "qcow2" },
    ],
  });
export type JobRequest = z.infer<typeof JobRequest>;

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
    kind: z.enum(["convert", "verify"]),
    state: WorkState,
    dependsOn: z.array(z.string()),
    /** Why it waits or was skipped, in words. */
    reason: z.string().nullable(),
    progress: Progress.nullable(),
    attempts: z.array(Attempt),
    error: AppErrorData.nullable(),
    result: z.discriminatedUnion("kind", [ConvertResult, VerifyResult]).nullable(),
    warnings: z.array(z.string()),
  })
  .meta({ id: "Task" });
export type Task = z.infer<typeof Task>;

/** A run as lists show it. */
export const RunSummary = z
  .object({
    id: z.string(),
    jobId: z.string(),
    kind: z.enum(["convert"]),
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
export const Sample = z.object({ at: z.iso.datetime(), doneBytes: Bytes, taskKind: z.enum(["convert", "verify"]) });
export type Sample = z.infer<typeof Sample>;
