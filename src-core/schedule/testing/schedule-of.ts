/** Schedules for tests of the rules. */
import { Schedule, ScheduleDefinition } from "../../model/schedule.ts";

/** A check of a disk at 02:00 in Berlin; `more` replaces parts. */
export function definitionOf(name: string, more: object = {}): ScheduleDefinition {
  return ScheduleDefinition.parse({
    name,
    work: { kind: "job", request: { kind: "check", path: "/srv/a.qcow2" } },
    when: { kind: "cron", expression: "0 2 * * *" },
    zone: "Europe/Berlin",
    ...more,
  });
}

/** A saved one: its id is its name. */
export function scheduleOf(name: string, more: object = {}): Schedule {
  const at = "2026-01-01T00:00:00.000Z";
  const { enabled = true, pause = null, ...definition } = more as Partial<Schedule>;
  return Schedule.parse({ ...definitionOf(name, definition), id: name, enabled, pause, createdAt: at, changedAt: at });
}
