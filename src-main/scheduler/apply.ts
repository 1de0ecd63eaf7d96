/** Applies what the engine's round decided: each decision whole or not at all, and only on the picture it was taken on. */

import { hasEnded } from "../../src-core/job/run-state.ts";
import type { Schedule, ScheduleDefinition } from "../../src-core/model/schedule.ts";
import type { FireDecision, RunDecision } from "../../src-core/schedule/engine/decision.ts";
import { factText } from "../../src-core/schedule/fact-text.ts";
import type { Db } from "../db/open.ts";
import { runsOfScheduledRun } from "../db/runs.ts";
import type { ScheduledRunChange, ScheduledRunRecord } from "../db/scheduled-runs.ts";
import { scheduledRunById } from "../db/scheduled-runs.ts";
import { moveHandledAt, scheduleById } from "../db/schedules.ts";
import type { JobEngine } from "../jobs/engine.ts";
import { newId } from "../jobs/new-id.ts";
import { lastReason, type RunBook } from "./run-book.ts";

/** Decisions that are rows and nothing else; the others are measured or planned first. */
export type RowDecision = Exclude<RunDecision, { kind: "measure" | "start" }>;

interface ApplyDeps {
  readonly db: Db;
  readonly book: RunBook;
  readonly engine: Pick<JobEngine, "cancel" | "pause" | "resume">;
  now(): number;
}

/** @returns false where the picture it was taken on is not the present one: nothing was written */
export function applyFire({ db, book }: Pick<ApplyDeps, "db" | "book">, decision: FireDecision): boolean {
  return db.transaction(() => {
    const record = scheduleById(db, decision.scheduleId);
    if (record === null || Date.parse(record.handledAt) !== decision.from) return false;
    if (!moveHandledAt(db, decision.scheduleId, record.handledAt, new Date(decision.to).toISOString())) return false;
    book.note(decision.scheduleId, decision.facts);
    for (const { scheduleId, firingId, nominalAt, catchesUp, waitsFor, facts } of decision.runs) {
      const schedule = scheduleId === decision.scheduleId ? record.schedule : scheduleById(db, scheduleId)?.schedule;
      if (schedule === undefined) continue;
      book.make(
        {
          id: newId(),
          scheduleId,
          scheduleName: schedule.name,
          firingId,
          nominalAt: new Date(nominalAt).toISOString(),
          byHand: false,
          anyway: false,
          catchesUp,
          waitsFor,
          definition: definitionOf(schedule),
        },
        facts,
      );
    }
    return true;
  });
}

/** @returns false as `applyFire` */
export function applyToRun(deps: ApplyDeps, decision: RowDecision): boolean {
  const { db, book, now } = deps;
  return db.transaction(() => {
    const record = scheduledRunById(db, decision.runId);
    if (record === null || record.version !== decision.version) return false;
    const nowText = new Date(now()).toISOString();
    const change = changeOf(decision, record, nowText);
    if (decision.kind === "hold") for (const id of openJobs(db, record)) deps.engine.pause(id, decision.reason);
    if (decision.kind === "release") for (const id of openJobs(db, record)) deps.engine.resume(id);
    if (decision.kind === "cancel") for (const id of openJobs(db, record)) deps.engine.cancel(id);
    return book.change(decision.runId, change, decision.facts, decision.version);
  });
}

/** What of a schedule a run keeps, as it is now. */
export function definitionOf(schedule: Schedule): ScheduleDefinition {
  const { id: _id, enabled: _on, pause: _pause, createdAt: _made, changedAt: _changed, ...definition } = schedule;
  return definition;
}

/** Job runs of a scheduled run that have not ended. */
export function openJobs(db: Db, { summary }: ScheduledRunRecord): string[] {
  return runsOfScheduledRun(db, summary.id).flatMap((job) => (hasEnded(job.summary.state) ? [] : [job.summary.id]));
}

/** The end of a run that has no work left to end. */
export function ended(state: ScheduledRunChange["state"] & string, at: string): ScheduledRunChange {
  return { state, waitsFor: null, mayStartAt: null, heldUntilAt: null, endedAt: at };
}

function changeOf(decision: RowDecision, { summary, definition }: ScheduledRunRecord, at: string): ScheduledRunChange {
  const iso = (instant: number | null) => (instant === null ? null : new Date(instant).toISOString());
  switch (decision.kind) {
    case "wait": {
      const { waitsFor, reason, mayStartAt } = decision;
      return { waitsFor, reason, mayStartAt: iso(mayStartAt) };
    }
    case "skip": {
      const why = decision.facts.findLast(({ kind }) => kind !== "parent-agreed");
      return { ...ended("skipped", at), reason: why === undefined ? null : factText(why, definition.zone) };
    }
    case "hold":
      return { state: "held", heldUntilAt: iso(decision.untilAt), reason: decision.reason };
    case "release":
      return { state: "running", heldUntilAt: null, reason: null };
    case "cancel":
      if (summary.state === "waiting") return { ...ended("canceled", at), reason: decision.reason };
      return { state: "canceling", cancelAsked: true, heldUntilAt: null, reason: decision.reason };
    case "note":
      return { reason: decision.reason };
    case "end": {
      const { state, error } = decision;
      const reason = state === "canceled" ? summary.reason : lastReason(definition, decision.facts);
      return { ...ended(state, at), error, reason };
    }
  }
}
