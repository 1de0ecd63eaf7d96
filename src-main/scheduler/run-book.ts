/** Writes what becomes of scheduled runs: row, facts and event together. To be called inside a transaction. */
import type { ScheduleDefinition } from "../../src-core/model/schedule.ts";
import type { ScheduleFact } from "../../src-core/model/schedule-fact.ts";
import { factText } from "../../src-core/schedule/fact-text.ts";
import type { Db } from "../db/open.ts";
import { insertFact } from "../db/schedule-facts.ts";
import {
  insertScheduledRun,
  type NewScheduledRun,
  type ScheduledRunChange,
  type ScheduledRunRecord,
  scheduledRunById,
  updateScheduledRun,
} from "../db/scheduled-runs.ts";
import type { EventHub } from "../jobs/event-hub.ts";

export interface RunBook {
  /** @returns false where the schedule has a run of that firing already: nothing is written then */
  make(run: Omit<NewScheduledRun, "madeAt" | "reason" | "mayStartAt">, facts: readonly ScheduleFact[]): boolean;
  /**
   * @param version the change holds only while the run has this one; left out: in any case
   * @returns false where it has another: nothing is written then
   */
  change(id: string, change: ScheduledRunChange, facts: readonly ScheduleFact[], version?: number): boolean;
  /** Facts about times for which there is no run. */
  note(scheduleId: string, facts: readonly ScheduleFact[]): void;
}

interface BookDeps {
  readonly db: Db;
  readonly hub: EventHub;
  now(): number;
  /** Called once what was written is there to be read. */
  changed(runId: string): void;
}

export function createRunBook({ db, hub, now, changed }: BookDeps): RunBook {
  const nowText = () => new Date(now()).toISOString();
  const keep = (scheduleId: string, scheduledRunId: string | null, facts: readonly ScheduleFact[]) => {
    for (const fact of facts) insertFact(db, { at: nowText(), scheduleId, scheduledRunId, fact });
  };
  const tell = (record: ScheduledRunRecord | null) => {
    if (record === null) return;
    hub.publish({ type: "scheduled-run", run: record.summary });
    db.afterCommit(() => changed(record.summary.id));
  };

  return {
    make(run, facts) {
      const reason = lastReason(run.definition, facts);
      if (!insertScheduledRun(db, { ...run, madeAt: nowText(), reason, mayStartAt: null })) return false;
      keep(run.scheduleId, run.id, facts);
      tell(scheduledRunById(db, run.id));
      return true;
    },
    change(id, change, facts, version) {
      if (!updateScheduledRun(db, id, change, version)) return false;
      const record = scheduledRunById(db, id);
      if (record !== null) keep(record.summary.scheduleId, id, facts);
      tell(record);
      return true;
    },
    note: (scheduleId, facts) => keep(scheduleId, null, facts),
  };
}

/** The latest of some facts in words; null: there are none. */
export function lastReason(definition: ScheduleDefinition, facts: readonly ScheduleFact[]): string | null {
  const last = facts.at(-1);
  return last === undefined ? null : factText(last, definition.zone);
}
