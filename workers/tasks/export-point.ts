/** What an export writes into its checkpoints, and whether an earlier attempt's still fits. Loaded by those who go on only. */
import { z } from "zod";
import { ExportResult } from "../../src-core/model/export.ts";
import { ExportedDisk } from "../../src-core/model/export-manifest.ts";
import type { Checkpoint } from "../../src-core/model/task-event.ts";
import type { ExportPoint } from "./export-try.ts";

/** `state` of a target that makes disks alone. */
export const FilesState = z.object({
  kind: z.literal("disks"),
  finished: z.array(ExportedDisk.pick({ key: true, format: true, subformat: true, writtenBytes: true, files: true })),
});

const Json = z.record(z.string(), z.unknown());

const Point = z.object({
  version: z.literal(1),
  asked: z.string(),
  startedAtMs: z.number(),
  stateAt: z.iso.datetime().nullable(),
  wasOn: z.boolean(),
  session: Json.nullable(),
  target: Json.nullable(),
  disks: z.record(z.string(), z.object({ doneBytes: z.number().int().min(0), state: Json })),
  done: ExportResult.nullable(),
});

/** The point to go on from, or in words why there is none. @param asked what is asked for now (`ExportPoint.asked`) */
export function readPoint(
  { state }: Checkpoint,
  asked: string,
): { readonly point: ExportPoint } | { readonly unusable: string } {
  const parsed = Point.safeParse(state);
  if (!parsed.success) return { unusable: "the resume point is from another version of the program" };
  if (parsed.data.asked !== asked) return { unusable: "it was for another export" };
  return { point: parsed.data };
}
