/** Which machines a rule means, at the moment it is asked. */
import type { Machine } from "../model/inventory.ts";
import type { MachineRule } from "../model/scheduled-work.ts";

/** The part of a machine that rules look at. */
type Ruled = Pick<Machine, "id" | "name" | "path" | "power" | "family" | "tags" | "datastores">;

/** @param sourceId the source it belongs to */
export function isMeant(rule: MachineRule, sourceId: string, machine: Ruled): boolean {
  const some = <T>(wanted: readonly T[], found: (one: T) => boolean) => wanted.length === 0 || wanted.some(found);
  const tags = new Set(machine.tags.map(lower));
  return (
    rule.sourceIds.includes(sourceId) &&
    !rule.exceptIds.includes(machine.id) &&
    !rule.exceptTags.some((tag) => tags.has(lower(tag))) &&
    some(rule.onlyIds, (id) => id === machine.id) &&
    some(rule.tags, (tag) => tags.has(lower(tag))) &&
    some(rule.folders, (folder) => liesIn(machine.path, folder)) &&
    some(rule.datastores, (datastore) => machine.datastores.includes(datastore)) &&
    some(rule.power, (power) => power === machine.power) &&
    some(rule.families, (family) => family === machine.family) &&
    some(rule.nameContains, (part) => lower(machine.name).includes(lower(part)))
  );
}

/** A path lies in a folder that is its beginning, up to a whole name: /dc/test holds /dc/test/web, not /dc/testing/web. */
function liesIn(path: string, folder: string): boolean {
  const trimmed = folder.replace(/\/+$/, "");
  return path === trimmed || path.startsWith(`${trimmed}/`);
}

function lower(text: string): string {
  return text.toLowerCase();
}
