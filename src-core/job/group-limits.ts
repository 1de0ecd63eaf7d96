/** How much may work at once in a concurrency group, by what is set. */
import type { GroupLimits } from "../model/settings.ts";

/**
 * The limit of a group such as "machine:src1/vm-42"; null: none. A limit is one of an exact group or, with a colon at its end, of each of a
 * kind. Where several fit, the smallest holds.
 */
export function groupLimits(limits: GroupLimits): (group: string) => number | null {
  const smallest = new Map<string, number>();
  for (const { group, most } of limits) smallest.set(group, Math.min(most, smallest.get(group) ?? most));
  return (group) => {
    const kind = group.slice(0, group.indexOf(":") + 1);
    const fitting = [smallest.get(group), smallest.get(kind)].filter((most) => most !== undefined);
    return fitting.length === 0 ? null : Math.min(...fitting);
  };
}
