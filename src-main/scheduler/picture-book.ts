/** Keeps account of what the scheduling thread was told, and says what is new since. */
import type { Reading } from "../../src-core/model/condition.ts";
import { scheduledRunEnded } from "../../src-core/model/scheduled-state.ts";
import type { PictureChange, RunPicture } from "../../src-core/schedule/engine/picture.ts";
import { readSchedulesPause } from "../db/engine-state.ts";
import type { Db } from "../db/open.ts";
import { openScheduledRuns, type ScheduledRunRecord, scheduledRunById } from "../db/scheduled-runs.ts";
import { type ScheduleRecord, scheduleById, scheduleMarks } from "../db/schedules.ts";
import { type Passing, predictions, runPicture, runsBeside, schedulePicture } from "./pictures.ts";

export interface PictureBook {
  schedulesChanged(): void;
  pauseChanged(): void;
  runChanged(runId: string): void;
  /** @returns false where it was so already */
  setBusy(runId: string, busy: boolean): boolean;
  measured(runId: string, at: number, values: readonly Reading[]): void;
  /** Schedules have changed since they were told. */
  readonly isStale: boolean;
  /** What has changed since it was asked the last time. */
  changes(): PictureChange;
  /** Whoever is told knows nothing (any more). */
  startOver(): void;
}

const IDLE: Passing = { busy: false, readings: null };

export function createPictureBook(db: Db): PictureBook {
  const known = new Map<string, { mark: string; handledAt: string }>();
  const changedRuns = new Set<string>();
  /** Schedules of which a run ended. */
  const changedDurations = new Set<string>();
  /** Open runs that are known, with their firings, and how many each firing has: others are forgotten there. */
  const openRuns = new Map<string, string>();
  const openInFiring = new Map<string, number>();
  const passing = new Map<string, Passing>();
  let schedulesChanged = true;
  let pauseChanged = true;
  let whole = true;

  const passingOf = (runId: string): Passing => passing.get(runId) ?? IDLE;
  const count = (firingId: string, by: 1 | -1) => {
    const now = (openInFiring.get(firingId) ?? 0) + by;
    if (now === 0) openInFiring.delete(firingId);
    else openInFiring.set(firingId, now);
  };

  const scheduleChanges = () => {
    const changed: ScheduleRecord[] = [];
    const handled: [string, number][] = [];
    const removedSchedules = new Set(known.keys());
    for (const { id, mark, handledAt } of scheduleMarks(db)) {
      removedSchedules.delete(id);
      const before = known.get(id);
      known.set(id, { mark, handledAt });
      const record = before?.mark === mark ? null : scheduleById(db, id);
      if (record !== null) changed.push(record);
      else if (before?.handledAt !== handledAt) handled.push([id, Date.parse(handledAt)]);
    }
    for (const id of removedSchedules) known.delete(id);
    return { changed, handled, removedSchedules: [...removedSchedules] };
  };

  const runChanges = (): RunPicture[] => {
    const runs = new Map<string, RunPicture>();
    const add = (record: ScheduledRunRecord) => {
      const { id } = record.summary;
      if (!runs.has(id)) runs.set(id, runPicture(db, record, passingOf(id)));
    };
    for (const id of changedRuns) {
      const record = scheduledRunById(db, id);
      if (record === null) continue;
      add(record);
      const { firingId, scheduleId, state } = record.summary;
      if (scheduledRunEnded(state)) {
        if (openRuns.delete(id)) count(firingId, -1);
        passing.delete(id);
        changedDurations.add(scheduleId);
      } else if (!openRuns.has(id)) {
        const isFirst = !openInFiring.has(firingId);
        openRuns.set(id, firingId);
        count(firingId, 1);
        for (const each of runsBeside(db, record, isFirst)) add(each);
      }
    }
    return [...runs.values()];
  };

  return {
    schedulesChanged() {
      schedulesChanged = true;
    },
    pauseChanged() {
      pauseChanged = true;
    },
    runChanged: (runId) => void changedRuns.add(runId),
    setBusy(runId, busy) {
      const now = passingOf(runId);
      if (now.busy === busy) return false;
      passing.set(runId, { ...now, busy });
      changedRuns.add(runId);
      return true;
    },
    measured(runId, at, values) {
      passing.set(runId, { ...passingOf(runId), readings: { at, values } });
    },
    get isStale() {
      return schedulesChanged;
    },
    changes() {
      const { changed, ...more } = schedulesChanged ? scheduleChanges() : { changed: [] };
      const runs = runChanges();
      for (const { schedule } of changed) changedDurations.add(schedule.id);
      const predicted = predictions(db, [...changedDurations]);
      const schedules = changed.map((record) => schedulePicture(record, predicted.get(record.schedule.id) ?? null));
      const pause = pauseChanged ? { pause: readSchedulesPause(db) } : {};
      schedulesChanged = pauseChanged = false;
      changedRuns.clear();
      changedDurations.clear();
      const isWhole = whole;
      whole = false;
      return { whole: isWhole, schedules, ...more, ...pause, predicted: [...predicted], runs };
    },
    startOver() {
      known.clear();
      openRuns.clear();
      openInFiring.clear();
      schedulesChanged = pauseChanged = whole = true;
      for (const { summary } of openScheduledRuns(db)) changedRuns.add(summary.id);
    },
  };
}
