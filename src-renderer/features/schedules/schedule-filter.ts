/** What the list of schedules shows. Pure. */
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { matchesAll, searchWords } from "../../format/matches.ts";
import { lastResult, pausedAt } from "../../format/schedule-words.ts";

export const QUICK = ["enabled", "disabled", "paused", "failing", "today"] as const;
export type Quick = (typeof QUICK)[number];

export interface ScheduleFilter {
  readonly search: string;
  /** All of these must hold; none: all are shown. */
  readonly show: readonly Quick[];
}

export const NO_FILTER: ScheduleFilter = { search: "", show: [] };

const passes: Record<Quick, (row: ScheduleRow, nowMs: number) => boolean> = {
  enabled: (row) => row.enabled,
  disabled: (row) => !row.enabled,
  paused: (row, nowMs) => pausedAt(row.pause, nowMs),
  failing: (row) => {
    const last = lastResult(row);
    return last?.state === "failed" || last?.state === "clean-up-failed";
  },
  today: (row, nowMs) => row.nextAt !== null && Date.parse(row.nextAt) < endOfDay(nowMs),
};

/** All quick filters that are on must let it through, and each word of the search must occur. */
export function filtered(rows: readonly ScheduleRow[], filter: ScheduleFilter, nowMs: number): readonly ScheduleRow[] {
  const words = searchWords(filter.search);
  if (words.length === 0 && filter.show.length === 0) return rows;
  return rows.filter(
    (row) =>
      filter.show.every((quick) => passes[quick](row, nowMs)) &&
      matchesAll([row.name, row.words, row.workWords, ...row.groups].join("\n").toLowerCase(), words),
  );
}

function endOfDay(nowMs: number): number {
  const day = new Date(nowMs);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime();
}
