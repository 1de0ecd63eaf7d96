/** What the search and the quick filters of machines look at: the same for the database and for the pages, which load no schemas. */
import type { Machine } from "./inventory.ts";
import type { MachineFilterWord } from "./machine-view.ts";

/** From so many bytes on all its disks together a machine counts as big. */
export const BIG_MACHINE_BYTES = 500 * 1024 ** 3;

/** The part of a row that filters look at. */
type Filtered = Pick<Machine, "name" | "path" | "os" | "power" | "family" | "provisionedBytes" | "tags" | "datastores">;

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
