/** Machines of sources as lists show, filter and keep views of them. */
import { z } from "zod";
import { Machine } from "./inventory.ts";

/** A machine of one source, and when it was last exported. */
export const MachineRow = Machine.extend({
  sourceId: z.string(),
  lastExport: z.object({ runId: z.string(), at: z.iso.datetime() }).nullable(),
}).meta({ id: "MachineRow" });
export type MachineRow = z.infer<typeof MachineRow>;

/** Quick filters. Of one group (power, guest) any will do; groups add up. */
export const MachineFilterWord = z.enum(["on", "off", "linux", "windows", "big"]);
export type MachineFilterWord = z.infer<typeof MachineFilterWord>;

/** A way to look at a table of machines, kept under a name. */
export const SavedView = z
  .object({
    id: z.string(),
    name: z.string(),
    search: z.string(),
    show: z.array(MachineFilterWord),
    sort: z.array(z.object({ id: z.string().max(40), desc: z.boolean() })).max(4),
  })
  .meta({ id: "SavedView" });
export type SavedView = z.infer<typeof SavedView>;
