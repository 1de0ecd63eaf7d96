/** Limits of groups, as the settings ask for them. Pure. */
import type { GroupLimits } from "../../../src-core/model/settings.ts";

/** Each of a kind has the limit: the colon at the end says so. */
export const KINDS = [
  { value: "machine:", label: "Each machine" },
  { value: "host:", label: "Each host" },
  { value: "datastore:", label: "Each datastore" },
  { value: "source:", label: "Each source" },
  { value: "target:", label: "Each target" },
] as const;

export function groupWords(group: string): string {
  return KINDS.find(({ value }) => value === group)?.label.toLowerCase() ?? (group === "" ? "a group" : group);
}

/** What is wrong with them; null where nothing is. */
export function limitsProblem(limits: GroupLimits): string | null {
  const groups = limits.map(({ group }) => group.trim());
  if (groups.includes("")) return "Name the group.";
  const twice = groups.find((group, index) => groups.indexOf(group) !== index);
  if (twice !== undefined) return `There are two limits for ${groupWords(twice)}.`;
  if (limits.some(({ most }) => !Number.isInteger(most) || most < 1 || most > 1_000)) return "From 1 to 1,000 at once.";
  return null;
}
