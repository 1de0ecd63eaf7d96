/** Schedules as tests need them. */
import { Schedule } from "../../../src-core/model/schedule.ts";

/** A schedule whose work is a check of a disk that is not there; what is given replaces parts of it. */
export function schedule(id: string, more: Record<string, unknown> = {}): Schedule {
  return Schedule.parse({
    id,
    name: id,
    enabled: true,
    pause: null,
    createdAt: "2026-01-01T00:00:00.000Z",
    changedAt: "2026-01-01T00:00:00.000Z",
    work: { kind: "job", request: { kind: "check", path: `/vm/${id}.qcow2` } },
    when: { kind: "cron", expression: "0 2 * * *" },
    zone: "UTC",
    ...more,
  });
}
