/** What the scheduling thread is told: schedules and runs as the rounds look at them, read from their rows. */
import type { Reading } from "../../src-core/model/condition.ts";
import { isFinal } from "../../src-core/model/run.ts";
import { scheduledRunEnded } from "../../src-core/model/scheduled-state.ts";
import type { JobPicture, PlannedSchedule, RunPicture } from "../../src-core/schedule/engine/picture.ts";
import { predictedFrom } from "../../src-core/schedule/predicted.ts";
import { localDay } from "../../src-core/schedule/schedule-graph.ts";
import type { Predicted } from "../../src-core/schedule/window-end.ts";
import type { Db } from "../db/open.ts";
import { type RunRecord, runsOfScheduledRun } from "../db/runs.ts";
import { askedAgainAt } from "../db/schedule-facts.ts";
import { scheduleHistories } from "../db/schedule-history.ts";
import { listScheduledRuns, type ScheduledRunRecord } from "../db/scheduled-runs.ts";
import type { ScheduleRecord } from "../db/schedules.ts";
import { tasksOfRun } from "../db/tasks.ts";

/** What of a run is kept in memory only: it is asked anew after a restart. */
export interface Passing {
  readonly busy: boolean;
  readonly readings: { readonly at: number; readonly values: readonly Reading[] } | null;
}

export function schedulePicture({ schedule, handledAt }: ScheduleRecord, predicted: Predicted | null): PlannedSchedule {
  return { schedule, handledAt: Date.parse(handledAt), predicted };
}

/** How long the next run of each schedule is likely to take. @param ids of more than a few all are read at once */
export function predictions(db: Db, ids: readonly string[]): Map<string, Predicted | null> {
  const all = ids.length > ONE_BY_ONE ? scheduleHistories(db, null) : null;
  const historyOf = (id: string) => (all ?? scheduleHistories(db, id)).get(id);
  return new Map(ids.map((id) => [id, predictedFrom(historyOf(id)?.tookMs ?? [])]));
}

const ONE_BY_ONE = 20;

export function runPicture(db: Db, record: ScheduledRunRecord, { busy, readings }: Passing): RunPicture {
  const { summary, definition, anyway, paused, seq, version } = record;
  const at = (text: string | null) => (text === null ? null : Date.parse(text));
  const ended = scheduledRunEnded(summary.state);
  const looks = definition.dependencies.length > 0 || definition.conditions.length > 0;
  const againAt = !ended && looks ? askedAgainAt(db, summary.id) : null;
  return {
    id: summary.id,
    seq,
    version,
    scheduleId: summary.scheduleId,
    scheduleName: summary.scheduleName,
    firingId: summary.firingId,
    nominalAt: Date.parse(summary.nominalAt),
    sinceAt: Date.parse(againAt ?? summary.madeAt),
    byHand: summary.byHand,
    anyway,
    state: summary.state,
    waitsFor: summary.waitsFor,
    reason: summary.reason,
    mayStartAt: at(summary.mayStartAt),
    heldUntilAt: at(summary.heldUntilAt),
    paused,
    definition,
    error: summary.error,
    jobs: ended ? [] : runsOfScheduledRun(db, summary.id).map((job) => jobPicture(db, job)),
    busy,
    readings,
  };
}

function jobPicture(db: Db, { summary }: RunRecord): JobPicture {
  const { id, jobId, state, error } = summary;
  return { id, jobId, error, state: isFinal(state) ? endedJob(db, summary) : "open" };
}

function endedJob(db: Db, { id, state, outcome, error }: RunRecord["summary"]): JobPicture["state"] {
  if (state === "canceled") return "canceled";
  if (state !== "succeeded") return error?.code === "source.clean-up" ? "clean-up-failed" : "failed";
  const warned = outcome?.good === false || tasksOfRun(db, id).some(({ task }) => task.warnings.length > 0);
  return warned ? "warned" : "succeeded";
}

/** Runs of one firing, or of one schedule and day, that are looked at. */
const MOST = 10_000;

/** What a run looks at while it waits: those of its firing, and those of today of the parents whose day it asks for. */
export function runsBeside(
  db: Db,
  { summary, definition }: ScheduledRunRecord,
  withFiring: boolean,
): ScheduledRunRecord[] {
  const { firingId, nominalAt } = summary;
  if (definition.dependencies.length === 0) return [];
  const day = localDay(Date.parse(nominalAt), definition.zone);
  const [fromAt, toAt] = [new Date(day.beginsAt).toISOString(), new Date(day.endsAt).toISOString()];
  const today = definition.dependencies.filter(({ run }) => run === "today");
  return [
    ...(withFiring ? listScheduledRuns(db, { firingId }, null, MOST) : []),
    ...today.flatMap(({ parentId }) => listScheduledRuns(db, { scheduleId: parentId, fromAt, toAt }, null, MOST)),
  ];
}
