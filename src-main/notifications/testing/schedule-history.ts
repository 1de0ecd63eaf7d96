/** Schedules and their runs as rows, for tests: made, and ended as a test says. */
import { Schedule } from "../../../src-core/model/schedule.ts";
import type { ScheduledRunState } from "../../../src-core/model/scheduled-run.ts";
import type { Db } from "../../db/open.ts";
import { insertScheduledRun, scheduledRunById, updateScheduledRun } from "../../db/scheduled-runs.ts";
import { insertSchedule } from "../../db/schedules.ts";
import type { EventHub } from "../../jobs/event-hub.ts";

export function makeSchedule(db: Db, id: string, createdAt: string, more: Partial<Schedule> = {}): Schedule {
  const schedule = Schedule.parse({
    id,
    name: `Schedule ${id}`,
    work: { kind: "job", request: { kind: "check", path: "/srv/disk.qcow2" } },
    when: { kind: "cron", expression: "30 2 * * *" },
    zone: "Europe/Berlin",
    enabled: true,
    pause: null,
    createdAt,
    changedAt: createdAt,
    ...more,
  });
  insertSchedule(db, schedule, createdAt);
  return schedule;
}

export function makeRun(db: Db, schedule: Schedule, id: string, nominalAt: string): void {
  insertScheduledRun(db, {
    id,
    scheduleId: schedule.id,
    scheduleName: schedule.name,
    firingId: `${schedule.id}@${nominalAt}/${id}`,
    nominalAt,
    madeAt: nominalAt,
    byHand: false,
    anyway: false,
    catchesUp: false,
    waitsFor: null,
    reason: null,
    mayStartAt: null,
    definition: schedule,
  });
}

/** Ends the run in its row. @param hub tells of it; left out: nobody hears (the program ended) */
export function endRun(db: Db, id: string, state: ScheduledRunState, endedAt: string, hub?: EventHub): void {
  const error =
    state === "failed" ? { code: "target.no-space" as const, message: "The disk is full.", retryable: false } : null;
  updateScheduledRun(db, id, { state, endedAt, startedAt: endedAt, error });
  const run = scheduledRunById(db, id)?.summary;
  if (run !== undefined) hub?.publish({ type: "scheduled-run", run });
}
