/** Work: proposing and starting conversions, and what became of them. */
import { z } from "zod";
import { Bytes, FormatId } from "../model/disk.ts";
import { AppErrorData } from "../model/error.ts";
import { JobRequest, LogLine, Run, RunSummary, Sample, WorkState } from "../model/run.ts";
import { base, DISK_CODES, failsWith } from "./base.ts";

/** What a conversion would be, before it starts. `problems` with severity "error" would make `jobs.start` refuse. */
export const ConvertPlan = z
  .object({
    sourcePath: z.string(),
    sourceFormat: FormatId,
    targetPath: z.string(),
    targetFormat: FormatId,
    virtualSizeBytes: Bytes,
    /** Size of the target file: at least, likely, at most. */
    estimate: z.object({ lowBytes: Bytes, likelyBytes: Bytes, highBytes: Bytes }),
    /** Free space of the target's file system. */
    freeBytes: Bytes.nullable(),
    targetExists: z.boolean(),
    problems: z.array(z.object({ severity: z.enum(["error", "warning"]), error: AppErrorData })),
  })
  .meta({ id: "ConvertPlan" });
export type ConvertPlan = z.infer<typeof ConvertPlan>;

const startErrors = failsWith(
  ...DISK_CODES,
  "path.not-folder",
  "target.exists",
  "target.same-as-source",
  "target.busy",
  "target.no-space",
  "target.read-only",
  "target.unsupported",
  "request.conflict",
);

export const jobs = {
  plan: base
    .errors(startErrors)
    .route({
      method: "POST",
      path: "/jobs/plan",
      tags: ["jobs"],
      summary: "Propose and check a conversion without starting it",
    })
    .input(
      z.object({
        sourcePath: z.string().min(1).max(4096),
        sourceFormat: FormatId.optional(),
        targetFormat: FormatId.optional().describe("Left out: a sensible one is proposed."),
        targetPath: z
          .string()
          .max(4096)
          .optional()
          .describe("Absolute path of the file; left out: a name is proposed."),
        overwrite: z.boolean().default(false),
      }),
    )
    .output(ConvertPlan),
  start: base
    .errors(startErrors)
    .route({
      method: "POST",
      path: "/jobs",
      tags: ["jobs"],
      successStatus: 201,
      summary: "Start a job",
      description: "With an idempotencyKey a repeated call answers the run that the first one started.",
    })
    .input(
      z.object({
        request: JobRequest,
        idempotencyKey: z.string().min(1).max(200).optional().describe("Of the caller's choosing, one a conversion."),
      }),
    )
    .output(z.object({ jobId: z.string(), runId: z.string() })),
};

const tags = ["runs"];
const byId = z.object({ id: z.string() });
const noSuchRun = failsWith("request.not-found");
const notNow = failsWith("request.not-found", "state.conflict");

export const runs = {
  list: base
    .route({ method: "GET", path: "/runs", tags, summary: "Runs, newest first" })
    .input(
      z.object({
        state: WorkState.optional(),
        active: z.boolean().optional().describe("true: only those not ended yet; false: only ended ones."),
        limit: z.number().int().min(1).max(500).default(100),
        cursor: z.string().max(200).optional().describe("`nextCursor` of the page before."),
      }),
    )
    .output(z.object({ items: z.array(RunSummary), nextCursor: z.string().nullable(), total: z.number().int() })),
  get: base
    .errors(noSuchRun)
    .route({ method: "GET", path: "/runs/{id}", tags, summary: "One run with its tasks and attempts" })
    .input(byId)
    .output(Run),
  cancel: base
    .errors(notNow)
    .route({
      method: "POST",
      path: "/runs/{id}/cancel",
      tags,
      summary: "Cancel a run",
      description:
        "Takes effect within a second; what was half written is removed. A target that was complete stays, not verified.",
    })
    .input(byId)
    .output(Run),
  retry: base
    .errors({ ...notNow, ...startErrors })
    .route({
      method: "POST",
      path: "/runs/{id}/retry",
      tags,
      summary: "Start a new run of an ended run's job",
      description:
        "The file that a run without success left at its target is replaced once the new one is complete, unless somebody " +
        "has written to it since. For any other file there the answer is target.exists.",
      successStatus: 201,
    })
    .input(byId)
    .output(z.object({ jobId: z.string(), runId: z.string() })),
  remove: base
    .errors(notNow)
    .route({
      method: "DELETE",
      path: "/runs/{id}",
      tags,
      summary: "Remove an ended run from the history (its files stay)",
    })
    .input(byId)
    .output(z.object({ removed: z.literal(true) })),
  log: base
    .errors(noSuchRun)
    .route({ method: "GET", path: "/runs/{id}/log", tags, summary: "Log of a run, oldest first" })
    .input(
      byId.extend({
        after: z.number().int().min(0).default(0).describe("Id of the last line known; lines after it are told."),
        limit: z.number().int().min(1).max(1000).default(500),
      }),
    )
    .output(z.array(LogLine)),
  samples: base
    .errors(noSuchRun)
    .route({ method: "GET", path: "/runs/{id}/samples", tags, summary: "Throughput of a run over time" })
    .input(byId)
    .output(z.array(Sample)),
  reveal: base
    .errors(failsWith("request.not-found", "shell.unavailable", "path.not-found", "path.denied"))
    .route({ method: "POST", path: "/runs/{id}/reveal", tags, summary: "Show the result's folder in the file manager" })
    .input(byId)
    .output(z.object({ shown: z.literal(true) })),
};
