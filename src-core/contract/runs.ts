/** Work: proposing and starting jobs, and what became of them. */
import { z } from "zod";
import { Bytes, FormatId } from "../model/disk.ts";
import { AppErrorData } from "../model/error-data.ts";
import { JobRequest, LogLine, ReadLimit, Run, RunSummary, Sample, TargetRequest, WorkState } from "../model/run.ts";
import { MAX_TARGETS } from "../model/task.ts";
import { base, DISK_CODES, failsWith } from "./base.ts";

/** Space that something takes: at least, likely, at most. */
export const SizeEstimate = z.object({ lowBytes: Bytes, likelyBytes: Bytes, highBytes: Bytes });
export type SizeEstimate = z.infer<typeof SizeEstimate>;

/** One file that a conversion would make. */
export const PlannedTarget = TargetRequest.extend({
  /** The variant that would be written. */
  subformat: z.string(),
  /** Further files it would consist of, as paths. */
  companions: z.array(z.string()),
  /** Of the new disk: the source's, or a larger one that was asked for. */
  virtualSizeBytes: Bytes,
  /** With its companions. */
  estimate: SizeEstimate,
  /** It or one of its companions is there already. */
  exists: z.boolean(),
}).meta({ id: "PlannedTarget" });
export type PlannedTarget = z.infer<typeof PlannedTarget>;

/** What a conversion would be, before it starts. `problems` with severity "error" would make `jobs.start` refuse. */
export const ConvertPlan = z
  .object({
    sourcePath: z.string(),
    sourceFormat: FormatId,
    virtualSizeBytes: Bytes,
    targets: z.array(PlannedTarget).min(1),
    /** What is needed and free on each file system that targets lie on; null where the system does not tell. */
    space: z.array(SizeEstimate.extend({ folder: z.string(), freeBytes: Bytes.nullable() })),
    problems: z.array(
      z.object({
        severity: z.enum(["error", "warning"]),
        /** Index of the target it is about; null: the source, or several. */
        target: z.number().int().min(0).nullable(),
        error: AppErrorData,
      }),
    ),
  })
  .meta({ id: "ConvertPlan" });
export type ConvertPlan = z.infer<typeof ConvertPlan>;

/** What can be wrong with starting a job. */
export const startErrors = failsWith(
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

/** Where the work that was started is followed. */
export const Started = z.object({ jobId: z.string(), runId: z.string() });

export const idempotencyKey = z.string().min(1).max(200).optional().describe("Of the caller's choosing, one a job.");

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
        sourceSnapshot: z.string().max(400).optional().describe("Id or name of a snapshot inside the image."),
        targets: z
          .array(
            TargetRequest.extend({
              format: FormatId.optional().describe("Left out: a sensible one is proposed."),
              path: z.string().max(4096).optional().describe("Absolute path; left out: a name is proposed."),
            }),
          )
          .min(1)
          .max(MAX_TARGETS)
          .prefault([{}]),
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
        idempotencyKey,
      }),
    )
    .output(Started),
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
        scheduledRunId: z.string().max(64).optional().describe("Those made for this scheduled run."),
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
    .output(Started),
  pause: base
    .errors(notNow)
    .route({
      method: "POST",
      path: "/runs/{id}/pause",
      tags,
      summary: "Hold one run back",
      description: "It stops within a second and stays so, also over a restart, until it is resumed. Others may go on.",
    })
    .input(byId)
    .output(Run),
  resume: base
    .errors(notNow)
    .route({ method: "POST", path: "/runs/{id}/resume", tags, summary: "Let a run go on that was held back" })
    .input(byId)
    .output(Run),
  setLimit: base
    .errors(notNow)
    .route({
      method: "POST",
      path: "/runs/{id}/limit",
      tags,
      summary: "Change how fast a run may read",
      description: "Takes effect at once, also while it runs.",
    })
    .input(byId.extend({ maxBytesPerSecond: ReadLimit.describe("Bytes a second; null: as fast as it goes.") }))
    .output(Run),
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
