/** Exports: machines of sources into files on this computer. What they would be, starting them; they are followed as runs. */
import { z } from "zod";
import { Bytes } from "../model/disk.ts";
import { AppErrorData } from "../model/error-data.ts";
import { ExportedMachine, ExportOptions } from "../model/export.ts";
import { base, failsWith } from "./base.ts";
import { idempotencyKey, SizeEstimate, Started, startErrors } from "./runs.ts";
import { sourceErrors } from "./sources.ts";

/** Most machines of one call. */
export const MAX_EXPORTS = 500;

/** What stands in the way, or is worth knowing: its `hint` says what to do. */
export const ExportProblem = z.object({ severity: z.enum(["error", "warning"]), error: AppErrorData });
export type ExportProblem = z.infer<typeof ExportProblem>;

/** What the export of one machine would be. */
export const PlannedExport = z
  .object({
    sourceId: z.string(),
    machineId: z.string(),
    machineName: z.string(),
    /** What its files would be called. */
    name: z.string(),
    /** Files that would be made, as paths; the one to look for first. */
    files: z.array(z.string()),
    disks: z.array(
      z.object({
        key: z.string(),
        label: z.string(),
        capacityBytes: Bytes,
        usedBytes: Bytes.nullable(),
        /** It would be exported. */
        wanted: z.boolean(),
        /** Why it cannot be; null where it can. */
        obstacle: z.string().nullable(),
      }),
    ),
    estimate: SizeEstimate,
    problems: z.array(ExportProblem),
  })
  .meta({ id: "PlannedExport" });
export type PlannedExport = z.infer<typeof PlannedExport>;

export const ExportPlan = z
  .object({
    /** In the order asked for. */
    machines: z.array(PlannedExport),
    /** What all of them need, and what is free there; null where the system does not tell. */
    space: SizeEstimate.extend({ folder: z.string(), freeBytes: Bytes.nullable() }),
    /** Of all of them: the folder, the space, the source. */
    problems: z.array(ExportProblem),
  })
  .meta({ id: "ExportPlan" });
export type ExportPlan = z.infer<typeof ExportPlan>;

const machines = z.array(ExportedMachine).min(1).max(MAX_EXPORTS);
const errors = { ...startErrors, ...sourceErrors, ...failsWith("source.disconnected") };
const tags = ["exports"];

export const exports = {
  plan: base
    .errors(errors)
    .route({
      method: "POST",
      path: "/exports/plan",
      tags,
      summary: "Check exports without starting them",
      description:
        "Reads every machine anew. Problems of severity error would make `exports.start` refuse; each names what to do.",
    })
    .input(ExportOptions.extend({ machines }))
    .output(ExportPlan),
  start: base
    .errors(errors)
    .route({
      method: "POST",
      path: "/exports",
      tags,
      successStatus: 201,
      summary: "Export machines: one run each",
      description: "All are checked first; where one cannot be exported none is started.",
    })
    .input(ExportOptions.extend({ machines, idempotencyKey }))
    .output(z.array(Started.extend({ sourceId: z.string(), machineId: z.string() }))),
};
