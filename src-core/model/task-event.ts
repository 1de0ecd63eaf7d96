/** What happens to an attempt while it runs: its facts, how far it is, and where it could be taken up again. */
import { z } from "zod";
import { Bytes } from "./disk.ts";
import { AppErrorData } from "./error-data.ts";
import { ExportSize } from "./export-size.ts";
import { LibraryItem } from "./library.ts";
import { TaskResult } from "./task.ts";

/** A resume point: everything before `doneBytes` is durable in the partial file; `state` is the writer's own. */
export const Checkpoint = z.object({
  doneBytes: Bytes,
  /** Opaque to all but the task that wrote it. */
  state: z.record(z.string(), z.unknown()),
});
export type Checkpoint = z.infer<typeof Checkpoint>;

export const LogLevel = z.enum(["info", "warning", "error"]);
export type LogLevel = z.infer<typeof LogLevel>;

/** Of a task with several parts (the disks of an export): how far each is, and what holds the whole back. */
export const ProgressDetail = z
  .object({
    parts: z
      .array(
        z.object({
          label: z.string(),
          doneBytes: Bytes,
          totalBytes: Bytes,
          rateBytesPerSecond: z.number().min(0),
          /** Time left as a range; null while there is too little to go by, or nothing moves. */
          eta: z.object({ lowMs: z.number().min(0), highMs: z.number().min(0) }).nullable(),
          state: z.enum(["waiting", "copying", "hashing", "done"]),
          /** How it is read and why, for people; null before it is opened. */
          transport: z.string().nullable(),
        }),
      )
      .max(64),
    /** Where most of the time goes at present: waiting for the source or the link to it, writing, computing, or keeping the limit. */
    limitedBy: z.enum(["source", "target", "processor", "limit"]).nullable(),
  })
  .meta({ id: "ProgressDetail" });
export type ProgressDetail = z.infer<typeof ProgressDetail>;

/** A fact about an attempt; state is the fold of these (src-core/job/fold.ts). */
export const TaskEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("started"), at: z.iso.datetime(), resumedFromBytes: Bytes.nullable() }),
  z.object({
    type: z.literal("progress"),
    at: z.iso.datetime(),
    doneBytes: Bytes,
    totalBytes: Bytes,
    phase: z.string(),
    detail: ProgressDetail.optional(),
  }),
  z.object({ type: z.literal("checkpoint"), at: z.iso.datetime(), checkpoint: Checkpoint }),
  /** The target's file is complete, still under its partial name. */
  z.object({ type: z.literal("written"), at: z.iso.datetime() }),
  z.object({ type: z.literal("warning"), at: z.iso.datetime(), message: z.string() }),
  z.object({ type: z.literal("log"), at: z.iso.datetime(), level: LogLevel, message: z.string() }),
  z.object({
    type: z.literal("found"),
    at: z.iso.datetime(),
    items: z.array(LibraryItem),
    filesSeen: z.number().int(),
  }),
  /** The estimate as it stands after more of the sample. */
  z.object({ type: z.literal("sampled"), at: z.iso.datetime(), size: ExportSize }),
  z.object({ type: z.literal("finished"), at: z.iso.datetime(), result: TaskResult }),
  z.object({
    type: z.literal("failed"),
    at: z.iso.datetime(),
    error: AppErrorData,
    /** Said by main where it is tried again: not before `at`; `reason` is what the task says till then. */
    retry: z.object({ at: z.iso.datetime(), reason: z.string() }).optional(),
  }),
  z.object({ type: z.literal("canceled"), at: z.iso.datetime() }),
  /** Said by main on boot of an attempt whose process died. */
  z.object({ type: z.literal("lost"), at: z.iso.datetime() }),
]);
export type TaskEvent = z.infer<typeof TaskEvent>;
