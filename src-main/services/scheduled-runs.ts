/** Scheduled runs as the contract tells them: what became of each time a schedule was due, and why. */
import { AppError } from "../../src-core/model/error.ts";
import type { LogLine } from "../../src-core/model/run.ts";
import type { ScheduledRun, ScheduledRunSummary } from "../../src-core/model/scheduled-run.ts";
import { factText } from "../../src-core/schedule/fact-text.ts";
import { fromIso, toIso } from "../../src-core/schedule/instant.ts";
import type { Db } from "../db/open.ts";
import { factsOfRun } from "../db/schedule-facts.ts";
import {
  countScheduledRuns,
  firingOf,
  listScheduledRuns,
  type ScheduledRunFilter,
  type ScheduledRunRecord,
  scheduledRunById,
} from "../db/scheduled-runs.ts";
import type { JobEngine } from "../jobs/engine.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";

export interface ScheduledRunsQuery extends ScheduledRunFilter {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** A fact, or a line of one of its job runs. */
export type ScheduledRunLine = Pick<LogLine, "at" | "level" | "message"> & { readonly runId: string | null };

export interface ScheduledRunsService extends Pick<Scheduler, "cancel" | "pause" | "resume" | "retry"> {
  /** Newest first. @throws AppError request.invalid for a cursor of another list */
  list(query: ScheduledRunsQuery): { items: ScheduledRunSummary[]; nextCursor: string | null; total: number };
  /** @throws AppError request.not-found */
  get(id: string): ScheduledRun;
  /** Oldest first; of very many the latest. @throws AppError request.not-found */
  log(id: string): ScheduledRunLine[];
}

/** Lines that are told, in all and of one job run. */
const MOST_LINES = 10_000;
const LINES_OF_RUN = 2_000;

export function createScheduledRuns({
  db,
  engine,
  scheduler,
}: {
  db: Db;
  engine: Pick<JobEngine, "get" | "log">;
  scheduler: Pick<Scheduler, "cancel" | "pause" | "resume" | "retry">;
}): ScheduledRunsService {
  const existing = (id: string): ScheduledRunRecord => {
    const record = scheduledRunById(db, id);
    if (record === null) throw new AppError("request.not-found", `There is no scheduled run ${id}.`);
    return record;
  };
  const factsOf = ({ summary, definition }: ScheduledRunRecord) =>
    factsOfRun(db, summary.id).map(({ at, fact }) => ({ at, fact, text: factText(fact, definition.zone) }));

  return {
    list({ limit, cursor, fromAt, toAt, ...more }) {
      const before = cursor === undefined ? null : Number(cursor);
      if (before !== null && !Number.isSafeInteger(before)) {
        throw new AppError("request.invalid", "cursor: it is not one of ours.", { details: { field: "cursor" } });
      }
      const filter = { ...more, fromAt: inMs(fromAt), toAt: inMs(toAt) };
      const records = listScheduledRuns(db, filter, before, limit + 1);
      const page = records.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(({ summary }) => summary),
        nextCursor: records.length > limit && last !== undefined ? String(last.seq) : null,
        total: countScheduledRuns(db, filter),
      };
    },
    get(id) {
      const record = existing(id);
      const { summary, definition } = record;
      const firing = firingOf(db, summary.firingId);
      const parents = new Set(definition.dependencies.map(({ parentId }) => parentId));
      return {
        ...summary,
        definition,
        facts: factsOf(record),
        runs: summary.runIds.map((runId) => {
          const { request: _request, tasks: _tasks, ...run } = engine.get(runId);
          return run;
        }),
        parentRunIds: firing.filter(({ scheduleId }) => parents.has(scheduleId)).map((run) => run.id),
        childRunIds: firing.filter(({ parentIds }) => parentIds.includes(summary.scheduleId)).map((run) => run.id),
      };
    },
    cancel: (id) => scheduler.cancel(id),
    pause: (id) => scheduler.pause(id),
    resume: (id) => scheduler.resume(id),
    retry: (id) => scheduler.retry(id),
    log(id) {
      const record = existing(id);
      const lines: ScheduledRunLine[] = factsOf(record).map(({ at, text }) => ({
        at,
        level: "info",
        message: text,
        runId: null,
      }));
      for (const runId of record.summary.runIds) {
        for (const { at, level, message } of engine.log(runId, 0, LINES_OF_RUN)) {
          lines.push({ at, level, message, runId });
        }
      }
      return lines.sort((a, b) => fromIso(a.at) - fromIso(b.at)).slice(-MOST_LINES);
    },
  };
}

/** As rows have instants: with milliseconds, so that they can be compared as text. */
function inMs(at: string | undefined): string | undefined {
  return at === undefined ? undefined : toIso(fromIso(at));
}
