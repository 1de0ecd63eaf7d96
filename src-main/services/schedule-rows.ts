/** Schedules as lists show them. What is read out of a schedule is kept until it changes; its runs are asked for all at once. */
import type { Pause, Schedule } from "../../src-core/model/schedule.ts";
import type { ScheduleRow } from "../../src-core/model/schedule-view.ts";
import { describeSchedule } from "../../src-core/schedule/describe.ts";
import { type CompiledSchedule, compileSchedule } from "../../src-core/schedule/forecast.ts";
import { toIso } from "../../src-core/schedule/instant.ts";
import { nextFirings, nextStart } from "../../src-core/schedule/next-start.ts";
import { predictedFrom } from "../../src-core/schedule/predicted.ts";
import { workText } from "../../src-core/schedule/work-text.ts";
import type { Db } from "../db/open.ts";
import { type ScheduleHistory, scheduleHistories } from "../db/schedule-history.ts";

export interface ScheduleRows {
  /** @param all what there is: parents are named by it */
  rowsOf(schedules: readonly Schedule[], all: readonly Schedule[]): ScheduleRow[];
}

const NEVER_RAN: ScheduleHistory = { recent: [], tookMs: [], lastSuccessAt: null };

export function createScheduleRows(deps: {
  db: Db;
  /** Names of sources by their ids. */
  sourceNames(): Readonly<Record<string, string>>;
  /** That of all schedules. */
  pause(): Pause | null;
  now(): number;
}): ScheduleRows {
  const kept = new Map<string, { changedAt: string; compiled: CompiledSchedule }>();
  const compiledOf = (schedule: Schedule): CompiledSchedule => {
    const known = kept.get(schedule.id);
    if (known?.changedAt === schedule.changedAt) return known.compiled;
    const compiled = compileSchedule(schedule);
    kept.set(schedule.id, { changedAt: schedule.changedAt, compiled });
    return compiled;
  };
  return {
    rowsOf(schedules, all) {
      const [now, pause, sourceNames] = [deps.now(), deps.pause(), deps.sourceNames()];
      const names = new Map(all.map(({ id, name }) => [id, name]));
      for (const id of kept.keys()) if (!names.has(id)) kept.delete(id);
      const [only] = schedules.length === 1 ? schedules : [];
      const histories = scheduleHistories(deps.db, only?.id ?? null);
      const nextOf = (schedule: Schedule) =>
        nextStart(compiledOf(schedule), schedule.enabled, [schedule.pause, pause], now);
      const followers = schedules.flatMap(({ id, when }) => (when.kind === "after" ? [id] : []));
      const firings =
        followers.length === 0
          ? new Map<string, number | null>()
          : nextFirings(all, followers, (schedule) => nextOf(schedule)?.nominalAt ?? null, now);
      return schedules.map((schedule) => {
        const { recent, tookMs, lastSuccessAt } = histories.get(schedule.id) ?? NEVER_RAN;
        const next = nextOf(schedule);
        const nextAt = next?.nominalAt ?? firings.get(schedule.id) ?? null;
        const { id, name, enabled, zone, priority, groups, dependencies, join, changedAt } = schedule;
        return {
          id,
          name,
          enabled,
          pause: schedule.pause,
          whenKind: schedule.when.kind,
          words: describeSchedule(schedule, (parent) => names.get(parent) ?? parent),
          workWords: workText(schedule.work, (source) => sourceNames[source] ?? source),
          zone,
          priority,
          groups,
          dependencies,
          join,
          nextAt: nextAt === null ? null : toIso(nextAt),
          nextStartAt: next === null || next.startAt === null ? null : toIso(next.startAt),
          recent: [...recent],
          lastSuccessAt,
          predicted: predictedFrom(tookMs),
          changedAt,
        };
      });
    },
  };
}
