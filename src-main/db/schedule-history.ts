/** What lists of schedules show of their runs: asked for all at once, not schedule by schedule. */
import { type RawBuilder, sql } from "kysely";
import { STRIP_LENGTH, type StripRun } from "../../src-core/model/schedule-view.ts";
import { ScheduledRunState } from "../../src-core/model/scheduled-run.ts";
import { wordOf } from "../../src-core/model/words.ts";
import type { Db } from "./open.ts";

/** Ends in which what was asked for is there. */
const SUCCESS: readonly ScheduledRunState[] = ["succeeded", "warned", "clean-up-failed"];

export interface ScheduleHistory {
  /** Its last runs, oldest first; at most STRIP_LENGTH. */
  readonly recent: readonly StripRun[];
  /** How long those of them took that succeeded, oldest first. */
  readonly tookMs: readonly number[];
  readonly lastSuccessAt: string | null;
}

/** @param only of this schedule; null: of all. Those that never ran are not in it. */
export function scheduleHistories(db: Db, only: string | null): Map<string, ScheduleHistory> {
  const found = new Map<string, { recent: StripRun[]; tookMs: number[]; lastSuccessAt: string | null }>();
  for (const { scheduleId, id, state, nominalAt, startedAt, endedAt } of db.all(asking(db, recentRuns(only)))) {
    const history = found.get(scheduleId) ?? { recent: [], tookMs: [], lastSuccessAt: null };
    found.set(scheduleId, history);
    const known = wordOf(ScheduledRunState.options, state);
    // Of a newer program.
    if (known === null) continue;
    history.recent.push({ id, state: known, nominalAt });
    if (startedAt !== null && endedAt !== null && SUCCESS.includes(known)) {
      history.tookMs.push(Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)));
      history.lastSuccessAt = endedAt;
    }
  }
  for (const { scheduleId, endedAt } of db.all(asking(db, lastSuccesses(only)))) {
    const history = found.get(scheduleId);
    if (history !== undefined) history.lastSuccessAt = endedAt;
  }
  return found;
}

const asking = <Row>(db: Db, query: RawBuilder<Row>) => ({ compile: () => query.compile(db.sql) });
const ofOne = (only: string | null) => (only === null ? sql`TRUE` : sql`s.id = ${only}`);

interface RecentRow {
  scheduleId: string;
  id: string;
  state: string;
  nominalAt: string;
  startedAt: string | null;
  endedAt: string | null;
}

/** For each schedule a look into the index of its runs: how many it had in its life does not matter. */
function recentRuns(only: string | null) {
  return sql<RecentRow>`
    SELECT r.schedule_id AS scheduleId, r.id, r.state, r.nominal_at AS nominalAt, r.started_at AS startedAt, r.ended_at AS endedAt
    FROM schedules s CROSS JOIN scheduled_runs r
    ON r.seq IN (SELECT seq FROM scheduled_runs WHERE schedule_id = s.id ORDER BY seq DESC LIMIT ${STRIP_LENGTH})
    WHERE ${ofOne(only)} ORDER BY r.schedule_id, r.seq`;
}

function lastSuccesses(only: string | null) {
  return sql<{ scheduleId: string; endedAt: string | null }>`
    SELECT s.id AS scheduleId, (
      SELECT ended_at FROM scheduled_runs
      WHERE schedule_id = s.id AND state IN (${sql.join(SUCCESS)}) AND ended_at IS NOT NULL ORDER BY seq DESC LIMIT 1
    ) AS endedAt
    FROM schedules s WHERE ${ofOne(only)}`;
}
