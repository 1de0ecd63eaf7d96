/** Machines of sources as lists show, filter and keep views of them. */
import { z } from "zod";
import { Machine } from "./inventory.ts";

/** From so many bytes on all its disks together a machine counts as big. */
export const BIG_MACHINE_BYTES = 500 * 1024 ** 3;

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

/** The part of a row that filters look at. */
type Filtered = Pick<
  MachineRow,
  "name" | "path" | "os" | "power" | "family" | "provisionedBytes" | "tags" | "datastores"
>;

/** What `matches` looks for words in, in lower case. */
export function machineSearchText({ name, path, os, tags, datastores }: Filtered): string {
  return [name, path, os ?? "", ...tags, ...datastores].join("\n").toLowerCase();
}

/** Whether the quick filters let a machine through. */
export function passesFilter(machine: Filtered, show: readonly MachineFilterWord[]): boolean {
  const anyOf = (words: readonly MachineFilterWord[], actual: string) => {
    const asked = words.filter((word) => show.includes(word));
    return asked.length === 0 || asked.some((word) => word === actual);
  };
  if (!anyOf(["on", "off"], machine.power) || !anyOf(["linux", "windows"], machine.family)) return false;
  return !show.includes("big") || (machine.provisionedBytes ?? 0) >= BIG_MACHINE_BYTES;
}
