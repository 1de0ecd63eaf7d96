/**
 * Begins the work of a scheduled run: plans it, which may take a while, then makes its job runs and writes the run's new state in one
 * transaction. What cannot be planned is tried again as its retry policy says, as work that failed is.
 */
import { retryDecision } from "../../src-core/job/retry.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { ScheduleFact } from "../../src-core/model/schedule-fact.ts";
import { factText } from "../../src-core/schedule/fact-text.ts";
import type { Db } from "../db/open.ts";
import { factsOfRun } from "../db/schedule-facts.ts";
import { type ScheduledRunRecord, scheduledRunById } from "../db/scheduled-runs.ts";
import type { JobEngine, NewRun } from "../jobs/engine.ts";
import type { JobsService } from "../services/jobs.ts";
import { ended } from "./apply.ts";
import { lastReason, type RunBook } from "./run-book.ts";

interface StartDeps {
  readonly db: Db;
  readonly book: RunBook;
  readonly engine: Pick<JobEngine, "accept">;
  readonly jobs: Pick<JobsService, "prepare">;
  now(): number;
  random(): number;
}

/** @param facts of the decision to start */
export async function startWork(
  deps: StartDeps,
  runId: string,
  version: number,
  facts: readonly ScheduleFact[],
): Promise<void> {
  const { db } = deps;
  const record = scheduledRunById(db, runId);
  if (record === null || record.version !== version) return;
  const planned = await plan(deps, record).catch((thrown: unknown) => AppError.from(thrown));
  try {
    db.transaction(() => {
      if (scheduledRunById(db, runId)?.version !== version) return;
      if (planned instanceof AppError) throw planned;
      for (const run of planned) deps.engine.accept(run);
      const startedAt = record.summary.startedAt ?? new Date(deps.now()).toISOString();
      const change = { state: "running" as const, waitsFor: null, mayStartAt: null, startedAt };
      deps.book.change(runId, { ...change, reason: lastReason(record.definition, facts) }, facts, version);
    });
  } catch (thrown) {
    failToStart(deps, record, AppError.from(thrown), facts);
  }
}

async function plan({ jobs }: StartDeps, { summary, definition }: ScheduledRunRecord): Promise<NewRun[]> {
  const { work, priority, groups, retry } = definition;
  if (work.kind === "export-selection") throw new AppError("internal.bug", "not yet");
  const planned = await jobs.prepare({ ...work.request, priority });
  return [{ ...planned, scheduledRunId: summary.id, groups: [...(planned.groups ?? []), ...groups], retry }];
}

function failToStart(
  deps: StartDeps,
  record: ScheduledRunRecord,
  error: AppError,
  before: readonly ScheduleFact[],
): void {
  const { db, book, now } = deps;
  const { summary, definition, version } = record;
  db.transaction(() => {
    const facts = factsOfRun(db, summary.id).map(({ fact }) => fact);
    const since = facts.slice(facts.findLastIndex(({ kind }) => kind === "asked-again") + 1);
    const number = since.filter(({ kind }) => kind === "retries").length + 1;
    const attempt = { number, error, made: false, hasCheckpoint: false };
    const decision = retryDecision(definition.retry, attempt, now(), deps.random());
    if (decision.kind === "retry") {
      const reason = `${factText(decision.fact, definition.zone)}: ${error.message}`;
      const mayStartAt = new Date(decision.atMs).toISOString();
      book.change(summary.id, { waitsFor: "time", mayStartAt, reason }, [...before, decision.fact], version);
      return;
    }
    const change = { ...ended("failed", new Date(now()).toISOString()), error: error.toData() };
    book.change(
      summary.id,
      { ...change, reason: lastReason(definition, decision.facts) },
      [...before, ...decision.facts],
      version,
    );
  });
}
