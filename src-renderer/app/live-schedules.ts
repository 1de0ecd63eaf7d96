/** The part of live-cache.ts that is about schedules and their runs. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { ScheduleRow, StripRun } from "../../src-core/model/schedule-view.ts";
import type { ScheduledRun, ScheduledRunSummary } from "../../src-core/model/scheduled-run.ts";

interface RunPage {
  items: ScheduledRunSummary[];
  nextCursor: string | null;
  total: number;
}

/** The keys this window's queries about schedules are kept under. */
export interface ScheduleKeys {
  schedules: readonly unknown[];
  scheduleStatus: readonly unknown[];
  schedule: (id: string) => readonly unknown[];
  /** Begins the keys of all single schedules. */
  everySchedule: readonly unknown[];
  /** Begins the keys of all lists of runs, whatever their filter. */
  scheduledRunLists: readonly unknown[];
  scheduledRun: (id: string) => readonly unknown[];
  scheduledRunLog: (id: string) => readonly unknown[];
}

/** Runs of a strip, as STRIP_LENGTH of the model has it. */
export const STRIP = 30;

export function createLiveSchedules(
  client: QueryClient,
  keys: ScheduleKeys,
  later: (key: string, run: () => void) => void,
) {
  const refetch = (queryKey: readonly unknown[]) => void client.invalidateQueries({ queryKey });
  const statusChanged = () => later("schedule-status", () => refetch(keys.scheduleStatus));

  return {
    applySchedule(row: ScheduleRow) {
      client.setQueryData<ScheduleRow[]>(keys.schedules, (all) => {
        if (all === undefined) return undefined;
        const index = all.findIndex(({ id }) => id === row.id);
        return index < 0 ? [...all, row] : all.with(index, row);
      });
      later(`schedule ${row.id}`, () => refetch(keys.schedule(row.id)));
      statusChanged();
    },
    forgetSchedule(id: string) {
      client.setQueryData<ScheduleRow[]>(keys.schedules, (all) => all?.filter((row) => row.id !== id));
      client.removeQueries({ queryKey: keys.schedule(id) });
      statusChanged();
    },
    schedulesChanged() {
      later("schedules", () => {
        refetch(keys.schedules);
        refetch(keys.everySchedule);
        refetch(keys.scheduleStatus);
      });
    },
    applyScheduledRun(run: ScheduledRunSummary) {
      client.setQueryData<ScheduleRow[]>(keys.schedules, (all) => all && withStripRun(all, run));
      let unknown = false;
      client.setQueriesData<InfiniteData<RunPage>>({ queryKey: keys.scheduledRunLists }, (data) => {
        const next = data && withRunInPlace(data, run);
        unknown ||= data !== undefined && next === undefined;
        return next ?? data;
      });
      // A list may leave it out by its filter, or have another place for it: that is the program's to say.
      if (unknown) later("scheduled-runs", () => refetch(keys.scheduledRunLists));
      client.setQueryData<ScheduledRun>(keys.scheduledRun(run.id), (known) => known && { ...known, ...run });
      later(`scheduled-run ${run.id}`, () => {
        refetch(keys.scheduledRun(run.id));
        refetch(keys.scheduledRunLog(run.id));
      });
    },
  };
}

/** With the run in its schedule's strip: in its place, or last when it is new. The same rows where it belongs to none of them. */
function withStripRun(rows: ScheduleRow[], run: ScheduledRunSummary): ScheduleRow[] {
  const index = rows.findIndex(({ id }) => id === run.scheduleId);
  const row = rows[index];
  if (row === undefined) return rows;
  const bar: StripRun = { id: run.id, state: run.state, nominalAt: run.nominalAt };
  const at = row.recent.findIndex(({ id }) => id === run.id);
  const recent = at < 0 ? [...row.recent, bar].slice(-STRIP) : row.recent.with(at, bar);
  return rows.with(index, { ...row, recent });
}

/** Undefined where the run is on none of the pages. */
function withRunInPlace(data: InfiniteData<RunPage>, run: ScheduledRunSummary): InfiniteData<RunPage> | undefined {
  const index = data.pages.findIndex((page) => page.items.some(({ id }) => id === run.id));
  const page = data.pages[index];
  if (page === undefined) return undefined;
  const items = page.items.map((known) => (known.id === run.id ? run : known));
  return { ...data, pages: data.pages.with(index, { ...page, items }) };
}
