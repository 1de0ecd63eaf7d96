/** What a schedule starts: a job as anybody could start it, or the export of the machines a rule finds when the time has come. */
import { z } from "zod";
import { ExportOptions } from "./export.ts";
import { GuestFamily, PowerState } from "./inventory.ts";
import { JobRequest } from "./run.ts";

const Text = z.string().trim().min(1).max(200);

/** Machines by what they are at run time. Every part that is not empty must hold; inside a part one hit is enough. */
export const MachineRule = z
  .object({
    sourceIds: z.array(z.string().min(1).max(64)).min(1).max(100),
    tags: z.array(Text).max(50).default([]),
    folders: z.array(Text).max(50).default([]).describe("Inventory paths; what lies below counts too."),
    datastores: z.array(Text).max(50).default([]),
    power: z.array(PowerState).max(4).default([]),
    families: z.array(GuestFamily).max(4).default([]),
    nameContains: z.array(Text).max(50).default([]),
    onlyIds: z.array(z.string().min(1).max(400)).max(1_000).default([]).describe("Ids of machines; none: any."),
    exceptIds: z.array(z.string().min(1).max(400)).max(1_000).default([]),
    exceptTags: z.array(Text).max(50).default([]),
    atMost: z.int().min(1).max(10_000).default(1_000).describe("More than so many are refused, not cut."),
  })
  .meta({ id: "MachineRule" });
export type MachineRule = z.infer<typeof MachineRule>;

export const ScheduledWork = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("job"), request: JobRequest }),
    z.object({ kind: z.literal("export-selection"), rule: MachineRule, options: ExportOptions }),
  ])
  .meta({ id: "ScheduledWork" });
export type ScheduledWork = z.infer<typeof ScheduledWork>;
