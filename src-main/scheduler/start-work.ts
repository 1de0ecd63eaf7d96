/**
 * Begins the work of a scheduled run: plans it, which may take a while, then makes its job runs and writes the run's new state in one
 * transaction. What cannot be planned is tried again as its retry policy says, as work that failed is; of a selection each machine fails
 * alone, and the run is then a failed one though the others go on.
 */
import { retryDecision } from "../../src-core/job/retry.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { ScheduleFact } from "../../src-core/model/schedule-fact.ts";
import { factText } from "../../src-core/schedule/fact-text.ts";
import type { Db } from "../db/open.ts";
import { factsOfRun } from "../db/schedule-facts.ts";
import { type ScheduledRunRecord, scheduledRunById } from "../db/scheduled-runs.ts";
import type { JobEngine } from "../jobs/engine.ts";
import { ended } from "./apply.ts";
import { type PlannedWork, type Planning, planWork, type Unplanned } from "./plan-work.ts";
import { lastReason, type RunBook } from "./run-book.ts";

interface StartDeps {
  readonly db: Db;
  readonly book: RunBook;
  readonly engine: Pick<JobEngine, "accept">;
  readonly jobs: Planning;
  now(): number;
  random(): number;
  /** Nothing may be written any more. */
  stopped(): boolean;
}

/** @param facts of the decision to start. @param version nothing is begun where the run has another one by then */
export async function startWork(
  deps: StartDeps,
  runId: string,
  version: number,
  facts: readonly ScheduleFact[],
): Promise<void> {
  const { db } = deps;
  const record = scheduledRunById(db, runId);
  if (record === null || record.version !== version) return;
  const planned = await planWork(db, deps.jobs, record).catch((thrown: unknown) => AppError.from(thrown));
  if (deps.stopped()) return;
  if (planned instanceof AppError) return failToStart(deps, record, planned, facts);
  const nothing = makeRuns(deps, record, planned, facts);
  if (nothing !== null) failToStart(deps, record, nothing, facts);
}

/** @returns why none of the work could be begun; null where some was, or there was none */
function makeRuns(
  deps: StartDeps,
  record: ScheduledRunRecord,
  { runs, failures: unplanned, found }: PlannedWork,
  before: readonly ScheduleFact[],
): AppError | null {
  const { db, book, engine, now } = deps;
  const { summary, definition, version } = record;
  try {
    return db.transaction(() => {
      if (scheduledRunById(db, summary.id)?.version !== version) return null;
      const failures = [...unplanned];
      for (const { run, machine } of runs) {
        try {
          engine.accept(run);
        } catch (thrown) {
          const error = AppError.from(thrown);
          if (error.code === "internal.bug" || error.code === "io.write") throw error;
          failures.push({ machine, error });
        }
      }
      if (failures.length > 0 && failures.length >= runs.length + unplanned.length)
        throw new NothingBegun(failuresOf(failures, found));
      const facts = found === null ? before : [...before, { ...found, planned: found.found - failures.length }];
      const at = new Date(now()).toISOString();
      const startedAt = summary.startedAt ?? at;
      const error = failures.length === 0 ? null : failuresOf(failures, found).toData();
      const reason = lastReason(definition, facts);
      const change =
        found?.found === 0
          ? { ...ended("warned", at), startedAt, reason }
          : { state: "running" as const, waitsFor: null, mayStartAt: null, startedAt, error, reason };
      book.change(summary.id, change, facts, version);
      return null;
    });
  } catch (thrown) {
    if (thrown instanceof NothingBegun) return thrown.error;
    throw thrown;
  }
}

class NothingBegun extends Error {
  readonly error: AppError;
  constructor(error: AppError) {
    super(error.message);
    this.error = error;
  }
}

/** One error for several machines, with the code of the first, which says whether trying again may help. */
function failuresOf(failures: readonly Unplanned[], found: PlannedWork["found"]): AppError {
  const [first] = failures;
  if (first === undefined) throw new AppError("internal.bug", "no failure to tell about");
  const { machine, error } = first;
  if (found === null) return error;
  const others = failures.length === 1 ? "" : ` (and ${failures.length - 1} more)`;
  const message = `${failures.length} of ${found.found} machines could not be exported: ${machine}: ${error.message}${others}`;
  return new AppError(error.code, message, error.hint === undefined ? {} : { hint: error.hint });
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
    const told = factsOfRun(db, summary.id).map(({ fact }) => fact);
    const since = told.slice(told.findLastIndex(({ kind }) => kind === "asked-again") + 1);
    const number = since.filter(({ kind }) => kind === "retries").length + 1;
    const attempt = { number, error, made: false, hasCheckpoint: false };
    const decision = retryDecision(definition.retry, attempt, now(), deps.random());
    if (decision.kind === "retry") {
      const fact = { ...decision.fact, because: error.message };
      const reason = factText(fact, definition.zone);
      const mayStartAt = new Date(decision.atMs).toISOString();
      book.change(summary.id, { waitsFor: "time", mayStartAt, reason }, [...before, fact], version);
      return;
    }
    const reason = lastReason(definition, decision.facts);
    const change = { ...ended("failed", new Date(now()).toISOString()), error: error.toData(), reason };
    book.change(summary.id, change, [...before, ...decision.facts], version);
  });
}
