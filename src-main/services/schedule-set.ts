/**
 * The schedules as they are saved, read once and kept: ten thousand are asked about at every change. Whoever
 * changes them says so by {@link ScheduleSet.replace}; the scheduler changes none, it only moves the mark up to which their times are decided.
 */
import type { Schedule } from "../../src-core/model/schedule.ts";
import { byName } from "../../src-core/schedule/by-name.ts";
import type { Db } from "../db/open.ts";
import { allSchedules } from "../db/schedules.ts";

export interface ScheduleSet {
  /** By name. */
  all(): readonly Schedule[];
  get(id: string): Schedule | null;
  /** To be called once they are written, after the commit. */
  replace(schedules: readonly Schedule[]): void;
}

export function createScheduleSet(db: Db): ScheduleSet {
  const sorted = (schedules: readonly Schedule[]) => schedules.toSorted(byName);
  const index = (schedules: readonly Schedule[]) => new Map(schedules.map((schedule) => [schedule.id, schedule]));
  let all = sorted(allSchedules(db).map(({ schedule }) => schedule));
  let byId = index(all);
  return {
    all: () => all,
    get: (id) => byId.get(id) ?? null,
    replace(schedules) {
      all = sorted(schedules);
      byId = index(all);
    },
  };
}
