/** What people do to schedules' runs: start one now, cancel it, hold it back, try it again. Each is one transaction. */
import { AppError } from "../../src-core/model/error.ts";
import type { Schedule } from "../../src-core/model/schedule.ts";
import type { ScheduleFact } from "../../src-core/model/schedule-fact.ts";
import type { ScheduledRunState, ScheduledRunSummary } from "../../src-core/model/scheduled-run.ts";
import { scheduledRunEnded } from "../../src-core/model/scheduled-state.ts";
import { handFiring } from "../../src-core/schedule/engine/picture.ts";
import { factText } from "../../src-core/schedule/fact-text.ts";
import { firingSet } from "../../src-core/schedule/schedule-graph.ts";
import type { Db } from "../db/open.ts";
import { factsOfRun } from "../db/schedule-facts.ts";
import { listScheduledRuns, type ScheduledRunRecord, scheduledRunById } from "../db/scheduled-runs.ts";
import { scheduleById, schedulesWithoutTime } from "../db/schedules.ts";
import type { JobEngine } from "../jobs/engine.ts";
import { newId } from "../jobs/new-id.ts";
import { definitionOf, ended, openJobs } from "./apply.ts";
import type { RunBook } from "./run-book.ts";

export interface ByHand {
  /**
   * Starts a schedule now, beside its plan, and what comes after it.
   * @param how `anyway`: its windows and conditions are left out; `alone`: nothing comes after it
   * @throws AppError request.not-found
   */
  runNow(scheduleId: string, how: { anyway: boolean; alone: boolean }): ScheduledRunSummary;
  /** @throws AppError request.not-found, state.conflict where it has ended */
  cancel(id: string): ScheduledRunSummary;
  /** Holds it back until `resume`, whatever its windows say. @throws AppError as `cancel` */
  pause(id: string): ScheduledRunSummary;
  /** @throws AppError as `cancel` */
  resume(id: string): ScheduledRunSummary;
  /**
   * What failed of an ended run is done again; runs of its firing that were skipped because of it wait again.
   * @throws AppError request.not-found, state.conflict where it has not ended or nothing failed
   */
  retry(id: string): ScheduledRunSummary;
}

interface ByHandDeps {
  readonly db: Db;
  readonly book: RunBook;
  readonly engine: Pick<JobEngine, "cancel" | "pause" | "resume">;
  now(): number;
}

/** Ends after which there is something to be done again. */
const RETRIED: readonly ScheduledRunState[] = ["failed", "clean-up-failed", "canceled"];

export function createByHand({ db, book, engine, now }: ByHandDeps): ByHand {
  const existing = (id: string): ScheduledRunRecord => {
    const record = scheduledRunById(db, id);
    if (record === null) throw new AppError("request.not-found", `There is no scheduled run ${id}.`);
    return record;
  };
  const open = (id: string): ScheduledRunRecord => {
    const record = existing(id);
    const { state } = record.summary;
    if (scheduledRunEnded(state)) throw new AppError("state.conflict", `The run has ended already (${state}).`);
    return record;
  };
  const words = (fact: ScheduleFact, { definition }: ScheduledRunRecord) => factText(fact, definition.zone);

  const make = (schedule: Schedule, id: string, firingId: string, anyway: boolean) => {
    const isRoot = firingId === handFiring(id);
    book.make(
      {
        id,
        scheduleId: schedule.id,
        scheduleName: schedule.name,
        firingId,
        nominalAt: new Date(now()).toISOString(),
        byHand: true,
        anyway,
        catchesUp: false,
        waitsFor: isRoot ? null : "parents",
        definition: definitionOf(schedule),
      },
      isRoot ? [{ kind: "by-hand" }] : [],
    );
  };

  return {
    runNow: (scheduleId, { anyway, alone }) =>
      db.transaction(() => {
        const root = scheduleById(db, scheduleId)?.schedule;
        if (root === undefined) throw new AppError("request.not-found", "There is no such schedule.");
        const id = newId();
        make(root, id, handFiring(id), anyway);
        if (!alone) {
          const others = new Map(schedulesWithoutTime(db).map((each) => [each.id, each]));
          others.set(root.id, root);
          for (const childId of firingSet(root.id, [...others.values()])) {
            const child = others.get(childId);
            if (child !== undefined) make(child, newId(), handFiring(id), false);
          }
        }
        return existing(id).summary;
      }),

    cancel: (id) =>
      db.transaction(() => {
        const record = open(id);
        const { state } = record.summary;
        const fact: ScheduleFact = { kind: "canceled-by-hand" };
        const reason = words(fact, record);
        if (state === "waiting") {
          book.change(id, { ...ended("canceled", new Date(now()).toISOString()), reason, paused: false }, [fact]);
        } else if (state !== "canceling") {
          for (const jobId of openJobs(db, record)) engine.cancel(jobId);
          const change = { state: "canceling" as const, cancelAsked: true, paused: false, heldUntilAt: null, reason };
          book.change(id, change, [fact]);
        }
        return existing(id).summary;
      }),

    pause: (id) =>
      db.transaction(() => {
        const record = open(id);
        if (record.summary.state === "canceling") throw new AppError("state.conflict", "The run is being canceled.");
        if (record.paused) return record.summary;
        const fact: ScheduleFact = { kind: "held-by-hand" };
        const reason = words(fact, record);
        if (record.summary.state === "waiting") book.change(id, { paused: true, reason }, [fact]);
        else {
          for (const jobId of openJobs(db, record)) engine.pause(jobId, "Held back by hand");
          book.change(id, { paused: true, state: "held", heldUntilAt: null, reason }, [fact]);
        }
        return existing(id).summary;
      }),

    resume: (id) =>
      db.transaction(() => {
        // What held it back otherwise is found by the next round.
        if (open(id).paused) book.change(id, { paused: false, reason: null }, []);
        return existing(id).summary;
      }),

    retry: (id) =>
      db.transaction(() => {
        const record = existing(id);
        const { state, firingId, scheduleId, scheduleName } = record.summary;
        if (!RETRIED.includes(state)) throw new AppError("state.conflict", `There is nothing to try again (${state}).`);
        const fact: ScheduleFact = { kind: "asked-again" };
        const again = {
          ...ended("waiting", ""),
          endedAt: null,
          startedAt: null,
          error: null,
          paused: false,
          cancelAsked: false,
        };
        book.change(id, { ...again, waitsFor: "start", reason: words(fact, record) }, [fact]);
        const names = new Map([[scheduleId, scheduleName]]);
        // Parents come before their children in a firing.
        for (const child of listScheduledRuns(db, { firingId }, null, MOST).toReversed()) {
          if (child.summary.state !== "skipped" || !wasSkippedFor(child, names)) continue;
          names.set(child.summary.scheduleId, child.summary.scheduleName);
          book.change(child.summary.id, { ...again, waitsFor: "parents", reason: words(fact, child) }, [fact]);
        }
        return existing(id).summary;
      }),
  };

  function wasSkippedFor({ summary, definition }: ScheduledRunRecord, parents: ReadonlyMap<string, string>): boolean {
    const names = definition.dependencies.flatMap(({ parentId, run }) =>
      run === "firing" ? (parents.get(parentId) ?? []) : [],
    );
    if (names.length === 0) return false;
    return factsOfRun(db, summary.id).some(
      ({ fact }) => (fact.kind === "parent-refused" || fact.kind === "parent-timed-out") && names.includes(fact.parent),
    );
  }
}

/** Runs of a firing: as many as schedules. */
const MOST = 10_000;
