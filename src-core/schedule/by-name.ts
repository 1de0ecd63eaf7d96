/** The order of schedules in lists and files. */
import type { Schedule } from "../model/schedule.ts";

const order = new Intl.Collator("en", { numeric: true });

/** Names as people sort them ("job 2" before "job 10"); those of one name by their ids. */
export function byName(a: Pick<Schedule, "id" | "name">, b: Pick<Schedule, "id" | "name">): number {
  return order.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
}
