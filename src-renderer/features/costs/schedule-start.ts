/** What a schedule says about a plan: the machines or the disk that it is about, and how often it runs. */
import type { LibraryItem } from "../../../src-core/model/library.ts";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import type { Schedule } from "../../../src-core/model/schedule.ts";
import type { When } from "../../../src-core/model/when.ts";
import { isMeant } from "../../../src-core/schedule/selection.ts";
import { fromDisk, fromSchedule, type StartFields } from "./start-from.ts";

const DAY_MS = 86_400_000;

/** Days from run to run where the clock tells them as a whole number; null: it does not. */
export function everyDaysOf(when: When): number | null {
  if (when.kind === "interval") return when.everyMs <= DAY_MS ? 1 : Math.round(when.everyMs / DAY_MS);
  if (when.kind === "cron") return everyDaysOfCron(when.expression);
  if (when.kind !== "calendar" || when.months.length > 0) return null;
  if (when.days.kind === "weekdays") return { 7: 1, 1: 7 }[new Set(when.days.weekdays).size] ?? null;
  if (when.days.kind === "days") return new Set(when.days.days).size === 1 ? 30 : null;
  return 30;
}

/** Only what is plainly daily, weekly or monthly. */
function everyDaysOfCron(expression: string): number | null {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5) return null;
  const [, , day, month, weekday] = fields;
  if (month !== "*") return null;
  if (day === "*" && weekday === "*") return 1;
  if (day === "*" && /^([0-7]|[a-z]{3})$/i.test(weekday ?? "")) return 7;
  return weekday === "*" && /^\d+$/.test(day ?? "") ? 30 : null;
}

/** Null where nothing is known of what it is about. */
export function startOfSchedule(
  { name, work, when }: Pick<Schedule, "name" | "work" | "when">,
  machines: readonly MachineRow[],
  items: readonly LibraryItem[],
): StartFields | null {
  const everyDays = everyDaysOf(when);
  if (work.kind === "export-selection") {
    const meant = machines.filter((machine) => isMeant(work.rule, machine.sourceId, machine));
    return fromSchedule({ name }, meant, everyDays);
  }
  const { request } = work;
  if (request.kind === "export") {
    const meant = machines.filter(({ sourceId, id }) => sourceId === request.sourceId && id === request.machineId);
    return fromSchedule({ name }, meant, everyDays);
  }
  if (request.kind !== "convert") return null;
  const fields = fromDisk(request.sourcePath, items);
  return fields === null ? null : { ...fields, name, everyDays: everyDays ?? 1 };
}
